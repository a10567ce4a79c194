# SPDX-License-Identifier: GPL-3.0-or-later
"""A piece that carries memories, from the mark at the beginning to the report: asked about, heard after a yes alone."""
import json
import os
import re
import shutil
import time
import unittest

from program import OwnMusic


class Memories(OwnMusic):
    songs = 10

    def setUp(self):
        super().setUp()
        self.marked = self.piece_to_mark()
        self.must("person", "onboard", "--love", self.marked["track"], "--memory", self.marked["track"] + "=ask")

    def piece_to_mark(self):
        """What plays third if nothing is marked: there is time to ask before it."""
        run = self.answer("session", "run", "--goal", "calm", "--minutes", "5", "--from", "-0.3,0.5", "--sink", "null", "--fast", "--seed", "1")
        return [i for i in run["items"] if i["kind"] == "track"][2]

    def events(self, session):
        return [json.loads(line) for line in self.must("session", "show", session, "--events").stdout.splitlines()]

    def questions(self, session):
        return [e for e in self.events(session) if e["kind"] == "decision" and e["data"]["question"] == "memory"]

    def heard(self, session):
        return {e["data"]["track"] for e in self.events(session) if e["kind"] == "heard"}

    def report(self, session, *more):
        page = os.path.join(self.folder.name, "report.html")
        self.must("session", "report", session, "--out", page, *more)
        with open(page, encoding="utf-8") as file:
            return file.read()

    def wait_for(self, seconds, what):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := what():
                return found
            time.sleep(1)
        self.fail("it did not happen")

    def test_in_virtual_time_nobody_answers_and_it_is_not_heard(self):
        run = self.answer("session", "run", "--goal", "calm", "--minutes", "5", "--from", "-0.3,0.5", "--sink", "null", "--fast", "--seed", "1")
        asked = self.questions(run["session"])
        self.assertEqual(len(asked), 1)
        self.assertGreaterEqual(asked[0]["t_s"], 60)
        self.assertNotIn(self.marked["track"], [i["track"] for i in run["items"]])
        self.assertTrue(self.answer("session", "replay", run["session"])["identical"])
        self.assertIn("You did not answer, which counts as no.", self.report(run["session"]))

    def use(self, data):
        type(self).data = data

    def test_a_yes_is_heard_and_a_no_is_not_and_both_reports_say_so(self):
        """Two sessions in real time beside each other, each with its own data; both wait for the question."""
        live = {word: os.path.join(self.folder.name, word) for word in ("yes", "no")}
        running, session, said = {}, {}, {}
        for word, data in live.items():
            shutil.copytree(self.data, data)
        for word, data in live.items():
            self.use(data)
            running[word] = self.start_live()
            session[word] = self.wait_for_session()
        for word, data in live.items():
            self.use(data)
            asked = self.wait_for(150, lambda: self.questions(session[word]))
            self.assertEqual(asked[0]["data"]["reasons"][0]["args"]["title"], self.marked["title"])
            self.assertEqual(asked[0]["data"]["answers"], ["yes", "no"])
            self.must("session", "tell", session[word], word)
            again = self.run_it("session", "tell", session[word], "yes")
            self.assertEqual(again.returncode, 1)
            self.assertIn("no such question now", again.stderr)
        self.use(live["yes"])
        self.wait_for(100, lambda: self.marked["track"] in self.heard(session["yes"]))
        for word, data in live.items():
            self.use(data)
            self.must("session", "tell", session[word], "stop")
            _, said[word] = running[word].communicate(timeout=20)
            self.assertIn(f"“{self.marked['title']}” carries memories for you. Would you like to hear it now?", said[word])
            self.assertEqual(len(self.questions(session[word])), 1)
            self.assertEqual(self.marked["track"] in self.heard(session[word]), word == "yes")
            self.assertTrue(self.answer("session", "replay", session[word])["identical"])
            for version in ((), ("--professional",)):
                self.assertIn(f"which carries memories for you. You said {word}.", self.report(session[word], *version))
            self.assert_no_title_in_logs(data)
        title = re.escape(self.marked["title"])
        self.assertRegex(said["yes"], rf"{title}  \(You said yes to “{title}”\.\)")

    def assert_no_title_in_logs(self, data):
        log = os.path.join(data, "log")
        for name in os.listdir(log) if os.path.isdir(log) else ():
            with open(os.path.join(log, name), encoding="utf-8", errors="replace") as file:
                self.assertNotIn(self.marked["title"], file.read(), "titles are not for logs")

    def test_only_with_me_and_a_flag_that_forbids_it_are_not_asked_about(self):
        for words in (("onboard", "--memory", self.marked["track"] + "=only-with-me"), ("intake", "--flag", "dementia")):
            self.must("person", "onboard", "--memory", self.marked["track"] + "=ask", "--love", self.marked["track"])
            self.must("person", *words)
            run = self.answer("session", "run", "--goal", "calm", "--minutes", "5", "--from", "-0.3,0.5", "--sink", "null", "--fast", "--seed", "1")
            self.assertEqual(self.questions(run["session"]), [], words)
            self.assertNotIn(self.marked["track"], [i["track"] for i in run["items"]])


if __name__ == "__main__":
    unittest.main()
