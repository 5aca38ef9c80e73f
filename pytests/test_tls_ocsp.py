"""OCSP responses: what is stapled from files and by the management socket, and what is refused."""

import base64
import os
import struct

import pytest

from test_tls import cli

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scenarios", "tls", "ocsp")

CONF = """
global
    stats socket fd@${{cli}} level admin
    {globals_}
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}} ssl {bind}
    http-request return status 204
"""


def data(name):
    with open(os.path.join(FOLDER, name), "rb") as file:
        return file.read()


def text(name):
    return data(name).decode().strip()


def base64_of(name):
    return base64.b64encode(data(name)).decode()


def extension(number, body):
    return struct.pack(">HH", number, len(body)) + body


def hello():
    """A ClientHello of TLS 1.2, in which all up to the server's last message is readable, that asks for a response."""
    extensions = (extension(10, b"\0\2\0\x17") + extension(11, b"\1\0") + extension(13, b"\0\4\4\3\x08\x04") +
                  extension(5, b"\1\0\0\0\0"))
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\xc0\x2b" + b"\1\0" + struct.pack(">H", len(extensions)) + extensions
    message = b"\1" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack(">H", len(message)) + message


def stapled(world, proxy):
    """The response in the server's CertificateStatus; None without one."""
    connection = world.connect(proxy.port())
    connection.send(hello())
    raw, messages = b"", b""
    while True:
        while len(raw) >= 5 and len(raw) >= 5 + struct.unpack(">H", raw[3:5])[0]:
            size = struct.unpack(">H", raw[3:5])[0]
            assert raw[0] == 22, raw
            messages, raw = messages + raw[5:5 + size], raw[5 + size:]
        while len(messages) >= 4 and len(messages) >= 4 + int.from_bytes(messages[1:4], "big"):
            size = int.from_bytes(messages[1:4], "big")
            kind, body, messages = messages[0], messages[4:4 + size], messages[4 + size:]
            if kind == 22:  # certificate_status: a byte for OCSP, then the response behind its size
                connection.close()
                return body[4:]
            if kind == 14:  # server_hello_done
                connection.close()
                return None
        raw += connection.recv_some() or pytest.fail("the connection ended")


@pytest.fixture
def place(tmp_path):
    """A certificate with files beside it, which all worlds can read."""
    def make(response=None, cert="server.pem", **files):
        path = tmp_path / "s.pem"
        path.write_bytes(data(cert))
        for ending, name in {"ocsp": response, **files}.items():
            if name:
                (tmp_path / f"s.pem.{ending}").write_bytes(data(name))
        return str(path)
    return make


@pytest.fixture
def start(world, place):
    def make(response=None, globals_="", bind="", **files):
        path = place(response, **files)
        proxy = world.proxy(CONF.format(globals_=globals_, bind=f"crt {path} {bind}"), listeners=("fe", "cli"))
        proxy.cert = path
        return proxy
    return make


@pytest.mark.parametrize("response", ["good.der", "revoked.der", "delegated.der"])
def test_a_response_beside_the_certificate_is_stapled(world, start, response):
    assert stapled(world, start(response)) == data(response)


@pytest.mark.parametrize("response", ["expired.der", "future.der", "other.der", "endless.der", "try_later.der", "ca.pem", None])
def test_a_response_that_says_nothing_for_now_is_left_out(world, start, response):
    proxy = start(response)
    assert stapled(world, proxy) is None


def test_the_issuer_may_have_a_file_of_its_own(world, start):
    assert stapled(world, start("good.der", cert="bare.pem", issuer="ca.pem")) == data("good.der")


def test_a_response_without_a_known_issuer_is_an_error(world, place):
    conf = CONF.format(globals_="", bind=f"crt {place('good.der', cert='bare.pem')}").replace("fd@${cli}", "fd@3").replace("fd@${fe}", "127.0.0.1:1")
    code, out, err = world.run(["-c"], conf=conf)
    assert code != 0 and "impossible to compute the OCSP certificate ID" in out + err


