"""pytest and the simulator of Lockstep: scenarios (.vtc) are collected as tests, and the fixture `lockstep` is a world
that a test steers itself.

    pytest -p pytest_lockstep --lockstep-sim=build/lockstep-sim --seeds=1..200

Needs pytest and the program `lockstep-sim`; nothing else. docs/PYTEST.md has the whole of it.
"""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

import pytest

PATIENCE_S = 600  # real seconds that all seeds of one scenario may take


def pytest_addoption(parser):
    group = parser.getgroup("lockstep")
    group.addoption("--lockstep-sim", metavar="PATH", help="the simulator (else LOCKSTEP_SIM, lockstep_sim of the ini file, or PATH)")
    group.addoption("--seeds", metavar="A..B", help="each scenario and each test with the fixture 'lockstep' is tried with these seeds (default 1)")
    group.addoption("--lockstep-out", metavar="FOLDER", help="where what repeats a failure goes (default lockstep-out)")
    parser.addini("lockstep_sim", "the simulator", default="")
    parser.addini("lockstep_seeds", "seeds, as --seeds has them", default="1")


def find_program(config):
    given = config.getoption("--lockstep-sim") or os.environ.get("LOCKSTEP_SIM") or config.getini("lockstep_sim")
    program = given and os.path.join(here(config), given) or shutil.which("lockstep-sim")
    if not program or not os.access(program, os.X_OK):
        raise pytest.UsageError(f"lockstep-sim is not found{f' at {program}' if program else ''}; give --lockstep-sim PATH")
    return program


def seed_range(config):
    text = config.getoption("--seeds") or config.getini("lockstep_seeds")
    found = re.fullmatch(r"(\d+)(?:\.\.(\d+))?", text)
    first, last = (int(found.group(1)), int(found.group(2) or found.group(1))) if found else (1, 0)
    if first > last:
        raise pytest.UsageError(f"--seeds is written A..B or A, not '{text}'")
    return first, last


def here(config):
    """Where pytest was called: the commands that reports name work there."""
    return str(config.invocation_params.dir)


def out_folder(config):
    return os.path.join(here(config), config.getoption("--lockstep-out") or "lockstep-out")


# ---- scenarios ----


def pytest_collect_file(file_path, parent):
    return ScenarioFile.from_parent(parent, path=file_path) if file_path.suffix == ".vtc" else None


class ScenarioFile(pytest.File):
    def collect(self):
        yield Scenario.from_parent(self, name="scenario")


class ScenarioFailed(Exception):
    """Its text is the report."""


class Scenario(pytest.Item):
    """One file with all its seeds, which is one test."""

    def runtest(self):
        first, last = seed_range(self.config)
        root = here(self.config)
        handle, report = tempfile.mkstemp(suffix=".xml")
        os.close(handle)
        command = [find_program(self.config), "sweep", os.path.relpath(self.path, root), "--seeds", f"{first}..{last}",
                   "--quiet", "--junit", report, "--out", os.path.relpath(out_folder(self.config), root)]
        try:
            result = subprocess.run(command, cwd=root, capture_output=True, timeout=PATIENCE_S, check=False)
            said = (result.stdout + result.stderr).decode("utf8", "replace")
            cases = list(ElementTree.parse(report).getroot().iter("testcase")) if os.path.getsize(report) else []
        finally:
            os.unlink(report)
        self.add_report_section("call", "lockstep", said)
        skipped = [case.find("skipped") for case in cases if case.find("skipped") is not None]
        if result.returncode == 77 and skipped:
            pytest.skip(skipped[0].get("message"))
        bad = [part for case in cases for part in case if part.tag in ("failure", "error")]
        for part in bad:
            self.keep(root, part.text or "")
        if bad:
            raise ScenarioFailed("\n\n".join(part.text or part.get("message") for part in bad))
        if result.returncode != 0:
            raise ScenarioFailed(said)

    def keep(self, root, text):
        found = re.search(r"once more: lockstep-sim repro (.+)", text)
        if not found:
            return
        path = os.path.join(root, found.group(1))
        self.user_properties.append(("lockstep_repro", found.group(1)))
        with open(path, encoding="utf8", errors="replace") as file:
            self.add_report_section("call", f"lockstep repro: {found.group(1)}", file.read())

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, ScenarioFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style=style)

    def reportinfo(self):
        return self.path, 0, os.path.relpath(self.path, here(self.config))


