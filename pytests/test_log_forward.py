"""Log messages that come in at log-forward sections and go on to their targets (manual 12.6)."""

import re

import pytest

OLD = b"<13>Feb  5 17:32:18 there su[12]: hello you"
NEW = b'<165>1 2003-08-24T05:14:15.000003-07:00 there app 7 ID47 [ex@1 a="b"] text'


def forwarder(world, section="", log=""):
    to = world.datagrams()
    proxy = world.proxy("log-forward lf\n bind fd@${fe}\n %s\n log %s %s local3\n" % (section, to.addr, log))
    return to, world.connect(proxy.port())


def got(to):
    return to.recv().encode("latin1")


@pytest.mark.parametrize("message, form, out", [
    (OLD, "", rb"<13>Feb  5 17:32:18 there su\[12\]: hello you"),
    (OLD, "rfc3164", rb"<13>Feb  5 17:32:18 there su\[12\]: hello you"),
    (OLD, "rfc5424", rb"<13>1 \d{4}-02-05T17:32:18-00:00 there su 12 - - hello you"),
    (OLD, "local", rb"<13>Feb  5 17:32:18 su\[12\]: hello you"),
    (OLD, "raw", rb"hello you"),
    (OLD, "priority", rb"<13>hello you"),
    (OLD, "short", rb"<5>hello you"),
    (OLD, "timed", rb"<5>\d{4}-02-05T17:32:18-00:00 hello you"),
    (OLD, "iso", rb"\d{4}-02-05T17:32:18-00:00 hello you"),
    (NEW, "", re.escape(NEW)),
    (NEW, "rfc5424", re.escape(NEW)),
    (NEW, "rfc3164", rb"<165>Aug 24 05:14:15 there app\[7\]: text"),
    (NEW, "iso", rb"2003-08-24T05:14:15\.000003-07:00 text"),
    (b"<13>hello", "", rb"<13>hello"),
    (b"<13>hello", "local", rb"<13>\w{3} [ \d]\d \d\d:\d\d:\d\d hello"),
    (b"<13>1 - - app - - - hello", "", rb"<13>\w{3} [ \d]\d \d\d:\d\d:\d\d app: hello"),
    (b"<13>1 - - - - id - hello", "rfc3164 len 80", rb"<13>\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ hello"),
    (b"<13>" + b"x" * 90, "raw len 80", rb"x{80}"),
])
def test_what_becomes_of_a_message(world, message, form, out):
    to, client = forwarder(world, log=form and "format " + form if "len" not in form else
                           "len 80 format " + form.split()[0])
    client.send(message + b"\n")
    assert re.fullmatch(out, got(to).rstrip(b"\n"))


def test_frames_of_both_kinds_on_one_connection(world):
    to, client = forwarder(world)
    client.send(b"10 <13>ab\ncd\n<14>line\r\n9 <15>")
    assert got(to) == b"<13>ab\ncd\n"
    assert got(to) == b"<14>line\n"
    client.send(b"later<16>")
    assert got(to) == b"<15>later\n"
    client.send(b"end\n")
    assert got(to) == b"<16>end\n"


@pytest.mark.parametrize("broken", [b"hello\n", b"0 x\n", b"99999 <13>x\n"])
def test_what_is_no_frame_ends_the_connection(world, broken):
    to, client = forwarder(world)
    client.send(b"<13>good\n" + broken)
    assert got(to) == b"<13>good\n"
    assert client.at_end()


def test_messages_are_sampled_and_chosen_by_level(world):
    to, client = forwarder(world, log="sample 2:2")
    client.send(b"<13>one\n<13>two\n<13>three\n<13>four\n")
    assert got(to) == b"<13>two\n"
    assert got(to) == b"<13>four\n"


def test_levels(world):
    to = world.datagrams()
    proxy = world.proxy("log-forward lf\n bind fd@${fe}\n log %s local3 warning err\n" % to.addr)
    world.connect(proxy.port()).send(b"<13>notice\n<12>warning\n<8>emergency\nfor no priority\n")
    assert got(to) == b"<12>warning\n"
    assert got(to) == b"<11>emergency\n"


def test_through_a_ring_to_a_log_server(world, origin):
    proxy = world.proxy("ring r\n format rfc5424\n maxlen 1200\n size 32764\n server s %s log-proto octet-count\n"
                        "log-forward lf\n bind fd@${fe}\n log ring@r local0\n" % origin.addr)
    world.connect(proxy.port()).send(NEW + b"\n")
    line = b"%d " % len(NEW) + NEW
    assert origin.accept().recv_exactly(len(line)) == line


def test_of_the_global_targets(world):
    to = world.datagrams()
    proxy = world.proxy("global\n log %s local3\nlog-forward lf\n bind fd@${fe}\n log global\n" % to.addr)
    world.connect(proxy.port()).send(b"<13>hello\n")
    assert got(to) == b"<13>hello\n"


@pytest.mark.parametrize("how, named, unnamed", [
    ("", b"there", b"127.0.0.1"), ("option host fill", b"there", b"127.0.0.1"),
    ("option host keep", b"there", b"localhost"), ("option host replace", b"127.0.0.1", b"127.0.0.1"),
    ("option host append", b"there,127.0.0.1", b"127.0.0.1"),
])
def test_whose_name_stands_in_front(world, target, how, named, unnamed):
    if target == "haproxy":
        pytest.skip("a word of newer versions")
    to, client = forwarder(world, section=how, log="format rfc3164")
    client.send(OLD + b"\n<13>hello\n")
    assert got(to).split()[3] == named
    assert got(to).split()[3] == unnamed


def test_taken_as_they_are(world, target):
    if target == "haproxy":
        pytest.skip("words of newer versions")
    to, client = forwarder(world, section="option assume-rfc6587-ntf\n option dont-parse-log", log="format raw")
    client.send(b"9 is no length\n" + OLD + b"\n")
    assert got(to) == b"9 is no length\n"
    assert got(to) == OLD + b"\n"


@pytest.mark.parametrize("lines, said", [
    ("log-forward\n", "missing name"),
    ("log-forward a!\n", "character '!' is not permitted in 'log-forward' name 'a!'"),
    ("log-forward a b\n", "unexpected argument 'b'"),
    ("log-forward a\nlog-forward a\n", "has the same name as another log-forward section"),
    ("frontend a\nlog-forward a\n", "has the same name as frontend 'a'"),
    ("log-forward a\n mode http\n", "unknown keyword 'mode' in"),
    ("log-forward a\n timeout server 1s\n", "server'"),
    ("log-forward a\n bind 127.0.0.1:1514 foo\n", "unknown keyword 'foo'"),
    ("log-forward a\n dgram-bind 127.0.0.1:1514 foo\n", "unknown keyword 'foo'"),
    ("log-forward a\n dgram-bind tcp@127.0.0.1:1514\n", "stream-type address not acceptable in 'tcp@127.0.0.1:1514'"),
    ("log-forward a\n bind udp@127.0.0.1:1514\n", "dgram-type address not acceptable in 'udp@127.0.0.1:1514'"),
    ("log-forward a\n dgram-bind 127.0.0.1:0\n", "invalid port '0'"),
    ("log-forward a\n log 127.0.0.1\n", "expects <address> and <facility>"),
    ("log-forward a\n bind 127.0.0.1:1514 ssl\n", "no SSL certificate specified"),
])
def test_wrong_words(world, target, lines, said):
    if target == "haproxy" and "bind udp@" in lines:
        pytest.skip("said, but no error there")
    status, out, messages = world.run(["-c"], conf=lines)
    assert status == 1
    assert said in out + messages
