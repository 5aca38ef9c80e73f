"""Rules: what each action does, when its condition holds, and in which order rules run."""

import pytest

from test_http import answer


def passes(client, origin, path="/", headers=(), method="GET"):
    """Sends a request that must reach the server: (request line, its fields)."""
    lines = [f"{method} {path} HTTP/1.1", "Host: a.test", *(f"{n}: {v}" for n, v in headers)]
    client.send("\r\n".join(lines).encode("latin1") + b"\r\n\r\n")
    server = origin.accept()
    line, fields, _ = server.recv_request()
    return server, line, fields


def values(fields, name):
    return [v for n, v in fields if n == name]


@pytest.mark.parametrize("rule, status", [
    ("http-request deny", 403),
    ("http-request deny deny_status 429", 429),
    ("http-request deny status 404", 404),
    ("http-request deny if { path /x }", 403),
    ("http-request deny unless { path /y }", 403),
    ("http-request deny if { path_beg /x } { method GET }", 403),
    ("http-request deny if { path /no } or { path /x }", 403),
    ("http-request deny if !{ path /y }", 403),
    ("http-request deny if { hdr(host) -m end .test }", 403),
    ("http-request deny if { hdr(Host) -i A.TEST }", 403),
    ("http-request deny if { url_param(q) -m int 5 }", 403),
    ("http-request deny if { path_reg ^/x$ }", 403),
    ("http-request deny if TRUE", 403),
    ("http-request deny unless FALSE", 403),
    ("http-request deny if METH_GET", 403),
    ("acl bad path /x\n http-request deny if bad", 403),
    ("acl bad path /no\n acl bad path /x\n http-request deny if bad", 403),
    ("acl a path /x\n acl b method POST\n http-request deny if a !b", 403),
    ("http-request return status 200", 200),
    ("http-request reject", None),
    ("http-request silent-drop if { path /y }\n http-request deny", 403),
])
def test_a_rule_that_ends(world, simple, origin, rule, status):
    proxy = simple(rule)
    client = world.connect(proxy.port())
    client.send(b"GET /x?q=5 HTTP/1.1\r\nHost: a.test\r\n\r\n")
    if status is None:
        assert client.at_end()
    else:
        assert client.recv_response().status == status
    assert not origin.pending()


@pytest.mark.parametrize("rule", [
    "http-request deny if { path /y }",
    "http-request deny unless { path /x }",
    "http-request deny if { path /x } { method POST }",
    "http-request deny if { path /x } !{ method GET }",
    "http-request deny if { path /X }",
    "http-request deny if FALSE",
    "http-request deny if { hdr(nope) -m found }",
    "http-request deny if { url_param(q) -m int gt 5 }",
    "http-request deny if { src 10.0.0.0/8 }",
    "acl a path /x\n acl b path /x\n http-request deny if a !b",
    "http-request allow\n http-request deny",
    "http-request allow if { path /x }\n http-request deny",
])
def test_a_rule_that_does_not_apply(world, simple, origin, rule):
    proxy = simple(rule)
    client = world.connect(proxy.port())
    _, line, _ = passes(client, origin, "/x?q=5")
    assert line == "GET /x?q=5 HTTP/1.1"


def test_deny_is_logged(world, simple, syslog):
    proxy = simple("http-request deny")
    assert world.connect(proxy.port()).request().status == 403
    assert " fe/<NOSRV> " in (line := syslog.recv()) and " 403 " in line and " PR-- " in line


def test_a_denied_connection_goes_on(world, simple, origin):
    proxy = simple("http-request deny if { path /x }")
    client = world.connect(proxy.port())
    assert client.request("/x").status == 403
    passes(client, origin, "/y")


def test_return_gives_what_it_says(world, simple, origin):
    proxy = simple('http-request return status 418 content-type text/plain string "short and stout" hdr X-Pot "tea %[path]"')
    client = world.connect(proxy.port())
    got = client.request("/x")
    assert (got.status, got.body) == (418, b"short and stout")
    assert got.header("content-type") == "text/plain"
    assert got.header("x-pot") == "tea /x"
    assert got.header("content-length") == "15"
    assert client.request("/again").header("x-pot") == "tea /again"
    assert not origin.pending()


