"""The plug-in of pytest, as a user runs it: in a folder of his own, with pytest alone."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from test_sim_verbs import SLOW_LINKS

pytestmark = pytest.mark.only("sim", reason="the simulator's own plug-in")
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@pytest.fixture
def sim_program(request):
    return os.path.abspath(os.path.join(request.config.getoption("--build"), "lockstep-sim"))


@pytest.fixture
def run(sim_program, tmp_path):
    def run(*words, code, program=sim_program, plugin=("-p", "pytest_lockstep")):
        env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "LOCKSTEP"))}
        env["PYTHONPATH"] = os.path.join(TOP, "python")
        given = [f"--lockstep-sim={program}"] if program else []
        result = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugin, *given, *words], cwd=tmp_path, env=env,
                                capture_output=True, text=True, timeout=120)
        assert result.returncode == code, result.stdout + result.stderr
        return result.stdout + result.stderr

    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return run


def test_scenarios_are_collected(run, tmp_path):
    (tmp_path / "fine.vtc").write_text('vtest "fine"\ndelay 1\n')
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "skip.vtc").write_text('vtest "skip"\nfeature cmd "no such thing"\n')
    (tmp_path / "wrong.vtc").write_text('vtest "wrong"\nfrobnicate\n')
    (tmp_path / "slow.vtc").write_text(SLOW_LINKS)
    said = run("-rs", "--seeds", "1..60", "--junitxml", "out.xml", code=1)
    assert "2 failed, 1 passed, 1 skipped" in said
    assert "no such thing" in said and "wrong.vtc:2" in said
    assert 'came      "504"' in said and "net.latency" in said
    repro = re.search(r"once more: lockstep-sim repro (\S+)", said).group(1)
    case = next(case for case in ElementTree.parse(tmp_path / "out.xml").iter("testcase") if "slow" in case.attrib["classname"])
    assert {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}["lockstep_repro"] == repro
    assert "net.latency" in (tmp_path / repro).read_text()


def test_one_seed_by_default(run, tmp_path, sim_program):
    (tmp_path / "slow.vtc").write_text(SLOW_LINKS)
    code = subprocess.run([sim_program, "run", "slow.vtc"], cwd=tmp_path, capture_output=True, timeout=60).returncode
    run("slow.vtc", code=code)


FIXTURE = '''
CONF = """
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend fe
    bind "fd@${fe}"
    default_backend be
backend be
    server s1 "${S1}"