# ---- a world in a test's hands ----


class LockstepError(OSError):
    """The world refused what was asked for."""


class Connection:
    """One end of a TCP connection. All waiting is virtual."""

    def __init__(self, world, number, port=None):
        self.world, self.number, self.port = world, number, port
        self.ended = self.was_reset = False

    def send(self, data, segment=0):
        """Bytes, or text in UTF-8; in writes of `segment` bytes, or at once."""
        data = data.encode("utf8") if isinstance(data, str) else bytes(data)
        for at in range(0, len(data), 32768):
            piece = data[at:at + 32768]
            answer = self.world.ask("send", conn=self.number, hex=piece.hex(), segment=segment)
            if answer["sent"] < len(piece):
                raise TimeoutError(f"the peer took {at + answer['sent']} of {len(data)} bytes")

    def take(self, timeout, **until):
        answer = self.world.ask("recv", conn=self.number, timeout_s=timeout, **until)
        self.ended, self.was_reset = bool(answer.get("eof")), bool(answer.get("reset"))
        data = bytes.fromhex(answer.get("hex", ""))
        if answer.get("timeout"):
            raise TimeoutError(f"{timeout} s virtual went by; what came is {data[:400]!r}")
        return data

    def receive(self, size=65536, timeout=5):
        """What is there, at most `size`; waits for something. b"" when the peer has ended."""
        data = self.take(timeout, max=size)
        if not data and self.was_reset:
            raise ConnectionResetError("the peer reset the connection")
        return data

    def receive_until(self, text, timeout=5):
        return self.take(timeout, until_text=text)

    def receive_all(self, timeout=5):
        """Up to the peer's end."""
        return self.take(timeout, eof=True)

    def receive_response(self, timeout=5):
        """(status, {name in small letters: value}, body) of an HTTP/1 answer with a length, chunks, or up to the end."""
        head = self.receive_until("\r\n\r\n", timeout)
        if not head.endswith(b"\r\n\r\n"):
            raise ConnectionError(f"the peer ended in a head: {head!r}")
        lines = head.decode("latin1").split("\r\n")
        status = int(lines[0].split()[1])
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        if status < 200 or status in (204, 304):
            return status, fields, b""
        if "content-length" in fields:
            return status, fields, self.receive_exactly(int(fields["content-length"]), timeout)
        if "chunked" in fields.get("transfer-encoding", ""):
            return status, fields, self.receive_chunks(timeout)
        return status, fields, self.receive_all(timeout)

    def receive_exactly(self, size, timeout=5):
        data = b""
        while len(data) < size:
            piece = self.receive(size - len(data), timeout)
            if not piece:
                raise ConnectionError(f"the peer ended after {len(data)} of {size} bytes")
            data += piece
        return data

    def receive_chunks(self, timeout=5):
        body = b""
        while True:
            size = int(self.receive_until("\r\n", timeout).split(b";")[0], 16)
            if size == 0:
                while self.receive_until("\r\n", timeout).strip():
                    pass
                return body
            body += self.receive_exactly(size + 2, timeout)[:-2]

    def shutdown(self):
        self.world.ask("shutdown", conn=self.number)

    def close(self):
        self.world.ask("close", conn=self.number)

    def reset(self):
        self.world.ask("reset", conn=self.number)


