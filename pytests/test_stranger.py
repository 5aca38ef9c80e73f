"""The walk of docs/examples/shop, command by command as its page has them: the mistake is found, explained, made small
and mended."""

import os
import re
import shutil
import subprocess
import time

import pytest

pytestmark = pytest.mark.only("sim", reason="the simulator's own verbs")
SHOP = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs", "examples", "shop")


def test_the_walk(request, tmp_path):
    build = os.path.abspath(request.config.getoption("--build"))
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder)
    page = (folder / "README.md").read_text()
    commands = [line.split("#")[0].strip() for line in page.splitlines() if line.startswith("    lockstep-sim ")]
    assert [command.split()[1] for command in commands] == ["run", "sweep", "why", "shrink", "trace", "sweep"]
    seed = None

    def walk(command, code):
        result = subprocess.run(command.replace("SEED", seed or "SEED").split(), cwd=folder, env={**os.environ, "PATH": f"{build}:{os.environ['PATH']}"},
                                capture_output=True, text=True, timeout=60)
        assert result.returncode == code, result.stdout + result.stderr
        return result.stdout

    walk(commands[0], 0)
    said = walk(commands[1], 1)
    assert 'came      "408"' in said and " in 1 ways" in said
    seed = re.search(r"once more: lockstep-sim repro lockstep-out/shop-(\d+)\.repro", said).group(1)
    assert "net.latency c2" in walk(commands[2], 0)
    began = time.monotonic()
    choices, lines = map(int, re.search(r"shrunk: choices \d+ -> (\d+), lines \d+ -> (\d+)", walk(commands[3], 0)).groups())
    assert time.monotonic() - began < 10 and 1 <= choices <= 6 and lines <= 15
    small = (folder / "small.vtc").read_text()
    assert "client c2" in small and "client c3" not in small
    walk(commands[4], 1)
    assert (folder / "small.html").stat().st_size > 1000
    text = (folder / "shop.cfg").read_text()
    assert text.count("timeout http-request 200\n") == 1
    (folder / "shop.cfg").write_text(text.replace("http-request 200\n", "http-request 10s\n"))
    walk(commands[5], 0)
