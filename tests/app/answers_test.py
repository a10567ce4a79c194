# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands print with --json is what docs/schema says, field for field."""
import json
import os
import unittest

import jsonschema

from program import SOURCE, Program

LISTENER = "simulated:anxious?seed=7&family=textbook"


def schema(name):
    with open(os.path.join(SOURCE, "docs", "schema", name + ".json"), encoding="utf-8") as file:
        return json.load(file)


class Answers(Program):
    def fits(self, name, *args):
        answer = self.answer(*args)
        jsonschema.validate(answer, schema(name))
        return answer

    def test_every_schema_is_one(self):
        for file in os.listdir(os.path.join(SOURCE, "docs", "schema")):
            jsonschema.Draft202012Validator.check_schema(schema(file[:-5]))

    def test_a_session_from_start_to_report(self):
        run = self.fits("session_run", "session", "run", "--goal", "calm", "--minutes", "5", "--sense", LISTENER, "--sink", "null",
                        "--fast", "--seed", "1")
        self.assertTrue(run["simulated"])
        self.fits("session_list", "session", "list")
        self.assertEqual(self.fits("session_show", "session", "show", "last")["status"], "finished")
        self.assertTrue(self.fits("session_replay", "session", "replay", "last")["identical"])
        again = self.fits("session_replay", "session", "replay", "last", "--from-samples")["from_samples"]
        self.assertTrue(again["identical"] and again["complete"] and again["compared"] > 0, again)
        out = os.path.join(self.folder.name, "report.html")
        self.fits("session_report", "session", "report", "last", "--out", out)
        with open(out, encoding="utf-8") as page:
            self.assertIn("SIMULATED", page.read())

    def test_library_simulation_and_doctor(self):
        self.fits("library_list", "library", "list")
        self.fits("simulate_library", "simulate", "library", "--tracks", "5", "--seed", "9")
        self.fits("simulate_compare", "simulate", "compare", "--persona", "calm", "anxious", "--family", "linear", "--policy", "silence",
                  "planner+taste", "--seeds", "1", "--minutes", "2", "--tracks", "100")
        done = self.run_it("doctor", "--json")
        self.assertIn(done.returncode, (0, 3))
        findings = json.loads(done.stdout)
        jsonschema.validate(findings, schema("doctor"))
        for what in ("sound", "camera", "microphone", "models", "soundfont", "tls", "database", "disk", "user"):
            self.assertIn(what, [f["what"] for f in findings["findings"]])

    def test_people(self):
        track = self.answer("library", "list")["rows"][0]["track"]
        self.fits("person_intake", "person", "intake", "--flag", "trauma", "--safe-track", track)
        self.fits("person_onboard", "person", "onboard", "--love", track)
        self.fits("person_consent", "person", "consent", "grant", "heart")
        self.fits("person_consent", "person", "consent", "withdraw", "heart", "--erase")
        self.fits("person_loudness", "person", "loudness", "--full-scale-dba", "96", "--as", "therapist")
        self.fits("person_plan", "person", "plan", "evening", track)
        self.fits("person_list", "person", "list")
        self.fits("person_show", "person", "show")

    def test_an_error_is_an_object_too(self):
        done = self.run_it("session", "run", "--goal", "happiness", "--fast", "--sink", "null", "--json")
        self.assertEqual(done.returncode, 2)
        jsonschema.validate(json.loads(done.stdout), schema("error"))
        self.assertIn("happiness", done.stdout)


if __name__ == "__main__":
    unittest.main()
