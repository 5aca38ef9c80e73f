"""The master of -W: workers, reloads without a lost client, its management socket, programs, the service manager."""

import grp
import os
import pwd
import re
import socket
import subprocess
import time

import pytest

from test_reload import Clients

pytestmark = pytest.mark.only("haproxy", "runtime", reason="needs processes that start others")

CONF = """
global
    stats socket {folder}/stats level admin expose-fd listeners
    {globals_}
{sections}
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind 127.0.0.1:{port}
    bind abns@master{port}
    http-request return status 200 content-type text/plain string {says}
"""


class Master:
    def __init__(self, world, folder, args=("-W",), globals_="", sections="", env=None):
        self.world, self.folder, self.port = world, folder, world.closed_port()
        self.globals_, self.sections = globals_, sections
        self.write("first")
        self.log = open(folder / "log", "w+b")
        self.process = subprocess.Popen(
            [world.binary, *args, "-S", f"{folder}/master", "-f", folder / "cfg"], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, env={"PATH": os.environ["PATH"], **(env or {})})

    def write(self, says, more=""):
        (self.folder / "cfg").write_text(CONF.format(folder=self.folder, port=self.port, globals_=self.globals_,
                                                     sections=self.sections, says=says) + more)

    def output(self):
        self.log.seek(0)
        return self.log.read().decode()

    def wait_for(self, text, count=1):
        end = time.monotonic() + 10
        while self.output().count(text) < count:
            assert time.monotonic() < end and self.process.poll() is None, self.output()
            time.sleep(0.01)

    def connect(self, sock):
        """HAProxy's master listens a little after it has said that all went well."""
        end = time.monotonic() + 10
        while True:
            try:
                return sock.connect(f"{self.folder}/master")
            except ConnectionRefusedError:
                assert time.monotonic() < end
                time.sleep(0.01)

    def ask(self, command):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            self.connect(sock)
            sock.sendall(command.encode() + b"\n")
            sock.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while data := sock.recv(65536):
                    answer += data
            except ConnectionResetError:  # HAProxy 2.6 ends so after "reload"
                pass
        return answer.decode()

    def processes(self, kind="workers"):
        """[(pid, type, reloads)] of that part of `show proc`."""
        _, _, table = self.ask("show proc").partition("\n")  # empty while HAProxy's master starts itself anew
        parts = re.split(r"^# (.*)\n", "# master\n" + table, flags=re.M)[1:]
        rows = dict(zip(parts[::2], parts[1::2])).get(kind, "")
        return [(int(row[1]), row[2], int(row[3])) for row in re.finditer(r"^(\d+) +(\S+) +(\d+)", rows, re.M)]

    def one(self, kind="workers"):
        """The pid of the only one of that kind, once it is the only one."""
        end = time.monotonic() + 10
        while len(found := self.processes(kind)) != 1:
            assert time.monotonic() < end, found
            time.sleep(0.01)
        return found[0][0]

    def says(self):
        conn = self.world.connect(self.port)
        body = conn.request(headers=[("Connection", "close")]).body.decode()
        conn.close()
        return body

    def close(self):
        end = time.monotonic() + 10
        while self.process.poll() is None:  # HAProxy's master forgets signals while it starts itself anew
            assert time.monotonic() < end, self.output()
            self.process.terminate()
            try:
                self.process.wait(0.5)
            except subprocess.TimeoutExpired:
                continue
        self.log.close()


@pytest.fixture
def start(world, tmp_path):
    def make(**how):
        master = world.keep(Master(world, tmp_path, **how))
        master.wait_for("Loading success.")
        return master

    return make


@pytest.mark.parametrize("name, code", [("INT", 130), ("TERM", 0), ("USR1", 0)])
def test_a_signal_ends_all(start, name, code):
    master = start()
    assert master.says() == "first"
    worker = master.one()
    master.world.open.remove(master)
    master.process.send_signal(getattr(__import__("signal"), "SIG" + name))
    assert master.process.wait(10) == code
    assert not os.path.exists(f"/proc/{worker}")
    master.close()


def test_a_worker_that_outlives_too_many_reloads_is_ended(start):
    master = start(globals_="mworker-max-reloads 1")
    client = master.world.connect(master.port)
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")  # a request that stays unfinished keeps its worker
    master.ask("reload")
    master.wait_for("Loading success.", 2)
    assert not client.wait(0.3)
    master.ask("reload")
    master.wait_for("Loading success.", 3)
    assert client.at_end()


def test_commands_go_to_a_worker(start):
    master = start()
    pid = master.one()
    assert f"\nPid: {pid}\n" in master.ask("@1 show info")
    assert f"\nPid: {pid}\n" in master.ask(f"@!{pid} show info")
    assert f"\nPid: {pid}\n" in master.ask("@1; show info")
    assert master.ask("@1 show stat").startswith("# pxname,")
    assert "Can't find the target PID matching the prefix '@7'" in master.ask("@7 show info")
    assert "show proc" in master.ask("help") and "show proc" not in master.ask("@1 help")


