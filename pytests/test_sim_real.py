"""Scenarios on real sockets: the same file in the simulator, with our proxy and with HAProxy."""

import os
import subprocess

import pytest

pytestmark = pytest.mark.only("sim", reason="the simulator's own verbs")

HAPROXY = "/usr/sbin/haproxy"

WHOLE = '''vtest "clients, servers, a log, a management client, a script, a barrier"
feature ignore_unknown_macro
barrier b1 cond 2
server s1 -repeat 2 {
    rxreq
    txresp -hdr "X-A: b" -body "hello"
} -start
server s2 {
    rxreq
    barrier b1 sync
    send "HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\n012"
    reset
} -start
syslog S1 -level info {
    recv
    expect ~ "[^:\\\\[ ]\\\\[${h1_pid}\\\\]: .* fe be/s1 "
} -start
haproxy h1 -conf {
    global
        log ${S1_addr}:${S1_port} local0
    defaults
        mode http
        timeout connect 1s
        timeout client 5s
        timeout server 5s
    frontend fe
        bind "fd@${fe}"
        log global
        option httplog
        default_backend be
    frontend broken
        bind "fd@${broken}"
        default_backend broken
    backend be
        server s1 ${s1_addr}:${s1_port}
    backend broken
        server s2 ${s2_addr}:${s2_port}
} -start
client c1 -connect ${h1_fe_sock} {
    segment 3
    txreq -url /x
    rxresp
    expect resp.status == 200
    expect resp.http.x-a == b
    expect resp.body == hello
    expect_idle 50ms
} -run
client c2 -connect ${h1_broken_sock} {
    txreq
    rxresphdrs
    expect resp.status == 200
} -start
time settle
check now {h1.srv.be.s1.state ~ "no check"}
barrier b1 sync
client c2 -wait
syslog S1 -wait
haproxy h1 -cli {
    send "show info"
    expect ~ "Uptime_sec"
    send "get weight be/s1"
    expect ~ "1 .initial 1."
}
shell {
    echo here > ${tmpdir}/file
    grep -q here ${tmpdir}/file
}
shell -exit 3 -expect "said" {
    echo said
    exit 3
}
'''

MASTER = '''vtest "a master and its worker"
feature ignore_unknown_macro
server s1 {
    rxreq
    txresp
} -start
haproxy h1 -W -S -conf {
    defaults
        mode http
        timeout connect 1s
        timeout client 1s
        timeout server 1s
    frontend fe
        bind "fd@${fe}"
        default_backend be
    backend be
        server s1 ${s1_addr}:${s1_port}
} -start
client c1 -connect ${h1_fe_sock} {
    txreq
    rxresp
    expect resp.status == 200
} -run
haproxy h1 -mcli {
    send "show proc"
    expect ~ "worker"
} -wait
'''

CHECKS = '''vtest "configurations alone"
feature ignore_unknown_macro
haproxy h1 -conf-OK {
    frontend fe
        mode tcp
        timeout client 1s
        bind "fd@${fe}"
}
haproxy h2 -conf-BAD {} {
    frontend fe
        no-such-word
}
'''


@pytest.fixture
def sim(request, tmp_path):
    program = os.path.abspath(os.path.join(request.config.getoption("--build"), "lockstep-sim"))
    (tmp_path / "tmp").mkdir()
    environment = dict(os.environ, TMPDIR=str(tmp_path / "tmp"))

    def run(text, *words, code):
        (tmp_path / "a.vtc").write_text(text)
        result = subprocess.run([program, "run", "a.vtc", *words], cwd=tmp_path, env=environment,
                                capture_output=True, text=True, timeout=120)
        assert result.returncode == code, result.stdout + result.stderr
        assert not os.listdir(tmp_path / "tmp")
        return result.stdout

    return run


def worlds():
    rows = [pytest.param(["--real"], id="lockstep")]
    rows.append(pytest.param(["--proxy", HAPROXY], id="haproxy",
                             marks=pytest.mark.skipif(not os.path.exists(HAPROXY), reason="no HAProxy here")))
    return rows


