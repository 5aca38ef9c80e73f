"""HAProxy's regression tests in the simulator, and beside it by VTest on the real program: what runs, passes, is skipped
and why, and where the two differ.

    suite.py FOLDER [--build build] [--vtest PROGRAM [-j N]] [--only REGEX] [--tsv FILE]

FOLDER is a checkout of HAProxy that holds reg-tests/. Exit: 0, or 1 when the two differ in what has no reason here.
"""

import argparse
import collections
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ARGUMENTS = "-dM -dI -dW"  # what the suite's own runner gives to every proxy
VTEST_LIMIT = 10

Result = collections.namedtuple("Result", "outcome why seconds")

# Why a test may come out differently, by what is said of it. The first that fits counts.
REASONS = [
    (r"HTTP/2 specs are not replayed", "the simulator's clients and servers speak no HTTP/2"),
    (r"'process' needs real processes", "the test starts programs of its own"),
    (r"'curl https:", "the simulator's curl speaks plain HTTP"),
    (r"shell: ", "the test's shell does what the simulator's does not"),
    (r"command -v", "the test calls programs that a simulation does not have"),
    (r"feature\(LINUX_SPLICE\)", "the kernel splices, the simulated network does not"),
    (r"automatic_maxconn", "it counts on a high limit of descriptors, which this machine may lack and a simulation has"),
    (r"balance-hash-maxqueue", "it hangs on luck, as its authors say (scenarios/balance/affinity_maxqueue.vtc is the sound one)"),
]


def tests_of(folder, only):
    found = []
    for where, _, names in os.walk(os.path.join(folder, "reg-tests")):
        found += [os.path.relpath(os.path.join(where, name), folder) for name in names if name.endswith(".vtc")]
    return sorted(name for name in found if re.search(only, name))


def in_simulator(program, folder, names):
    began = time.monotonic()
    text = subprocess.run([program, "run", *names], cwd=folder, capture_output=True, text=True, errors="replace").stdout
    took = time.monotonic() - began
    results, name, said = {}, None, []

    def close():
        if name and name in results and results[name].outcome == "fail":
            results[name] = results[name]._replace(why=failure(said))

    for line in text.splitlines():
        match = re.match(r"(PASS|FAIL|SKIP|WRONG) (\S+?\.vtc)(?: (.*))?$", line.replace(".vtc:", ".vtc "))
        if not match:
            said.append(line)
            continue
        close()
        name, said = match[2], [] if match[1] == "FAIL" else [match[3] or ""]
        real = re.search(r"real ([0-9.]+) ms", match[3] or "")
        results[name] = Result({"WRONG": "fail"}.get(match[1], match[1].lower()), (match[3] or "").strip(),
                               float(real[1]) / 1000 if real else 0)
    close()
    return results, took


def failure(lines):
    """What a proxy refused says most; else what the test missed."""
    for line in lines:
        alert = re.match(r" +\[ALERT\].*?parsing \[[^]]*\] : (.*)", line)
        if alert:
            return "the proxy refuses: " + alert[1].strip()
    said = [line.strip() for line in lines if line.startswith("  ") and not re.match(r" {4}[0-9]+\.[0-9]{9} ", line)]
    return " / ".join(said[:3])


def by_vtest(vtest, proxy, folder, name):
    scratch = tempfile.mkdtemp(prefix="suite")
    environment = dict(os.environ, TMPDIR=scratch, HAPROXY_PROGRAM=proxy, HAPROXY_ARGS=ARGUMENTS)
    began = time.monotonic()
    process = subprocess.Popen([vtest, "-b", "2097152", "-k", "-t", str(VTEST_LIMIT), "-v", "-Dno-htx=", name], cwd=folder,
                               env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace", start_new_session=True)
    try:
        text, _ = process.communicate(timeout=VTEST_LIMIT + 20)
        outcome = {0: "pass", 77: "skip"}.get(process.returncode, "fail")
    except subprocess.TimeoutExpired:
        text, outcome = "it hangs", "fail"
    if process.poll() is None:
        process.kill()
    process.wait()
    end_leftovers(scratch)
    shutil.rmtree(scratch, ignore_errors=True)
    return Result(outcome, "" if outcome == "pass" else vtest_says(text), time.monotonic() - began)


def end_leftovers(scratch):
    """What a test left behind has its folder in the environment, whatever group it is in."""
    mark = f"TMPDIR={scratch}".encode()
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/environ", "rb") as environment:
                if mark in environment.read().split(b"\0"):
                    os.kill(int(number), signal.SIGKILL)
        except OSError:  # gone, or not ours
            continue


def vtest_says(text):
    for pattern in (r"SKIPPING test[^\n]*", r"parsing \[[^]\n]*\] : ([^\n]*)", r"^---- +([^\n]*)", r"TIMED OUT"):
        match = re.search(pattern, text, re.M)
        if match:
            return (match[1] if match.groups() else match[0]).strip()[:300]
    return text.strip()[-200:]


def reason(name, sim):
    for pattern, text in REASONS:
        if re.search(pattern, f"{name} {sim.why}"):
            return text
    return None


def count(results, outcome):
    return sum(result.outcome == outcome for result in results.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--build", default="build")
    parser.add_argument("--vtest")
    parser.add_argument("-j", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--tsv")
    line = parser.parse_args()
    build = os.path.abspath(line.build)
    names = tests_of(line.folder, line.only)
    if not names:
        sys.exit(f"suite: no reg-tests/**/*.vtc in {line.folder}")
    sim, took = in_simulator(os.path.join(build, "lockstep-sim"), line.folder, names)
    missing = [name for name in names if name not in sim]
    if missing:
        sys.exit(f"suite: the simulator came to no result for {missing[0]}, and {len(missing) - 1} others")
    real = {}
    if line.vtest:
        vtest, proxy = os.path.abspath(line.vtest), os.path.join(build, "lockstep")
        with concurrent.futures.ThreadPoolExecutor(line.j) as pool:
            real = dict(zip(names, pool.map(lambda name: by_vtest(vtest, proxy, line.folder, name), names)))

    print(f"{'simulator':9}  {'VTest':5}  test and what is said of it")
    differ, unknown = [], 0
    for name in names:
        beside = real.get(name)
        why = sim[name].why if sim[name].outcome != "pass" else ""
        print(f"{sim[name].outcome:9}  {beside.outcome if beside else '-':5}  {name}{': ' if why else ''}{why[:160]}")
        if beside and beside.outcome != sim[name].outcome:
            differ.append(name)
    if line.tsv:
        with open(line.tsv, "w") as out:
            for name in names:
                beside = real.get(name, Result("", "", 0))
                out.write("\t".join([name, sim[name].outcome, sim[name].why, beside.outcome, beside.why]) + "\n")
    print(f"\n{len(names)} tests. In the simulator {count(sim, 'pass')} pass, {count(sim, 'fail')} fail, "
          f"{count(sim, 'skip')} are skipped, in {took:.1f} s", end="")
    if real:
        print(f"; by VTest {count(real, 'pass')} pass, {count(real, 'fail')} fail, {count(real, 'skip')} are skipped, "
              f"in {sum(result.seconds for result in real.values()):.0f} s")
        print(f"\n{len(differ)} differ:")
        for name in differ:
            because = reason(name, sim[name])
            unknown += not because
            print(f"  {name}: simulator {sim[name].outcome}, VTest {real[name].outcome}: "
                  f"{because or 'NO REASON KNOWN: ' + (sim[name].why or real[name].why)[:200]}")
    else:
        print()
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
