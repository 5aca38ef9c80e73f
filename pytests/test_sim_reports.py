"""What came out of runs, as TAP and as JUnit's XML: whatever a scenario says, the readers can read it."""

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from test_sim_verbs import SLOW_LINKS

pytestmark = pytest.mark.only("sim", reason="the simulator's own verbs")

# Bytes that are no text, marks of XML and TAP, and lines of many words, all in one message.
NASTY = '''vtest "bytes"
server s1 {
    rxreq
    expect req.http.x == "<]]>"
} -start
client c1 -connect ${s1_sock} {
    txreq -hdr "x: \xc3\x28\x1b[31m<&>#"
    rxresp
} -run
'''


@pytest.fixture
def sim(request, tmp_path):
    program = os.path.abspath(os.path.join(request.config.getoption("--build"), "lockstep-sim"))
    (tmp_path / "more").mkdir()
    for name, text in {
        "slow.vtc": SLOW_LINKS,
        "fine.vtc": 'vtest "fine"\ndelay 1.5\n',
        "more/skip.vtc": 'vtest "skip"\nfeature cmd "false # no \\"such\\" <thing>"\n',
        "wrong.vtc": 'vtest "wrong"\nfrobnicate\n',
        "a #b.vtc": NASTY,
    }.items():
        (tmp_path / name).write_text(text, encoding="latin1")

    def run(*words, code):
        result = subprocess.run([program, *words], cwd=tmp_path, capture_output=True, timeout=60)
        assert result.returncode == code, result.stdout + result.stderr
        return result.stdout.decode("utf8")

    return run


FILES = ("slow.vtc", "fine.vtc", "more/skip.vtc", "a #b.vtc")


def points(text):
    """Test points of TAP 14: (fine, description, directive, facts)."""
    lines = text.splitlines()
    assert lines[0] == "TAP version 14"
    plan = re.fullmatch(r"1\.\.(\d+)", lines[1])
    found, at = [], 2
    while at < len(lines):
        point = re.fullmatch(r"(not )?ok (\d+) - ((?:[^\\#]|\\.)*?)(?: # (SKIP .*))?", lines[at])
        assert point and int(point.group(2)) == len(found) + 1, lines[at]
        assert lines[at + 1] == "  ---"
        end = lines.index("  ...", at)
        inner = lines[at + 2 : end]
        assert all(line.startswith("  ") for line in inner)
        facts = dict(line.strip().split(": ", 1) for line in inner if re.match(r"  \w+: ", line))
        found.append((not point.group(1), re.sub(r"\\(.)", r"\1", point.group(3)), point.group(4), facts))
        at = end + 1
    assert len(found) == int(plan.group(1))
    return found


def failing_seed(sim):
    return next(seed for seed in map(str, range(1, 100)) if 'not ok' in sim_any(sim, seed))


def sim_any(sim, seed):
    try:
        return sim("run", "slow.vtc", "--tap", "--seed", seed, code=1)
    except AssertionError:
        return ""


def test_tap_is_read_back(sim):
    seed = failing_seed(sim)
    slow, fine, skip, nasty = points(sim("run", "--tap", *FILES, "--seed", seed, code=1))
    assert [slow[0], fine[0], skip[0], nasty[0]] == [False, True, True, False]
    assert nasty[1] == "a #b.vtc" and skip[2].startswith("SKIP feature cmd") and "\\#" in skip[2]
    assert fine[3]["virtual_s"] == "1.500000" and fine[3]["seed"] == seed
    assert slow[3]["again"] == f'"lockstep-sim run slow.vtc --seed {seed}"'
    assert "504" in slow[3]["message"] and slow[3]["report"] == "|"


def test_the_plan_comes_first_and_seeds_are_named(sim):
    found = points(sim("run", "--tap", "fine.vtc", "more/skip.vtc", "--seeds", "3..4", code=0))
    assert [point[1] for point in found] == ["fine.vtc seed 3", "fine.vtc seed 4", "more/skip.vtc seed 3", "more/skip.vtc seed 4"]


@pytest.mark.skipif(not shutil.which("prove"), reason="prove is not there")
def test_perl_reads_it(sim, tmp_path):
    (tmp_path / "tap.txt").write_text(sim("run", "--tap13", *FILES, "--seed", failing_seed(sim), code=1))
    result = subprocess.run(["prove", "-v", "-e", "cat", "tap.txt"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "Failed tests:  1, 4" in result.stdout and "Tests: 4 Failed: 2" in result.stdout
    assert "arse errors" not in result.stdout + result.stderr


def test_junit_is_read_back(sim, tmp_path):
    seed = failing_seed(sim)
    sim("run", "--junit", "out.xml", *FILES, "--seed", seed, code=1)
    root = ElementTree.parse(tmp_path / "out.xml").getroot()
    suite = root.find("testsuite")
    assert root.tag == "testsuites" and suite.attrib["tests"] == "4"
    assert (suite.attrib["failures"], suite.attrib["skipped"], suite.attrib["errors"]) == ("2", "1", "0")
    slow, fine, skip, nasty = suite.findall("testcase")
    assert (skip.attrib["classname"], skip.attrib["name"], skip.attrib["file"]) == ("more.skip", "skip.vtc", "more/skip.vtc")
    assert fine.find("failure") is None and 0 < float(fine.attrib["time"]) < 5
    assert 'feature cmd' in skip.find("skipped").attrib["message"] and "<thing>" in skip.find("skipped").attrib["message"]
    assert "504" in slow.find("failure").attrib["message"]
    assert f"again: lockstep-sim run slow.vtc --seed {seed}" in slow.find("failure").text
    assert nasty.attrib["name"] == "a #b.vtc" and "<&>#" in nasty.find("failure").text
    assert abs(float(suite.attrib["time"]) - sum(float(case.attrib["time"]) for case in suite)) < 0.001


def test_a_wrong_file_is_an_error(sim, tmp_path):
    assert not points(sim("run", "--tap", "--junit", "out.xml", "wrong.vtc", code=2))[0][0]
    error = ElementTree.parse(tmp_path / "out.xml").getroot().find(".//error")
    assert "wrong.vtc:2" in error.attrib["message"]


def test_a_sweep_has_a_case_for_each_way(sim, tmp_path):
    sim("sweep", *FILES, "--seeds", "1..40", "--junit", "out.xml", code=1)
    cases = {case.attrib["file"]: case for case in ElementTree.parse(tmp_path / "out.xml").getroot().iter("testcase")}
    assert sorted(cases) == sorted(FILES)
    assert cases["fine.vtc"].find("failure") is None and cases["more/skip.vtc"].find("skipped") is not None
    assert "40 runs fail so" in cases["a #b.vtc"].find("failure").text
    text = cases["slow.vtc"].find("failure").text
    assert "504" in text
    repro = re.search(r"once more: lockstep-sim repro (\S+)", text).group(1)
    sim("repro", repro, code=0)


@pytest.mark.parametrize("words", [("run", "--junit"), ("run", "fine.vtc", "--junit", "none/out.xml"), ("sweep", "fine.vtc", "--junit", "none/out.xml")])
def test_a_report_that_cannot_be_written(sim, words):
    sim(*words, code=2)