@pytest.mark.parametrize("world", worlds())
@pytest.mark.parametrize("text", [WHOLE, MASTER, CHECKS], ids=["whole", "master", "checks"])
def test_it_passes_in_the_real_world_too(sim, text, world):
    assert "PASS a.vtc  (real " in sim(text, *world, code=0)


def test_the_same_file_passes_in_the_simulator(sim):
    text = WHOLE.replace("echo here > ${tmpdir}/file\n    grep -q here ${tmpdir}/file", "echo here | grep -q here")
    assert text != WHOLE
    assert "virtual" in sim(text, code=0)


@pytest.mark.parametrize("world", worlds())
@pytest.mark.parametrize("right, wrong, said", [
    ("resp.status == 200\n    expect resp.http", "resp.status == 201\n    expect resp.http", 'came      "200"'),
    ("fe be/s1 ", "fe be/s9 ", "expected  log line ~"),
    ("1 .initial 1.", "2 .initial 2.", "expected  answer ~"),
    ("grep -q here", "grep -q there", "expected  exit code 0"),
    ('state ~ "no check"', 'state ~ "DOWN"', "h1.srv.be.s1.state"),
], ids=["client", "log", "management", "script", "fact"])
def test_what_does_not_hold_fails(sim, world, right, wrong, said):
    assert right in WHOLE
    out = sim(WHOLE.replace(right, wrong), *world, code=1)
    assert said in out, out
    assert "again: lockstep-sim run --real --proxy " in out


def test_a_proxy_that_ends_in_another_way_fails(sim, tmp_path):
    proxy = tmp_path / "proxy"
    proxy.write_text("#!/bin/sh\ntrap 'exit 7' INT\nsleep 30 &\nwhile :; do sleep 0.05; done\n")
    proxy.chmod(0o755)
    text = 'vtest "ends"\nfeature ignore_unknown_macro\nhaproxy h1 -conf {\n} -start\ndelay 0.2\n'
    out = sim(text, "--proxy", str(proxy), code=1)
    assert "expected  exit code 0 of h1\n    came      7" in out


def test_what_a_proxy_left_behind_is_ended(sim, tmp_path):
    proxy = tmp_path / "proxy"
    proxy.write_text(f"#!/bin/sh\nsleep 3071 & echo $! >{tmp_path}/left\ntrap 'exit 0' INT\nwhile :; do sleep 0.05; done\n")
    proxy.chmod(0o755)
    sim('vtest "left"\nfeature ignore_unknown_macro\nhaproxy h1 -conf {\n} -start\ndelay 0.2\n', "--proxy", str(proxy), code=0)
    assert not os.path.exists(f"/proc/{(tmp_path / 'left').read_text().strip()}")


@pytest.mark.parametrize("line, word", [
    ("net * {latency 5ms}", "'net'"), ("time jump wall 1h", "'time jump'"),
    ("check never {h1.info.Uptime_sec > 3}", "'check never'"), ("loop 2 {\n    fault h1 accept EMFILE\n}", "'fault'"),
])
def test_words_of_a_simulated_world_skip(sim, line, word):
    assert word in sim(f'vtest "skip"\n{line}\n', "--real", code=77)


def test_patience_is_real_time(sim):
    text = WHOLE.replace('txresp -hdr "X-A: b" -body "hello"', "delay 30")
    assert "waited 1 s for " in sim(text, "--real", "--limit", "2", code=1)


def test_seeds_say_nothing_there(sim):
    sim(WHOLE, "--real", "--seeds", "1..2", code=2)


def test_a_fact_that_comes_is_waited_for(sim):
    sim('vtest "waits"\nfeature ignore_unknown_macro\nhaproxy h1 -conf {\n} -start\ncheck within 3s {h1.info.Uptime_sec >= 1}\n', "--real", code=0)


def test_reports_tell_no_seed(sim, tmp_path):
    out = sim(WHOLE, "--real", "--tap", "--junit", "report.xml", code=0)
    assert "ok 1 - a.vtc" in out and "duration_ms" in out and "seed" not in out and "virtual" not in out
    assert "seed" not in (tmp_path / "report.xml").read_text()