def test_return_a_format(world, simple):
    proxy = simple('http-request return status 200 content-type "text/plain" lf-string "%[method] %[path,upper]"')
    assert world.connect(proxy.port()).request("/abc").body == b"GET /ABC"


def test_return_a_file(world, simple):
    path = world.file("page", "from a file\n")
    proxy = simple(f"http-request return status 200 content-type text/plain file {path}")
    assert world.connect(proxy.port()).request().body == b"from a file\n"


@pytest.mark.parametrize("rule, status, where", [
    ("redirect location /new", 302, "/new"),
    ("redirect location /new code 301", 301, "/new"),
    ("redirect prefix https://b.test", 302, "https://b.test/x?q=1"),
    ("redirect prefix https://b.test code 308", 308, "https://b.test/x?q=1"),
    ("redirect prefix https://b.test drop-query", 302, "https://b.test/x"),
    ("redirect prefix https://b.test drop-query append-slash", 302, "https://b.test/x/"),
    ("redirect scheme https", 302, "https://a.test/x?q=1"),
    ("redirect scheme https code 307", 307, "https://a.test/x?q=1"),
    ("redirect location http://%[hdr(host)]/%[query]", 302, "http://a.test/q=1"),
    ("redirect location /if code 303 if { path /x }", 303, "/if"),
])
def test_redirect(world, simple, origin, syslog, rule, status, where):
    proxy = simple("http-request " + rule)
    client = world.connect(proxy.port())
    client.send(b"GET /x?q=1 HTTP/1.1\r\nHost: a.test\r\n\r\n")
    got = client.recv_response()
    assert (got.status, got.header("location"), got.header("content-length")) == (status, where, "0")
    assert f" {status} " in (line := syslog.recv()) and " LR-- " in line
    assert not origin.pending()


def test_redirect_sets_and_clears_cookies(world, simple):
    proxy = simple("http-request redirect location / set-cookie A=1 if { path /set }\n"
                   " http-request redirect location / clear-cookie A")
    client = world.connect(proxy.port())
    assert client.request("/set").header("set-cookie").startswith("A=1; path=/;")
    assert "Max-Age=0" in client.request("/clear").header("set-cookie")


@pytest.mark.parametrize("rule, want", [
    ("http-request set-header X new", ["new"]),
    ("http-request add-header X new", ["one", "two", "new"]),
    ("http-request del-header X", []),
    ("http-request del-header x -m str", []),
    ("http-request del-header ^x$ -m reg", []),
    ("http-request replace-header X ^t(.*)$ p-\\1", ["one", "p-wo"]),
    ("http-request replace-value X o O", ["O", "O"]),
    ("http-request set-header X %[req.hdr(X)]!", ["two!"]),
    ("http-request set-header X %[req.hdr(X,1)]", ["one"]),
    ("http-request set-header X %[req.hdr(X,-2)]", ["one"]),
    ("http-request set-header X %[req.hdr_cnt(X)]", ["2"]),
    ("http-request set-header X %[src]", ["127.0.0.1"]),
    ("http-request set-header X %[path,upper,length]", ["2"]),
    ('http-request set-header X "a b\\"c"', ['a b"c']),
    ("http-request set-header X 'a b'", ["a b"]),
    ("http-request set-header X a\\ b", ["a b"]),
    ("http-request set-header X 100%%", ["100%"]),
    ("http-request set-header X %[nbsrv(be)]", ["1"]),
    ("http-request set-header X %[str(a),concat(-,,b)]", ["a-b"]),
    ("http-request set-header X %[int(7),add(3),mul(2)]", ["20"]),
    ("http-request set-header X %[url_param(q)]", ["5"]),
    ("http-request set-header X %[req.cook(k)]", ["v"]),
    ("http-request set-header X new if { path /no }", ["one", "two"]),
])
def test_request_headers(world, simple, origin, rule, want):
    proxy = simple(rule)
    client = world.connect(proxy.port())
    _, _, fields = passes(client, origin, "/x?q=5", [("X", "one"), ("X", "two"), ("Cookie", "a=b; k=v")])
    assert values(fields, "x") == want


