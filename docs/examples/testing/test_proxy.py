"""The configuration as it is served, in a simulated network: seconds cost nothing, and a seed repeats a run."""

import os

import pytest

CONF = open(os.path.join(os.path.dirname(__file__), "proxy.cfg"), encoding="utf8").read()


@pytest.fixture
def app(lockstep):
    return lockstep.listen(name="app1")


@pytest.fixture
def proxy(lockstep, app):
    return lockstep.proxy(CONF, env={"BIND": "127.0.0.1:8080", "APP1": app.address}, listeners=())


@pytest.fixture
def client(lockstep, proxy):
    return lockstep.connect(8080, name="client")


def serve(app):
    """The next connection that says something: those of health checks end without a word."""
    while True:
        conn = app.accept()
        head = conn.receive(timeout=1)
        if head:
            return conn, head


def test_the_server_answers(app, client):
    client.send("GET /news HTTP/1.1\r\nhost: example.org\r\n\r\n")
    server, head = serve(app)
    assert head.startswith(b"GET /news HTTP/1.1\r\n")
    server.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfine\n", segment=7)
    status, _, body = client.receive_response()
    assert (status, body) == (200, b"fine\n")


def test_what_is_not_for_everybody(client):
    client.send("GET /admin/users HTTP/1.1\r\nhost: example.org\r\n\r\n")
    assert client.receive_response()[0] == 403


def test_a_server_that_does_not_answer(lockstep, app, client):
    client.send("GET /slow HTTP/1.1\r\nhost: example.org\r\n\r\n")
    serve(app)
    began = lockstep.now
    assert client.receive_response(timeout=20)[0] == 504
    assert 8 < lockstep.now - began < 10.5


def test_a_server_that_vanishes_is_taken_out(lockstep, app, proxy):
    lockstep.check(lambda: proxy.stats("app", "app1")["status"].startswith("UP"))
    app.close()
    lockstep.check(lambda: proxy.stats("app", "app1")["status"].startswith("DOWN"), within=10, every=0.5)


def test_a_slow_network(lockstep, app, client):
    lockstep.fault("client", "h1", both=True, latency_s=0.2, latency_max_s=0.4)
    began = lockstep.now
    client.send("GET /far HTTP/1.1\r\nhost: example.org\r\n\r\n")
    server, _ = serve(app)
    server.send("HTTP/1.1 204 No Content\r\n\r\n")
    assert client.receive_response()[0] == 204
    assert 0.4 <= lockstep.now - began < 1.2
