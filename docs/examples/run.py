#!/usr/bin/env python3
"""Shows the main job: each example is replayed in the simulator, then served on real sockets and fetched with a real
client; both must give the same bytes. Ends with the proxy running in the foreground (--no-serve: without)."""

import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("LOCKSTEP_BUILD", os.path.join(TOP, "build"))
BODY = b"what the server says\n"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)


def read(name):
    with open(os.path.join(HERE, name), encoding="utf8") as file:
        return file.read()


class Sim:
    """One world of `lockstep-sim serve` (docs/SERVE.md)."""

    def __init__(self):
        self.process = subprocess.Popen([os.path.join(BUILD, "lockstep-sim"), "serve"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.count = 0

    def ask(self, op, **members):
        self.count += 1
        print(json.dumps({"id": self.count, "op": op, **members}), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        if not answer["ok"]:
            sys.exit(f"simulator: {op}: {answer['error']}")
        return answer

    def proxy(self, name, conf, listeners, env):
        answer = self.ask("node_start", name=name, conf=conf, listeners=listeners, env=env, args=["-db"])
        if not answer["running"]:
            sys.exit(f"simulator: {name} did not start:\n{answer['output']}")
        return answer["ports"]

    def fetch(self, port, request):
        conn = self.ask("connect", to=f"127.0.0.1:{port}")["conn"]
        if request:
            self.ask("send", conn=conn, hex=request.hex())
        return conn

    def rest(self, conn):
        return bytes.fromhex(self.ask("recv", conn=conn, eof=True, timeout_s=10)["hex"])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Real:
    """The real binary on sockets that the kernel chose."""

    def __init__(self):
        self.processes = []

    def proxy(self, conf, listeners, env):
        socks, environment = {}, {**os.environ, **env}
        for name in listeners:
            sock = socket.create_server(("127.0.0.1", 0))
            sock.set_inheritable(True)
            socks[name] = sock
            environment[name] = str(sock.fileno())
        path = os.path.join(BUILD, "example.cfg")
        with open(path, "w", encoding="utf8") as out:
            out.write(conf)
        self.processes.append(subprocess.Popen([os.path.join(BUILD, "lockstep"), "-db", "-f", path], env=environment,
                                               pass_fds=[s.fileno() for s in socks.values()]))
        ports = {name: sock.getsockname()[1] for name, sock in socks.items()}
        for sock in socks.values():
            sock.close()
        return ports

    def close(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
            process.wait()


def curl(port, path="/"):
    """(bytes of the response as they came, with curl as the client)"""
    done = subprocess.run(["curl", "-sS", "-i", "--max-time", "10", "-H", "Connection: close", "-H", "User-Agent:", "-H", "Accept:",
                           "-H", "Host: example", f"http://127.0.0.1:{port}{path}"], capture_output=True, check=True)
    return done.stdout


def request(path="/"):
    return f"GET {path} HTTP/1.1\r\nHost: example\r\nConnection: close\r\n\r\n".encode()


class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = []

    def do_GET(self):
        Origin.seen.append(dict(self.headers))
        self.wfile.write(ANSWER)

    def log_message(self, *_):
        pass


def show(title, simulated, real):
    same = simulated == real
    print(f"\n--- {title}: {'the same bytes in both worlds' if same else 'DIFFERENT'}")
    print(real.decode().rstrip())
    if not same:
        print("--- the simulator gave\n" + simulated.decode())
        sys.exit(1)


def main():
    env = {"EXAMPLES": HERE}
    hello, reverse = read("hello_world.cfg"), read("reverse_proxy.cfg")

    sim = Sim()
    ports = sim.proxy("hello", hello, ["tcp", "http"], env)
    sim_tcp = sim.rest(sim.fetch(ports["tcp"], b""))
    sim_http = sim.rest(sim.fetch(ports["http"], request()))
    listener = sim.ask("listen")
    ports = sim.proxy("reverse", reverse, ["fe"], {**env, "ORIGIN": f"127.0.0.1:{listener['port']}"})
    client = sim.fetch(ports["fe"], request("/some/path"))
    server = sim.ask("accept", listener=listener["listener"])["conn"]
    sim_request = bytes.fromhex(sim.ask("recv", conn=server, until_text="\r\n\r\n")["hex"])
    sim.ask("send", conn=server, hex=ANSWER.hex())
    sim_reverse = sim.rest(client)
    sim.close()

    origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    real = Real()
    try:
        ports = real.proxy(hello, ["tcp", "http"], env)
        with socket.create_connection(("127.0.0.1", ports["tcp"]), 10) as sock:
            real_tcp = b"".join(iter(lambda: sock.recv(4096), b""))
        real_http = curl(ports["http"])
        ports = real.proxy(reverse, ["fe"], {**env, "ORIGIN": f"127.0.0.1:{origin.server_port}"})
        real_reverse = curl(ports["fe"], "/some/path")
        show("the TCP service behind an inspect-delay", sim_tcp, real_tcp)
        show("the HTTP service", sim_http, real_http)
        show("a server behind an action, a fetch and a converter", sim_reverse, real_reverse)
        wanted = {"x-seen-by": "lua", "x-path-length": "10"}
        simulated = {k: v for k, v in re.findall(r"(?m)^([\w-]+): (.*?)\r?$", sim_request.decode()) if k in wanted}
        served = {k.lower(): v for k, v in Origin.seen[-1].items() if k.lower() in wanted}
        if simulated != wanted or served != wanted:
            sys.exit(f"the server saw {served}, simulated {simulated}, expected {wanted}")
        print("\n--- what the server was told in both worlds:", ", ".join(f"{k}: {v}" for k, v in sorted(served.items())))
        print(f"\nThe reverse proxy still serves: curl -i http://127.0.0.1:{ports['fe']}/some/path   (Ctrl-C ends it)", flush=True)
        if "--no-serve" not in sys.argv and sys.stdout.isatty():
            real.processes[-1].wait()
        else:
            print("To leave it running: ./dev run in a terminal; or serve a file of your own: build/lockstep -f FILE")
    except KeyboardInterrupt:
        pass
    finally:
        real.close()


main()
