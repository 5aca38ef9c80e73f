"""OCSP responses that the proxy fetches: what is asked of the responder, what is done with its answers, and when."""

import base64
import os
import urllib.parse

import pytest

from test_tls import cli
from test_tls_ocsp import FOLDER, data, stapled

pytestmark = pytest.mark.only("runtime", "sim", reason="HAProxy has ocsp-update since 2.8")

CONF = """
{store}
global
    stats socket fd@${{cli}} level admin
    log {log} local0 notice
    ocsp-update.httpproxy 127.0.0.1:{responder}
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


def file(name):
    return os.path.join(FOLDER, name)


class Responder:
    """Takes questions, which come by ocsp-update.httpproxy, so that any port will do."""

    def __init__(self, world):
        self.listener = world.listen()
        self.port = self.listener.port

    def answer(self, name, status="200 OK", kind="application/ocsp-response"):
        connection = self.listener.accept()
        request = connection.recv_until(b"\r\n\r\n").decode()
        body = data(name) if name else b""
        connection.send(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        connection.close()
        return request


@pytest.fixture
def start(world):
    def make(bind=None, globals_="", store="", options="ocsp-update on"):
        path = world.file("list", f"{file('server.pem')} [{options}]\n" if options else f"{file('server.pem')}\n")
        responder, log = Responder(world), world.datagrams()
        conf = CONF.format(store=store, log=f"127.0.0.1:{log.port}", responder=responder.port, globals_=globals_,
                           bind=bind or f"crt-list {path}")
        proxy = world.proxy(conf, listeners=("fe", "cli"))
        proxy.lines, proxy.responder = log, responder
        return proxy
    return make


def next_log(proxy):
    return proxy.lines.recv().strip().split("]: ", 1)[1]


WAYS = [
    # bind line, words of global, of a crt-store, of the line in the crt-list
    (None, "", "", "ocsp-update on"),
    (None, "ocsp-update.mode on", "", ""),
    ("crt FILE", "ocsp-update.mode on", "", ""),
    ("crt FILE", "", "crt-store\n load crt FILE ocsp-update on", ""),
    ("crt @/one", "", "crt-store\n load crt FILE ocsp-update on alias one", ""),
    ("crt BARE", "ocsp-update.mode on\n issuers-chain-path FOLDER", "", ""),
    ("crt BARE", "", "crt-store\n load crt BARE issuer CA ocsp-update on", ""),
]


def named(text, world):
    """A folder with the authority alone is for issuers-chain-path."""
    for word, name in (("FILE", "server.pem"), ("BARE", "bare.pem"), ("CA", "ca.pem")):
        text = text and text.replace(word, file(name))
    if text and "FOLDER" in text:
        with open(file("ca.pem"), encoding="ascii") as pem:
            text = text.replace("FOLDER", os.path.dirname(world.file("chains/ca.pem", pem.read())))
    return text


@pytest.mark.parametrize("bind, globals_, store, options", WAYS)
def test_a_certificate_without_a_response_gets_one_at_once(world, start, bind, globals_, store, options):
    proxy = start(named(bind, world), named(globals_, world), named(store, world), options)
    request = proxy.responder.answer("good.der")
    assert next_log(proxy).endswith(' 1 "Update successful" 0 1')
    assert request.startswith("GET http://127.0.0.1:8888/ocsp/M") and "\r\nhost: 127.0.0.1:8888\r\n" in request.lower()
    assert stapled(world, proxy) == data("good.der")


def test_the_question_is_about_the_certificate(world, start):
    proxy = start()
    path = proxy.responder.answer("good.der").split()[1].rsplit("/", 1)[1]
    question = base64.b64decode(urllib.parse.unquote(path), validate=True)
    key = cli(world, proxy, "show ssl ocsp-response").split("Certificate ID key : ")[1].split()[0]
    assert bytes.fromhex(key) in question


@pytest.mark.parametrize("bind, globals_, store, options", [
    (None, "", "", ""),
    (None, "", "", "ocsp-update off"),
    (None, "ocsp-update.mode on", "", "ocsp-update off"),
    (None, "ocsp-update.mode on\n ocsp-update.disable on", "", ""),
    (None, "ocsp-update.disable on", "", "ocsp-update on"),
    ("crt BARE", "ocsp-update.mode on", "", ""),
])
def test_without_the_word_or_the_issuer_nobody_is_asked(world, start, bind, globals_, store, options):
    proxy = start(named(bind, world), named(globals_, world), store, options)
    assert cli(world, proxy, "show ssl ocsp-updates").strip().count("\n") == 0
    assert stapled(world, proxy) is None


BAD = [
    ("good.der", "404 Not Found", "application/ocsp-response", '2 "HTTP error"'),
    ("good.der", "200 OK", "text/html", '3 "Missing "ocsp-response" header"'),
    ("ca.pem", "200 OK", "application/ocsp-response", '4 "OCSP response check failure (Unable to parse OCSP response)"'),
    ("try_later.der", "200 OK", "application/ocsp-response", '4 "OCSP response check failure (OCSP response status not successful)"'),
    ("forged.der", "200 OK", "application/ocsp-response", '4 "OCSP response check failure (OCSP response: '),
    ("other.der", "200 OK", "application/ocsp-response", '5 "Error during insertion (OCSP single response: Certificate ID'),
    ("expired.der", "200 OK", "application/ocsp-response", '5 "Error during insertion (OCSP single response: no longer valid.)"'),
    ("endless.der", "200 OK", "application/ocsp-response", '5 "Error during insertion (OCSP single response: missing nextupdate)"'),
]


@pytest.mark.parametrize("name, status, kind, says", BAD)
def test_what_is_not_good_is_not_stapled(world, start, name, status, kind, says):
    proxy = start()
    proxy.responder.answer(name, status, kind)
    line = next_log(proxy)
    assert f"server.pem {says}" in line and line.endswith(' 1 0')
    assert stapled(world, proxy) is None
    assert says[:1] + " | " in cli(world, proxy, "show ssl ocsp-updates")


@pytest.mark.parametrize("name, status, kind, says", BAD)
def test_what_is_not_good_leaves_the_good_one_in_place(world, start, name, status, kind, says):
    proxy = start()
    proxy.responder.answer("good.der")
    next_log(proxy)
    connection = world.connect(proxy.port("cli"))
    connection.send(f"update ssl ocsp-response {file('server.pem')}\n".encode())
    proxy.responder.answer(name, status, kind)
    assert "Can't update the OCSP response!" in connection.recv_all().decode()
    assert stapled(world, proxy) == data("good.der")


@pytest.mark.parametrize("name", ["revoked.der", "delegated.der"])
def test_an_update_by_hand_shows_what_it_got(world, start, name):
    proxy = start()
    proxy.responder.answer("good.der")
    next_log(proxy)
    connection = world.connect(proxy.port("cli"))
    connection.send(f"update ssl ocsp-response {file('server.pem')}\n".encode())
    proxy.responder.answer(name)
    assert f"Cert Status: {name == 'revoked.der' and 'revoked' or 'good'}" in connection.recv_all().decode()
    assert stapled(world, proxy) == data(name)
    assert next_log(proxy).endswith('server.pem 1 "Update successful" 0 2')


@pytest.mark.parametrize("command, says", [
    ("update ssl ocsp-response", "expects a filename"),
    ("update ssl ocsp-response nosuch", "Unknown certificate!"),
    (f"update ssl ocsp-response {file('server.pem')}", "only works on certificates that already have a known OCSP response"),
])
def test_an_update_by_hand_that_cannot_be(world, start, command, says):
    assert says in cli(world, start(options=""), command)


def test_two_who_ask_by_hand_share_one_question(world, start):
    proxy = start()
    asking = [world.connect(proxy.port("cli")) for _ in range(2)]
    for connection in asking:
        connection.send(f"update ssl ocsp-response {file('server.pem')}\n".encode())
    world.sleep(0.2)
    proxy.responder.answer("good.der")
    for connection in asking:
        assert "Cert Status: good" in connection.recv_all().decode()
    assert next_log(proxy).endswith(' 0 1')


def test_one_who_asked_and_left_is_not_waited_for(world, start):
    proxy = start()
    connection = world.connect(proxy.port("cli"))
    connection.send(f"update ssl ocsp-response {file('server.pem')}\n".encode())
    world.sleep(0.2)
    connection.close()
    proxy.responder.answer("good.der")
    next_log(proxy)
    assert stapled(world, proxy) == data("good.der")


def test_a_line_that_goes_takes_its_updates_along(world, start):
    proxy = start()
    proxy.responder.answer("good.der")
    next_log(proxy)
    listed = cli(world, proxy, "show ssl crt-list").split()[0]
    say = lambda command: cli(world, proxy, command)
    with open(file("other.pem"), encoding="ascii") as pem:
        other = pem.read().strip()
    say("new ssl cert other")
    say(f"set ssl cert other <<\n{other}\n")
    assert "Success!" in say("commit ssl cert other")
    connection = world.connect(proxy.port("cli"))
    connection.send(f"add ssl crt-list {listed} <<\nother [ocsp-update on] x.test\n\n".encode())
    proxy.responder.answer("other.der")
    assert next_log(proxy).endswith('other 1 "Update successful" 0 1')
    assert "| other |" in say("show ssl ocsp-updates")
    assert "deleted in crtlist" in say(f"del ssl crt-list {listed} other")
    assert "| other |" not in say("show ssl ocsp-updates")
    assert "Cert Status: good" in say("show ssl ocsp-response other")


def test_a_certificate_that_goes_while_it_is_asked_for_ends_the_question(world, start):
    proxy = start()
    connection = world.connect(proxy.port("cli"))
    connection.send(f"update ssl ocsp-response {file('server.pem')}\n".encode())
    asked = proxy.responder.listener.accept()
    asked.recv_until(b"\r\n\r\n")
    with open(file("other.pem"), encoding="ascii") as pem:
        cli(world, proxy, f"set ssl cert {file('server.pem')} <<\n{pem.read().strip()}\n")
    assert "Success!" in cli(world, proxy, f"commit ssl cert {file('server.pem')}")
    assert "Can't update the OCSP response!" in connection.recv_all().decode()
    assert asked.recv_some() == b""
    proxy.responder.answer("other.der")
    assert next_log(proxy).endswith('server.pem 1 "Update successful" 0 1')


@pytest.mark.only("sim", reason="hours go by")
def test_what_ends_is_not_stapled_while_nobody_answers(world, start):
    proxy = start(globals_="ocsp-update.maxdelay 1800")
    proxy.responder.answer("until-01h30.der")
    for _ in range(3):
        world.sleep(1790)
        assert stapled(world, proxy) == data("until-01h30.der") or world.now() > 85 * 60
        proxy.responder.answer(None, "503 Away")
    assert stapled(world, proxy) is None


@pytest.mark.parametrize("words", ["ocsp-update.mindelay 0", "ocsp-update.maxdelay 299", "ocsp-update.disable maybe",
                                   "ocsp-update.httpproxy", "ocsp-update.httpproxy /path", "ocsp-update.mindelay 3601",
                                   "tune.ssl.ocsp-update.mindelay x"])
def test_what_the_words_do_not_take(world, words):
    code, out, err = world.run(["-c"], conf=f"global\n {words}\n")
    assert code != 0 and "ocsp-update" in out + err


@pytest.mark.parametrize("words, says", [
    ("httpclient.resolvers.id nosuch", "unable to find required resolvers 'nosuch'"),
    ("httpclient.resolvers.id", "httpclient.resolvers.id"),
    ("httpclient.resolvers.disabled maybe", "expects 'on' or 'off'"),
    ("httpclient.resolvers.prefer ipv5", "expects 'ipv4' or 'ipv6'"),
])
def test_what_the_words_about_names_do_not_take(world, words, says):
    code, out, err = world.run(["-c"], conf=f"global\n {words}\n")
    assert code != 0 and says in out + err
