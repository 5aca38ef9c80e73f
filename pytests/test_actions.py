"""Actions that the rules of other files do not use: captures, hints, addresses, lists, waits, targets in normal form."""

import pytest

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"


def asked(world, proxy, sent=GET + b"\r\n"):
    client = world.connect(proxy.port())
    client.send(sent)
    return client


def test_hints_of_neighbours_go_in_one(world, simple, origin):
    proxy = simple('http-request early-hint Link "</a>; rel=preload"\n http-request early-hint Link "</b>"\n'
                   ' http-request set-header X y\n http-request early-hint Link "</c>" if { path / }')
    client = asked(world, proxy)
    server = origin.accept()
    server.recv_request()
    first, second = client.recv_head(), client.recv_head()
    assert first == b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\nlink: </b>\r\n\r\n"
    assert second == b"HTTP/1.1 103 Early Hints\r\nlink: </c>\r\n\r\n"
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert client.recv_response().body == b"ok"


def test_hints_are_not_for_http_1_0(world, simple, origin):
    proxy = simple('http-request early-hint Link "</a>"')
    client = asked(world, proxy, b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert client.recv_response().status == 200


def test_captures_by_length_and_by_number(world, simple, origin, syslog):
    proxy = simple("declare capture request len 4\n declare capture response len 4\n"
                   " http-request capture path len 8\n http-request capture method id 0\n"
                   " http-response capture status id 0", backend="http-request capture req.hdr(x) id 1")
    client = asked(world, proxy, b"GET /some/path HTTP/1.1\r\nHost: a\r\nX: last\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    client.recv_response()
    assert " {GET|last} {200} " in syslog.recv()


def test_addresses_set_by_rules(world, simple, origin, syslog):
    proxy = simple("http-request set-src req.hdr(x)\n http-request set-src-port int(99)\n"
                   " http-request set-dst ipv4(10.1.1.1)\n http-request set-dst-port int(98)\n option forwardfor\n"
                   ' log-format "%ci:%cp %fi:%fp"')
    client = asked(world, proxy, GET + b"X: 10.2.3.4\r\n\r\n")
    server = origin.accept()
    _, fields, _ = server.recv_request()
    assert ("x-forwarded-for", "10.2.3.4") in fields
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    client.recv_response()
    assert syslog.recv().rstrip("\n").endswith("10.2.3.4:99 10.1.1.1:98")


def test_a_source_set_for_a_connection_stays(world, simple, origin, syslog):
    proxy = simple('tcp-request connection set-src ipv4(10.9.9.9)\n log-format "%ci"\n http-request return status 200')
    client = asked(world, proxy, GET + b"\r\n" + GET + b"\r\n")
    for _ in range(2):
        assert client.recv_response().status == 200
        assert syslog.recv().rstrip("\n").endswith(": 10.9.9.9")


def test_lists_change_while_requests_pass(world, simple):
    names = world.file("names.acl", "one\n")
    table = world.file("table.map", "k old\n")
    proxy = simple(f"""http-request add-acl({names}) %[req.hdr(add)] if {{ req.hdr(add) -m found }}
    http-request del-acl({names}) %[req.hdr(del)] if {{ req.hdr(del) -m found }}
    http-request set-map({table}) %[req.hdr(set)] new if {{ req.hdr(set) -m found }}
    http-request del-map({table}) %[req.hdr(drop)] if {{ req.hdr(drop) -m found }}
    http-request return status 200 hdr known yes hdr value %[str(k),map({table},none)] if {{ req.hdr(q) -f {names} }}
    http-request return status 200 hdr known no hdr value %[str(k),map({table},none)]""")
    client = world.connect(proxy.port())

    def ask(fields):
        client.send(GET + fields + b"\r\n")
        got = client.recv_response()
        return got.header("known"), got.header("value")

    assert ask(b"Q: one\r\n") == ("yes", "old")
    assert ask(b"Q: two\r\n") == ("no", "old")
    assert ask(b"Q: two\r\nAdd: two\r\n") == ("yes", "old")
    assert ask(b"Q: two\r\nDel: two\r\nSet: k\r\n") == ("no", "new")
    assert ask(b"Q: one\r\nDrop: k\r\n") == ("yes", "none")


@pytest.mark.parametrize("words, path, want", [
    ("path-merge-slashes", "//a///b?c=//", "/a/b?c=//"),
    ("path-strip-dot", "/./a/./b/.", "/a/b/"),
    ("path-strip-dotdot", "/a/../../b", "/../b"),
    ("path-strip-dotdot full", "/a/../../b", "/b"),
    ("percent-decode-unreserved", "/%61%2F%zz", "/a%2F%zz"),
    ("percent-decode-unreserved strict", "/%zz", None),
    ("percent-to-uppercase", "/%aa%zz", "/%AA%zz"),
    ("percent-to-uppercase strict", "/%a", None),
    ("query-sort-by-name", "/?b=2&a&b=1&aa", "/?a&aa&b=2&b=1"),
])
def test_targets_in_normal_form(world, simple, words, path, want):
    proxy = simple(f"http-request normalize-uri {words}\n http-request return status 200 hdr got %[pathq]",
                   globals_="expose-experimental-directives")
    client = asked(world, proxy, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    got = client.recv_response()
    assert (got.status, got.header("got")) == ((400, None) if want is None else (200, want))


def test_a_waiting_rule_asks_for_the_body(world, simple):
    proxy = simple("http-request wait-for-body time 5s\n http-request return status 200 hdr size %[req.body_len]")
    client = asked(world, proxy, b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    assert client.recv_head().startswith(b"HTTP/1.1 100 ")
    client.send(b"hello")
    assert client.recv_response().header("size") == "5"


def test_a_body_that_does_not_come_in_time(world, simple, syslog):
    proxy = simple("http-request wait-for-body time 100ms\n http-request return status 200")
    client = asked(world, proxy, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
    assert client.recv_response().status == 408
    assert " cR-- " in syslog.recv()


def test_a_body_long_enough(world, simple):
    proxy = simple("http-request wait-for-body time 5s at-least 2\n http-request return status 200")
    client = asked(world, proxy, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
    assert client.recv_response().status == 200


def test_strict_mode_decides_what_a_full_head_means(world, simple):
    filler = "x" * 800
    rules = f"http-request set-header X {filler}\n http-request return status 200"
    small = "tune.bufsize 2048\n tune.maxrewrite 512"
    client = asked(world, simple(rules, globals_=small), GET + b"F: " + b"f" * 1300 + b"\r\n\r\n")
    assert client.recv_response().status == 500
    client = asked(world, simple("http-request strict-mode off\n " + rules, globals_=small),
                   GET + b"F: " + b"f" * 1300 + b"\r\n\r\n")
    assert client.recv_response().status == 200


def test_a_time_out_set_by_a_rule(world, simple, origin, syslog):
    proxy = simple(backend="http-request set-timeout server 100ms")
    client = asked(world, proxy)
    origin.accept().recv_request()
    assert client.recv_response().status == 504
    assert " sH-- " in syslog.recv()


@pytest.mark.parametrize("line, word", [
    ("http-request send-spoe-group a b", "SPOE"),
    ("http-request cache-use c", "cache"),
    ("http-request set-bandwidth-limit x", "bandwidth"),
    ("tcp-request content switch-mode http", "mode http"),
])
@pytest.mark.only("runtime", reason="HAProxy has them")
def test_what_is_not_here_says_so(world, line, word):
    code, output, errors = world.run(["-c"], conf=f"frontend fe\n mode http\n bind 127.0.0.1:1\n {line}\n")
    assert code == 1
    assert "not supported" in output + errors and word in output + errors
