# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures `attune serve` as issue 7 asks: see scripts/bench-serve. Needs h2load (nghttp2-client) for latency."""
import base64
import json
import math
import os
import re
import resource
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import wave

ATTUNE = os.path.abspath(sys.argv[1])
PARTS = sys.argv[2:] or ["latency", "followers", "sessions", "idle"]
TICKS = os.sysconf("SC_CLK_TCK")


def write_tone(path, hz, seconds, rate=44100):
    period = [int(9000 * math.sin(2 * math.pi * hz * i / rate) * (.6 + .4 * math.sin(2 * math.pi * 2 * i / rate)))
              for i in range(rate)]
    block = struct.pack(f"<{rate}h", *period)
    with wave.open(path, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(block * seconds)


class Server:
    def __init__(self, music):
        self.data = tempfile.mkdtemp(prefix="attune-bench-")
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if music:  # what can be played: tones, analysed by the program itself
            folder = os.path.join(self.data, "music")
            os.mkdir(folder)
            for i in range(6):
                write_tone(os.path.join(folder, f"tone-{i}.wav"), 110 * 2 ** (i / 3), 90)
            subprocess.run([ATTUNE, "library", "scan", folder, "--data", self.data], **quiet)
        else:
            subprocess.run([ATTUNE, "simulate", "library", "--tracks", "300", "--seed", "3", "--data", self.data], **quiet)
        self.process = subprocess.Popen([ATTUNE, "serve", "--json", "--port", "0", "--data", self.data],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"].rstrip("/")
        self.port = int(self.url.rsplit(":", 1)[1])

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_mb(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def start_session(self, sink):
        return self.call("POST", "/api/v1/sessions", {"goal": "calm", "minutes": 30, "sink": sink})["session"]

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.data, ignore_errors=True)


def upgrade(server, path):
    """A socket that has become a WebSocket."""
    s = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    key = base64.b64encode(os.urandom(16)).decode()
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.url}\r\nUpgrade: websocket\r\n"
              f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += s.recv(1)
    if b" 101 " not in head:
        raise RuntimeError(head.decode())
    return s


class Reader(threading.Thread):
    """Reads many sockets and counts bytes; one thread, so that the bench costs the machine little."""

    def __init__(self, sockets):
        super().__init__(daemon=True)
        import selectors
        self.selector = selectors.DefaultSelector()
        self.bytes, self.reads, self.ended = 0, 0, 0
        self.going = True
        for s in sockets:
            s.setblocking(False)
            self.selector.register(s, selectors.EVENT_READ)

    def run(self):
        while self.going:
            for key, _ in self.selector.select(0.2):
                try:
                    data = key.fileobj.recv(65536)
                except OSError:
                    data = b""
                if not data:
                    self.ended += 1
                    self.selector.unregister(key.fileobj)
                self.bytes += len(data)
                self.reads += 1


def latency(server):
    """p99 of time to the last byte at 1,000 requests/s over 10 s, a mix of pages and API, 20 connections."""
    track = server.call("GET", "/api/v1/library/tracks?limit=1")["rows"][0]["key"]
    paths = ["/", "/api/v1/health", "/api/v1/parts", "/api/v1/sessions", "/api/v1/library/tracks?limit=50", f"/api/v1/library/tracks/{track}"]
    log = tempfile.mktemp()
    cpu = server.cpu_s()
    subprocess.run(["h2load", "--h1", "--rps", "50", "-c", "20", "-n", "10000", f"--log-file={log}"]
                   + [server.url + p for p in paths], check=True, stdout=subprocess.DEVNULL)
    cpu = server.cpu_s() - cpu
    with open(log) as f:
        rows = [line.split("\t") for line in f]
    os.unlink(log)
    times = sorted(int(row[2]) / 1000 for row in rows)
    return {"requests": len(times), "failed": sum(row[1].strip() not in ("200", "304") for row in rows),
            "p50_ms": times[len(times) // 2], "p99_ms": times[int(len(times) * .99)], "max_ms": times[-1],
            "cpu_share": cpu / 10}


def followers(server):
    """200 pages that follow one session, with ten events a second: CPU of the server over 20 s, less one follower."""
    def measure(n):
        session = server.start_session("null")
        sockets = [upgrade(server, f"/api/v1/sessions/{session}/live?since=0") for _ in range(n)]
        reader = Reader(sockets)
        reader.start()
        time.sleep(3)
        going = True

        def rate():  # each command becomes at least one event; with the session's own about ten a second
            while going:
                server.call("POST", f"/api/v1/sessions/{session}/ratings",
                            {"kind": "felt", "value": {"valence": 0.1, "arousal": 0.1}})
                time.sleep(.125)
        thread = threading.Thread(target=rate, daemon=True)
        thread.start()
        cpu, begun, reads = server.cpu_s(), time.time(), reader.reads
        time.sleep(20)
        seconds = time.time() - begun
        share = (server.cpu_s() - cpu) / seconds
        rate_hz = (reader.reads - reads) / seconds / max(1, n)
        going = False
        thread.join()
        server.call("POST", f"/api/v1/sessions/{session}/commands", {"kind": "stop"})
        reader.going = False
        for s in sockets:
            s.close()
        time.sleep(2)
        return share, rate_hz
    one, _ = measure(1)
    many, rate_hz = measure(200)
    return {"followers": 200, "messages_hz": rate_hz, "cpu_share": many - one, "cpu_share_with_the_session": many}


def sessions(server):
    """20 sessions with sound in the page at once: CPU over 20 s, memory, and packets per second of each."""
    ids, sockets = [], []
    for _ in range(20):
        ids.append(server.start_session("browser"))
        sockets.append(upgrade(server, f"/api/v1/sessions/{ids[-1]}/sound"))
    reader = Reader(sockets)
    reader.start()
    time.sleep(5)
    cpu, begun, reads = server.cpu_s(), time.time(), reader.reads
    time.sleep(20)
    seconds = time.time() - begun
    result = {"sessions": 20, "cpu_share": (server.cpu_s() - cpu) / seconds, "rss_mb": server.rss_mb(),
              "reads_hz_each": (reader.reads - reads) / seconds / 20, "ended": reader.ended}
    for i in ids:
        server.call("POST", f"/api/v1/sessions/{i}/commands", {"kind": "stop"})
    reader.going = False
    return result


def idle(server):
    """10,000 connections that say nothing: refused or held; the server answers others meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 12000), hard))
    held, refused = [], 0
    begun = time.time()
    for i in range(10000):
        s = socket.socket()
        s.settimeout(5)
        try:
            s.connect(("127.0.0.1", server.port))
            held.append(s)
        except OSError:
            refused += 1
    answered, slowest = 0, 0.0
    for _ in range(20):
        t = time.time()
        try:
            server.call("GET", "/api/v1/health")
            answered += 1
        except OSError:
            pass
        slowest = max(slowest, time.time() - t)
        time.sleep(1)
    for s in held:
        s.close()
    time.sleep(1)
    server.call("GET", "/api/v1/health")
    return {"connections": len(held), "refused": refused, "answered_of_20_over_20_s": answered, "slowest_s": slowest,
            "rss_mb": server.rss_mb(), "answers_afterwards": True}


out = {"schema": "attune/serve_bench/1", "load_before": os.getloadavg()[0]}
for part in PARTS:
    server = Server(music=part in ("followers", "sessions"))
    try:
        out[part] = {"latency": latency, "followers": followers, "sessions": sessions, "idle": idle}[part](server)
        out[part]["load"] = os.getloadavg()[0]
    finally:
        server.stop()
print(json.dumps(out, indent=1))
