"""Endurance: two proxies (`-Ws`) with the same mixed traffic. One, the steady one, keeps its worker all the while, and is
judged by the worker's memory and descriptors; the other is reloaded again and again, and is judged by its master's and by
what its workers have at the same age. No accepted request may be lost by either.

    run.py [--minutes N] [--rate R] [--reload SECONDS] [--binary build-release/lockstep] [--out FOLDER] [--lua FILE]

An interrupt (SIGINT) ends it early, with its verdict. Writes endure.csv (a line a second) and endure.svg. Exit: 0, or 1 with what was found.
"""

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from graph import draw
from judge import grows
from pages import Server, abort, talk_badly, talk_http, talk_lines
from traffic import KINDS, Traffic, visit_once

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
FIELDS = ["master_pss", "pss", "rss", "fds", "master_fds", "workers", "answered", "lost", "again", "commands"]


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def memory(pid):
    """(PSS, RSS) in kB."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        rows = dict(line.split(":", 1) for line in file.read().splitlines()[1:])
    return int(rows["Pss"].split()[0]), int(rows["Rss"].split()[0])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Proxy:
    """One `lockstep -Ws`, the traffic to it, and its management client."""

    def __init__(self, name, options, folder, servers, log_port):
        self.name, self.folder = name, os.path.join(folder, name)
        os.mkdir(self.folder)
        shutil.copy(os.path.join(TOP, "scenarios/tls/pki/server.pem"), self.folder)
        with open(os.path.join(self.folder, "server.pem"), encoding="ascii") as file:
            self.pem = file.read()
        with open(os.path.join(self.folder, "groups.map"), "w", encoding="ascii") as file:
            file.writelines(f"v{n} group{n % 7}\n" for n in range(100))
        self.ports = {port: free_port() for port in ("WEB", "TLS", "TCP", "SAID")}
        more = options.lua or os.path.join(self.folder, "none.lua")
        if not options.lua:
            open(more, "w", encoding="ascii").close()
        environment = {"PATH": os.environ["PATH"], "ENDURE": HERE, "FOLDER": self.folder, "MORE_LUA": more, "LOG": str(log_port),
                       **{key: str(port) for key, port in self.ports.items()},
                       **{f"SERVER_{key}": str(server.port) for key, server in servers.items()}}
        self.log = open(os.path.join(self.folder, "output"), "w+b")
        self.process = subprocess.Popen([options.binary, "-Ws", "-f", os.path.join(HERE, "endure.cfg")],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=environment)
        self.traffic, self.commands, self.command_errors, self.turn = Traffic(self.ports, options.kinds, options.rate), 0, [], 0

    def said(self):
        self.log.seek(0)
        return self.log.read().decode("latin1")

    async def ready(self, count):
        """Until the master has said so often that a worker is there."""
        end = time.monotonic() + 20
        while self.said().count("Loading success.") < count:
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit(f"{self.name}: not ready\n{self.said()}")
            await asyncio.sleep(0.05)

    def workers(self):
        """Processes that the master started, the oldest first."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]

    def sample(self):
        pss = rss = fds = count = 0
        for pid in self.workers():
            with contextlib.suppress(OSError):  # it ended meanwhile
                more = memory(pid)
                pss, rss, fds, count = pss + more[0], rss + more[1], fds + descriptors(pid), count + 1
        t = self.traffic
        return [memory(self.process.pid)[0], pss, rss, fds, descriptors(self.process.pid), count, t.answered, len(t.lost),
                t.again, self.commands]

    async def ask(self, text):
        reader, writer = await asyncio.open_unix_connection(os.path.join(self.folder, "stats"))
        try:
            writer.write(text.encode() + b"\n")
            writer.write_eof()
            return (await asyncio.wait_for(reader.read(), 10)).decode("latin1")
        finally:
            writer.close()

    async def command(self):
        """The next management command, now and then one that is wrong or cut off."""
        self.turn += 1
        number = self.turn // 14
        rows = [
            ("show info", "Pid: "), ("show stat", "# pxname"), ("show sess", "0x"), ("show table visitors", "# table"),
            ("show servers state; show pools", "# be_id"), (f"set server pages/a weight {50 + number % 50}", ""),
            (f"add map {self.folder}/groups.map x{number} group", ""), (f"del map {self.folder}/groups.map x{number}", ""),
            ("disable server pages/c" if number % 2 else "enable server pages/c", ""), ("clear table visitors", ""),
            (f"set ssl cert {self.folder}/server.pem <<\n{self.pem}\n", "Transaction"),
            (f"commit ssl cert {self.folder}/server.pem", "Success"), ("no such command", "Unknown command"),
        ]
        at = self.turn % (len(rows) + 1)
        if at == len(rows):
            _, writer = await asyncio.open_unix_connection(os.path.join(self.folder, "stats"))
            writer.write(b"show sta")
            abort(writer)
            return
        answer = await self.ask(rows[at][0])
        # A worker that is new knows nothing of transactions and additions of the one before.
        if self.name == "steady" and (rows[at][1] not in answer or (not rows[at][1] and answer.strip())):
            self.command_errors.append(f"{rows[at][0].splitlines()[0]}: {answer[:100]!r}")
        self.commands += 1

    async def manage(self):
        while True:
            await asyncio.sleep(0.4)
            # While another worker takes the socket over, it may be neither's for a moment.
            with contextlib.suppress(ConnectionError, FileNotFoundError):
                await self.command()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.log.close()


