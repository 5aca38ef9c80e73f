"""Fixtures of the suite. `--target=runtime` (our binary), `sim` (the simulator) or `haproxy` (Debian's, which shows
that a test is right)."""

import os
import shutil

import pytest

from world import RealWorld
from world_sim import SimWorld

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def pytest_addoption(parser):
    parser.addoption("--target", default="runtime", choices=["runtime", "sim", "haproxy"])
    parser.addoption("--build", default=os.path.join(TOP, "build"), help="folder of the built programs")
    parser.addoption("--threads", type=int, default=0, help="nbthread of all proxies that do not say it themselves")
    parser.addoption("--seed", default="1", help="of the simulator")


def pytest_configure(config):
    config.addinivalue_line("markers", "only(target...): runs on these targets alone, for a stated reason")


def pytest_collection_modifyitems(config, items):
    target = config.getoption("--target")
    for item in items:
        mark = item.get_closest_marker("only")
        if mark and target not in mark.args:
            item.add_marker(pytest.mark.skip(reason=mark.kwargs.get("reason", f"not for {target}")))


@pytest.fixture
def target(request):
    return request.config.getoption("--target")


@pytest.fixture
def world(request, target):
    build = os.path.abspath(request.config.getoption("--build"))
    if target == "sim":
        made = SimWorld(os.path.join(build, "lockstep-sim"), request.config.getoption("--seed"))
    else:
        binary = shutil.which("haproxy") or "/usr/sbin/haproxy" if target == "haproxy" else os.path.join(build, "lockstep")
        made = RealWorld(target, binary)
    made.threads = request.config.getoption("--threads")
    yield made
    made.close()


@pytest.fixture
def syslog(world):
    return world.datagrams()


@pytest.fixture
def origin(world):
    """A server's listening socket; tests accept and answer themselves."""
    return world.listen()


DEFAULTS = """
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
"""


@pytest.fixture
def simple(world, origin, syslog):
    """A plain HTTP proxy in front of `origin`, logging to `syslog`. Extra lines may be given for each section."""

    def make(frontend="", backend="", defaults="", globals_="", args=(), env=None):
        return world.proxy(f"""
global
    {globals_}
{DEFAULTS}
    {defaults}
    log {syslog.addr} local0
    option httplog
frontend fe
    bind fd@${{fe}}
    {frontend}
    default_backend be
backend be
    {backend}
    server s1 {origin.addr}
""", args=args, env=env)

    return make