@pytest.mark.parametrize("rule, want", [
    ("http-response set-header X new", ["new"]),
    ("http-response add-header X new", ["one", "two", "new"]),
    ("http-response del-header X", []),
    ("http-response replace-header X ^t(.*)$ p-\\1", ["one", "p-wo"]),
    ("http-response set-header X %[status]", ["200"]),
    ("http-response set-header X %[res.hdr(X)]", ["two"]),
    ("http-response set-header X new if { status 404 }", ["one", "two"]),
    ("http-response set-header X new if { status 200 }", ["new"]),
    ("http-after-response set-header X after", ["after"]),
])
def test_response_headers(world, simple, origin, rule, want):
    proxy = simple(rule)
    client = world.connect(proxy.port())
    server, _, _ = passes(client, origin)
    answer(server, headers=[("X", "one"), ("X", "two")])
    got = client.recv_response()
    assert (got.status, got.all("x"), got.body) == (200, want, b"hello")


@pytest.mark.parametrize("rule, want", [
    ("http-request set-path /new", "GET /new?q=1 HTTP/1.1"),
    ("http-request set-path /p%[path]", "GET /p/x?q=1 HTTP/1.1"),
    ("http-request set-query z=9", "GET /x?z=9 HTTP/1.1"),
    ("http-request set-uri /u?v", "GET /u?v HTTP/1.1"),
    ("http-request set-method POST", "POST /x?q=1 HTTP/1.1"),
    ("http-request set-pathq /a?b", "GET /a?b HTTP/1.1"),
    ("http-request replace-path /(.*) /r/\\1", "GET /r/x?q=1 HTTP/1.1"),
    ("http-request replace-pathq /x\\?(.*) /y?\\1", "GET /y?q=1 HTTP/1.1"),
    ("http-request replace-uri ^/x(.*) /w\\1", "GET /w?q=1 HTTP/1.1"),
])
def test_the_request_line(world, simple, origin, rule, want):
    proxy = simple(rule)
    client = world.connect(proxy.port())
    assert passes(client, origin, "/x?q=1")[1] == want


def test_variables_live_as_long_as_their_scope(world, simple, origin):
    proxy = simple("http-request set-var(sess.n) int(0) if !{ var(sess.n) -m found }\n"
                   " http-request set-var(sess.n) var(sess.n),add(1)\n"
                   " http-request set-header X-Txn %[var(txn.t)]\n"
                   " http-request set-var(txn.t) path\n"
                   " http-request set-header X-Sess %[var(sess.n)]\n"
                   " http-response set-header X-Later %[var(txn.t)]")
    client = world.connect(proxy.port())
    server, _, fields = passes(client, origin, "/one")
    assert (values(fields, "x-sess"), values(fields, "x-txn")) == (["1"], [""])
    answer(server)
    assert client.recv_response().header("x-later") == "/one"
    client.send(b"GET /two HTTP/1.1\r\nHost: a\r\n\r\n")
    _, fields, _ = server.recv_request()
    assert (values(fields, "x-sess"), values(fields, "x-txn")) == (["2"], [""])


def test_unset_var(world, simple, origin):
    proxy = simple("http-request set-var(txn.a) str(x)\n http-request unset-var(txn.a)\n"
                   " http-request set-header Found 1 if { var(txn.a) -m found }")
    _, _, fields = passes(world.connect(proxy.port()), origin)
    assert values(fields, "found") == []


def test_set_var_fmt(world, simple, origin):
    proxy = simple('http-request set-var-fmt(txn.a) "%[method]-%[path]"\n http-request set-header X %[var(txn.a)]')
    _, _, fields = passes(world.connect(proxy.port()), origin, "/p")
    assert values(fields, "x") == ["GET-/p"]


