"""The stepper: a run forward and back, what is seen at its places, and another choice."""

import os
import re
import subprocess

import pytest

pytestmark = pytest.mark.only("sim", reason="the simulator's own verbs")

LUA = """
local function inner(label)
    local box = { n = 7, s = "text" }
    core.msleep(200)
    return box, label
end
core.register_action("slow", { "http-req" }, function(txn)
    local label = "here"
    local own = coroutine.create(function(deep) coroutine.yield(deep) end)
    coroutine.resume(own, 3.5)
    inner(label)
end)
"""

SLOW = """vtest "A script that sleeps, a server with room for one, links that take their time"
feature vtest_cmd net
feature ignore_unknown_macro
net * {latency 1ms..9ms}
server s1 {
    rxreq
    delay 0.5
    txresp
} -repeat 2 -start
haproxy h1 -conf {
    global
        lua-load ${testdir}/slow.lua
    defaults
        mode http
        timeout connect 1s
        timeout client 5s
        timeout server 600ms
        timeout queue 5s
    frontend fe
        bind "fd@${fe}"
        http-request lua.slow if { path /slow }
        default_backend be
    backend be
        server s1 ${s1_addr}:${s1_port} maxconn 1
} -start
client c1 -connect ${h1_fe_sock} {
    txreq -url /slow
    rxresp
    expect resp.status == 200
} -start
client c2 -connect ${h1_fe_sock} {
    delay 0.3
    txreq -url /two
    rxresp
    expect resp.status == 200
} -run
client c1 -wait
"""

PLACE = re.compile(r"^> (\d+) (\d+\.\d{9})(?: (\w+))?$")


