# SPDX-License-Identifier: GPL-3.0-or-later
"""Flag over environment over file over default; an unknown key is an error; bash completes what the program has."""
import json
import os
import subprocess
import unittest

from program import ATTUNE, Program


class Configuration(Program):
    tracks = 40

    def file(self, text):
        path = os.path.join(self.folder.name, "attune.toml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def minutes(self, *args, **environment):
        done = self.answer("session", "run", "--goal", "calm", "--sense", "simulated:calm?seed=1", "--fast", "--seed", "1", *args,
                           environment=dict(self.environment, **environment))
        return round(done["duration_s"] / 60)

    def test_flag_over_environment_over_file_over_default(self):
        config = ("--config", self.file('[session]\nminutes = 3\nsink = "null"\n'))
        self.assertEqual(self.minutes(*config), 3)
        self.assertEqual(self.minutes(*config, ATTUNE_SESSION_MINUTES="4"), 4)
        self.assertEqual(self.minutes(*config, "--minutes", "5", ATTUNE_SESSION_MINUTES="4"), 5)
        self.assertEqual(self.minutes("--sink", "null", ATTUNE_CONFIG=config[1]), 3)

    def test_an_unknown_key_names_the_nearest_and_its_line(self):
        done = self.run_it("session", "list", "--config", self.file('[session]\nminuets = 3\n'))
        self.assertEqual(done.returncode, 2)
        self.assertIn("session.minutes", done.stderr)
        self.assertIn("attune.toml:2", done.stderr)

    def test_a_file_that_is_no_toml_or_is_not_there_is_refused(self):
        self.assertEqual(self.run_it("session", "list", "--config", self.file("= 1")).returncode, 2)
        self.assertEqual(self.run_it("session", "list", "--config", "/nowhere.toml").returncode, 2)
        wrong = self.run_it("session", "list", "--config", self.file('[session]\nminutes = "long"\n'))
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("minutes", wrong.stderr)

    def complete(self, *words):
        script = self.must("completion").stdout
        line = " ".join(f"'{w}'" for w in words)
        bash = (f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _attune; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        done = subprocess.run(["bash", "-c", bash], capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.split()

    def test_a_number_out_of_range_is_named_with_its_range(self):
        for command in (("session", "run", "--goal", "calm", "--minutes"), ("simulate", "compare", "--minutes")):
            for wrong in ("abc", "nan", "0", "181"):
                done = self.run_it(*command, wrong)
                self.assertEqual(done.returncode, 2)
                self.assertIn(f"'{wrong}' is not a number from 1 to 180", done.stderr)
        for wrong in ("abc", "-5", "0", "1.5"):
            done = self.run_it("simulate", "library", f"--tracks={wrong}")
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"'{wrong}' is not a whole number from 1 to 2000000", done.stderr)

    def test_a_mistyped_command_names_the_nearest(self):
        self.assertIn("did you mean 'session'?", self.run_it("sesion", "list").stderr)
        self.assertIn("did you mean 'run'?", self.run_it("session", "runn", "--goal", "calm").stderr)
        self.assertIn("commands are", self.run_it("--db", "sqlite:x.db", "xyzzy").stderr)

    def test_bad_usage_is_an_object_with_json_too(self):
        for command in (("sesion", "list"), ("session", "run"), ("session", "run", "--goal", "calm", "--minutes", "abc")):
            done = self.run_it(*command, "--json")
            self.assertEqual(done.returncode, 2)
            error = json.loads(done.stdout)["error"]
            self.assertEqual(error["code"], "bad_argument")
            self.assertIn(error["message"], done.stderr)

    def test_a_database_of_an_unknown_scheme_is_no_file(self):
        for url in ("foo:", "mysql:attune"):
            done = self.run_it("session", "list", "--db", url)
            self.assertEqual(done.returncode, 2)
            self.assertIn("use sqlite:FILE or postgresql://", done.stderr)
            self.assertFalse(os.path.exists(url))

    def test_an_unknown_persona_policy_or_family_is_bad_usage(self):
        for wrong in (("--persona", "anxios"), ("--policy", "planer"), ("--family", "lineer")):
            done = self.run_it("simulate", "compare", "--seeds", "1", "--minutes", "1", "--tracks", "50", *wrong)
            self.assertEqual(done.returncode, 2, wrong)
            self.assertIn(wrong[1], done.stderr)

    def test_bash_completes_closed_lists_and_tells_help_once(self):
        self.assertEqual(self.complete("attune", "session", "run", "--goal", "en"), ["energise"])
        self.assertEqual(self.complete("attune", "person", "intake", "--flag", "tin"), ["tinnitus"])
        self.assertEqual(self.complete("attune", "session", "run", "--deployment", "wo"), ["workplace"])
        self.assertEqual(self.complete("attune", "session", "tell", "last", "keep"), ["keep-going"])
        self.assertEqual(self.complete("attune", "person", "consent", "grant", "fa"), ["face"])
        self.assertEqual(self.complete("attune", "session", "run", "--he"), ["--help"])

    def test_bash_completes_commands_and_options(self):
        self.assertEqual(self.complete("attune", "ses"), ["session"])
        self.assertIn("tell", self.complete("attune", "session", ""))
        self.assertIn("--minutes", self.complete("attune", "--json", "session", "run", "--m"))
        self.assertIn("--data", self.complete("attune", "library", "scan", "--d"))


if __name__ == "__main__":
    unittest.main()