"""


def test_world(lockstep):
    log = lockstep.datagrams()
    server = lockstep.listen(name="s1")
    proxy = lockstep.proxy(CONF + "frontend l\\n    log " + log.address + " local0\\n", env={"S1": server.address})
    client = lockstep.connect(proxy)
    lockstep.send(client, "GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n", segment=3)
    lockstep.settle()
    conn = server.accept()
    assert b"GET / HTTP/1.1" in lockstep.receive(conn)
    conn.send("HTTP/1.1 200 OK\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n5\\r\\nabcde\\r\\n0\\r\\n\\r\\n")
    assert client.receive_response() == (200, {"transfer-encoding": "chunked"}, b"abcde")
    assert proxy.stats("be", "s1")["hrsp_2xx"] == "1"
    lockstep.fault("h1", "s1", both=True, cut=True)
    client.send("GET /again HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n")
    began = lockstep.now
    lockstep.check(lambda: proxy.stats("be", "s1")["hrsp_5xx"] == "1", within=10, every=0.5)
    assert lockstep.now - began >= 4.5
    assert proxy.stop() == 0


def test_wrong(lockstep):
    proxy = lockstep.proxy(CONF, env={"S1": "127.0.0.1:1"})
    client = lockstep.connect(proxy)
    client.send("GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n")
    assert client.receive_response()[0] == 200, lockstep.hash()


def test_check(lockstep):
    lockstep.check(lambda: lockstep.now > 3, within=2)


def test_timeout(lockstep):
    listener = lockstep.listen()
    lockstep.connect(listener)
    listener.accept().receive(timeout=7)


def test_conf(lockstep):
    lockstep.proxy("frontend x\\n    bnid 1\\n")
'''


def test_the_fixture(run, tmp_path, sim_program):
    (tmp_path / "test_it.py").write_text(FIXTURE)
    said = run("--seeds", "3..4", code=1)
    assert "8 failed, 2 passed" in said
    assert "FAILED test_it.py::test_world" not in said and "FAILED test_it.py::test_wrong[seed3]" in said
    assert "does not hold within 2 s" in said and "7 s virtual went by" in said and "'bnid'" in said
    found = re.findall(r"(?s)seed (\d+), (\S+) s virtual, last events:.*?once more: lockstep-sim serve < (\S+)", said)
    assert {seed for seed, _, _ in found} == {"3", "4"} and len(found) == 8
    name = next(name for _, _, name in found if "test_wrong" in name)
    wanted = re.search(r"AssertionError: ([0-9a-f]{16})", said).group(1)
    again = subprocess.run([sim_program, "serve"], input=(tmp_path / name).read_text(), cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert f'"hash": "{wanted}"' in again.stdout or f'"hash":"{wanted}"' in again.stdout


@pytest.mark.parametrize("words,program,says", [
    (("--seeds", "9..2"), True, "--seeds is written A..B"),
    ((), False, "lockstep-sim is not found"),
])
def test_bad_usage(run, tmp_path, sim_program, words, program, says):
    (tmp_path / "fine.vtc").write_text('vtest "fine"\ndelay 1\n')
    assert says in run(*words, code=1, program=sim_program if program else "none/lockstep-sim")


def test_the_example_is_copied_and_runs(tmp_path, sim_program):
    """As the recipe runs it, in a repository that has nothing else."""
    copy = tmp_path / "theirs"
    shutil.copytree(os.path.join(TOP, "docs", "examples", "testing"), copy)
    recipe = (copy / "github-actions.yml").read_text()
    words = shlex.split(re.search(r"run: python3 (-m pytest .*)", recipe).group(1))
    variables = dict(re.findall(r"(PYTHONPATH|LOCKSTEP_SIM): (\S+)", recipe))
    assert variables["PYTHONPATH"] == "lockstep/python" and variables["LOCKSTEP_SIM"] == "lockstep/build/lockstep-sim"
    (copy / "lockstep").mkdir()
    (copy / "lockstep" / "python").symlink_to(os.path.join(TOP, "python"))
    (copy / "lockstep" / "build").symlink_to(os.path.dirname(sim_program))
    words[words.index("--seeds") + 1] = "1..5"
    result = subprocess.run([sys.executable, *words], cwd=copy, env={**os.environ, **variables}, capture_output=True, text=True, timeout=200)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "26 passed" in result.stdout
    assert ElementTree.parse(copy / "report.xml").getroot().find("testsuite").attrib["failures"] == "0"


@pytest.mark.skipif(not (shutil.which("vtest") or os.environ.get("VTEST")), reason="no vtest here; VTEST may name one")
def test_vtest_skips_what_has_the_guard():
    program = os.environ.get("VTEST") or shutil.which("vtest")
    path = os.path.join(TOP, "docs", "examples", "testing", "retry.vtc")
    result = subprocess.run([program, path], capture_output=True, text=True, timeout=60)
    assert "skipped" in result.stdout and result.returncode == 77, result.stdout


def test_the_guard_holds_here(tmp_path, sim_program):
    for name, line, code in (("in", 'feature cmd "command -v lockstep-world"', 0), ("not", 'feature !cmd "command -v lockstep-world"', 77)):
        (tmp_path / f"{name}.vtc").write_text(f'vtest "guard"\n{line}\nnet * {{latency 1ms}}\n')
        assert subprocess.run([sim_program, "run", f"{name}.vtc"], cwd=tmp_path, capture_output=True, timeout=60).returncode == code
    shell = subprocess.run(["/bin/sh", "-c", "command -v lockstep-world"], capture_output=True, timeout=60)
    assert shell.returncode != 0  # which is what makes VTest skip
