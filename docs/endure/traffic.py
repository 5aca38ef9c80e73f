"""The clients of the endurance run, a coroutine a kind. Each visit ends well, or counts as lost with the reason.

A request is lost when its connection was accepted and its right answer did not come. One exception, RFC 9112 section
9.3.1: on a connection that served before, an end without a byte of the answer means that the proxy closed the idle
connection while the request was on its way, and the client asks again on a new one; that is counted as `again`.
"""

import asyncio
import collections
import random
import socket
import ssl
import time

from pages import abort, page, read_body, read_head

PATIENCE = 20


class Lost(Exception):
    pass


class Again(Exception):
    pass


class Client:
    """A connection to the proxy."""

    def __init__(self, traffic, port, tls=False, buffer=None):
        self.traffic, self.port, self.tls, self.buffer, self.served = traffic, port, tls, buffer, 0

    async def __aenter__(self):
        sock = socket.socket()
        sock.setblocking(False)
        if self.buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.buffer)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        how = {"ssl": self.traffic.tls_context, "server_hostname": "a.test"} if self.tls else {}
        self.reader, self.writer = await asyncio.open_connection(sock=sock, limit=1 << 16, **how)
        return self

    async def __aexit__(self, kind, error, trace):
        self.writer.close()

    def send(self, path, method=b"GET", body=b"", chunked=False, close=False, visitor=None):
        fields = b"Host: endure\r\nX-Visitor: %s\r\n" % (visitor or b"v%d" % random.randrange(2000))
        if chunked:
            fields += b"Transfer-Encoding: chunked\r\n"
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        elif body:
            fields += b"Content-Length: %d\r\n" % len(body)
        if close:
            fields += b"Connection: close\r\n"
        self.writer.write(b"%s %s HTTP/1.1\r\n%s\r\n%s" % (method, path, fields, body))

    async def answer(self, wanted):
        try:
            head = await read_head(self.reader)
            if head is None:
                raise (Again if self.served else Lost)("end without an answer")
            if head[0].split(b" ")[1] != b"200":
                raise Lost(head[0].decode())
            body = await read_body(self.reader, head[1], to_end=True)
        except ConnectionResetError as error:
            raise (Again if self.served and str(error) != "end in a head" else Lost)(f"reset: {error}") from error
        except asyncio.IncompleteReadError as error:
            raise Lost(f"{len(error.partial)} bytes instead of {error.expected}") from error
        if body != wanted:
            raise Lost(f"another body: {len(body)} bytes instead of {len(wanted)}")
        self.served += 1
        return head[1]

    async def get(self, path, seed, size, **how):
        self.send(path + b"/%s/%d" % (seed, size), **how)
        await self.writer.drain()
        return await self.answer(page(seed, size))


def seed_and_size(largest=20000):
    return b"s%d" % random.randrange(10**6), int(largest ** random.random())


async def visit_keep_alive(t):
    async with Client(t, t.ports["WEB"]) as client:
        for _ in range(random.randint(2, 12)):
            await client.get(b"/page", *seed_and_size())
            t.answered += 1
            await asyncio.sleep(random.random() * 0.2)


async def visit_once(t):
    async with Client(t, t.ports["WEB"]) as client:
        await client.get(b"/page", *seed_and_size(), close=True)


async def visit_chunks(t):
    async with Client(t, t.ports["WEB"]) as client:
        await client.get(b"/chunks", *seed_and_size(60000))


async def visit_post(t):
    async with Client(t, t.ports["WEB"]) as client:
        body = page(*seed_and_size(12000)) or b"x"
        client.send(b"/echo", b"POST", body, chunked=random.random() < 0.5)
        await client.answer(body)


async def visit_upload(t):
    async with Client(t, t.ports["WEB"]) as client:
        body = page(b"up", 300_000)
        client.send(b"/echo", b"PUT", body)
        await client.writer.drain()
        await client.answer(body)


async def visit_pipeline(t):
    async with Client(t, t.ports["WEB"]) as client:
        asked = [seed_and_size(3000) for _ in range(3)]
        for seed, size in asked:
            client.send(b"/page/%s/%d" % (seed, size))
        for seed, size in asked:
            await client.answer(page(seed, size))


async def visit_tls(t):
    async with Client(t, t.ports["TLS"], tls=True) as client:
        for _ in range(random.randint(1, 3)):
            await client.get(b"/page", *seed_and_size())


async def visit_tls_to_tls(t):
    async with Client(t, t.ports["TLS"], tls=True) as client:
        await client.get(b"/tls/page", *seed_and_size())


async def visit_tcp(t):
    async with Client(t, t.ports["TCP"]) as client:
        for _ in range(random.randint(1, 5)):
            line = page(*seed_and_size(8000)) + b"\n"
            client.writer.write(line)
            if await client.reader.readexactly(len(line)) != line:
                raise Lost("another line")


def visit_lua(path):
    async def visit(t):
        async with Client(t, t.ports["WEB"]) as client:
            fields = await client.get(b"/lua/" + path, *seed_and_size(4000))
            if path != b"page/page" and not fields.get(b"x-length", b"").endswith(b"!"):
                raise Lost(f"x-length is {fields.get(b'x-length')}")
    return visit