class Listener:
    def __init__(self, world, number, port):
        self.world, self.number, self.port = world, number, port
        self.address = f"127.0.0.1:{port}"

    def accept(self, timeout=5):
        answer = self.world.ask("accept", listener=self.number, timeout_s=timeout)
        if answer.get("timeout"):
            raise TimeoutError(f"nobody connected in {timeout} s virtual")
        return Connection(self.world, answer["conn"])

    def close(self):
        self.world.ask("close", listener=self.number)


class Datagrams:
    """A UDP socket, such as one for logs."""

    def __init__(self, world, number, port):
        self.world, self.number, self.port = world, number, port
        self.address = f"127.0.0.1:{port}"

    def receive(self, timeout=5):
        answer = self.world.ask("udp_recv", sock=self.number, timeout_s=timeout)
        if answer.get("timeout"):
            raise TimeoutError(f"nothing came in {timeout} s virtual")
        return bytes.fromhex(answer["hex"])


class Proxy:
    def __init__(self, world, name, answer):
        self.world, self.name, self.ports = world, name, answer["ports"]
        self.said, self.running, self.exit_code = "", True, None
        self.learn(answer)

    def learn(self, answer):
        self.said += answer["output"].encode("utf8", "surrogateescape").decode("latin1")
        self.running, self.exit_code = answer.get("running", False), answer.get("exit_code")

    def port(self, name="fe"):
        return self.ports[name]

    def output(self):
        """All that it printed."""
        if self.running:
            self.learn(self.world.ask("node_output", name=self.name))
        return self.said

    def signal(self, name):
        self.world.ask("node_signal", name=self.name, signal=name)

    def stop(self, signal="INT"):
        self.learn(self.world.ask("node_stop", name=self.name, signal=signal))
        return self.exit_code

    def cli(self, command):
        """The answer to a command of the management socket."""
        conn = self.world.connect(self.ports["cli"])
        conn.send(command + "\n")
        answer = conn.receive_all(timeout=10).decode("utf8", "replace")
        conn.close()
        return answer

    def stats(self, proxy, server):
        """A row of `show stat` as {column: text}; server may be FRONTEND or BACKEND."""
        rows = csv.DictReader(io.StringIO(self.cli("show stat").lstrip("# ")))
        for row in rows:
            if (row["pxname"], row["svname"]) == (proxy, server):
                return row
        raise KeyError(f"{proxy}/{server}")


