"""What the simulator says to who writes its command line wrong: one line that names the word and what was expected."""

import os
import subprocess

import pytest

pytestmark = pytest.mark.only("sim", reason="the simulator's own verbs")

SCENARIO = 'vtest "nothing happens"\ndelay 1\n'
FILES = {  # what each verb wants
    "run": "FILE.vtc...", "sweep": "FILE.vtc...", "explore": "FILE.vtc...", "doctor": "FILE.vtc...",
    "torture": "FILE.vtc...", "trace": "FILE.vtc or FILE.repro", "step": "FILE.vtc or FILE.repro",
    "repro": "FILE.repro", "shrink": "FILE.repro", "why": "FILE.repro", "diff": "A and B, two files of events",
}
RUNNERS = [verb for verb in FILES if verb not in ("repro", "shrink", "why", "diff")]
ONE_FILE = ("trace", "step", "repro", "shrink", "why")
SEEDS = "a range A..B of numbers, such as 1..100"
VALUES = [  # option, what is no value of it, what it wants
    ("--seed", "x", "a number"), ("--seed", "-1", "a number"), ("--seeds", "5..1", SEEDS), ("--seeds", "5", SEEDS),
    ("--seeds", "1..", SEEDS), ("--seeds", "a..b", SEEDS), ("--seeds", "1...3", SEEDS),
    ("--limit", "soon", "seconds, from 1 to 1000000000"), ("--limit", "0", "seconds, from 1 to 1000000000"),
    ("--live", "5s", "seconds, from 1 to 1000000"), ("--delays", "17", "a number from 1 to 16"),
    ("--pct", "0", "a number from 1 to 16"), ("--pct", "17", "a number from 1 to 16"),
    ("--macro", "NAME", "NAME=VALUE"), ("--macro", "=1", "NAME=VALUE"),
]
OWN = [
    ("sweep", "-j", "0", "a number of processes"), ("sweep", "-j", "many", "a number of processes"),
    ("sweep", "--shard", "3/2", "I/N"), ("sweep", "--shard", "0/2", "I/N"), ("sweep", "--shard", "1", "I/N"),
    ("explore", "--depth", "65", "a number from 1 to 64"), ("explore", "--width", "0", "a number from 1 to 1000"),
    ("explore", "--most", "-1", "a number of runs"), ("torture", "--most", "0", "a number of places"),
    ("torture", "--piece", "first", "a number from 1 on"), ("doctor", "--program", "/nonexistent", "another build"),
]
ALONE = [(verb, option, "") for verb in RUNNERS for option in ("--seed", "--seeds", "--limit", "--live", "--delays", "--pct", "--macro", "--args")] + [
    ("run", "--trace", "a file to write"), ("run", "--junit", "a file to write"), ("sweep", "--out", "a folder"),
    ("sweep", "--junit", "a file to write"), ("sweep", "-j", "a number"), ("sweep", "--shard", "I/N"),
    ("explore", "--depth", "a number"), ("torture", "--pieces", "a number"), ("trace", "--html", "a file to write"),
    ("shrink", "--out", "a path"), ("doctor", "--program", "another build"),
]

CASES = (
    [(verb, [], ("no file", wants)) for verb, wants in FILES.items()]
    + [(verb, ["good.vtc", "--nope"], ("unknown option '--nope'", wants)) for verb, wants in FILES.items()]
    + [(verb, ["none.vtc", "none.vtc"][:2 if verb == "diff" else 1], ("'none.vtc' cannot be read, No such file", wants)) for verb, wants in FILES.items()]
    + [(verb, [".", "."][:2 if verb == "diff" else 1], ("'.' cannot be read, it is a folder", wants)) for verb, wants in FILES.items()]
    + [(verb, ["good.vtc", "more.vtc"], ("'more.vtc' is too much", FILES[verb])) for verb in ONE_FILE]
    + [("diff", ["good.vtc"], ("no file behind good.vtc", FILES["diff"])), ("diff", ["a", "b", "c"], ("'c' is too much", FILES["diff"]))]
    + [(verb, ["good.vtc", option, value], (f"'{option} {value}': expected {wants}",)) for verb in RUNNERS for option, value, wants in VALUES]
    + [(verb, ["good.vtc", option, value], (f"'{option} {value}': expected {wants}",)) for verb, option, value, wants in OWN]
    + [(verb, ["good.vtc", option], (f"'{option}' has no value: expected {wants}",)) for verb, option, wants in ALONE]
    + [("repro", ["good.vtc"], ("good.vtc", "lockstep-sim repro 1")), ("why", ["good.vtc"], ("good.vtc", "lockstep-sim repro 1")),
       ("shrink", ["good.vtc"], ("good.vtc", "lockstep-sim repro 1")), ("serve", ["now"], ("'now' is too much", "no word")),
       ("run", ["good.vtc", "--trace", "no/folder"], ("'--trace no/folder' cannot be written",)),
       ("trace", ["good.vtc", "--html", "no/folder"], ("'no/folder' cannot be written",)),
       ("nonsense", [], ("unknown verb 'nonsense'", "--help"))]
)


@pytest.mark.parametrize("verb, words, said", CASES, ids=[" ".join([verb, *words]) for verb, words, _ in CASES])
def test_one_line_names_what_is_wrong(request, tmp_path, verb, words, said):
    program = os.path.abspath(os.path.join(request.config.getoption("--build"), "lockstep-sim"))
    (tmp_path / "good.vtc").write_text(SCENARIO)
    result = subprocess.run([program, verb, *words], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert result.returncode == 2, result.stdout + result.stderr
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    for text in said:
        assert text in result.stderr


@pytest.mark.parametrize("verb", [*FILES, "serve"])
def test_help_is_no_mistake(request, verb):
    program = os.path.join(request.config.getoption("--build"), "lockstep-sim")
    result = subprocess.run([program, verb, "--help"], capture_output=True, text=True, timeout=30)
    assert result.returncode == 0 and result.stdout.startswith(f"usage: lockstep-sim {verb}") and result.stderr == ""
    assert "by default it is not looked at" not in result.stdout
