"""The worlds that a test can run in: real sockets (our binary or Debian's haproxy) and the simulator.

A test speaks to one `World` and never to sockets itself, so that the same body shows what HAProxy does, that the
real binary does the same, and that the simulator agrees. Times are seconds. Everything that a world starts is
stopped by its `close`.
"""

import errno
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

WAIT = 10.0  # how long a test waits for what must come, real or virtual


class Response:
    """One HTTP response as it came: status, reason, headers (lower-case names, in order), body, raw bytes."""

    def __init__(self, version, status, reason, headers, body, raw):
        self.version, self.status, self.reason = version, status, reason
        self.headers, self.body, self.raw = headers, body, raw

    def header(self, name):
        """The first value of a header, None when it is not there."""
        return next((v for n, v in self.headers if n == name.lower()), None)

    def all(self, name):
        return [v for n, v in self.headers if n == name.lower()]


class Conn:
    """A byte stream to or from the proxy. `recv_some` returns b"" at the end and raises ConnectionResetError."""

    def __init__(self):
        self.buffer = b""

    # What a world implements.
    def send(self, data):
        raise NotImplementedError

    def recv_some(self, timeout):
        raise NotImplementedError

    def shutdown(self):
        raise NotImplementedError

    def close(self):
        raise NotImplementedError

    def reset(self):
        raise NotImplementedError

    def wait(self, timeout):
        """Lets at most so much time pass; True as soon as there is something to read, or the end."""
        raise NotImplementedError

    # What tests use.
    def recv_until(self, mark, timeout=WAIT):
        """All bytes up to and with `mark`; what follows stays for the next call."""
        while mark not in self.buffer:
            data = self.recv_some(timeout)
            if not data:
                raise EOFError(f"end before {mark!r}, after {self.buffer!r}")
            self.buffer += data
        at = self.buffer.index(mark) + len(mark)
        got, self.buffer = self.buffer[:at], self.buffer[at:]
        return got

    def recv_exactly(self, size, timeout=WAIT):
        while len(self.buffer) < size:
            data = self.recv_some(timeout)
            if not data:
                raise EOFError(f"end after {len(self.buffer)} of {size} bytes: {self.buffer!r}")
            self.buffer += data
        got, self.buffer = self.buffer[:size], self.buffer[size:]
        return got

    def recv_all(self, timeout=WAIT):
        """Everything up to the end of the stream."""
        while True:
            data = self.recv_some(timeout)
            if not data:
                got, self.buffer = self.buffer, b""
                return got
            self.buffer += data

    def at_end(self, timeout=WAIT):
        """The peer closed and nothing is left to read. A reset counts."""
        try:
            return not self.buffer and not self.recv_some(timeout)
        except ConnectionResetError:
            return True

    def recv_head(self, timeout=WAIT):
        return self.recv_until(b"\r\n\r\n", timeout)

    def recv_body(self, head, timeout=WAIT):
        """The body behind a head, by its framing."""
        fields = parse_fields(head)
        if any(n == "transfer-encoding" and v.lower() == "chunked" for n, v in fields):
            body = b""
            while True:
                size = int(self.recv_until(b"\r\n", timeout).split(b";")[0], 16)
                if size == 0:
                    while self.recv_until(b"\r\n", timeout) != b"\r\n":
                        pass
                    return body
                body += self.recv_exactly(size, timeout)
                assert self.recv_exactly(2, timeout) == b"\r\n"
        length = next((int(v) for n, v in fields if n == "content-length"), None)
        if length is not None:
            return self.recv_exactly(length, timeout)
        return None

    def recv_request(self, timeout=WAIT):
        """(request line, fields, body) of one request."""
        head = self.recv_head(timeout)
        body = self.recv_body(head, timeout) or b""
        return head.split(b"\r\n")[0].decode("latin1"), parse_fields(head), body

    def recv_response(self, method="GET", timeout=WAIT):
        head = self.recv_head(timeout)
        version, status, *reason = head.split(b"\r\n")[0].decode("latin1").split(" ", 2)
        status = int(status)
        body = b""
        if method != "HEAD" and status not in (204, 304) and status >= 200:
            body = self.recv_body(head, timeout)
            if body is None:
                body = self.recv_all(timeout)
        return Response(version, status, reason[0] if reason else "", parse_fields(head), body, head + body)

    def request(self, target="/", method="GET", headers=(), body=b"", version="HTTP/1.1"):
        """Sends a request (Host: test unless given) and reads the response."""
        lines = [f"{method} {target} {version}"]
        if version == "HTTP/1.1" and not any(n.lower() == "host" for n, _ in headers):
            lines.append("Host: test")
        lines += [f"{n}: {v}" for n, v in headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin1") + b"\r\n\r\n" + body)
        return self.recv_response(method)


def parse_fields(head):
    fields = []
    for line in head.split(b"\r\n")[1:]:
        if line:
            name, _, value = line.decode("latin1").partition(":")
            fields.append((name.lower(), value.strip()))
    return fields


class RealConn(Conn):
    def __init__(self, sock):
        super().__init__()
        self.sock = sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) if sock.family != socket.AF_UNIX else None

    def send(self, data):
        self.sock.settimeout(WAIT)
        self.sock.sendall(data)

    def recv_some(self, timeout=WAIT):
        self.sock.settimeout(timeout)
        try:
            return self.sock.recv(65536)
        except OSError as error:
            if error.errno == errno.ENOTCONN:
                raise ConnectionResetError from error
            raise

    def wait(self, timeout):
        return bool(self.buffer) or bool(select.select([self.sock], [], [], timeout)[0])

    def shutdown(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            if error.errno != errno.ENOTCONN:  # the peer reset it meanwhile: nothing is left to end
                raise

    def close(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class RealListener:
    def __init__(self, backlog=100):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.sock.listen(backlog)
        self.port = self.sock.getsockname()[1]
        self.addr = f"127.0.0.1:{self.port}"
        self.accepted = []  # kept, or the garbage collector would close what a test has no name for

    def accept(self, timeout=WAIT):
        self.sock.settimeout(timeout)
        self.accepted.append(RealConn(self.sock.accept()[0]))
        return self.accepted[-1]

    def pending(self, wait=0.02):
        """A connection waits to be accepted. Loopback queues it at once, so that a short wait tells."""
        return bool(select.select([self.sock], [], [], wait)[0])

    def close(self):
        for conn in self.accepted:
            conn.close()
        self.sock.close()


class RealDatagrams:
    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.addr = f"127.0.0.1:{self.port}"

    def recv(self, timeout=WAIT):
        self.sock.settimeout(timeout)
        return self.sock.recv(65536).decode("latin1")

    def close(self):
        self.sock.close()


class RealProxy:
    """A running proxy process. Its configuration names its listeners `fd@${name}`."""

    def __init__(self, binary, folder, conf, listeners=("fe",), args=(), env=None, start=True):
        self.folder, self.ports, self.socks = folder, {}, []
        environment = {name: os.environ[name] for name in ("PATH", "TSAN_OPTIONS") if name in os.environ}
        environment.update(env or {})
        for name in listeners:
            sock = socket.socket()
            sock.bind(("127.0.0.1", 0))
            sock.listen(100)
            sock.set_inheritable(True)
            self.ports[name] = sock.getsockname()[1]
            environment[name] = str(sock.fileno())
            self.socks.append(sock)
        path = os.path.join(folder, "proxy.cfg")
        with open(path, "w", encoding="latin1") as out:
            out.write(conf)
        self.log = open(os.path.join(folder, "output"), "w+b")
        self.process = subprocess.Popen(
            [binary, "-db", *args, "-f", path],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=folder, env=environment,
            pass_fds=[s.fileno() for s in self.socks])
        self.pid = self.process.pid

    def port(self, name="fe"):
        return self.ports[name]

    def output(self):
        self.log.seek(0)
        return self.log.read().decode("latin1")

    def wait_serving(self, timeout=5.0):
        """Until the process ends or waits for its sockets: epoll_wait or epoll_pwait, by their numbers on x86-64."""
        end = time.monotonic() + timeout
        while self.alive() and time.monotonic() < end:
            try:
                with open(f"/proc/{self.pid}/syscall", encoding="ascii") as file:
                    if file.read().split(" ")[0] in ("232", "281"):
                        return
            except OSError:
                pass
            time.sleep(0.002)

    def wait_output(self, text, timeout=WAIT):
        """All output, once `text` is in it."""
        end = time.monotonic() + timeout
        while text not in (said := self.output()):
            assert time.monotonic() < end, said
            time.sleep(0.005)
        return said

    def wait(self, timeout=WAIT):
        """The exit code, once it ended."""
        return self.process.wait(timeout)

    def alive(self):
        return self.process.poll() is None

    def signal(self, name):
        self.process.send_signal(getattr(signal, "SIG" + name))

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for sock in self.socks:
            sock.close()
        said = self.output()
        self.log.close()
        assert not re.search(r"Sanitizer|\.[ch]:\d+:\d+: runtime error:", said), said


def with_threads(conf, threads):
    """The configuration, with so many threads unless it says how many itself."""
    return conf if not threads or "nbthread" in conf else conf + f"\nglobal\n    nbthread {threads}\n"


class RealWorld:
    """Real sockets in real time."""

    virtual = False

    def __init__(self, target, binary):
        self.threads = 0
        self.target, self.binary = target, binary
        self.folder = tempfile.mkdtemp(prefix="px")
        self.open = []
        self.count = 0

    def keep(self, thing):
        self.open.append(thing)
        return thing

    def file(self, name, text):
        """A file beside the configuration; returns its path."""
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="latin1") as out:
            out.write(text)
        return path

    def proxy(self, conf, listeners=("fe",), args=(), env=None, check=True):
        """A proxy with this configuration, serving; fails with its messages when it does not come up."""
        self.count += 1
        folder = os.path.join(self.folder, f"p{self.count}")
        os.mkdir(folder)
        proxy = self.keep(RealProxy(self.binary, folder, with_threads(conf, self.threads), listeners, args, env))
        if check:
            proxy.wait_serving()
            assert proxy.alive(), proxy.output()
        return proxy

    def run(self, args, conf=None, env=None):
        """(exit code, stdout, stderr) of the command with these arguments; conf is added as -f FILE."""
        args = list(args)
        if conf is not None:
            args += ["-f", self.file("run.cfg", conf)]
        done = subprocess.run([self.binary, *args], cwd=self.folder, capture_output=True, timeout=20, stdin=subprocess.DEVNULL,
                              env={"PATH": os.environ.get("PATH", ""), **(env or {})})
        return done.returncode, done.stdout.decode("latin1"), done.stderr.decode("latin1")

    def listen(self, backlog=100):
        return self.keep(RealListener(backlog))

    def deaf(self):
        """A listener whose backlog is full: a connection to it is never answered."""
        deaf = self.keep(RealListener(backlog=0))
        for _ in range(3):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", deaf.port))
            self.keep(sock)
        return deaf

    def datagrams(self):
        return self.keep(RealDatagrams())

    def connect(self, port):
        end = time.monotonic() + WAIT
        while True:
            try:
                sock = socket.socket()
                sock.settimeout(WAIT)
                sock.connect(("127.0.0.1", port))
            except ConnectionResetError:
                pass  # accepted and reset already: reading says so
            except ConnectionRefusedError:
                sock.close()
                if time.monotonic() > end:
                    raise
                continue
            return self.keep(RealConn(sock))

    def closed_port(self):
        """A port that nobody listens on."""
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            return sock.getsockname()[1]

    def now(self):
        return time.monotonic()

    def sleep(self, seconds):
        """Lets time pass, where time itself is what a test is about."""
        time.sleep(seconds)

    def close(self):
        for thing in reversed(self.open):
            thing.close()
        shutil.rmtree(self.folder, ignore_errors=True)
