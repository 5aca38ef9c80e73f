"""DNS: servers whose addresses come from nameservers, services, do-resolve, errors and how long they are borne."""

import socket
import struct
import threading
import time

import pytest

from test_http import answer

pytestmark = pytest.mark.only("runtime", "haproxy", reason="the nameserver here is a thread on real sockets")

A, CNAME, AAAA, SRV = 1, 5, 28, 33


def encode(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def record(name, kind, data, ttl=5):
    return encode(name) + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def service(priority, weight, port, target):
    return struct.pack("!HHH", priority, weight, port) + encode(target)


class Nameserver:
    """Answers from `zone`: {(name, type): [data]}, a code where there is none, or silence."""

    def __init__(self):
        self.zone, self.code, self.silent, self.truncate, self.forged = {}, 3, False, False, False
        self.spoil = lambda reply: reply
        self.additional = []
        self.asked = []
        self.udp, self.tcp = self.one_port()
        self.port = self.udp.getsockname()[1]
        self.tcp.listen()
        self.addr = f"127.0.0.1:{self.port}"
        for work in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=work, daemon=True).start()

    @staticmethod
    def one_port():
        """A datagram and a stream socket of one number, which the kernel gives for one of them only."""
        for attempt in range(100):
            udp, tcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket()
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
                return udp, tcp
            except OSError:
                udp.close()
                tcp.close()
        raise OSError("no number is free for both")

    def reply(self, query, over_tcp):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += query[at] + 1
        kind = struct.unpack("!H", query[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        self.asked.append((name, kind, over_tcp))
        if self.silent:
            return None
        question = query[12:at + 5]
        found = self.zone.get((name, kind), [])
        flags = 0x8180 | (0 if found or any(n == name for n, _ in self.zone) else self.code)
        if self.truncate and not over_tcp:
            return query[:2] + struct.pack("!HHHHH", 0x8380, 1, 0, 0, 0) + question
        body = b"".join(record(name, kind, data) if isinstance(data, bytes) else data[0] for data in found)
        more = b"".join(self.additional) if kind == SRV else b""
        ident = query[:2] if not self.forged else b"\0\0"
        return ident + struct.pack("!HHHHH", flags, 1, len(found), 0, len(self.additional) if kind == SRV else 0) + question + body + more

    def serve_udp(self):
        while True:
            try:
                query, peer = self.udp.recvfrom(4096)
                reply = self.spoil(self.reply(query, False))
                if reply:
                    self.udp.sendto(reply, peer)
            except OSError:
                return

    def serve_tcp(self):
        while True:
            try:
                conn, _ = self.tcp.accept()
                size = struct.unpack("!H", conn.recv(2))[0]
                reply = self.reply(conn.recv(size), True)
                if reply:
                    conn.sendall(struct.pack("!H", len(reply)) + reply)
                conn.close()
            except OSError:
                return

    def close(self):
        self.udp.close()
        self.tcp.close()


@pytest.fixture
def dns():
    made = Nameserver()
    yield made
    made.close()


CONF = """
global
    stats socket {sock}
resolvers dns
    nameserver ns {dns}
    timeout resolve 100ms
    timeout retry 100ms
    resolve_retries 2
    hold valid 100ms
    {hold}
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 1s
listen fe
    bind fd@${{fe}}
    option httpclose
    {lines}
    {servers}
"""


@pytest.fixture
def farm(world, dns, origin, tmp_path):
    def make(servers, lines="", hold="hold nx 0s\n hold other 0s\n hold timeout 0s"):
        return world.proxy(CONF.format(dns=dns.addr, servers=servers, lines=lines, hold=hold, sock=tmp_path / "cli"))
    return make


def status(world, proxy, origin, path="/"):
    client = world.connect(proxy.port())
    client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    begin = time.time()
    while time.time() - begin < 2:
        if origin.pending():
            server = origin.accept()
            server.recv_request()
            answer(server)
            break
        if client.wait(0.001):
            break
    return client.recv_response().status


def until(fact, seconds=4):
    end = time.time() + seconds
    while time.time() < end:
        if fact():
            return True
        time.sleep(0.03)
    return False


def port_of(origin):
    return origin.addr.split(":")[1]


def test_a_server_gets_its_address(world, dns, origin, farm):
    dns.zone[("www.example.org", A)] = [socket.inet_aton("127.0.0.1")]
    proxy = farm(f"server s1 www.example.org:{port_of(origin)} resolvers dns init-addr none resolve-prefer ipv4")
    assert until(lambda: status(world, proxy, origin) == 200)


def test_the_other_family_is_asked_for(world, dns, origin, farm):
    dns.zone[("www.example.org", A)] = [socket.inet_aton("127.0.0.1")]
    proxy = farm(f"server s1 www.example.org:{port_of(origin)} resolvers dns init-addr none")
    assert until(lambda: status(world, proxy, origin) == 200)
    assert ("www.example.org", AAAA, False) in dns.asked


def test_without_an_answer_there_is_no_server(world, dns, origin, farm):
    proxy = farm(f"server s1 www.example.org:{port_of(origin)} resolvers dns init-addr none resolve-prefer ipv4")
    assert status(world, proxy, origin) == 503
    dns.zone[("www.example.org", A)] = [socket.inet_aton("127.0.0.1")]
    assert until(lambda: status(world, proxy, origin) == 200)
    dns.zone.clear()
    assert until(lambda: status(world, proxy, origin) == 503)


def test_silence_is_borne_for_hold_timeout(world, dns, origin, farm):
    dns.zone[("www.example.org", A)] = [socket.inet_aton("127.0.0.1")]
    proxy = farm(f"server s1 www.example.org:{port_of(origin)} resolvers dns init-addr none resolve-prefer ipv4",
                 hold="hold timeout 60s")
    assert until(lambda: status(world, proxy, origin) == 200)
    dns.silent = True
    time.sleep(0.8)
    assert status(world, proxy, origin) == 200


def test_a_cut_answer_is_asked_for_over_tcp(world, dns, origin, farm, target):
    if target == "haproxy":
        pytest.skip("HAProxy 2.6 does not go to TCP by itself")
    dns.zone[("www.example.org", A)] = [socket.inet_aton("127.0.0.1")]
    dns.truncate = True
    proxy = farm(f"server s1 www.example.org:{port_of(origin)} resolvers dns init-addr none resolve-prefer ipv4")
    assert until(lambda: status(world, proxy, origin) == 200)
    assert ("www.example.org", A, True) in dns.asked


def test_a_forged_answer_is_dropped(world, dns, origin, farm):
    dns.zone[("www.example.org", A)] = [socket.inet_aton("127.0.0.1")]
    dns.forged = True
    proxy = farm(f"server s1 www.example.org:{port_of(origin)} resolvers dns init-addr none resolve-prefer ipv4")
    assert until(lambda: len(dns.asked) > 2)
    assert status(world, proxy, origin) == 503


def test_a_chain_of_names(world, dns, origin, farm):
    chain = record("www.example.org", CNAME, encode("real.example.net"))
    real = record("real.example.net", A, socket.inet_aton("127.0.0.1"))
    dns.zone[("www.example.org", A)] = [(chain,), (real,)]
    proxy = farm(f"server s1 www.example.org:{port_of(origin)} resolvers dns init-addr none resolve-prefer ipv4")
    assert until(lambda: status(world, proxy, origin) == 200)


def test_a_template_takes_an_address_for_each_server(world, dns, origin, farm, tmp_path):
    dns.zone[("www.example.org", A)] = [socket.inet_aton(f"127.0.0.{i}") for i in (1, 2)]
    proxy = farm(f"server-template s 3 www.example.org:{port_of(origin)} resolvers dns init-addr none resolve-prefer ipv4",
                 lines="http-request return status 200 hdr n %[nbsrv] if { path /n }")

    def count():
        client = world.connect(proxy.port())
        client.send(b"GET /n HTTP/1.1\r\nHost: a\r\n\r\n")
        return client.recv_response().header("n")
    assert until(lambda: count() == "2")


def test_a_service_fills_a_template(world, dns, origin, farm):
    dns.zone[("_http._tcp.example.org", SRV)] = [service(0, 256, int(port_of(origin)), "one.example.org")]
    dns.additional = [record("one.example.org", A, socket.inet_aton("127.0.0.1"))]
    dns.zone[("one.example.org", A)] = [socket.inet_aton("127.0.0.1")]
    proxy = farm("server-template s 2 _http._tcp.example.org resolvers dns init-addr none resolve-prefer ipv4",
                 hold="hold obsolete 0s\n hold nx 0s")
    assert until(lambda: status(world, proxy, origin) == 200)
    dns.zone.clear()
    assert until(lambda: status(world, proxy, origin) == 503)


def test_do_resolve_sets_a_variable(world, dns, origin, farm):
    dns.zone[("www.example.org", A)] = [socket.inet_aton("192.0.2.7")]
    proxy = farm(f"server s1 {origin.addr}",
                 lines="http-request do-resolve(txn.ip,dns,ipv4) hdr(x-name)\n"
                       " http-request return status 200 hdr ip %[var(txn.ip)]")
    for name, ip in (("www.example.org", "192.0.2.7"), ("no.example.org", ""), ("www.example.org", "192.0.2.7")):
        client = world.connect(proxy.port())
        client.send(f"GET / HTTP/1.1\r\nHost: a\r\nX-Name: {name}\r\n\r\n".encode())
        assert (client.recv_response().header("ip") or "") == ip


def resolver_counters(tmp_path):
    cli = socket.socket(socket.AF_UNIX)
    cli.connect(str(tmp_path / "cli"))
    cli.sendall(b"show resolvers dns\n")
    text = b""
    while piece := cli.recv(4096):
        text += piece
    cli.close()
    return dict((word.strip() for word in line.split(":")) for line in text.decode().split("\n")[2:] if ":" in line)


def test_new_addresses_are_counted(world, dns, origin, farm, tmp_path):
    dns.zone[("www.example.org", A)] = [socket.inet_aton("127.0.0.1")]
    farm(f"server s1 www.example.org:{port_of(origin)} resolvers dns init-addr none resolve-prefer ipv4")
    assert until(lambda: resolver_counters(tmp_path)["update"] == "1")
    assert until(lambda: int(resolver_counters(tmp_path)["valid"]) > 2)
    assert resolver_counters(tmp_path)["update"] == "1"
    dns.zone[("www.example.org", A)] = [socket.inet_aton("127.0.0.2")]
    assert until(lambda: resolver_counters(tmp_path)["update"] == "2")


def set_counts(reply, **counts):
    fields = list(struct.unpack("!HHHHHH", reply[:12]))
    for name, value in counts.items():
        fields[{"questions": 2, "answers": 3}[name]] = value
    return struct.pack("!HHHHHH", *fields) + reply[12:]


def looped(reply):
    """The answer's name points at itself."""
    end = reply.index(b"\0", 12) + 5
    return reply[:end] + struct.pack("!H", 0xC000 | end) + reply[end + 2:]


# What a nameserver may do wrong, and where that is counted.
SPOILT = [
    ("a loop of names", looped, "invalid"),
    ("cut in the last record", lambda reply: reply[:-2], "invalid"),
    ("more answers announced than there are", lambda reply: set_counts(reply, answers=3), "invalid"),
    ("no question", lambda reply: set_counts(reply, questions=0), "invalid"),
    ("a header alone", lambda reply: reply[:12], "invalid"),
    ("an address that is too short", lambda reply: reply[:-6] + b"\0\3" + reply[-3:], "invalid"),
    ("larger than it may be", lambda reply: reply + bytes(1000), "too_big"),
]


@pytest.mark.parametrize("spoil, counter", [row[1:] for row in SPOILT], ids=[row[0] for row in SPOILT])
def test_a_spoilt_answer_is_dropped_and_counted(world, dns, origin, farm, tmp_path, spoil, counter):
    dns.zone[("www.example.org", A)] = [socket.inet_aton("127.0.0.1")]
    dns.spoil = spoil
    proxy = farm(f"server s1 www.example.org:{port_of(origin)} resolvers dns init-addr none resolve-prefer ipv4")
    assert until(lambda: resolver_counters(tmp_path)[counter] != "0"), resolver_counters(tmp_path)
    counters = resolver_counters(tmp_path)
    assert counters["valid"] == counters["update"] == "0"
    assert status(world, proxy, origin) == 503
    dns.spoil = lambda reply: reply
    assert until(lambda: status(world, proxy, origin) == 200)


@pytest.mark.only("runtime", reason="HAProxy 2.6 does not look whether it is an answer")
def test_a_query_is_no_answer(world, dns, origin, farm, tmp_path):
    dns.zone[("www.example.org", A)] = [socket.inet_aton("127.0.0.1")]
    dns.spoil = lambda reply: reply[:2] + b"\1\0" + reply[4:]
    proxy = farm(f"server s1 www.example.org:{port_of(origin)} resolvers dns init-addr none resolve-prefer ipv4")
    assert until(lambda: resolver_counters(tmp_path)["invalid"] != "0")
    assert status(world, proxy, origin) == 503


def test_show_resolvers(world, dns, origin, farm, tmp_path):
    dns.zone[("www.example.org", A)] = [socket.inet_aton("127.0.0.1")]
    proxy = farm(f"server s1 www.example.org:{port_of(origin)} resolvers dns init-addr none resolve-prefer ipv4")
    assert until(lambda: status(world, proxy, origin) == 200)
    cli = socket.socket(socket.AF_UNIX)
    cli.connect(str(tmp_path / "cli"))
    cli.sendall(b"show resolvers dns\n")
    text = b""
    while True:
        piece = cli.recv(4096)
        if not piece:
            break
        text += piece
    lines = text.decode().split("\n")
    assert lines[0] == "Resolvers section dns" and lines[1] == " nameserver ns:"
    values = dict(line.strip().split(":") for line in lines[2:] if ":" in line)
    assert int(values["sent"]) >= 1 and int(values["valid"]) >= 1 and values["truncated"].strip() == "0"
    assert lines[2].startswith("  sent:        ")


@pytest.mark.parametrize("methods, code", [("none", 503), ("127.0.0.1", 200), ("last,127.0.0.1", 200), ("last,none", 503)])
def test_init_addr(world, dns, origin, farm, methods, code):
    dns.silent = True
    proxy = farm(f"server s1 www.invalid:{port_of(origin)} init-addr {methods}")
    assert status(world, proxy, origin) == code
