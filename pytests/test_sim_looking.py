"""What the simulator shows of a run: the page for a browser, the files for other programs."""

import json
import os
import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.only("sim", reason="the simulator's own verbs")

# A client, a proxy, a server, a log; what is sent contains what a page must not take for its own.
TWO_REQUESTS = """vtest "Two requests"
feature ignore_unknown_macro
sim -live 0
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
    failed = [item[3] for item in run["items"] if run["kinds"][item[2]] == "actor-fail"]
    assert len(failed) == 1
    assert run["source"].split("\n")[int(failed[0].split()[-1]) - 1].strip() == "expect resp.status == 404"


def test_who_looks_changes_nothing_where_memory_is_short(sim, tmp_path):
    short = TWO_REQUESTS.replace("client c1 ", "fault h1 alloc ENOMEM -p 5% -for 1s\nclient c1 ")
    (tmp_path / "short.vtc").write_text(short)
    for seed in ("1", "2", "3"):
        plain = re.search(r'hash: "(\w+)"', sim("run", "short.vtc", "--seed", seed, "--tap").stdout).group(1)
        _, _, run = page_of(sim, tmp_path, "short.vtc", "--seed", seed)
        assert plain == run["hash"]


# The Trace Event Format as its description has it: what each phase must and may have.
ALWAYS = {"ph": str, "pid": int, "tid": int, "ts": (int, float), "name": str}
PHASES = {  # needed, allowed
    "X": ({"dur", "cat", "args"}, set()),
    "b": ({"cat", "id"}, {"args"}),
    "e": ({"cat", "id"}, {"args"}),
    "s": ({"cat", "id"}, {"args"}),
    "f": ({"cat", "id", "bp"}, {"args"}),
    "C": ({"args"}, {"id"}),
    "M": ({"args"}, set()),
}
METADATA = {"process_name": ("name", str), "thread_name": ("name", str), "process_sort_index": ("sort_index", int)}


def check_event(event):
    for member, types in ALWAYS.items():
        assert isinstance(event[member], types) and not isinstance(event[member], bool), event
    needed, allowed = PHASES[event["ph"]]
    assert needed <= set(event) - set(ALWAYS) <= needed | allowed, event
    assert event["ts"] >= 0 and event["name"]
    if event["ph"] == "M":
        member, kind = METADATA[event["name"]]
        assert list(event["args"]) == [member] and isinstance(event["args"][member], kind)
    if event["ph"] == "C":
        assert event["args"] and all(isinstance(value, int) and value >= 0 for value in event["args"].values())
    if event["ph"] == "X":
        assert event["dur"] > 0
    if event["ph"] == "f":
        assert event["bp"] == "e"


def check_trace(events):
    for event in events:
        check_event(event)
    processes = {event["pid"] for event in events if event["name"] == "process_name"}
    threads = {(event["pid"], event["tid"]) for event in events if event["name"] == "thread_name"}
    slices = set()
    for event in events:
        assert event["pid"] in processes
        if event["ph"] in "Xbesf":
            assert (event["pid"], event["tid"]) in threads
        if event["ph"] == "X":
            slices.add((event["pid"], event["tid"], event["ts"]))
    flows, lasting = {}, {}
    for event in events:
        if event["ph"] in "sf":  # each binds to a slice of its thread
            assert (event["pid"], event["tid"], event["ts"]) in slices
            flows.setdefault((event["cat"], event["id"], event["name"]), []).append(event)
        elif event["ph"] in "be":
            lasting.setdefault((event["pid"], event["cat"], event["id"], event["name"]), []).append(event)
    for pair in flows.values():
        assert [event["ph"] for event in pair] == ["s", "f"] and pair[0]["ts"] <= pair[1]["ts"]
    for pair in lasting.values():
        assert [event["ph"] for event in pair] == ["b", "e"] and pair[0]["ts"] <= pair[1]["ts"]
    return flows, lasting


SCENARIOS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scenarios")


@pytest.mark.parametrize("name", ["two.vtc", "sim/faults.vtc", "tls/proxy_to_proxy.vtc", "lua/waits.vtc", "sim/shell.vtc"])
def test_perfetto_can_read_it(sim, tmp_path, name):
    path = name if name == "two.vtc" else os.path.join(SCENARIOS, name)
    result = sim("trace", path, "--perfetto", "run.json")
    assert result.returncode == 0, result.stdout + result.stderr
    text = (tmp_path / "run.json").read_bytes()
    assert text.isascii()
    trace = json.loads(text)
    assert set(trace) == {"displayTimeUnit", "otherData", "traceEvents"} and trace["displayTimeUnit"] == "ns"
    assert trace["otherData"]["hash"] == result.stdout.split()[-1]
    flows, lasting = check_trace(trace["traceEvents"])
    assert flows and lasting
    if name == "two.vtc":
        assert sum(cat == "stream" for _, cat, _, _ in lasting) == 2
        assert any("GET /two" in event["args"]["text"] for event in trace["traceEvents"] if event["ph"] == "X")


TLS_13 = """vtest "TLS 1.3 between two proxies"
feature ignore_unknown_macro
sim -live 0
server s1 {
    rxreq
    txresp -hdr "x-back: yes" -bodylen 300000
} -start
haproxy h2 -conf {
    defaults
        mode http
        timeout connect 1s
        timeout client 1s
        timeout server 1s
    frontend fe
        bind "fd@${fe}" ssl crt ${testdir}/pki/server.pem ssl-min-ver VERSION ssl-max-ver VERSION
        default_backend be
    backend be
        server s1 ${s1_addr}:${s1_port}
} -start
haproxy h1 -conf {
    defaults
        mode http
        timeout connect 1s
        timeout client 1s
        timeout server 1s
    frontend fe
        bind "fd@${fe}"
        default_backend be
    backend be
        server h2 ${h2_fe_addr}:${h2_fe_port} ssl verify none
} -start
client c1 -connect ${h1_fe_sock} {
    txreq -url "/hidden"
    rxresp
    expect resp.http.x-back == yes
} -run
"""


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
@pytest.mark.parametrize("version", ["TLSv1.3", "TLSv1.2"])
def test_wireshark_opens_the_packets_and_decrypts(sim, tmp_path, version):
    (tmp_path / "tls.vtc").write_text(TLS_13.replace("VERSION", version))
    os.symlink(os.path.join(SCENARIOS, "tls", "pki"), tmp_path / "pki")
    assert sim("trace", "tls.vtc", "--pcap", "run.pcapng").returncode == 0

    def shark(*words):
        command = ["tshark", "-r", "run.pcapng", *words]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        notes = [line for line in result.stderr.splitlines() if "Running as user" not in line]
        assert result.returncode == 0 and not notes, result.stderr
        return result.stdout.splitlines()

    every = ("-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")
    complaints = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0"
    complaints += " || _ws.expert.severity >= 6291456"  # warnings and errors
    assert shark(*every, "-Y", complaints) == []
    names = ("frame.comment", "frame.protocols", "http.request.uri", "http.response.line", "tls.handshake.type")
    names += ("tls.handshake.extensions.supported_version", "tls.handshake.version")
    rows = [dict(zip(names, line.split("\t"))) for line in shark("-T", "fields", *(word for name in names for word in ("-e", name)))]
    assert all(row["frame.comment"].startswith("from ") for row in rows)
    inside = [row for row in rows if ":tls:http" in row["frame.protocols"]]
    assert [row["http.request.uri"] for row in inside if row["http.request.uri"]] == ["/hidden"]
    assert sum("x-back: yes" in row["http.response.line"] for row in inside) == 1
    hello = next(row for row in rows if "2" in row["tls.handshake.type"].split(","))
    member, number = {"TLSv1.3": (names[5], "0x0304"), "TLSv1.2": (names[6], "0x0303")}[version]
    assert number in hello[member]


def test_of_a_long_run_the_end_is_kept(sim, tmp_path):
    long = TWO_REQUESTS.replace("    rxreq\n    txresp", "    loop 3000 {\n        rxreq\n        txresp\n    }\n    rxreq\n    txresp")
    long = long.replace('    txreq -url "/one"\n    rxresp', '    loop 3001 {\n        txreq -url "/one"\n        rxresp\n    }')
    (tmp_path / "long.vtc").write_text(long.replace("syslog S1 -wait\n", "").replace(" -repeat 2 ", " "))
    result, text, run = page_of(sim, tmp_path, "long.vtc")
    assert run["dropped"] > 0 and len(run["items"]) <= 50000 and len(text) < 5_000_000
    assert all(0 <= begin < end < len(run["items"]) for begin, end, _ in run["messages"])
    assert "GET /two" in "".join(item[3] for item in run["items"][-300:])
    sent = {i: int(item[3].split()[1]) for i, item in enumerate(run["items"]) if run["kinds"][item[2]] == "send"}
    carried = {}
    for begin, _, size in run["messages"]:
        carried[begin] = carried.get(begin, 0) + size
    assert all(carried[i] == size for i, size in list(sent.items())[:2000])


def test_faults_are_named(sim, tmp_path):
    result, _, run = page_of(sim, tmp_path, os.path.join(SCENARIOS, "sim", "faults.vtc"))
    for what in ("accept", "connect", "crash", "restart"):
        assert f"has a fault: {what}\n" in result.stdout
        assert any(item[3].startswith("fault ") and item[3].endswith(f': "{what}"') for item in run["items"])