async def visit_lua_tcp(t):
    async with Client(t, t.ports["SAID"]) as client:
        client.writer.write(b"something\n")
        if await client.reader.read() != b"said something\n":
            raise Lost("something else was said")


async def visit_slow_reader(t):
    async with Client(t, t.ports["WEB"], buffer=4096) as client:
        client.reader._limit = 2048  # pylint: disable=protected-access
        client.send(b"/page/slow/200000", close=True)
        await read_head(client.reader)
        got = b""
        while piece := await client.reader.read(8192):
            got += piece
            await asyncio.sleep(0.05)
        if got != page(b"slow", 200000):
            raise Lost(f"{len(got)} bytes of 200000")


async def visit_slow_writer(t):
    async with Client(t, t.ports["WEB"]) as client:
        for piece in (b"POST /echo HT", b"TP/1.1\r\nHost: slow\r\nContent-Le", b"ngth: 6\r\n\r\n", b"ab", b"cd", b"ef"):
            client.writer.write(piece)
            await asyncio.sleep(0.3)
        await client.answer(b"abcdef")


# What has no right answer: it must leave nothing behind.


async def visit_broken_server(t):
    async with Client(t, t.ports["WEB"]) as client:
        client.send(b"/fault/any", close=True)
        said = await client.reader.read()
        if not said.startswith((b"HTTP/1.1 502 ", b"HTTP/1.1 200 ")) and said:
            raise Lost(f"after a server's fault: {said[:40]}")


async def visit_reset(t):
    async with Client(t, t.ports["WEB"]) as client:
        client.send(random.choice([b"/page/reset/200000", b"/lua/rest/page/reset/10", b"/lua/ask/page/reset/10"]))
        await asyncio.sleep(random.random() * 0.02)
        abort(client.writer)


async def visit_reset_upload(t):
    async with Client(t, t.ports["TLS"], tls=True) as client:
        client.writer.write(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + page(b"half", 50000))
        await asyncio.sleep(random.random() * 0.02)
        abort(client.writer)


async def visit_silent(t):
    """Says nothing: 408 after `timeout http-request`, or leaves before."""
    async with Client(t, t.ports["WEB"]) as client:
        if random.random() < 0.7:
            abort(client.writer)
        elif not (said := await client.reader.read()).startswith(b"HTTP/1.1 408 ") and said:
            raise Lost(f"after silence: {said[:40]}")


async def visit_half_handshake(t):
    async with Client(t, t.ports["TLS"]) as client:
        client.writer.write(b"\x16\x03\x01\x02\x00\x01")
        await asyncio.sleep(random.random() * 0.1)
        abort(client.writer)


# Kind, visits a second at rate 1, the visit.
KINDS = [
    ("keep-alive", 4, visit_keep_alive),
    ("once", 10, visit_once),
    ("chunks", 2, visit_chunks),
    ("post", 4, visit_post),
    ("upload", 0.3, visit_upload),
    ("pipeline", 1, visit_pipeline),
    ("tls", 3, visit_tls),
    ("tls to tls", 1, visit_tls_to_tls),
    ("tcp", 2, visit_tcp),
    ("lua service", 2, visit_lua(b"page")),
    ("lua sleep", 2, visit_lua(b"rest/page")),
    ("lua socket", 1, visit_lua(b"ask/page")),
    ("lua client", 1, visit_lua(b"fetch/page")),
    ("lua tcp", 1, visit_lua_tcp),
    ("slow reader", 0.5, visit_slow_reader),
    ("slow writer", 0.5, visit_slow_writer),
    ("broken server", 1, visit_broken_server),
    ("reset", 2, visit_reset),
    ("reset upload", 0.5, visit_reset_upload),
    ("silent", 1, visit_silent),
    ("half handshake", 0.5, visit_half_handshake),
]


class Traffic:
    """All visits to one proxy, and what became of them."""

    def __init__(self, ports, kinds, rate):
        self.ports, self.kinds, self.rate = ports, kinds, rate
        self.done, self.lost, self.again, self.answered = collections.Counter(), [], 0, 0
        self.began = time.monotonic()
        self.under_way, self.over = set(), False
        self.tls_context = ssl.create_default_context()
        self.tls_context.check_hostname = False
        self.tls_context.verify_mode = ssl.CERT_NONE

    async def visit(self, kind, run):
        for attempt in range(3):
            try:
                await asyncio.wait_for(run(self), PATIENCE)
                self.done[kind] += 1
                self.answered += 1
                return
            except Again:
                self.again += 1
            except asyncio.TimeoutError:
                why = f"no end within {PATIENCE} s"
                break
            except (Lost, OSError, EOFError, asyncio.LimitOverrunError) as error:
                why = f"{type(error).__name__}: {error}"
                break
        else:
            why = "closed three times while idle"
        self.lost.append((time.monotonic() - self.began, kind, why))

    async def run(self, kind, per_second, run):
        while not self.over:
            await asyncio.sleep(random.expovariate(per_second * self.rate))
            if self.over:
                break
            task = asyncio.create_task(self.visit(kind, run))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)

    def start(self):
        return [asyncio.create_task(self.run(*row)) for row in self.kinds]

    async def end(self):
        self.over = True
        if self.under_way:
            await asyncio.wait(self.under_way, timeout=PATIENCE + 5)
