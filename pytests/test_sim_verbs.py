"""The verbs of the simulator: what fails by chance is found, repeated, explained and made small."""

import json
import os
import re
import subprocess

import pytest

pytestmark = pytest.mark.only("sim", reason="the simulator's own verbs")

# Fails when two of the twelve latencies add up to more than the server's time-out.
SLOW_LINKS = """vtest "A time-out that is too short for the links"
feature cmd "command -v lockstep-world"
feature ignore_unknown_macro
net * {latency 1ms..30ms}
server s1 {
    rxreq
    delay 0.01
    txresp
} -start
server s2 {
    rxreq
    txresp
} -start
haproxy h1 -conf {
    defaults
        mode http
        timeout connect 50ms
        timeout client 1s
        timeout server 50ms
    frontend fe
        bind "fd@${fe}"
        default_backend be
    backend be
        server s1 ${s1_addr}:${s1_port}
} -start
client c0 -connect ${h1_fe_sock} {
    txreq -url "/nothing"
    rxresp
    expect resp.status == 200
} -run
"""


@pytest.fixture
def sim(request, tmp_path):
    program = os.path.abspath(os.path.join(request.config.getoption("--build"), "lockstep-sim"))

    def run(*words):
        return subprocess.run([program, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60)

    (tmp_path / "slow.vtc").write_text(SLOW_LINKS)
    return run


@pytest.fixture
def repro(sim):
    result = sim("sweep", "slow.vtc", "--seeds", "1..100", "--until-fail", "-j", "1")
    assert result.returncode == 1
    line = next(line for line in result.stdout.splitlines() if line.startswith("once more: "))
    return line.split()[-1]


def test_a_sweep_counts_the_ways_to_fail(sim):
    result = sim("sweep", "slow.vtc", "--seeds", "1..60", "-j", "2")
    assert result.returncode == 1
    assert "in 1 ways" in result.stdout
    assert 'came      "504"' in result.stdout


def test_shards_are_the_whole(sim):
    def lines(*words):
        result = sim("sweep", "slow.vtc", "--seeds", "1..30", "--jsonl", *words)
        return sorted((row["seed"], row["result"], row["hash"]) for row in map(json.loads, result.stdout.splitlines()))

    whole = lines()
    assert len(whole) == 30
    assert whole == sorted(lines("--shard", "1/3") + lines("--shard", "2/3", "-j", "1") + lines("--shard", "3/3"))


def test_a_failure_is_repeated(sim, repro):
    result = sim("repro", repro)
    assert result.returncode == 0
    assert "the same failure, the same hash" in result.stdout


def test_a_repro_of_another_scenario_is_refused(sim, repro, tmp_path):
    (tmp_path / "slow.vtc").write_text(SLOW_LINKS + "delay 0.1\n")
    result = sim("repro", repro)
    assert result.returncode == 2
    assert "is not what this was made of" in result.stderr


@pytest.mark.parametrize("part, old, new", [
    ("global\n    description one\n", "haproxy h1", 'haproxy h1 -arg "-f ${testdir}/part.cfg"'),
    ("/nothing 1\n", "default_backend be", "http-request set-var(txn.m) path,map(${testdir}/part.cfg)\n        default_backend be"),
], ids=["-f", "a map"])
def test_a_repro_of_another_configuration_is_refused(sim, tmp_path, part, old, new):
    (tmp_path / "part.cfg").write_text(part)
    part = tmp_path / "part.cfg"
    (tmp_path / "named.vtc").write_text(SLOW_LINKS.replace(old, new))
    result = sim("sweep", "named.vtc", "--seeds", "1..100", "--until-fail", "-j", "1")
    assert result.returncode == 1, result.stdout
    repro = re.search(r"once more: lockstep-sim repro (\S+)", result.stdout).group(1)
    assert re.search(r"^reads [0-9a-f]{16} \$\{testdir\}/part\.cfg$", (tmp_path / repro).read_text(), re.M)
    assert sim("repro", repro).returncode == 0
    part.write_text(part.read_text() + "# another\n")
    for verb in "repro", "why", "shrink", "trace":
        result = sim(verb, repro)
        assert result.returncode == 2 and "part.cfg' is not what this was made of" in result.stderr
    assert sim("repro", repro, "--force").returncode == 0
    part.unlink()
    assert sim("repro", repro).returncode == 2


def test_why_names_the_choices(sim, repro):
    result = sim("why", repro)
    assert result.returncode == 0
    assert "hangs on 2 of" in result.stdout
    assert result.stdout.count("without it: passes") == 2


def test_a_failure_is_made_small(sim, repro, tmp_path):
    result = sim("shrink", repro, "--out", "small")
    assert result.returncode == 0, result.stdout + result.stderr
    small = (tmp_path / "small.vtc").read_text()
    assert "s2" not in small
    assert small.count("net.latency") == 2
    assert small.splitlines()[1] == 'feature cmd "command -v lockstep-world"'  # others skip what stands behind it
    assert small.count("lockstep-world") == 1
    for seed in "1", "2":
        again = sim("run", "small.vtc", "--seed", seed)
        assert again.returncode == 1
        assert 'came      "504"' in again.stdout
    assert sim("repro", "small.repro").returncode == 0


def test_a_tape_that_cannot_be_read(sim, repro, tmp_path):
    path = tmp_path / repro
    path.write_text(path.read_text() + "net.latency c0 five = 1\n")
    result = sim("repro", repro)
    assert result.returncode == 2
    assert "a choice is written" in result.stdout


def test_two_runs_are_compared_event_by_event(sim):
    for seed in "1", "2":
        sim("trace", "slow.vtc", "--seed", seed, "--events", f"events{seed}", "--txt", f"story{seed}")
    assert sim("diff", "events1", "events1").returncode == 0
    result = sim("diff", "events1", "events2")
    assert result.returncode == 1
    assert "they differ from line" in result.stdout


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_packets_are_whole(sim, tmp_path):
    sim("trace", "slow.vtc", "--seed", "2", "--pcap", "run.pcapng", "--txt", "story")
    assert "connects, socket" in (tmp_path / "story").read_text()
    data, at, bytes_of = (tmp_path / "run.pcapng").read_bytes(), 0, {}
    while at < len(data):
        kind, size = (int.from_bytes(data[at + i : at + i + 4], "little") for i in (0, 4))
        assert data[at + size - 4 : at + size] == data[at + 4 : at + 8]
        if kind == 6:
            length = int.from_bytes(data[at + 20 : at + 24], "little")
            packet = data[at + 28 : at + 28 + length]
            segment = packet[20:]
            assert checksum(packet[:20]) == 0xFFFF
            pseudo = packet[12:20] + bytes([0, packet[9]]) + len(segment).to_bytes(2, "big")
            assert checksum(pseudo + segment) == 0xFFFF
            sent = bytes_of.setdefault(segment[:4], {})
            sent[int.from_bytes(segment[4:8], "big")] = segment[(segment[12] >> 4) * 4 :]
        at += size
    streams = [b"".join(sent[key] for key in sorted(sent)) for sent in bytes_of.values()]
    assert any(stream.startswith(b"GET /nothing HTTP/1.1\r\n") for stream in streams)
    assert any(stream.startswith(b"HTTP/1.1 200 OK\r\n") for stream in streams)


def test_the_doctor_finds_one_hash(sim):
    result = sim("doctor", "slow.vtc", "--seeds", "1..5")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("ok  ") == 9


def test_a_capture_has_the_secrets_of_tls(sim, tmp_path):
    scenario = os.path.join(os.path.dirname(__file__), "..", "scenarios", "tls", "proxy_to_proxy.vtc")
    assert sim("trace", os.path.abspath(scenario), "--pcap", "run.pcapng", "--txt", "story").returncode == 0
    data = (tmp_path / "run.pcapng").read_bytes()
    assert b"SERVER_TRAFFIC_SECRET_0 " in data
    assert data.index(b"SERVER_TRAFFIC_SECRET_0 ") < data.rindex(b"CLIENT_HANDSHAKE_TRAFFIC_SECRET ")


def test_torture_finds_nothing(sim, tmp_path):
    (tmp_path / "short.vtc").write_text(SLOW_LINKS.replace("1ms..30ms", "1us").replace("0.01", "0.001"))
    result = sim("torture", "short.vtc")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 findings" in result.stdout
    assert int(result.stdout.split()[0]) > 20


# Half of the runs pick `first`; none picks what is not there.
SOMETIMES = """vtest "Facts that a sweep must reach"
feature vtest_cmd check
server s1 {
    accept
} -start
pick {
    client c1 -connect ${s1_sock} {
    } -run
} {
    delay 1
}
check sometimes {sim.now > 0.5}
check sometimes {sim.now < 0.5}
"""


def test_a_sweep_says_what_it_never_reached(sim, tmp_path):
    (tmp_path / "sometimes.vtc").write_text(SOMETIMES)
    result = sim("sweep", "sometimes.vtc", "--seeds", "1..20", "-j", "1")
    assert result.returncode == 0 and "HELD  sometimes.vtc:12: check sometimes {sim.now > 0.5}: in " in result.stdout
    (tmp_path / "never.vtc").write_text(SOMETIMES.replace("> 0.5", "> 2"))
    result = sim("sweep", "never.vtc", "--seeds", "1..20", "-j", "1")
    assert result.returncode == 1 and "NEVER never.vtc:12: check sometimes {sim.now > 2}: in 0 of 20 runs" in result.stdout
    half = sim("sweep", "never.vtc", "--seeds", "1..20", "-j", "1", "--shard", "1/2")
    assert half.returncode == 0  # it has not seen all
    lines = sim("sweep", "never.vtc", "--seeds", "1..2", "-j", "1", "--jsonl").stdout.splitlines()
    assert [json.loads(line)["marks"].splitlines()[0][0] for line in lines] == ["-", "-"]


@pytest.mark.parametrize("line, words", [
    ("dns", "dns"),
    ("dns app.lan", "a name server says A, AAAA, SRV"),
    ("dns app.lan MX mail.lan", "not 'MX'"),
    ("dns app.lan A", "'' is no list of A records"),
    ("dns app.lan A 10.0.0.1,::1", "'10.0.0.1,::1' is no list of A records"),
    ("dns app.lan SRV host", "'host' is no list of SRV records"),
    ("dns app.lan SRV host:80:1:2:3", "is no list of SRV records"),
    ("dns app.lan A 10.0.0.1 -ttl", "wants a number"),
    ("dns app.lan silent -until 5s", "'dns' does not know '-until'"),
    ("fault h1 sleep EMFILE", "a fault happens to listen, accept"),
    ("fault h1 accept short", "or short of a read or write, not 'short'"),
    ("fault h1 watch EFUN", "not 'EFUN'"),
    ("fault h1 reload", "there is no proxy 'h1'"),
    ("net * {rate 0}", "not 'rate'"),
    ("net * {duplicate 101%}", "not 'duplicate'"),
    ("sim -epoch 2026-13-01T00:00:00Z", "'sim -epoch' wants seconds"),
    ("sim -epoch 2026-03-29T00:59Z", "'sim -epoch' wants seconds"),
    ("time jump wall -99999999h", "time jump wall"),
    ("time drift mono 5", "time drift wall"),
    ("time drift wall fast", "time drift wall"),
    ("check sometimes", "check"),
    ("check sometimes {dns.queries > 1} now", "check"),
])
def test_a_wrong_word_is_named(sim, tmp_path, line, words):
    (tmp_path / "wrong.vtc").write_text(f'vtest "wrong"\n{line}\n')
    result = sim("run", "wrong.vtc")
    assert result.returncode == 2 and "wrong.vtc:2" in result.stdout + result.stderr
    assert words in result.stdout + result.stderr


def test_the_table_of_a_suite(request, tmp_path):
    folder = tmp_path / "reg-tests" / "some"
    folder.mkdir(parents=True)
    (folder / "passes.vtc").write_text('vtest "passes"\ndelay 1\n')
    (folder / "skipped.vtc").write_text('vtest "skipped"\nfeature cmd "command -v nothing"\n')
    (folder / "missed.vtc").write_text(SOMETIMES.replace("check sometimes {sim.now > 0.5}", "check now {sim.now > 9}"))
    (folder / "refused.vtc").write_text('vtest "refused"\nfeature ignore_unknown_macro\nhaproxy h1 -conf {\n    listen l\n        wrong\n} -start\n')
    script = os.path.join(os.path.dirname(__file__), "..", "docs", "suite.py")
    out = subprocess.run(["/usr/bin/python3", script, str(tmp_path), "--build", request.config.getoption("--build")],
                         capture_output=True, text=True, timeout=60)
    assert out.returncode == 0, out.stderr
    assert re.search(r"^pass +- +reg-tests/some/passes.vtc$", out.stdout, re.M)
    assert re.search(r"^skip +- +reg-tests/some/skipped.vtc: .*command -v nothing", out.stdout, re.M)
    assert re.search(r"^fail +- +reg-tests/some/missed.vtc: .*expected +sim.now > 9", out.stdout, re.M)
    assert re.search(r"^fail +- +reg-tests/some/refused.vtc: the proxy refuses: .*wrong", out.stdout, re.M)
    assert "4 tests. In the simulator 1 pass, 2 fail, 1 are skipped" in out.stdout


def test_what_specs_expect_is_no_verdict_in_a_swarm(sim):
    assert sim("sweep", "slow.vtc", "--seeds", "1..100").returncode == 1
    result = sim("sweep", "slow.vtc", "--seeds", "1..100", "--swarm", "--jsonl")
    assert result.returncode == 0, result.stdout
    runs = [json.loads(line) for line in result.stdout.splitlines()]
    assert {run["result"] for run in runs} == {"passed"}
    assert len({run["virtual_ns"] // 10**9 for run in runs}) > 1  # some waited for what was lost


BUSY = """vtest "A stream that goes on without its client"
feature ignore_unknown_macro
sim -live {live}
haproxy h1 -conf {{
    defaults
        mode http
        timeout connect 1s
        timeout client 1s
        timeout server 1s
        timeout tarpit 10s
    frontend fe
        bind "fd@${{fe}}"
        http-request tarpit
        default_backend be
    backend be
}} -start
client c1 -connect ${{h1_fe_sock}} {{
    txreq
    delay .1
}} -run
"""


@pytest.mark.parametrize("live, code", [("2s", 1), ("20s", 0), ("0", 0)])
def test_a_proxy_that_does_not_come_to_rest(sim, tmp_path, live, code):
    (tmp_path / "busy.vtc").write_text(BUSY.format(live=live))
    result = sim("run", "busy.vtc")
    assert result.returncode == code, result.stdout
    assert ("judge rest of h1: all clients and servers left 2 s ago" in result.stdout) == (code == 1)
    assert ("fe/FRONTEND qcur  scur 1;" in result.stdout) == (code == 1)


def test_all_orders_are_tried_once(sim, tmp_path):
    picks = "pick { delay 1 } { delay 2 } { delay 3 }\npick {} { delay 5 }\n"
    (tmp_path / "all.vtc").write_text('vtest "all"\n' + picks)
    result = sim("explore", "all.vtc")
    assert (result.returncode, result.stdout) == (0, "all.vtc: 6 runs, all that there are, and all passed\n")
    result = sim("explore", "all.vtc", "--depth", "1", "--width", "2")
    assert result.stdout == "all.vtc: 2 runs, all that there are, and all passed\n"
    result = sim("explore", "all.vtc", "--most", "5")
    assert result.stdout == "all.vtc: 5 runs, all passed, and there are more\n"
    (tmp_path / "one.vtc").write_text('vtest "one of six"\n' + picks + "check now { sim.now < 7.5 }\n")
    result = sim("explore", "one.vtc")
    assert result.returncode == 1 and "one.vtc: 6 runs, the last one failed" in result.stdout
    repro = re.search(r"once more: lockstep-sim repro (\S+)", result.stdout).group(1)
    assert sim("repro", repro).returncode == 0


def test_few_orders_are_unusual_when_few_are_wanted(sim, tmp_path):
    several = "".join(f"client c{i} -connect ${{h1_fe_sock}} {{\n    txreq -url /nothing\n    rxresp\n}} -start\n" for i in range(1, 9))
    text = SLOW_LINKS.replace("1ms..30ms", "0ms").split("client c0")[0].replace("default_backend be", "http-request return status 200\n        default_backend be")
    (tmp_path / "busy.vtc").write_text(text + several + "".join(f"client c{i} -wait\n" for i in range(1, 9)) + "check now { sim.now > 9 }\n")
    orders = ("task.pick ", "event.order ", "event.batch ", "net.accept ")

    def unusual(*words):
        counts = []
        for seed in range(1, 13):
            result = sim("sweep", "busy.vtc", "--seeds", f"{seed}..{seed}", *words)
            repro = re.search(r"once more: lockstep-sim repro (\S+)", result.stdout).group(1)
            counts.append(sum(line.startswith(orders) for line in (tmp_path / repro).read_text().splitlines()))
            assert sim("repro", repro).returncode == 0
        return counts

    assert min(unusual()) > 2
    few = unusual("--delays", "2")
    assert max(few) == 2 and min(few) < 2


@pytest.mark.parametrize("text", ["for i in a) b; do true; done", "for i in a; do true) done", "for i in (a; do true; done",
                                  "for i in a | b; do true; done", "true )", "if true) then true; fi"])
def test_a_shell_command_that_no_shell_reads_is_refused(sim, tmp_path, text):
    (tmp_path / "shell.vtc").write_text(f'vtest "x"\nfeature ignore_unknown_macro\nshell {{\n{text}\n}}\n')
    assert "1 skipped" in sim("run", "shell.vtc").stdout
