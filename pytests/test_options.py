"""Options of sections that look at heads or change them."""

import pytest

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"


def ask(world, proxy, origin, fields=b"", reply=b"Content-Length: 2\r\n\r\nok", status=b"200 OK"):
    client = world.connect(proxy.port())
    client.send(GET + fields + b"\r\n")
    server = origin.accept()
    _, got, _ = server.recv_request()
    server.send(b"HTTP/1.1 " + status + b"\r\n" + reply)
    return got, client.recv_response(), server, client


def values(fields, name):
    return [value for key, value in fields if key == name]


def test_restricted_names_are_deleted(world, simple, origin):
    proxy = simple("option http-restrict-req-hdr-names delete")
    got, _, _, _ = ask(world, proxy, origin, b"x_y: 1\r\nx-y: 2\r\nx.y: 3\r\n")
    assert [key for key, _ in got if key.startswith("x")] == ["x-y"]


def test_restricted_names_are_rejected(world, simple, origin, syslog):
    proxy = simple(backend="option http-restrict-req-hdr-names reject")
    client = world.connect(proxy.port())
    client.send(GET + b"x_y: 1\r\n\r\n")
    assert client.recv_response().status == 403
    assert not origin.pending()
    assert " PR-- " in syslog.recv()


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12 passes them on, against its manual")
@pytest.mark.parametrize("fields, status", [
    (b"Set-Cookie: a=1\r\n", 502),
    (b"Set-Cookie: a=1\r\nCache-Control: max-age=5\r\n", 502),
    (b"Set-Cookie: a=1\r\nCache-Control: private\r\n", 200),
    (b"Set-Cookie: a=1\r\nCache-Control: max-age=5, no-store\r\n", 200),
    (b"Set-Cookie: a=1\r\nPragma: no-cache\r\n", 200),
    (b"Cache-Control: public\r\n", 200),
])
def test_a_cookie_that_could_be_cached_is_blocked(world, simple, origin, syslog, fields, status):
    proxy = simple(backend="option checkcache")
    _, got, _, _ = ask(world, proxy, origin, reply=fields + b"Content-Length: 2\r\n\r\nok")
    assert got.status == status
    if status == 502:
        assert "Blocking cacheable cookie in response from instance be, server s1" in syslog.recv()
    assert (" PH-- " in syslog.recv()) == (status == 502)


def test_pretended_keep_alive(world, simple, origin):
    proxy = simple(backend="option http-server-close\n option http-pretend-keepalive")
    got, answer, server, _ = ask(world, proxy, origin)
    assert not values(got, "connection")
    assert answer.body == b"ok" and server.at_end()


def test_forwardfor_of_both_sections(world, simple, origin):
    proxy = simple("option forwardfor if-none", backend="option forwardfor header X-Client except 10.0.0.0/8")
    got, _, _, _ = ask(world, proxy, origin)
    assert values(got, "x-client") == ["127.0.0.1"]


def test_forwardfor_leaves_what_it_excepts(world, simple, origin):
    proxy = simple("option forwardfor except 127.0.0.1/8\n option originalto")
    got, _, _, _ = ask(world, proxy, origin)
    assert not values(got, "x-forwarded-for") and values(got, "x-original-to") == ["127.0.0.1"]


@pytest.mark.only("runtime", "sim", reason="HAProxy has it since 2.8")
@pytest.mark.parametrize("words, want", [
    ("", "proto=http;for=127.0.0.1"),
    ("host for", 'host="a";for=127.0.0.1'),
    ("host-expr str(x.test:80)", 'host="x.test:80"'),
    ("by by_port-expr int(7) for-expr str(secret) for_port-expr str(hidden)", 'by="127.0.0.1:7";for="_secret:_hidden"'),
    ("for-expr ipv6(2001:db8::1)", 'for="[2001:db8::1]"'),
    ("for-expr str(-)", "for=_-"),
    ("for-expr req.hdr(nosuch)", "for=unknown"),
])
def test_forwarded(world, simple, origin, words, want):
    proxy = simple(backend="option forwarded " + words)
    got, _, _, _ = ask(world, proxy, origin)
    assert values(got, "forwarded") == [want]


def test_nolinger_resets(world, simple, origin):
    proxy = simple("option nolinger\n option httpclose")
    _, answer, _, client = ask(world, proxy, origin)
    assert answer.body == b"ok"
    assert client.at_end()


def test_a_unique_id_is_kept_through_the_stream(world, simple, origin, syslog):
    proxy = simple('unique-id-format "%{+X}o id:%ci:%Ts"\n unique-id-header X-Id\n log-format "%ID"\n'
                   " http-response set-header Y %[unique-id]")
    got, answer, _, _ = ask(world, proxy, origin)
    name = values(got, "x-id")[0]
    assert name.startswith("id:7F000001:")
    assert answer.header("y") == name
    assert syslog.recv().rstrip("\n").endswith(name)


def test_rate_limit_makes_the_third_wait(world, simple, origin):
    proxy = simple("rate-limit sessions 2\n http-request return status 200")
    start = world.now()
    for _ in range(5):
        client = world.connect(proxy.port())
        client.send(GET + b"Connection: close\r\n\r\n")
        assert client.recv_response(timeout=5).status == 200
    assert 0.5 < world.now() - start < 4


def test_names_in_another_case(world, simple, origin):
    """For peers that do not know that names have none."""
    proxy = simple("option h1-case-adjust-bogus-client", backend="option h1-case-adjust-bogus-server",
                   globals_="h1-case-adjust content-length Content-Length\n h1-case-adjust x-odd X-oDD")
    client = world.connect(proxy.port())
    client.send(GET + b"X-Odd: 1\r\nOther: 2\r\n\r\n")
    server = origin.accept()
    head = server.recv_head()
    assert b"\r\nX-oDD: 1\r\n" in head and b"\r\nother: 2\r\n" in head
    server.send(b"HTTP/1.1 200 OK\r\nContent-LENGTH: 0\r\nx-odd: 3\r\n\r\n")
    head = client.recv_head()
    assert b"\r\nContent-Length: 0\r\n" in head and b"\r\nX-oDD: 3\r\n" in head
