# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the program itself share: the binary, a data folder with a made-up library, JSON answers."""
import json
import math
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import tempfile
import time
import unittest
import wave

ATTUNE = os.environ.get("ATTUNE_PROGRAM", "build/release/attune")
SOURCE = os.environ.get("ATTUNE_SOURCE_DIR", ".")


class Program(unittest.TestCase):
    """Each class gets one data folder; it is gone afterwards."""
    tracks = 300

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="attune-app-")
        cls.environment = dict(os.environ, XDG_CONFIG_HOME=os.path.join(cls.folder.name, "config"), LC_ALL="C.UTF-8")
        cls.environment.pop("ATTUNE_DATA", None)
        cls.data = os.path.join(cls.folder.name, "data")
        if cls.tracks:
            cls.must("simulate", "library", "--tracks", str(cls.tracks), "--seed", "1")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def run_it(cls, *args, text=None, environment=None):
        return subprocess.run([ATTUNE, *args, "--data", cls.data], capture_output=True, text=True, input=text,
                              timeout=120, env=environment or cls.environment, check=False)

    @classmethod
    def at_terminal(cls, *args, typed, seconds=60):
        """With a terminal as stdin and stderr, and `typed` into it: exit status, stdout, what the terminal showed."""
        master, slave = pty.openpty()
        running = subprocess.Popen([ATTUNE, *args, "--data", cls.data], stdin=slave, stdout=subprocess.PIPE, stderr=slave, text=True,
                                   env=cls.environment)
        os.write(master, typed.encode())
        shown = b""
        deadline = time.monotonic() + seconds
        while running.poll() is None and time.monotonic() < deadline:
            if select.select([master], [], [], .05)[0]:
                shown += os.read(master, 4096)
        while select.select([master], [], [], .05)[0]:
            shown += os.read(master, 4096)
        if running.poll() is None:
            running.kill()
        out, _ = running.communicate()
        os.close(master)
        os.close(slave)
        return running.returncode, out, shown.decode(errors="replace")

    @classmethod
    def must(cls, *args, **more):
        done = cls.run_it(*args, **more)
        assert done.returncode == 0, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    @classmethod
    def answer(cls, *args, **more):
        """The JSON object that the command prints."""
        return json.loads(cls.must(*args, "--json", **more).stdout)

    @classmethod
    def make_music(cls, n):
        """Real files, each a chord of its own, so that the library is nobody's simulation."""
        folder = os.path.join(cls.folder.name, "music")
        os.mkdir(folder)
        for k in range(n):
            with wave.open(os.path.join(folder, f"{k:02}.wav"), "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(2)
                out.setframerate(8000)
                tone = [int(6000 * math.sin(2 * math.pi * (150 + 17 * k) * t / 8000) * (1 + math.sin(t / (900 + 90 * k))) / 2)
                        for t in range(8000 * 45)]
                out.writeframes(struct.pack(f"<{len(tone)}h", *tone))
        cls.must("library", "scan", folder)

    def start_live(self, *more, terminal=None):
        """A session in real time, killed when the test ends."""
        running = self.begin(*more, terminal=terminal)
        self.addCleanup(running.kill)
        return running

    def begin(self, *more, terminal):
        return subprocess.Popen(
            [ATTUNE, "session", "run", "--goal", "calm", "--minutes", "5", "--sink", "null", "--from", "-0.3,0.5", "--seed", "1",
             "--data", self.data, *more],
            stdin=terminal if terminal is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=terminal if terminal is not None else subprocess.PIPE, text=True, env=self.environment)

    def wait_for_session(self):
        for _ in range(300):
            sessions = self.answer("session", "list")["sessions"]
            if sessions and sessions[0]["status"] == "running" and sessions[0]["events"] > 3:
                return sessions[0]["session"]
            time.sleep(.1)
        self.fail("the session did not begin")

    def wait_for_event(self, session, pattern):
        for _ in range(100):
            if re.search(pattern, self.must("session", "show", session, "--events").stdout):
                return
            time.sleep(.2)
        self.fail(f"nothing like {pattern} happened")


class OwnMusic(Program):
    """Real files, scanned once; every test has that library and a listener whom nothing is known of."""
    tracks = 0
    songs = 6

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scanned = cls.data
        cls.make_music(cls.songs)

    def setUp(self):
        type(self).data = os.path.join(self.folder.name, self.id())
        shutil.copytree(self.scanned, self.data)