def test_rules_run_in_order_frontend_first(world, simple, origin):
    proxy = simple("http-request set-header X f1\n http-request add-header X f2",
                   "http-request add-header X b1\n http-request add-header X b2")
    _, _, fields = passes(world.connect(proxy.port()), origin)
    assert values(fields, "x") == ["f1", "f2", "b1", "b2"]


def test_response_rules_run_backend_first(world, simple, origin):
    proxy = simple("http-response add-header X f", "http-response add-header X b")
    client = world.connect(proxy.port())
    server, _, _ = passes(client, origin)
    answer(server)
    assert client.recv_response().all("x") == ["b", "f"]


def test_allow_ends_only_its_own_ruleset(world, simple, origin):
    proxy = simple("http-request allow\n http-request set-header X f", "http-request add-header X b")
    _, _, fields = passes(world.connect(proxy.port()), origin)
    assert values(fields, "x") == ["b"]


def test_tcp_content_rules_run_before_http_rules(world, simple, origin):
    proxy = simple("http-request set-header X %[var(txn.t)]\n tcp-request content set-var(txn.t) str(tcp)")
    _, _, fields = passes(world.connect(proxy.port()), origin)
    assert values(fields, "x") == ["tcp"]


def test_tcp_content_reject_in_http(world, simple, origin, syslog):
    proxy = simple("tcp-request inspect-delay 5s\n tcp-request content reject if { path /x }")
    client = world.connect(proxy.port())
    client.send(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.at_end()
    assert not origin.pending()
    assert " PR-- " in syslog.recv()


def test_tcp_content_accept_in_http(world, simple, origin):
    proxy = simple("tcp-request inspect-delay 5s\n tcp-request content accept if { path /x }\n tcp-request content reject")
    passes(world.connect(proxy.port()), origin, "/x")


def test_use_backend_takes_the_first_that_holds(world, origin):
    one, two = world.listen(), world.listen()
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}}
    use_backend one if {{ path_beg /1 }}
    use_backend two if {{ path_beg /1/2 }} or {{ path_beg /2 }}
    use_backend %[url_param(be)] if {{ url_param(be) -m found }}
    default_backend be
backend one
    server s {one.addr}
backend two
    server s {two.addr}
backend be
    server s {origin.addr}
""")
    for path, where in [("/1", one), ("/1/2", one), ("/2", two), ("/", origin), ("/?be=two", two), ("/?be=none", origin)]:
        client = world.connect(proxy.port())
        client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        server = where.accept()
        assert server.recv_request()[0] == f"GET {path} HTTP/1.1"
        answer(server)
        assert client.recv_response().status == 200


def test_use_server_picks_one(world):
    one, two = world.listen(), world.listen()
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
listen fe
    bind fd@${{fe}}
    use-server s2 if {{ path /two }}
    server s1 {one.addr}
    server s2 {two.addr} weight 0
""")
    for path, where in [("/two", two), ("/one", one), ("/two", two)]:
        client = world.connect(proxy.port())
        client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        server = where.accept()
        server.recv_request()
        answer(server)
        assert client.recv_response().status == 200


def test_http_response_deny(world, simple, origin, syslog):
    proxy = simple("http-response deny if { status 200 }")
    client = world.connect(proxy.port())
    server, _, _ = passes(client, origin)
    answer(server, b"secret")
    got = client.recv_response()
    assert got.status == 502 and b"secret" not in got.body
    assert " 502 " in (line := syslog.recv()) and " PH-- " in line


def test_http_response_return(world, simple, origin):
    proxy = simple('http-response return status 200 content-type text/plain string "instead" if { status 404 }')
    client = world.connect(proxy.port())
    server, _, _ = passes(client, origin)
    answer(server, b"not here", "404 Not Found")
    got = client.recv_response()
    assert (got.status, got.body) == (200, b"instead")


