"""What the simulator shows of a run: the page for a browser, the files for other programs."""

import json
import os
import re
import subprocess

import pytest

pytestmark = pytest.mark.only("sim", reason="the simulator's own verbs")

# A client, a proxy, a server, a log; what is sent contains what a page must not take for its own.
TWO_REQUESTS = """vtest "Two requests"
feature ignore_unknown_macro
server s1 {
    rxreq
    txresp -hdr "x: </script><b>" -body "0123456789"
} -repeat 2 -start
syslog S1 -level info {
    recv
    recv
} -start
haproxy h1 -conf {
    defaults
        mode http
        log ${S1_addr}:${S1_port} local0
        log-format "%ST"
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
    txreq -url "/one"
    rxresp
    delay 0.5
    txreq -url "/two"
    rxresp
} -run
syslog S1 -wait
"""


@pytest.fixture
def sim(request, tmp_path):
    program = os.path.abspath(os.path.join(request.config.getoption("--build"), "lockstep-sim"))
    (tmp_path / "two.vtc").write_text(TWO_REQUESTS)

    def run(*words, **how):
        return subprocess.run([program, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, **how)

    return run


def page_of(sim, tmp_path, *words):
    result = sim("trace", *words, "--html", "run.html")
    text = (tmp_path / "run.html").read_text()
    data = re.search(r"const run = (\{.*?\});\n", text, re.DOTALL).group(1)
    return result, text, json.loads(data)


def test_the_page_stands_alone(sim, tmp_path):
    result, text, run = page_of(sim, tmp_path, "two.vtc")
    assert result.returncode == 0, result.stderr
    assert not re.search(r"https?:|\ssrc=|<link|@import|url\(|fetch\(|XMLHttpRequest", text)
    assert text.count("</script>") == 1 and text.count("<script>") == 1
    assert result.stdout.split()[-1] == run["hash"]
    assert (run["file"], run["outcome"], run["seed"], run["dropped"]) == ("two.vtc", "passed", "1", 0)


def test_lanes_and_arrows_are_those_of_the_run(sim, tmp_path):
    _, _, run = page_of(sim, tmp_path, "two.vtc")
    roles = dict(run["lanes"])
    assert {name: roles[name] for name in ("script", "c1", "h1", "s1")} == {
        "script": "script", "c1": "client", "h1": "proxy", "s1": "server",
    }
    name = [lane[0] for lane in run["lanes"]]
    at, who, kind = zip(*((item[0], name[item[1]], run["kinds"][item[2]]) for item in run["items"]))
    assert list(at) == sorted(at)
    carried = {}
    for begin, end, size in run["messages"]:
        assert at[begin] <= at[end] and begin < end
        if size:
            assert kind[begin] in ("send", "datagram") and kind[end] in ("deliver", "read")
            ends = (who[begin], who[end])
            carried.setdefault(ends, 0)
            carried[ends] += size
        else:
            assert (kind[begin], kind[end]) in (("connect", "accept"), ("close", "fin"), ("close", "rst"))
    assert {("c1", "h1"), ("h1", "s1"), ("s1", "h1"), ("h1", "c1"), ("h1", "S1")} == set(carried)
    sent = {}
    for i, item in enumerate(run["items"]):
        if kind[i] == "send":
            sent[who[i]] = sent.get(who[i], 0) + int(item[3].split()[1])
    assert sent["c1"] == carried["c1", "h1"]
    assert sent["h1"] == carried["h1", "s1"] + carried["h1", "c1"]
    assert any("GET /two HTTP/1.1" in item[3] and kind[i] == "send" for i, item in enumerate(run["items"]))
    assert any("</script>" in item[3] for item in run["items"])


def test_a_failure_has_its_page(sim, tmp_path):
    (tmp_path / "bad.vtc").write_text(TWO_REQUESTS.replace("    delay 0.5\n", "    expect resp.status == 404\n"))
    result, _, run = page_of(sim, tmp_path, "bad.vtc", "--seed", "7")
    assert result.returncode == 1
    assert run["outcome"] == "failed" and run["seed"] == "7" and 'came      "200"' in run["text"]
    assert sum(run["kinds"][item[2]] == "actor-fail" for item in run["items"]) == 1


def test_who_looks_changes_nothing_where_memory_is_short(sim, tmp_path):
    short = TWO_REQUESTS.replace("client c1 ", "fault h1 alloc ENOMEM -p 5% -for 1s\nclient c1 ")
    (tmp_path / "short.vtc").write_text(short)
    for seed in ("1", "2", "3"):
        plain = re.search(r"hash (\w+)", sim("run", "short.vtc", "--seed", seed, "--tap").stdout).group(1)
        _, _, run = page_of(sim, tmp_path, "short.vtc", "--seed", seed)
        assert plain == run["hash"]