class Stepper:
    """One command at a time: each answer ends with the place."""

    def __init__(self, program, folder, *words):
        self.process = subprocess.Popen(
            [program, "step", *words], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines = self.answer()

    def answer(self):
        lines = []
        for line in self.process.stdout:
            place = PLACE.match(line)
            if place:
                self.event, self.at, self.outcome = int(place[1]), float(place[2]), place[3]
                return lines
            lines.append(line.rstrip("\n"))
        raise AssertionError("it ended: " + "\n".join(lines))

    def __call__(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        self.lines = self.answer()
        return self.lines

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=20)


@pytest.fixture
def step(request, tmp_path):
    program = os.path.abspath(os.path.join(request.config.getoption("--build"), "lockstep-sim"))
    (tmp_path / "slow.lua").write_text(LUA)
    (tmp_path / "slow.vtc").write_text(SLOW)
    made = []

    def begin(*words):
        made.append(Stepper(program, tmp_path, *(words or ("slow.vtc",))))
        return made[-1]

    yield begin
    for stepper in made:
        assert stepper.end() == 0


def run_hash(request, tmp_path, *words):
    program = os.path.abspath(os.path.join(request.config.getoption("--build"), "lockstep-sim"))
    result = subprocess.run([program, "run", "--tap", *words], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    return re.search(r'events: (\d+)\s+hash: "(\w+)"', result.stdout).groups()


def test_forward_is_the_run_itself(step, request, tmp_path):
    run = step()
    told = list(run.lines)
    while run.outcome is None:
        told += run("step")
    numbers = [int(line.split()[0]) for line in told]
    assert numbers == list(range(1, len(numbers) + 1)) and run.outcome == "passed"
    assert run.event == int(run_hash(request, tmp_path, "slow.vtc")[0])
    assert run("step") == ["the run has ended"]


def test_back_is_where_it_was(step):
    run = step()
    places = [(run.event, run.at, run.lines)]
    for _ in range(40):
        run("step")
        places.append((run.event, run.at, run.lines))
    for place in reversed(places[:-1][-20:]):
        run("back")
        assert (run.event, run.at, run.lines) == place
    run(f"goto {places[5][0]}")
    assert (run.event, run.at, run.lines) == places[5]
    run(f"goto {places[40][0]}")
    assert (run.event, run.at, run.lines) == places[40]


def test_goto_instants_and_until_events(step):
    run = step()
    run("goto 100ms")
    assert run.at <= 0.1
    run("step")
    assert run.at > 0.1
    run("until stream-end")
    assert any("stream-end" in line for line in run.lines)
    ended = run.event
    run("continue")
    assert run.outcome == "passed"
    run(f"goto {ended}")
    run("before stream-new")
    assert any("stream-new" in line for line in run.lines) and run.event < ended
    run("goto 20ms")
    assert run.at <= 0.02
    assert run("until no such thing")[-1] == "no such event came" and run.outcome == "passed"


def test_stacks_and_locals_of_a_script(step):
    run = step()
    run("goto 100ms")
    seen = "\n".join(run("lua"))
    assert "action 'slow', stream 1, sleeps for 0." in seen
    assert "slow.lua:4: inner\n" in seen and "slow.lua:11: function of line 7\n" in seen
    assert re.search(r"own = thread\n +\[C\]: yield\n +\S*slow\.lua:9: function of line 9\n +deep = 3\.5", seen)
    assert 'label = "here"' in seen and 'n = 7' in seen and 's = "text"' in seen
    run("goto 1s")
    assert "nothing of Lua is under way" in run("lua h1")[-1]
    assert run("lua h7") == ["there is no such proxy"]


def test_sockets_queues_streams(step):
    run = step()
    run("goto 450ms")
    sockets = run("sockets")
    assert any(re.match(r"h1 .* tcp  LISTEN +127\.0\.0\.1:\d+  to accept 0 of 100", line) for line in sockets)
    assert any(re.match(r"s1 .* tcp  ESTAB ", line) for line in sockets)
    assert {line.split()[0] for line in run("sockets c1")} == {"c1"}
    assert {"    be/s1: 1 sessions of 1, 0 in the queue", "    be/BACKEND: 2 sessions of 52428, 1 in the queue"} <= set(run("queues"))
    assert any("frontend=fe" in line for line in run("streams h1"))
    who = run("who")
    assert any(re.match(r"c2 +client +slow\.vtc:\d+: c2: rxresp; waits for ", line) for line in who)
    assert any(re.match(r"h1 +proxy +pid ", line) for line in who)


def test_who_looks_changes_nothing(step):
    plain, looking = step(), step()
    for run in (plain, looking):
        run("goto 300ms")
    assert any("MAINT" in line for line in looking("cli h1 disable server be/s1; show stat"))
    assert not any("MAINT" in line for line in looking("cli h1 show stat"))
    for question in ("sockets", "queues", "streams", "lua", "who", "tape", "events 50", "report", "help", "where", "nonsense"):
        looking(question)
    for run in (plain, looking):
        run("continue")
    assert (plain.event, plain.at, plain.outcome) == (looking.event, looking.at, looking.outcome)
    assert plain("events 1000") == looking("events 1000")


def test_another_choice_is_another_run(step):
    run = step()
    run("continue")
    whole = run("events 1000")
    tape = [line for line in run("tape") if line.startswith("net.latency c1 0 = ")]
    assert len(tape) == 1
    assert run("set net.latency c1 0 = 1")[-1] == "from here on it is another run"
    assert 0 < run.event < 60 and run.outcome is None
    branch = run.event
    assert any(line.startswith("net.latency c1 0 = 1 #") for line in run("tape"))
    run("continue")
    assert run.outcome == "passed" and run("events 1000") != whole
    run("goto %d" % branch)
    run("set " + tape[0].split(" #")[0])  # as it was: the same run again
    run("continue")
    assert run("events 1000") == whole
    assert run("set net.latency c1 0 = 1 2") == ["it is written: set SITE WHO NUMBER = ANSWER, as 'tape' has them"]
    assert run("set net.latency nobody 0 = 1")[-1] == "nothing hangs on that choice"


def test_a_failure_can_be_looked_at(step, tmp_path):
    (tmp_path / "bad.vtc").write_text(SLOW.replace("timeout server 600ms", "timeout server 100ms"))
    run = step("bad.vtc", "--seed", "3")
    run("until stream-new")
    assert run("report") == ["the run goes on"]
    run("continue")
    assert run.outcome == "failed"
    assert any('came      "504"' in line for line in run("report"))
    assert any("does not run" not in line for line in run("sockets h1"))
    run("back 2")
    assert run.outcome is None


def test_a_failure_made_here_is_kept(step, request, tmp_path):
    program = os.path.abspath(os.path.join(request.config.getoption("--build"), "lockstep-sim"))
    run = step()
    run("goto 30")
    place = run.event
    assert run("keep no.repro")[0] == "the run does not fail: there is nothing to keep" and run.event == place
    assert not (tmp_path / "no.repro").exists()
    (tmp_path / "tight.vtc").write_text(SLOW.replace("timeout server 600ms", "timeout server 517ms"))
    run = step("tight.vtc", "--seed", "3")
    tape = []
    run("continue")
    tape = [line.split(" #")[0] for line in run("tape") if line.startswith("net.latency s1 ")]
    for choice in tape:  # the server's answers take as long as they may
        run("set %s = 4000000000" % choice.split(" = ")[0])
    run("continue")
    assert run.outcome == "failed"
    (tmp_path / "tight.vtc").write_text(SLOW)  # who edits the file changes neither the run nor what is kept
    assert run("keep made.repro") == ["written: made.repro"] + run.lines[1:] and run.outcome == "failed"
    again = subprocess.run([program, "repro", "made.repro"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert again.returncode == 2 and "is not what this was made of" in again.stderr
    for verb in (["step", "made.repro"], ["trace", "made.repro"]):
        refused = subprocess.run([program, *verb], cwd=tmp_path, capture_output=True, text=True, timeout=60, input="")
        assert refused.returncode == 2 and "is not what this was made of" in refused.stderr
    (tmp_path / "tight.vtc").write_text(SLOW.replace("timeout server 600ms", "timeout server 517ms"))
    again = subprocess.run([program, "repro", "made.repro"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert again.returncode == 0 and "the same failure, the same hash" in again.stdout


def test_what_cannot_be_run_is_said(request, tmp_path):
    program = os.path.abspath(os.path.join(request.config.getoption("--build"), "lockstep-sim"))
    for words in (["none.vtc"], [], ["a.vtc", "b.vtc"]):
        result = subprocess.run([program, "step", *words], cwd=tmp_path, capture_output=True, text=True, timeout=20, input="")
        assert result.returncode == 2 and result.stderr