class World:
    """A simulated network with a virtual clock, which stands still between two calls."""

    def __init__(self, program, seed):
        self.seed, self.now_ns, self.asked = seed, 0, []
        self.process = subprocess.Popen([program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.ask("world", seed=seed)

    @property
    def now(self):
        """Virtual seconds since the world began."""
        return self.now_ns / 1e9

    def ask(self, op, **members):
        """One op of docs/SERVE.md."""
        line = json.dumps({"id": len(self.asked) + 1, "op": op, **members})
        self.asked.append(line)
        try:
            self.process.stdin.write(line.encode("ascii") + b"\n")
            self.process.stdin.flush()
            text = self.process.stdout.readline()
        except BrokenPipeError:
            text = b""
        if not text:
            raise AssertionError(f"the simulator died in {line[:500]}:\n{self.process.stderr.read().decode('latin1')}")
        answer = json.loads(text)
        self.now_ns = answer.get("now_ns", self.now_ns)
        if not answer["ok"]:
            raise LockstepError(f"{op}: {answer['error']}")
        return answer

    def proxy(self, conf, name="h1", listeners=("fe",), files=None, env=None, args=("-d",), cli=True):
        """Starts one. Each of `listeners` is taken by the configuration with `bind "fd@${NAME}"`. With `cli` it has a
        management socket too. AssertionError with what it printed when it does not run."""
        names = list(listeners)
        if cli:
            names.append("cli")
            conf += '\nglobal\n    stats socket "fd@${cli}" level admin\n'
        answer = self.ask("node_start", name=name, conf=conf, listeners=names, files=files or {}, env=env or {}, args=list(args))
        proxy = Proxy(self, name, answer)
        assert proxy.running, f"{name} ended with {proxy.exit_code}:\n{proxy.said}"
        return proxy

    def listen(self, address="127.0.0.1:0", name="test", backlog=128):
        """`name` is the host for `fault`."""
        answer = self.ask("listen", address=address, backlog=backlog, **{"as": name})
        return Listener(self, answer["listener"], answer["port"])

    def connect(self, to, name="test", timeout=10):
        """To "address:port", a port of 127.0.0.1, a Listener, or a Proxy (its first port)."""
        if isinstance(to, Proxy):
            to = next(iter(to.ports.values()))
        elif isinstance(to, Listener):
            to = to.address
        to = f"127.0.0.1:{to}" if isinstance(to, int) else to
        answer = self.ask("connect", to=to, timeout_s=timeout, **{"as": name})
        if answer.get("timeout"):
            raise TimeoutError(f"no connection to {to} in {timeout} s virtual")
        return Connection(self, answer["conn"], answer["port"])

    def datagrams(self, address="127.0.0.1:0"):
        answer = self.ask("udp_bind", address=address)
        return Datagrams(self, answer["sock"], answer["port"])

    def send(self, connection, data, segment=0):
        connection.send(data, segment)

    def receive(self, connection, size=65536, timeout=5):
        return connection.receive(size, timeout)

    def advance(self, seconds):
        self.ask("advance", seconds=seconds)

    def settle(self):
        """Until only timers would go on."""
        self.ask("settle")

    def jump(self, seconds):
        """The wall clock alone."""
        self.ask("wall_jump", seconds=seconds)

    def fault(self, sender=None, receiver=None, **how):
        """The link from one host to another (none: any): both, latency_s, latency_max_s, segment, send_buffer,
        receive_buffer, cut. Hosts are names of proxies, and those given to listen and connect."""
        ends = {key: value for key, value in (("from", sender), ("to", receiver)) if value is not None}
        self.ask("fault", **ends, **how)

    def check(self, holds, within=0, every=0.01):
        """`holds()` must be true now, or within so many virtual seconds. Gives what it gave."""
        end = self.now_ns + int(within * 1e9)
        while True:
            found = holds()
            if found:
                return found
            if self.now_ns >= end:
                raise AssertionError(f"does not hold{f' within {within} s' if within else ''}, at {self.now:.6f} s virtual")
            self.advance(every)

    def hash(self):
        return self.ask("hash")["hash"]

    def events(self, count=20):
        return self.ask("events", max=count)["lines"]

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.stdout.read()
        said = self.process.stderr.read().decode("latin1")
        self.process.stdout.close()
        self.process.stderr.close()
        code = self.process.wait(60)
        assert code == 0 and not said, f"the simulator ended with {code}: {said}"


def pytest_generate_tests(metafunc):
    if "lockstep" in metafunc.fixturenames:
        first, last = seed_range(metafunc.config)
        metafunc.parametrize("lockstep", range(first, last + 1), indirect=True, ids=lambda seed: f"seed{seed}")


@pytest.fixture
def lockstep(request):
    world = World(find_program(request.config), getattr(request, "param", 1))
    yield world
    world.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    world = getattr(item, "funcargs", {}).get("lockstep")
    if report.when != "call" or not report.failed or not isinstance(world, World):
        return
    folder = out_folder(item.config)
    path = os.path.join(folder, re.sub(r"[^\w.-]+", "_", item.nodeid) + ".jsonl")
    asked = list(world.asked)
    try:
        last = "\n".join(world.events()) if world.process.poll() is None else "the simulator died"
    except (AssertionError, OSError) as error:
        last = str(error)
    os.makedirs(folder, exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(asked) + "\n")
    shown = os.path.relpath(path, here(item.config))
    report.user_properties.append(("lockstep_repro", shown))
    report.sections.append(("lockstep world", f"seed {world.seed}, {world.now:.6f} s virtual, last events:\n{last}\n"
                            f"once more: lockstep-sim serve < {shown}"))
