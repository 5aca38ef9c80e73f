"""What the endurance run's servers say, and the servers: asyncio, one process with the clients."""

import asyncio
import itertools
import socket


def page(seed, size):
    """The body of /page/SEED/SIZE; what both sides compute, so that every byte is compared."""
    piece = seed + b"."
    return (piece * (size // len(piece) + 1))[:size]


async def read_head(reader):
    """(first line, fields by lower-case name); None when the peer ended before it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise ConnectionResetError("end in a head") from error
        return None
    first, *lines = head[:-4].split(b"\r\n")
    return first, {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}


async def read_body(reader, fields, to_end=False):
    if fields.get(b"transfer-encoding") == b"chunked":
        body = b""
        while size := int((await reader.readline()).strip(), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
        return body
    if b"content-length" in fields:
        return await reader.readexactly(int(fields[b"content-length"]))
    return await reader.read() if to_end else b""


def abort(writer):
    """Closes by a reset."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


class Server:
    """Listens on a port of its own that stays the same when it goes down and comes back."""

    def __init__(self, talk):
        self.talk, self.server, self.open, self.ending = talk, None, {}, False
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = sock.getsockname()[1]

    async def up(self):
        self.ending = False
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, backlog=200)

    async def down(self):
        """Listens no more; what was asked is answered, who asks nothing is closed."""
        self.ending = True
        if self.server:
            self.server.close()
        for writer, busy in list(self.open.items()):
            if not busy:
                writer.close()

    async def serve(self, reader, writer):
        self.open[writer] = False
        try:
            await self.talk(self, reader, writer)
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.open.pop(writer, None)
            writer.close()


async def talk_http(server, reader, writer):
    while request := await read_head(reader):
        server.open[writer] = True
        (method, path, _), fields = request[0].split(b" ", 2), request[1]
        body = await read_body(reader, fields)
        end = server.ending or request[0].endswith(b"1.0")
        head = b"HTTP/1.1 200 OK\r\n" + (b"Connection: close\r\n" if end else b"")
        kind, _, rest = path[1:].partition(b"/")
        if kind == b"chunks":
            writer.write(head + b"Transfer-Encoding: chunked\r\n\r\n")
            seed, size = rest.split(b"/")
            body = page(seed, int(size))
            for at in range(0, len(body), 3000):
                piece = body[at:at + 3000]
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                await asyncio.sleep(0.002)
            writer.write(b"0\r\n\r\n")
        else:
            if kind == b"page":
                seed, size = rest.split(b"/")
                body = page(seed, int(size))
            writer.write(head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        if end:
            return
        server.open[writer] = False


async def talk_badly(_, reader, writer, turn=itertools.count()):
    """Takes a request and breaks off, each time in another place."""
    if not await read_head(reader):
        return
    how = next(turn) % 5
    if how == 1:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    elif how == 2:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + page(b"cut", 2000))
    elif how == 3:
        writer.write(b"no HTTP at all\r\n\r\n")
    elif how == 4:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
    await asyncio.sleep(0.01)
    abort(writer)


async def talk_lines(_, reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
