"""The command line, and what signals do to a running proxy."""

import re

import pytest

from test_http import answer

CONF = """
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s1 {addr}
"""
VALID = CONF.format(addr="127.0.0.1:2").replace("fd@${fe}", "127.0.0.1:1")


def test_version(world):
    code, out, _ = world.run(["-v"])
    assert code == 0
    assert re.search(r"version \d+\.\d+", out)


def test_version_and_what_is_in_it(world):
    code, out, _ = world.run(["-vv"])
    assert code == 0
    short = world.run(["-v"])[1]
    assert len(out) > len(short)
    assert re.search(r"Lua 5\.[34]", out)


def test_check(world):
    code, out, err = world.run(["-c"], VALID)
    assert code == 0
    assert "Configuration file is valid" in out + err


def test_a_quiet_check(world):
    code, out, err = world.run(["-c", "-q"], VALID)
    assert (code, out, err) == (0, "", "")


def test_check_without_a_file(world):
    assert world.run(["-c"])[0] == 1


def test_a_failed_check(world):
    code, out, err = world.run(["-c"], VALID + "    nonsense\n")
    assert code == 1
    assert "[ALERT]" in out + err and "valid" not in (out + err)


def test_flags_may_follow_the_file(world):
    path = world.file("own.cfg", VALID)
    assert world.run(["-f", path, "-c"])[0] == 0


@pytest.mark.parametrize("condition, code", [("1", 0), ("0", 1), ("version_atleast(2.0)", 0), ("!1", 1), ("sideways(", 2)])
def test_a_condition(world, condition, code):
    assert world.run(["-cc", condition])[0] == code


def test_a_condition_that_is_broken_says_why(world):
    code, out, err = world.run(["-cc", "sideways(1)"])
    assert code == 2
    assert "sideways" in out + err


@pytest.mark.parametrize("args", [["-Y"], ["-V", "-Y"], ["--nope"], ["-cc"], []], ids=lambda args: " ".join(args) or "none")
def test_what_it_does_not_know_ends_with_usage(world, args):
    code, out, err = world.run(args)
    assert code == 1
    assert "Usage" in out + err


@pytest.mark.parametrize("args", [["-f"], ["-n"], ["-c", "-n"]], ids=" ".join)
def test_an_option_without_its_value(world, args):
    code, out, err = world.run(args)
    assert code == 1
    assert out + err


def test_a_broken_file_does_not_start(world):
    code, out, err = world.run(["-db"], VALID + "    nonsense\n")
    assert code == 1
    assert "nonsense" in out + err


def test_an_address_in_use_does_not_start(world):
    taken = world.listen()
    code, out, err = world.run(["-db"], VALID.replace("127.0.0.1:1", taken.addr))
    assert code == 1
    assert taken.addr in out + err


@pytest.mark.parametrize("name", ["TERM", "INT"])
def test_a_signal_ends_at_once(world, origin, name):
    """Running requests are cut; that was asked for, so that it is no failure. HAProxy leaves it to the kernel."""
    proxy = world.proxy(CONF.format(addr=origin.addr))
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_head()
    proxy.signal(name)
    assert proxy.wait() == ({"TERM": -15, "INT": -2}[name] if world.target == "haproxy" else 0)
    assert client.at_end()
    assert server.at_end()


def test_a_soft_stop_lets_a_request_finish(world, origin):
    proxy = world.proxy(CONF.format(addr=origin.addr))
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_head()
    proxy.signal("USR1")
    answer(server, b"in time")
    got = client.recv_response()
    assert (got.status, got.body) == (200, b"in time")
    client.close()
    assert proxy.wait() == 0


def test_a_soft_stop_without_anybody_ends(world, origin):
    proxy = world.proxy(CONF.format(addr=origin.addr))
    proxy.signal("USR1")
    assert proxy.wait() == 0


def test_a_soft_stop_closes_what_is_kept(world, origin):
    """The answer says close, so that nobody keeps an old proxy alive."""
    proxy = world.proxy(CONF.format(addr=origin.addr))
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_head()
    proxy.signal("USR1")
    world.sleep(0.05)
    answer(server)
    got = client.recv_response()
    assert got.header("connection") == "close"
    assert client.at_end()
    assert proxy.wait() == 0


def test_a_soft_stop_may_wait_for_one_more_request(world, origin):
    conf = CONF.format(addr=origin.addr)
    proxy = world.proxy(conf.replace("mode http", "mode http\n    option idle-close-on-response\n    "
                                                  "option http-server-close"))
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_head()
    answer(server)
    assert client.recv_response().header("connection") is None
    proxy.signal("USR1")
    world.sleep(0.05)
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_head()
    answer(server)
    assert client.recv_response().header("connection") == "close"
    assert client.at_end()
    assert proxy.wait() == 0


def test_a_hard_stop_limit_cuts_what_does_not_end(world, origin):
    proxy = world.proxy("global\n    hard-stop-after 200ms\n" + CONF.format(addr=origin.addr))
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    origin.accept().recv_head()
    begin = world.now()
    proxy.signal("USR1")
    client.recv_all()
    assert 0.1 < world.now() - begin < 3
    proxy.wait()


def test_an_unknown_signal_of_use_is_ignored(world, origin):
    """HUP shows the servers' states; it does not end the proxy."""
    proxy = world.proxy(CONF.format(addr=origin.addr))
    proxy.signal("HUP")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_head()
    answer(server)
    assert client.recv_response().status == 200
    assert proxy.alive()


def test_known_words_are_listed(world):
    code, out, _ = world.run(["-dKhelp", "-c", "-q"], VALID)
    assert code == 0 and "\nsmp: sample fetch functions\n" in out
    code, out, _ = world.run(["-dKsmp,cnv", "-c", "-q"], VALID)
    assert code == 0
    assert re.search(r"(?m)\] +path: str$", out) and re.search(r"(?m)^upper: str => str$", out)


def test_words_of_a_script_are_listed(world):
    path = world.file("script.lua", 'core.register_fetches("own", function(txn) return 1 end)\n')
    code, out, _ = world.run(["-dKsmp", "-c", "-q"], f"global\n    lua-load {path}\n" + VALID)
    assert code == 0 and re.search(r"(?m)\] +lua\.own\b", out)


@pytest.mark.only("runtime", "sim", reason="HAProxy goes on after an unknown class")
def test_an_unknown_class_of_words(world):
    code, out, err = world.run(["-dKnothing", "-c", "-q"], VALID)
    assert code == 1 and "nothing" in out + err
