"""Early data (0-RTT): what comes before the handshake is done, what is sent so, and what a server does not take."""

import pytest

from test_tls import pem

pytestmark = pytest.mark.only("runtime", "sim", reason="HAProxy 2.6 does not take these sessions up")

INNER = """
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend inner
    bind fd@${{fe}} ssl crt {crt} ssl-min-ver TLSv1.3 {bind}
    {rules}
    default_backend be
backend be
    http-request return status 200 content-type text/plain lf-string "%[ssl_fc_is_resumed] %[ssl_fc_has_early] %[req.hdr(early-data)]"
"""
OUTER = """
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    retries 3
    option httpclose
listen outer
    bind fd@${{fe}}
    {backend}
    http-request set-dst-port url_param(port)
    server s1 127.0.0.1 ssl verify none sni str(server.test) {server}
"""
RESEND = "retry-on conn-failure 0rtt-rejected"


def inner(world, bind="allow-0rtt", rules=""):
    return world.proxy(INNER.format(crt=pem("server"), bind=bind, rules=rules))


def outer(world, server="allow-0rtt", backend=RESEND):
    return world.proxy(OUTER.format(server=server, backend=backend))


def ask(world, proxy, to):
    response = world.connect(proxy.port()).request(f"/?port={to.port()}")
    return response.status, response.body.decode().strip()


def test_a_session_that_is_taken_up_brings_its_request_along(world):
    far, near = inner(world), outer(world)
    assert ask(world, near, far) == (200, "0 0")
    for _ in range(3):
        assert ask(world, near, far) == (200, "1 1 1")


@pytest.mark.parametrize("bind, server, backend", [
    ("", "allow-0rtt", RESEND),
    ("allow-0rtt", "", RESEND),
    ("allow-0rtt", "allow-0rtt", ""),
])
def test_all_have_to_allow_it(world, bind, server, backend):
    far, near = inner(world, bind), outer(world, server, backend)
    assert ask(world, near, far) == (200, "0 0")
    assert ask(world, near, far) == (200, "1 0")


def test_a_rule_waits_for_the_handshake(world):
    far, near = inner(world, rules="http-request wait-for-handshake"), outer(world)
    assert ask(world, near, far) == (200, "0 0")
    assert ask(world, near, far) == (200, "1 0")


@pytest.mark.parametrize("other", ["allow-0rtt", ""])
def test_what_is_refused_is_sent_again(world, other):
    """The other server has other keys: it knows nothing of the session."""
    first, second, near = inner(world), inner(world, other), outer(world)
    assert ask(world, near, first) == (200, "0 0")
    assert ask(world, near, second) == (200, "0 0")


MIDDLE = """
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
listen middle
    bind fd@${{fe}} ssl crt {crt} ssl-min-ver TLSv1.3 allow-0rtt
    http-reuse never
    http-request set-dst-port url_param(far)
    server s1 127.0.0.1 ssl verify none sni str(server.test) allow-0rtt {server}
"""


@pytest.mark.parametrize("other", ["allow-0rtt", ""])
def test_what_is_refused_is_for_the_client_to_repeat_when_nobody_else_may(world, other):
    """In the middle it was early data, too, and no `retry-on` says that it may be sent again (RFC 8470 section 5.2)."""
    first, second, near = inner(world), inner(world, other), outer(world)
    middle = world.proxy(MIDDLE.format(crt=pem("server"), server=""))

    def through(far):
        response = world.connect(near.port()).request(f"/?port={middle.port()}&far={far.port()}")
        return response.status, response.body.decode().strip()

    assert through(first) == (200, "0 0")
    assert through(first) == (200, "1 1 1")
    assert through(second)[0] == 425
    assert through(second) == (200, "0 0 1")
