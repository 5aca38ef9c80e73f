#!/usr/bin/env python3
"""Runs the bench beside HAProxy and prints its figures next to the goals; `./dev bench` calls it.

    performance.py BENCH_FOLDER OUR_PROGRAM [arguments for bench.py ...]

The bench folder is copied away first, as it builds tools beside itself. Each workload that it has gets a row.
"""
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time

# What is compared, and at most what share of HAProxy's (or how many bytes) it shall be.
GOALS = {
    "http_proxy_small": ("HTTP keep-alive, 1 KiB", 0.70),
    "http_proxy_100k": ("HTTP, 100 KiB", 0.60),
    "http_conn_close": ("connection per request", 0.88),
    "tcp_proxy": ("TCP", 0.93),
    "lua_service": ("Lua HTTP service", 0.50),
    "lua_action": ("Lua action", 0.50),
    "lua_fetch": ("Lua fetch and converter", 0.55),
    "lua_socket": ("Lua socket round trip", 0.70),
    "lua_cpu": ("pure Lua computation", 0.60),
    "acl_rules": ("50 ACLs, maps, expressions", 0.50),
    "stick_table": ("stick table with a rate", 0.70),
    "tls_terminate": ("TLS 1.3 keep-alive", 0.85),
    "tls_handshake": ("TLS 1.3 handshake", 0.95),
    "tls_resume": ("TLS 1.3 resumption", 0.95),
    "idle_http": ("idle HTTP client, bytes", 500),
    "idle_tcp": ("idle TCP pair, bytes", 1500),
    "idle_tls": ("idle TLS client, bytes", 10000),
    "startup_1000": ("`-c` of 1,000 backends", 0.50),
    "map_load": ("`-c` of a map of 100,000", 0.50),
}
# kind of workload -> the figure, its unit
FIGURES = {"load": ("cpu_us", "us"), "idle": ("bytes_per_conn", "B"), "startup": ("check_cpu_ms", "ms")}


def row(name, workload):
    what, goal = GOALS.get(name, (workload.get("desc", name), None))
    key, unit = FIGURES[workload["kind"]]
    ours, theirs = workload["summary"].get("ours", {}), workload["summary"].get("haproxy", {})
    if key not in ours or key not in theirs:
        return f"| {what} | `{name}` | failed | | | | |"
    ratio = ours[key] / theirs[key]
    spread = ours.get("ratio", {}).get(key)
    if spread:
        ratio = spread["median"]
    value = ours[key] if workload["kind"] == "idle" else ratio
    met = "" if goal is None else "yes" if value <= goal else "no"
    shown = f"{ratio:.2f}" if not spread or spread["min"] == spread["max"] else \
        f"{ratio:.2f} ({spread['min']:.2f} to {spread['max']:.2f})"
    wanted = "" if goal is None else f"{goal:,} B" if workload["kind"] == "idle" else f"{goal:.2f}"
    broken = " (invalid: errors)" if ours.get("INVALID_rounds") or theirs.get("INVALID_rounds") else ""
    return f"| {what} | `{name}` | {ours[key]:,.1f} {unit}{broken} | {theirs[key]:,.1f} {unit} | {shown} | {wanted} | {met} |"


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{os.cpu_count()} cores of {model}, Linux {platform.release()}"


def main():
    folder, program, rest = sys.argv[1], os.path.abspath(sys.argv[2]), sys.argv[3:]
    haproxy = shutil.which("haproxy") or "/usr/sbin/haproxy"
    with tempfile.TemporaryDirectory() as work:
        copy, out = os.path.join(work, "bench"), os.path.join(work, "out.json")
        shutil.copytree(folder, copy)
        subprocess.run(["chmod", "-R", "u+w", copy], check=True)
        command = [sys.executable, os.path.join(copy, "bench.py"), "--a", program, "--a-name", "ours", "--b", haproxy,
                   "--b-name", "haproxy", "--json", out] + rest
        began = time.strftime("%Y-%m-%d %H:%M")
        code = subprocess.run(command, stdout=sys.stderr).returncode
        if code or not os.path.exists(out):
            return code or 1
        with open(out) as file:
            result = json.load(file)
    version = result["meta"]["subjects"]["haproxy"]["version"].split(" - ")[0]
    print(f"{began}, {machine()}; {version}\n")
    print("| what | workload | ours | HAProxy | ours / HAProxy | goal | met |")
    print("|---|---|---|---|---|---|---|")
    for name, workload in result["workloads"].items():
        print(row(name, workload))
    return 0


if __name__ == "__main__":
    sys.exit(main())
