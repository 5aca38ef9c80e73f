"""A new process takes the place of an old one: its listeners, then its clients, and nobody is refused."""

import socket
import threading

import pytest

CONF = """
global
    stats socket {socket} level admin expose-fd listeners
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind 127.0.0.1:{port}
    bind abns@{name}
    http-request return status 200 content-type text/plain string {says}
"""

pytestmark = pytest.mark.only("haproxy", "runtime", reason="needs processes that pass sockets to each other")


class Clients:
    """Connects all the while from a few threads; keeps what went wrong and what was answered."""

    def __init__(self, port):
        self.port, self.over, self.wrong, self.said = port, False, [], set()
        self.threads = [threading.Thread(target=self.run) for _ in range(3)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.over:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as conn:
                    conn.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    answer = b""
                    while data := conn.recv(4096):
                        answer += data
                if answer.startswith(b"HTTP/1.1 200 "):
                    self.said.add(answer.split(b"\r\n\r\n", 1)[1].decode())
                else:
                    self.wrong.append(answer)
            except OSError as error:
                self.wrong.append(repr(error))

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join()


def test_listeners_are_handed_over_under_load(world, tmp_path):
    port, path = world.closed_port(), tmp_path / "stats.sock"

    def conf(says):
        return CONF.format(socket=path, port=port, name=f"reload{port}", says=says)

    old = world.proxy(conf("old"), listeners=())
    clients = Clients(port)
    try:
        for number in range(3):
            new = world.proxy(conf(f"new{number}"), listeners=(), args=("-x", str(path), "-sf", str(old.pid)))
            assert old.wait() == 0
            old = new
    finally:
        clients.end()
    assert not clients.wrong
    assert clients.said >= {"new0", "new1"}


def test_beside_an_old_process(world, tmp_path):
    """Without -x the listeners are bound anew, while the old ones are still there."""
    port = world.closed_port()
    conf = CONF.format(socket=tmp_path / "s", port=port, name="", says="x").replace("    bind abns@\n", "")
    old = world.proxy(conf, listeners=())
    new = world.proxy(conf, listeners=(), args=("-sf", str(old.pid)))
    assert old.wait() == 0
    assert world.connect(port).request().status == 200
    assert new.alive()


@pytest.mark.parametrize("there", [False, True])
def test_sockets_that_cannot_be_had_are_an_error(world, tmp_path, there):
    """Nobody is there, or its stats socket does not expose the listeners."""
    port, path = world.closed_port(), tmp_path / "s"
    conf = CONF.format(socket=path, port=port, name=f"reload{port}", says="x").replace(" expose-fd listeners", "")
    old = world.proxy(conf, listeners=()) if there else None
    code, _, said = world.run(["-db", "-x", str(path)], conf)
    assert code == 1 and "Failed to get the sockets from the old process!" in said
    assert not old or old.alive()


def test_a_first_request_is_taken_although_the_process_ends(world, simple):
    proxy = simple(frontend="http-request return status 200")
    new, kept = world.connect(proxy.port()), world.connect(proxy.port())
    assert kept.request().status == 200
    world.connect(proxy.port()).request()  # the one before it was accepted by now
    proxy.signal("USR1")
    assert kept.at_end()
    assert new.request().status == 200
    assert new.at_end()
    assert proxy.wait() == 0