@pytest.mark.parametrize("how", ["USR2", "reload"])
def test_a_reload_loses_nobody(start, how):
    master = start()
    old = master.one()
    clients = Clients(master.port)
    try:
        for number in range(3):
            master.write(f"new{number}")
            if how == "reload":
                master.ask("reload")
            else:
                master.process.send_signal(__import__("signal").SIGUSR2)
            master.wait_for("Loading success.", number + 2)
            end = time.monotonic() + 10
            while f"new{number}" not in clients.said:
                assert time.monotonic() < end and not clients.wrong
                time.sleep(0.01)
            assert master.processes("master")[0][2] == number + 1
    finally:
        clients.end()
    assert not clients.wrong
    assert master.one() != old


@pytest.mark.only("runtime", reason="HAProxy 2.6 restarts its master without a valid configuration and says no more")
def test_a_reload_that_fails_changes_nothing(start):
    master = start()
    before = master.processes()
    master.write("second", "    blah\n")
    assert master.ask("reload").startswith("Success=0")
    assert "unknown keyword 'blah'" in master.output() and "Loading failure!" in master.output()
    assert master.processes() == before and master.says() == "first"
    master.write("third")
    assert master.ask("reload").startswith("Success=1")
    assert master.says() == "third"


def test_a_worker_that_dies_takes_all_with_it(start):
    master = start()
    worker = master.one()
    master.world.open.remove(master)
    os.kill(worker, 9)
    assert master.process.wait(10) == 137
    assert f"Current worker ({worker}) exited with code 137 (Killed)" in master.output()
    assert "exit-on-failure: killing every processes with SIGTERM" in master.output()
    master.close()


@pytest.mark.only("runtime", reason="with HAProxy 2.6 the program inherits the connection that asked for the reload")
def test_programs_are_started_and_ended(start):
    master = start(sections="program sleeper\n    command sleep 100")
    sleeper = master.one("programs")
    master.write("second")
    master.ask("reload")
    master.wait_for("Loading success.", 2)
    master.wait_for(f"Former program 'sleeper' ({sleeper}) exited")
    new = master.one("programs")
    assert new != sleeper
    master.world.open.remove(master)
    master.close()
    assert not os.path.exists(f"/proc/{new}")


@pytest.mark.only("runtime", reason="HAProxy 2.6 no longer shows it after the reload")
def test_a_program_may_outlive_reloads(start):
    master = start(sections="program stays\n    command sleep 100\n    no option start-on-reload")
    stays = master.one("programs")
    master.write("second")
    assert master.ask("reload").startswith("Success=1")
    assert master.processes("programs") == [(stays, "stays", 1)]


def test_the_service_manager_is_told(world, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(10)
        manager.bind(f"{tmp_path}/notify")
        master = world.keep(Master(world, tmp_path, args=("-Ws",), env={"NOTIFY_SOCKET": f"{tmp_path}/notify"}))
        said = ""
        while "READY=1" not in said:
            said += manager.recv(4096).decode()
        master.wait_for("Loading success.")
        master.ask("reload")
        said = ""
        while "READY=1" not in said:
            said += manager.recv(4096).decode()
        assert "RELOADING=1" in said


def test_the_configuration_may_ask_for_a_master(world, tmp_path):
    master = world.keep(Master(world, tmp_path, args=(), globals_="master-worker"))
    master.wait_for("Loading success.")
    assert master.says() == "first"
    assert master.one()


def test_a_configuration_that_is_wrong_starts_nothing(world, tmp_path):
    master = Master(world, tmp_path, globals_="blah")
    assert master.process.wait(10) == 1
    assert "unknown keyword 'blah' in 'global' section" in master.output()
    assert "forked" not in master.output()
    master.close()


@pytest.mark.only("runtime", reason="there are no other programs in the simulator; HAProxy needs the name of its user's group")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start programs for others")
def test_a_program_runs_as_its_user_and_group(start):
    master = start(sections="program sleeper\n    command sleep 100\n    user nobody\n    group daemon")
    with open(f"/proc/{master.one('programs')}/status", encoding="ascii") as file:
        status = file.read()
    user, group = pwd.getpwnam("nobody").pw_uid, grp.getgrnam("daemon").gr_gid
    assert f"Uid:\t{user}\t{user}\t{user}\t{user}\n" in status
    assert f"Gid:\t{group}\t{group}\t{group}\t{group}\n" in status
    assert "Groups:\t \n" in status


@pytest.mark.parametrize("words, says", [
    ("user no-such-user", "cannot find user id for 'no-such-user'"),
    ("group no-such-group", "cannot find group id for 'no-such-group'"),
    ("user", "'user' expects a user name."),
    ("group root more", "'group' cannot handle unexpected argument 'more'"),
])
def test_whose_a_program_is(world, words, says):
    code, out, err = world.run(["-c"], f"program p\n    command sleep 1\n    {words}\n")
    assert code == 1 and "run.cfg:3]" in out + err and says in out + err