def test_set_ssl_ocsp_response_replaces_it(world, start):
    proxy = start("good.der")
    assert "OCSP Response updated!" in cli(world, proxy, f"set ssl ocsp-response <<\n{base64_of('revoked.der')}\n")
    assert stapled(world, proxy) == data("revoked.der")
    assert "Cert Status: revoked" in cli(world, proxy, f"show ssl cert {proxy.cert}.ocsp")


@pytest.mark.parametrize("response, says", [
    ("expired.der", "OCSP single response: no longer valid"),
    ("future.der", "OCSP single response: no longer valid"),
    ("other.der", "OCSP single response: Certificate ID does not match any certificate or issuer"),
    ("endless.der", "OCSP single response: missing nextupdate"),
    ("try_later.der", "OCSP response status not successful"),
])
def test_what_set_ssl_ocsp_response_does_not_take(world, start, response, says):
    proxy = start("good.der")
    assert says in cli(world, proxy, f"set ssl ocsp-response {base64_of(response)}")
    assert stapled(world, proxy) == data("good.der")


def test_a_transaction_brings_one(world, start):
    proxy = start("good.der")
    say = lambda command: cli(world, proxy, command)
    assert "Transaction created" in say(f"set ssl cert {proxy.cert}.ocsp <<\n{base64_of('revoked.der')}\n")
    assert stapled(world, proxy) == data("good.der")
    assert "Cert Status: revoked" in say(f"show ssl cert *{proxy.cert}.ocsp")
    assert "Success!" in say(f"commit ssl cert {proxy.cert}")
    assert stapled(world, proxy) == data("revoked.der")


def test_a_renewed_certificate_does_not_keep_the_response_of_the_old_one(world, start):
    proxy = start("good.der")
    cli(world, proxy, f"set ssl cert {proxy.cert} <<\n{text('other.pem')}\n")
    assert "Success!" in cli(world, proxy, f"commit ssl cert {proxy.cert}")
    assert stapled(world, proxy) is None
    cli(world, proxy, f"set ssl cert {proxy.cert}.ocsp <<\n{base64_of('other.der')}\n")
    assert "Success!" in cli(world, proxy, f"commit ssl cert {proxy.cert}")
    assert stapled(world, proxy) == data("other.der")


def test_responses_are_listed_by_the_certificates_id(world, start):
    proxy = start("good.der")
    listed = cli(world, proxy, "show ssl ocsp-response")
    key = listed.split("Certificate ID key : ")[1].split()[0]
    assert listed.startswith("# Certificate IDs\n") and "   Serial Number: 1001\n" in listed
    assert "Next Update: Jan  1 00:00:00 2049 GMT" in cli(world, proxy, f"show ssl ocsp-response {key}")


@pytest.mark.only("runtime", "sim", reason="HAProxy has formats and paths here since 2.8")
def test_a_response_is_shown_by_path_and_in_base64(world, start):
    proxy = start("good.der")
    assert f"Certificate path : {proxy.cert}\n" in cli(world, proxy, "show ssl ocsp-response")
    assert "Cert Status: good" in cli(world, proxy, f"show ssl ocsp-response text {proxy.cert}")
    assert cli(world, proxy, f"show ssl ocsp-response base64 {proxy.cert}").strip() == base64_of("good.der")
    assert "expects a valid certid" in cli(world, proxy, "show ssl ocsp-response base64")


@pytest.mark.only("sim", reason="hours go by")
def test_a_response_is_stapled_until_five_minutes_before_its_end(world, start):
    """Five minutes are left for clocks that differ."""
    proxy = start("until-01h30.der")
    for minute, holds in ((84, True), (86, False)):
        world.sleep(minute * 60 - world.now())
        assert (stapled(world, proxy) is not None) == holds
