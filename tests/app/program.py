# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the program itself share: the binary, a data folder with a made-up library, JSON answers."""
import json
import os
import subprocess
import tempfile
import unittest

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
    def must(cls, *args, **more):
        done = cls.run_it(*args, **more)
        assert done.returncode == 0, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    @classmethod
    def answer(cls, *args, **more):
        """The JSON object that the command prints."""
        return json.loads(cls.must(*args, "--json", **more).stdout)