def test_set_status(world, simple, origin):
    proxy = simple('http-response set-status 503 reason "Slow Down" if { status 500 }')
    client = world.connect(proxy.port())
    server, _, _ = passes(client, origin)
    answer(server, status="500 Oops")
    got = client.recv_response()
    assert (got.status, got.reason) == (503, "Slow Down")


def test_after_response_rules_see_pages_made_here(world, simple):
    proxy = simple("http-request deny\n http-after-response set-header X after\n http-response set-header Y no")
    got = world.connect(proxy.port()).request()
    assert (got.status, got.header("x"), got.header("y")) == (403, "after", None)


def test_maps_and_acl_files(world, simple, origin):
    table = world.file("hosts.map", "# comment\na.test  alpha\nb.test\tbeta gamma\n")
    words = world.file("words.acl", "/x\n/y\n")
    proxy = simple(f"http-request deny if {{ path -f {words} }} {{ hdr(no) -m found }}\n"
                   f" http-request set-header In 1 if {{ path -f {words} }}\n"
                   f" http-request set-header X %[hdr(host),map({table},none)]\n"
                   f" http-request set-header Y %[path,map_beg({table},none)]")
    _, _, fields = passes(world.connect(proxy.port()), origin, "/y")
    assert (values(fields, "x"), values(fields, "y"), values(fields, "in")) == (["alpha"], ["none"], ["1"])


def test_basic_authentication(world, simple, origin):
    proxy = simple("http-request auth realm Own if !{ http_auth(people) }", globals_="""
userlist people
    user ann insecure-password secret
""")
    client = world.connect(proxy.port())
    got = client.request()
    assert (got.status, got.header("www-authenticate")) == (401, 'Basic realm="Own"')
    passes(client, origin, headers=[("Authorization", "Basic YW5uOnNlY3JldA==")])


def test_rules_with_a_body_wait_for_it(world, simple, origin):
    proxy = simple("option http-buffer-request\n http-request deny if { req.body -m sub virus }")
    client = world.connect(proxy.port())
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\nsome vi")
    assert not origin.pending()
    client.send(b"rus!!")
    assert client.recv_response().status == 403


def test_wait_for_body(world, simple, origin):
    proxy = simple("http-request wait-for-body time 5s at-least 6\n http-request set-header X %[req.body]")
    client = world.connect(proxy.port())
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
    assert not origin.pending()
    client.send(b"def")
    _, fields, body = origin.accept().recv_request()
    assert (values(fields, "x"), body) == (["abcdef"], b"abcdef")


def test_capture_into_the_log(world, simple, syslog):
    proxy = simple("capture request header Host len 20\n http-request capture path len 10\n"
                   " http-request return status 200")
    client = world.connect(proxy.port())
    client.request("/some", headers=[("Host", "a.test")])
    assert " {a.test|/some} " in syslog.recv()


def test_monitor_uri(world, simple, origin):
    proxy = simple("monitor-uri /alive\n monitor fail if { hdr(x) bad }")
    client = world.connect(proxy.port())
    assert client.request("/alive").status == 200
    assert client.request("/alive", headers=[("X", "bad")]).status == 503
    assert not origin.pending()


def test_monitor_uri_as_an_absolute_one(world, simple):
    proxy = simple("monitor-uri http://a.test/alive\n http-request return status 404")
    client = world.connect(proxy.port())
    assert client.request("http://a.test/alive", headers=[("Host", "a.test")]).status == 200
    assert client.request("/alive").status == 404


def test_stick_table_counts_and_denies(world, simple, origin):
    proxy = simple("stick-table type ip size 10 expire 1m store http_req_cnt,gpc0\n"
                   " http-request track-sc0 src\n http-request deny deny_status 429 if { sc_http_req_cnt(0) gt 2 }\n"
                   " http-request return status 200")
    client = world.connect(proxy.port())
    assert [client.request().status for _ in range(4)] == [200, 200, 429, 429]
