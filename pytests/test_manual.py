"""What an installation brings: the manual pages and the completion know the options that the programs know."""

import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.only("runtime", reason="looks at files and at the programs' own help")


@pytest.fixture
def programs(world):
    folder = pathlib.Path(world.binary).resolve().parent
    return {name: folder / name for name in ("lockstep", "lockstep-sim")}


def said(program, *words):
    done = subprocess.run([program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout, done.stderr


def options_of_page(name):
    page = (TOP / "packaging" / f"{name}.1").read_text().replace("\\-", "-")
    return set(re.findall(r"^\.TP\n\\fB(--?[A-Za-z0-9-]*)", page, re.M))


def verbs(program):
    return re.findall(r"^  ([a-z]+) ", said(program, "--help")[1], re.M)


def options_of_help(text):
    return set(re.findall(r"^  (--?[A-Za-z-]+)", text, re.M))


def test_the_page_has_the_options_of_the_proxy(programs):
    help_ = said(programs["lockstep"], "-h")
    options = set(re.findall(r"^ +(--?[A-Za-z0-9-]*).* : ", help_[1] + help_[2], re.M))
    assert len(options) > 40 and options == options_of_page("lockstep")


def test_the_page_has_the_verbs_and_options_of_the_simulator(programs):
    program = programs["lockstep-sim"]
    page = (TOP / "packaging" / "lockstep-sim.1").read_text()
    options = set()
    for verb in verbs(program):
        assert f"\\fB{verb}\\fR" in page
        options |= options_of_help(said(program, verb, "--help")[1])
    assert len(options) > 20 and options == options_of_page("lockstep-sim")


def test_each_verb_tells_its_help(programs):
    for verb in verbs(programs["lockstep-sim"]):
        code, out, err = said(programs["lockstep-sim"], verb, "--help")
        assert (code, err) == (0, ""), verb
        assert out.startswith("usage: lockstep-sim " + verb), verb


def completed(programs, line):
    words = line.split(" ")
    script = f"""
        source {TOP}/packaging/{words[0]}.bash
        COMP_WORDS=({words[0]} {" ".join(words[1:]) or "''"}) COMP_CWORD={len(words) - 1}
        {"_" + words[0].replace("-", "_")} {programs[words[0]]}
        printf "%s\\n" "${{COMPREPLY[@]}}"
    """
    return set(subprocess.run(["bash", "-c", script], cwd=TOP, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("line, some", [
    ("lockstep -d", {"-db", "-dM", "-dK"}),
    ("lockstep -W", {"-W", "-Ws"}),
    ("lockstep-sim s", {"sweep", "shrink", "step", "serve"}),
    ("lockstep-sim run --s", {"--seed", "--seeds", "--swarm"}),
])
def test_words_are_completed(programs, line, some):
    got = completed(programs, line)
    assert some <= got
    assert all(word.startswith(line.split(" ")[-1]) for word in got)


def test_the_example_configuration_is_good(programs, tmp_path):
    text = (TOP / "packaging" / "lockstep.cfg").read_text().replace("user lockstep", "").replace("group lockstep", "")
    path = tmp_path / "lockstep.cfg"
    path.write_text(text.replace("# frontend", "frontend").replace("#     ", "    ").replace("# backend", "backend").replace("#\n", "\n"))
    assert said(programs["lockstep"], "-c", "-f", path)[0] == 0
