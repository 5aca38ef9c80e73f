"""generate-certificates: names that no certificate answers to get one that is made for them."""

import ssl

import pytest

from test_tls import TlsConn, cli, context, pem

pytestmark = pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12 ends connections with a made EC certificate at once")

CONF = """
global
    stats socket fd@${{cli}} level admin
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}} ssl crt {crt} generate-certificates ca-sign-file {ca} {more}
    http-request return status 200 content-type text/plain lf-string "%[ssl_f_sha1,hex] %[ssl_f_i_dn(CN)]"
"""


@pytest.fixture
def forge(world):
    def make(more=""):
        return world.proxy(CONF.format(crt=pem("server"), ca=pem("signing"), more=more), listeners=("fe", "cli"))

    return make


def shown(world, proxy, name):
    """(names in the certificate, its fingerprint); the client checks it against the authority and the name."""
    conn = TlsConn(world.connect(proxy.port()), context(ca="signing"), name)
    names = [value for _, value in conn.tls.getpeercert()["subjectAltName"]]
    return names, conn.request().body.decode()


def test_an_unknown_name_gets_a_certificate_that_is_trusted(world, forge):
    proxy = forge()
    assert shown(world, proxy, "one.example")[0] == ["one.example"]
    assert shown(world, proxy, "two.example")[0] == ["two.example"]


def test_it_is_kept(world, forge):
    proxy = forge()
    first = shown(world, proxy, "one.example")
    assert shown(world, proxy, "two.example") != first
    assert shown(world, proxy, "ONE.example") == first


def test_a_known_name_keeps_its_own(world, forge):
    proxy = forge()
    conn = TlsConn(world.connect(proxy.port()), context(), "server.test")
    assert conn.request().status == 200


def test_strict_sni_makes_them_too(world, forge):
    proxy = forge("strict-sni")
    assert shown(world, proxy, "one.example")[0] == ["one.example"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_of_a_made_one_is_taken_up(world, forge, version):
    proxy = forge()
    made = context(ca="signing", low=version, high=version)
    first = TlsConn(world.connect(proxy.port()), made, "one.example")
    assert first.request().status == 200
    second = TlsConn(world.connect(proxy.port()), made, "one.example", first.tls.session)
    assert second.request().status == 200
    assert second.tls.session_reused


def test_names_that_are_none_get_the_usual_one(world, forge):
    proxy = forge()
    made = context(check=False)
    conn = TlsConn(world.connect(proxy.port()), made, "a" * 60 + "." + "b" * 60 + ".example")
    assert conn.request().status == 200


def test_a_new_key_is_used_for_those_made_later(world, forge):
    proxy = forge()
    before = shown(world, proxy, "one.example")
    with open(pem("server-rsa"), encoding="ascii") as file:
        assert "created" in cli(world, proxy, f"set ssl cert {pem('server')} <<\n{file.read()}\n")
    assert "Success!" in cli(world, proxy, f"commit ssl cert {pem('server')}")
    after = shown(world, proxy, "one.example")
    assert after[0] == before[0] and after[1] != before[1]


@pytest.mark.parametrize("options, named", [
    ("generate-certificates", "cannot enable certificate generation, no CA certificate File configured"),
    ("generate-certificates ca-sign-file /nosuch", "Failed to read CA certificate file '/nosuch'"),
    (f"generate-certificates ca-sign-file {pem('crl')}", "Failed to read CA certificate file"),
])
def test_without_an_authority_it_does_not_start(world, options, named):
    code, out, err = world.run(["-c"], f"""
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind 127.0.0.1:1 ssl crt {pem('server')} {options}
    http-request return status 200
""")
    assert code == 1 and named in out + err
