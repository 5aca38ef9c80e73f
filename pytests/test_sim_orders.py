"""Orders by priorities (`--pct`): a defect that needs the same order many times is found soon, and repeated."""

import json
import os
import re
import subprocess

import pytest

pytestmark = pytest.mark.only("sim", reason="the simulator's own verbs")

SCRIPT = """-- Breaks when the same client comes first six times in a row.
local first, last, run = nil, nil, 0
core.register_action("turn", { "http-req" }, function(txn)
    local who = txn.sf:path()
    if first == nil then
        first = who
        return
    end
    run = first == "/b" and run + 1 or 0
    first = nil
    if run == 6 then txn:set_var("txn.broken", true) end
end)
"""

ROUNDS = """vtest "A defect that needs the same order of two clients in six rounds"
feature cmd "command -v lockstep-world"
feature ignore_unknown_macro
net * {latency 5ms}
barrier b1 cond 2 -cyclic
haproxy h1 -conf {
    global
        lua-load ${testdir}/turns.lua
    defaults
        mode http
        timeout connect 1s
        timeout client 10s
        timeout server 1s
    frontend fe
        bind "fd@${fe}"
        http-request lua.turn
        http-request return status 500 if { var(txn.broken) -m bool }
        http-request return status 200
} -start
client c1 -connect ${h1_fe_sock} {
    loop 8 {
        barrier b1 sync
        delay .1
        txreq -url "/a"
        rxresp
        expect resp.status == 200
    }
} -start
client c2 -connect ${h1_fe_sock} {
    loop 8 {
        barrier b1 sync
        delay .1
        txreq -url "/b"
        rxresp
        expect resp.status == 200
    }
} -start
client c1 -wait
client c2 -wait
"""


@pytest.fixture
def sim(request, tmp_path):
    program = os.path.abspath(os.path.join(request.config.getoption("--build"), "lockstep-sim"))
    (tmp_path / "turns.lua").write_text(SCRIPT)
    (tmp_path / "turns.vtc").write_text(ROUNDS)

    def run(*words):
        return subprocess.run([program, *words], cwd=tmp_path, capture_output=True, text=True, timeout=120)

    return run


def failures(sim, *words):
    result = sim("sweep", "turns.vtc", "--seeds", "1..200", "--jsonl", *words)
    return sorted(row["seed"] for row in map(json.loads, result.stdout.splitlines()) if row["result"] == "failed")


def test_priorities_find_what_needs_the_same_order_often(sim):
    drawn, ranked = failures(sim), failures(sim, "--pct", "1")
    assert len(ranked) > 5 * len(drawn)
    assert failures(sim, "--pct", "1") == ranked  # the seed says it all
    assert failures(sim, "--pct", "3") != ranked


def test_what_priorities_found_is_repeated_by_its_tape(sim, tmp_path):
    result = sim("sweep", "turns.vtc", "--seeds", "1..50", "--until-fail", "-j", "1", "--pct", "2")
    assert result.returncode == 1 and "--pct 2" in result.stdout
    repro = tmp_path / re.search(r"once more: lockstep-sim repro (\S+)", result.stdout).group(1)
    assert "the same failure, the same hash" in sim("repro", str(repro)).stdout
    text = repro.read_text()
    assert "\npct 2\n" in text
    repro.write_text(text.replace("\npct 2\n", "\n"))  # the choices are the tape's, wherever they came from
    assert "the same failure, the same hash" in sim("repro", str(repro)).stdout
    assert sim("run", "turns.vtc", "--seeds", "1..20", "--pct", "4", "--twice").stdout.count("not the same twice") == 0


def test_a_change_of_priority_is_met(sim):
    def hashes(depth):
        result = sim("sweep", "turns.vtc", "--seeds", "1..20", "--jsonl", "-j", "1", "--pct", depth)
        return [json.loads(line)["hash"] for line in result.stdout.splitlines()]

    one, many = hashes("1"), hashes("16")
    assert sum(a != b for a, b in zip(one, many)) > 10
    assert one == hashes("1")


def test_there_is_one_way_of_ordering(sim):
    result = sim("run", "turns.vtc", "--delays", "2", "--pct", "2")
    assert result.returncode == 2 and "no --delays beside it" in result.stderr
    result = sim("run", "turns.vtc", "--pct", "2", "--delays", "2")
    assert result.returncode == 2 and "no --pct beside it" in result.stderr