async def disturb(servers):
    """One server after the other goes down for a while and comes back."""
    while True:
        for name in "ABC":
            await asyncio.sleep(random.uniform(1, 3))
            await servers[name].down()
            await asyncio.sleep(random.uniform(0.5, 2))
            await servers[name].up()


class Endurance:
    def __init__(self, options):
        self.options, self.rows, self.reloads, self.ages = options, [], [], []
        self.found, self.stop = [], asyncio.Event()

    async def sampling(self, began):
        while True:
            now = time.monotonic() - began
            self.rows.append([round(now, 2)] + self.steady.sample() + self.reloaded.sample())
            await asyncio.sleep(max(0.05, 1 - (time.monotonic() - began - now)))

    async def reloading(self, began):
        count = 1
        while True:
            await asyncio.sleep(self.options.reload)
            row = self.rows[-1][1 + len(FIELDS):]
            # Before it is replaced each worker is as old as the others were; one whose predecessor still ends is left out.
            if row[FIELDS.index("workers")] == 1:
                self.ages.append((count, row[FIELDS.index("pss")], row[FIELDS.index("fds")]))
            self.reloads.append(time.monotonic() - began)
            self.reloaded.process.send_signal(signal.SIGUSR2)
            count += 1
            await self.reloaded.ready(count)

    async def rest(self, proxy):
        """Descriptors of the worker, once nobody is there and idle connections to servers have been closed."""
        end, last = time.monotonic() + 30, None
        while time.monotonic() < end:
            await asyncio.sleep(1)
            last = descriptors(proxy.workers()[-1]) if proxy.workers() else 0
            if last == self.at_rest:
                break
        return last

    async def run(self, folder):
        options = self.options
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self.stop.set)
        servers = {name: Server(talk_http) for name in "ABC"}
        servers["F"], servers["L"] = Server(talk_badly), Server(talk_lines)
        for server in servers.values():
            await server.up()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as log:
            log.bind(("127.0.0.1", 0))
            log.setblocking(False)
            self.log_lines = 0

            def logged():
                with contextlib.suppress(BlockingIOError):
                    while log.recv(65536):
                        self.log_lines += 1

            asyncio.get_running_loop().add_reader(log, logged)
            self.steady, self.reloaded = (Proxy(name, options, folder, servers, log.getsockname()[1])
                                          for name in ("steady", "reloaded"))
            try:
                await self.work(servers)
            finally:
                self.steady.stop()
                self.reloaded.stop()
                asyncio.get_running_loop().remove_reader(log)

    async def work(self, servers):
        both = (self.steady, self.reloaded)
        for proxy in both:
            await proxy.ready(1)
        # One visit first: what is opened for the first line of log or command stays.
        for proxy in both:
            await proxy.traffic.visit("once", visit_once)
            await proxy.ask("show info")
        await asyncio.sleep(4)
        worker = self.steady.workers()[0]
        counts = []
        for _ in range(8):  # a health check may be under way
            counts.append(descriptors(worker))
            await asyncio.sleep(0.1)
        self.at_rest = min(counts)
        began = time.monotonic()
        tasks = [task for proxy in both for task in proxy.traffic.start() + [asyncio.create_task(proxy.manage())]]
        tasks += [asyncio.create_task(self.sampling(began)), asyncio.create_task(self.reloading(began)),
                  asyncio.create_task(disturb(servers))]
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.stop.wait(), self.options.minutes * 60)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                self.found.append(f"the run itself: {result!r}")
        for proxy in both:
            await proxy.traffic.end()
        for name in "ABC":
            if not servers[name].server.is_serving():
                await servers[name].up()
        self.cpu = cpu_seconds(worker) if worker in self.steady.workers() else 0
        self.judge(worker, {proxy.name: await self.rest(proxy) for proxy in both})

    def column(self, proxy, field):
        at = 1 + (len(FIELDS) if proxy == "reloaded" else 0) + FIELDS.index(field)
        return [(row[0], row[at]) for row in self.rows]

    def judge(self, worker, at_end):
        """Says all figures, and keeps in `found` what is wrong."""
        found = self.found
        warm_up = self.warm_up()
        for proxy in (self.steady, self.reloaded):
            t = proxy.traffic
            print(f"{proxy.name}: {t.answered} requests answered, {len(t.lost)} lost, {t.again} asked again on a new "
                  f"connection, {proxy.commands} commands")
            found += [f"{proxy.name}: lost at {when:.1f} s: {kind}: {why}" for when, kind, why in t.lost[:20]]
            found += [f"{proxy.name}: command {error}" for error in proxy.command_errors[:5]]
            found += [f"{proxy.name}: no visit of kind '{kind}' ended well" for kind, _, _ in self.options.kinds if not t.done[kind]]
            if proxy.process.poll() is not None:
                found.append(f"{proxy.name}: the master ended\n{proxy.said()[-1000:]}")
        if worker not in self.steady.workers():
            found.append("steady: the worker is not the one it was")
        print(f"{len(self.reloads)} reloads, {self.log_lines} lines of log, {self.cpu:.1f} s of processor for the steady worker")
        judged = [("steady", "pss", "kB", 512, 0.03), ("steady", "fds", "", 8, 0.25), ("steady", "master_pss", "kB", 256, 0),
                  ("reloaded", "master_pss", "kB", 256, 0), ("reloaded", "master_fds", "", 1, 0)]
        rows = [(f"{proxy} {field}", unit, [p for p in self.column(proxy, field) if p[0] >= warm_up], least, part)
                for proxy, field, unit, least, part in judged]
        if len(self.ages) >= 6:
            rows += [("workers of the same age, pss", "kB", [(n, pss) for n, pss, _ in self.ages], 512, 0.03),
                     ("workers of the same age, fds", "", [(n, fds) for n, _, fds in self.ages], 8, 0.25)]
        for name, unit, points, least, part in rows:
            middle = statistics.median(value for _, value in points)
            allowed = max(least, part * middle)
            yes, growth, low = grows(points, allowed)
            text = f"{name}: median {middle:.0f} {unit}, growth {growth:+.1f} (at least {low:+.1f}, allowed {allowed:.0f}) {unit}"
            print(text)
            if yes:
                found.append(text)
        print(f"descriptors at rest: {self.at_rest} before; steady {at_end['steady']}, reloaded {at_end['reloaded']} after")
        if any(count != self.at_rest for count in at_end.values()):
            found.append(f"descriptors at rest: {self.at_rest} before, {at_end} after")

    def warm_up(self):
        return self.rows[-1][0] / 3

    def write(self, folder):
        with open(os.path.join(folder, "endure.csv"), "w", encoding="ascii") as file:
            file.write(",".join(["seconds"] + [f"{name}_{field}" for name in ("steady", "reloaded") for field in FIELDS]) + "\n")
            file.writelines(",".join(map(str, row)) + "\n" for row in self.rows)

        def mb(proxy, field):
            return [(when, value / 1024) for when, value in self.column(proxy, field)]

        def rate(proxy):
            points = self.column(proxy, "answered")
            return [(b[0], (b[1] - a[1]) / (b[0] - a[0])) for a, b in zip(points, points[5:])]

        both = ("steady", "reloaded")
        panels = [
            ("Memory, PSS", "MB", [("steady worker", mb("steady", "pss")), ("reloaded, all workers", mb("reloaded", "pss")),
                                   ("master of the steady", mb("steady", "master_pss")),
                                   ("master of the reloaded", mb("reloaded", "master_pss"))]),
            ("Descriptors", "", [("steady worker", self.column("steady", "fds")),
                                 ("reloaded, all workers", self.column("reloaded", "fds")),
                                 ("master of the reloaded", self.column("reloaded", "master_fds"))]),
            ("Requests answered", "a second", [(name, rate(name)) for name in both]),
            ("Lost requests", "in all", [(name, self.column(name, "lost")) for name in both]),
        ]
        title = f"Endurance, {self.rows[-1][0] / 60:.1f} minutes"
        with open(os.path.join(folder, "endure.svg"), "w", encoding="ascii") as file:
            file.write(draw(title, panels, self.warm_up(), self.reloads))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=1, help="of the traffic; 1 is some 70 requests a second and proxy")
    parser.add_argument("--reload", type=float, default=30, help="seconds between two reloads")
    parser.add_argument("--binary", default=os.path.join(TOP, "build-release/lockstep"))
    parser.add_argument("--without", default="", help="a kind of traffic to leave out")
    parser.add_argument("--out", default=".")
    parser.add_argument("--lua", help="a further script for both proxies")
    options = parser.parse_args()
    options.kinds = [row for row in KINDS if row[0] != options.without]
    endurance = Endurance(options)
    with tempfile.TemporaryDirectory(prefix="endure") as folder:
        asyncio.run(endurance.run(folder))
    os.makedirs(options.out, exist_ok=True)
    endurance.write(options.out)
    for text in endurance.found:
        print("FOUND " + text)
    print("endurance: " + ("FAILED" if endurance.found else "passed"))
    sys.exit(bool(endurance.found))


if __name__ == "__main__":
    main()
