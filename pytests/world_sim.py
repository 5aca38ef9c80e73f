"""The same world inside the simulator: `lockstep-sim serve`, one JSON object a line (docs/SERVE.md).

All time is virtual: a wait of ten seconds costs nothing, and two runs with the same seed are the same.
"""

import json
import os
import subprocess

from world import WAIT, Conn, with_threads

BLINK = 0.02  # how long a look for something that should not be there takes


class SimError(OSError):
    """The simulator refused an op."""


class SimServer:
    """The dialogue with one process."""

    def __init__(self, binary):
        assert os.path.exists(binary), f"{binary} is not built"
        self.process = subprocess.Popen([binary, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.asked = 0
        self.now_ns = 0

    def ask(self, op, **members):
        self.asked += 1
        line = json.dumps({"id": self.asked, "op": op, **members})
        try:
            self.process.stdin.write(line.encode("ascii") + b"\n")
            self.process.stdin.flush()
            text = self.process.stdout.readline()
        except BrokenPipeError:
            text = b""
        if not text:
            raise AssertionError(f"the simulator died in {line[:500]}:\n{self.process.stderr.read().decode('latin1')}")
        answer = json.loads(text.decode("utf-8"))
        assert answer["id"] == self.asked
        self.now_ns = answer.get("now_ns", self.now_ns)
        if not answer["ok"]:
            raise SimError(f"{op}: {answer['error']}")
        return answer

    def end(self):
        """The world ends; the process must leave without a complaint."""
        if self.process.poll() is None:
            self.process.stdin.close()
        self.process.stdout.read()
        complaints = self.process.stderr.read().decode("latin1")
        assert self.process.wait(30) == 0, complaints
        assert not complaints


class SimConn(Conn):
    def __init__(self, server, number):
        super().__init__()
        self.server, self.number = server, number
        self.ended, self.was_reset, self.closed = False, False, False

    def send(self, data):
        sent = 0
        while sent < len(data):
            piece = data[sent:sent + 32768]
            try:
                answer = self.server.ask("send", conn=self.number, hex=piece.hex(), timeout_s=WAIT)
            except SimError as error:
                raise ConnectionResetError(str(error)) from error
            if answer["sent"] < len(piece):
                raise TimeoutError("timed out")
            sent += len(piece)

    def recv_some(self, timeout=WAIT):
        if self.ended:
            return b""
        if self.was_reset:
            raise ConnectionResetError
        answer = self.server.ask("recv", conn=self.number, max=65536, timeout_s=timeout)
        data = bytes.fromhex(answer.get("hex", ""))
        self.ended, self.was_reset = bool(answer.get("eof")), bool(answer.get("reset"))
        if data:
            return data
        if self.was_reset:
            raise ConnectionResetError
        if self.ended:
            return b""
        raise TimeoutError("timed out")

    def wait(self, timeout):
        if self.buffer:
            return True
        try:
            self.buffer += self.recv_some(timeout)
        except TimeoutError:
            return False
        except ConnectionResetError:
            pass
        return True

    def shutdown(self):
        self.server.ask("shutdown", conn=self.number)

    def close(self):
        if not self.closed:
            self.closed = True
            self.server.ask("close", conn=self.number)

    def reset(self):
        self.closed = True
        self.server.ask("reset", conn=self.number)


class SimListener:
    def __init__(self, server, backlog, **members):
        self.server = server
        answer = server.ask("listen", backlog=backlog, **members)
        self.number, self.port = answer["listener"], answer["port"]
        self.addr = f"127.0.0.1:{self.port}"
        self.waiting = []  # taken already, by a look whether somebody waits

    def take(self, timeout):
        answer = self.server.ask("accept", listener=self.number, timeout_s=timeout)
        return None if answer.get("timeout") else SimConn(self.server, answer["conn"])

    def accept(self, timeout=WAIT):
        conn = self.waiting.pop(0) if self.waiting else self.take(timeout)
        if conn is None:
            raise TimeoutError("timed out")
        return conn

    def pending(self, wait=BLINK):
        if not self.waiting:
            conn = self.take(wait)
            self.waiting += [conn] if conn else []
        return bool(self.waiting)

    def close(self):
        self.server.ask("close", listener=self.number)


class SimDatagrams:
    def __init__(self, server):
        self.server = server
        answer = server.ask("udp_bind")
        self.number, self.port = answer["sock"], answer["port"]
        self.addr = f"127.0.0.1:{self.port}"

    def recv(self, timeout=WAIT):
        answer = self.server.ask("udp_recv", sock=self.number, timeout_s=timeout)
        if answer.get("timeout"):
            raise TimeoutError("timed out")
        return bytes.fromhex(answer["hex"]).decode("latin1")


class SimProxy:
    def __init__(self, server, name, conf, files, listeners, args, env):
        self.server, self.name = server, name
        path = f"/files/{name}/proxy.cfg"
        answer = server.ask("node_start", name=name, files={**files, path: conf}, listeners=list(listeners),
                            args=["-db", *args, "-f", path], env=env or {})
        self.ports, self.pid = answer["ports"], answer["pid"]
        self.said, self.running, self.exit_code = "", True, None
        self.learn(answer)

    def learn(self, answer):
        self.said += answer["output"].encode("utf-8", "surrogateescape").decode("latin1")
        self.running = answer["running"]
        self.exit_code = answer.get("exit_code")

    def look(self):
        if self.running:
            self.learn(self.server.ask("node_output", name=self.name))

    def port(self, name="fe"):
        return self.ports[name]

    def output(self):
        self.look()
        return self.said

    def until(self, holds, timeout):
        end = self.server.now_ns + timeout * 1e9
        while not holds():
            if self.server.now_ns >= end:
                raise TimeoutError(f"timed out; the proxy said: {self.said}")
            self.server.ask("advance", seconds=0.01)

    def wait_output(self, text, timeout=WAIT):
        self.until(lambda: text in self.output(), timeout)
        return self.said

    def wait(self, timeout=WAIT):
        self.until(lambda: not self.alive(), timeout)
        return self.exit_code

    def alive(self):
        self.look()
        return self.running

    def signal(self, name):
        self.server.ask("node_signal", name=self.name, signal=name)


class SimWorld:
    """A world of `lockstep-sim`, with the face of RealWorld."""

    virtual = True

    def __init__(self, binary, seed):
        self.target = "sim"
        self.threads = 0
        self.server = SimServer(binary)
        self.server.ask("world", seed=int(seed))
        self.files = {}
        self.count = 0

    def file(self, name, text):
        self.files[f"/files/{name}"] = text
        return f"/files/{name}"

    def next_name(self):
        self.count += 1
        return f"p{self.count}"

    def proxy(self, conf, listeners=("fe",), args=(), env=None, check=True):
        proxy = SimProxy(self.server, self.next_name(), with_threads(conf, self.threads), self.files, listeners, args, env)
        if check:
            assert proxy.alive(), proxy.output()
        return proxy

    def run(self, args, conf=None, env=None):
        args = list(args)
        if conf is not None:
            args += ["-f", self.file("run.cfg", conf)]
        name = self.next_name()
        answer = self.server.ask("node_start", name=name, files=self.files, args=args, env=env or {})
        said = answer["output"].encode("utf-8", "surrogateescape").decode("latin1")
        assert not answer["running"], f"it runs: {said}"
        return answer["exit_code"], said, ""

    def listen(self, backlog=100):
        return SimListener(self.server, backlog)

    def deaf(self):
        """A listener on a host that no packet reaches."""
        deaf = SimListener(self.server, 1, **{"as": "deaf"})
        self.server.ask("fault", to="deaf", both=True, cut=True)
        return deaf

    def datagrams(self):
        return SimDatagrams(self.server)

    def connect(self, port):
        return SimConn(self.server, self.server.ask("connect", to=f"127.0.0.1:{port}")["conn"])

    def closed_port(self):
        gone = SimListener(self.server, 1)
        gone.close()
        return gone.port

    def now(self):
        return self.server.ask("now")["now_ns"] / 1e9

    def sleep(self, seconds):
        self.server.ask("advance", seconds=seconds)

    def close(self):
        self.server.end()
