# SPDX-License-Identifier: GPL-3.0-or-later
"""What a listener said at the beginning holds in every session: love, never, memories, consent, hand-made plans."""
import json
import os
import unittest

from program import OwnMusic


class People(OwnMusic):
    songs = 12

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = cls.answer("library", "list", "--limit", "0")["rows"]

    def session(self, *args):
        return self.answer("session", "run", "--goal", "calm", "--minutes", "3", "--from", "-0.2,0.4", "--sink", "null", "--fast",
                           "--seed", "3", *args)

    def played(self, run):
        return [i["track"] for i in run["items"] if i["kind"] == "track"]

    def test_a_hand_made_plan_plays_in_its_order_and_a_locked_one_plays_nothing_else(self):
        wanted = [self.rows[k]["track"] for k in (7, 3, 11)]
        self.must("person", "plan", "evening", *wanted)
        self.assertEqual(self.answer("person", "plan", "evening")["tracks"], wanted)
        self.assertEqual(self.played(self.session("--plan", "evening"))[:3], wanted)
        run = self.session("--plan", "evening", "--lock")
        self.assertEqual(self.played(run), wanted)
        self.assertTrue(self.answer("session", "replay", "last")["identical"])
        missing = self.run_it("session", "run", "--goal", "calm", "--plan", "morning", "--fast", "--sink", "null")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("morning", missing.stderr)

    def test_never_outranks_a_plan_made_by_hand(self):
        wanted = [self.rows[k]["track"] for k in (7, 3, 11)]
        self.must("person", "plan", "evening", *wanted)
        self.must("person", "onboard", "--never", wanted[1])
        self.assertEqual(self.played(self.session("--plan", "evening", "--lock")), [wanted[0], wanted[2]], "no stranger in its place")
        self.must("person", "onboard", "--never", wanted[0], "--never", wanted[2])
        none = self.run_it("session", "run", "--goal", "calm", "--plan", "evening", "--lock", "--fast", "--sink", "null")
        self.assertEqual(none.returncode, 1)
        self.assertIn("blocked", none.stderr)

    def test_a_memory_is_not_chosen_unasked_and_only_with_me_needs_company(self):
        everything_but_one = [r["track"] for r in self.rows[1:]]
        marks = [f"--memory={t}=only-with-me" for t in everything_but_one]
        self.must("person", "onboard", *marks)
        alone = self.played(self.session())
        self.assertTrue(set(alone) <= {self.rows[0]["track"]}, alone)

    def test_never_and_a_memory_mark_can_be_taken_back(self):
        track = self.rows[3]["track"]
        self.must("person", "onboard", "--never", track, "artist:Nobody", "tag:metal", "--memory", f"{track}=ask")
        shown = self.answer("person", "show")
        self.assertEqual((shown["blocked_tracks"], shown["blocked_tags"]), ([track], ["metal"]))
        self.assertEqual(shown["memories"], [{"track": track, "mark": "ask"}])
        self.must("person", "onboard", "--allow", track, "artist:nobody", "tag:metal", "--memory", f"{track}=none")
        shown = self.answer("person", "show")
        self.assertEqual((shown["blocked_tracks"], shown["blocked_artists"], shown["blocked_tags"], shown["memories"]), ([], [], [], []))
        self.assertEqual(self.run_it("person", "onboard", "--allow", track).returncode, 1)

    def test_show_tells_everything_that_was_said(self):
        loved, trigger = self.rows[5]["track"], self.rows[6]["track"]
        self.must("person", "onboard", "--love", loved)
        self.must("person", "intake", "--flag", "trauma", "--trigger-track", trigger)
        self.must("person", "plan", "evening", loved, trigger)
        self.must("person", "loudness", "--ceiling-dba", "60")
        shown = self.answer("person", "show")
        self.assertEqual(shown["loved"], [loved])
        self.assertEqual(shown["intake"]["trigger_tracks"], [trigger])
        self.assertEqual(shown["plans"], {"evening": [loved, trigger]})
        self.assertEqual(shown["loudness"]["ceiling_dba"], 60)

    def test_what_is_loved_is_known_to_the_next_session(self):
        self.must("person", "onboard", "--love", self.rows[5]["track"])
        state = self.state_at_start_of(self.session()["session"])
        self.assertIn(self.rows[5]["track"], state["familiar"])
        self.assertIn("loved", state["liking"])

    def test_what_was_heard_and_skipped_is_known_to_the_next_session(self):
        running = self.start_live()
        session = self.wait_for_session()
        self.must("session", "tell", session, "skip")
        self.wait_for_event(session, r'"why": ?"skip"')
        self.must("session", "tell", session, "stop")
        running.communicate(timeout=20)
        state = self.state_at_start_of(self.session()["session"])
        self.assertTrue(state["heard_before"])
        self.assertIn(state["heard_before"][0][0], [r["track"] for r in self.rows])
        self.assertIn("skipped", state["liking"])

    def test_a_session_in_virtual_time_was_heard_by_nobody_and_teaches_nothing(self):
        nothing = self.state_at_start_of(self.session()["session"])
        self.assertEqual(self.state_at_start_of(self.session()["session"]), nothing)
        self.assertEqual(nothing["heard_before"], [])

    def test_a_recording_of_a_simulated_listener_stays_simulated(self):
        recording = os.path.join(self.folder.name, "recording")
        self.must("sense", "record", "simulated:anxious?seed=2", "--out", recording, "--seconds", "30")
        run = self.session("--sense", f"replay:{recording}")
        self.assertTrue(run["simulated"])
        self.assertEqual(self.answer("session", "show", run["session"])["origin"], "simulated")
        page = os.path.join(self.folder.name, "report.html")
        self.must("session", "report", run["session"], "--out", page)
        with open(page, encoding="utf-8") as report:
            self.assertIn("SIMULATED", report.read())

    def state_at_start_of(self, session):
        first = self.must("session", "show", session, "--events").stdout.splitlines()[0]
        return json.loads(bytes(json.loads(first)["data"]["person_state"]["bytes"]))

    def test_a_ceiling_is_lowered_by_anybody_and_raised_by_a_therapist_or_the_owner(self):
        self.must("person", "loudness", "--ceiling-dba", "60")
        refused = self.run_it("person", "loudness", "--ceiling-dba", "70")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("therapist or the owner", refused.stderr)
        self.must("person", "loudness", "--ceiling-dba", "70", "--full-scale-dba", "100", "--as", "therapist")
        self.assertEqual(self.answer("person", "loudness")["ceiling_dba"], 70)
        session = self.session()["session"]
        events = [json.loads(line) for line in self.must("session", "show", session, "--events").stdout.splitlines()]
        policy = next(e["data"]["policy"] for e in events if e["kind"] == "start")
        # -18 LUFS on an output of 100 dBA at full scale are 82: 12 dB too much.
        self.assertAlmostEqual(policy["ceiling_gain_db"], -12)
        self.assertAlmostEqual(policy["playing_dba"], 70)
        loudest = max(e["data"]["gain_db"] for e in events if e["kind"] == "heard")
        self.assertLessEqual(loudest, 3.01)   # 15 dB is the most that a quiet file is given

    def test_contact_and_region_of_a_listener_are_changed_by_name_or_id(self):
        anna = self.must("person", "add", "Anna", "--contact", "Ben").stdout.strip()
        self.must("person", "edit", "Anna", "--reach", "555 0100", "--region", "us")
        person = self.answer("person", "edit", anna, "--contact", "Cleo")["person"]
        self.assertEqual((person["contact_name"], person["contact_reach"], person["region"]), ("Cleo", "555 0100", "US"))
        self.assertEqual(self.answer("person", "show", "--person", anna)["person"], person)
        for words, what in ((["Anna"], "--contact"), (["Nobody", "--contact", "x"], "Nobody"), (["Anna", "--region", "../x"], "../x")):
            refused = self.run_it("person", "edit", *words)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn(what, refused.stderr)
        self.must("person", "add", "Anna")
        self.assertIn("several", self.run_it("person", "edit", "Anna", "--contact", "x").stderr)

    def test_no_sensor_opens_without_consent(self):
        refused = self.run_it("session", "run", "--goal", "calm", "--minutes", "1", "--sense", "ble:hr", "--sink", "null")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("person consent grant heart", refused.stderr)

    def test_at_work_and_in_education_nothing_is_inferred_with_or_without_consent(self):
        self.must("person", "consent", "grant", "face")
        for place in ("workplace", "education"):
            refused = self.run_it("session", "run", "--goal", "calm", "--minutes", "1", "--sense", "face:camera:0", "--sink", "null",
                                  "--deployment", place)
            self.assertEqual(refused.returncode, 1)
            self.assertIn(place, refused.stderr)
            granted = self.run_it("person", "consent", "grant", "voice", "--deployment", place)
            self.assertEqual(granted.returncode, 1)

    def test_no_command_opens_a_sensor_without_consent_or_at_work(self):
        out = os.path.join(self.folder.name, "never-recorded")
        commands = (("affect", "watch", "--seconds", "1", "--sense", "ble:hr"), ("sense", "probe", "ble:hr", "--seconds", "1"),
                    ("sense", "record", "ble:hr", "--seconds", "1", "--out", out))
        for command in commands:
            refused = self.run_it(*command)
            self.assertEqual(refused.returncode, 1, command)
            self.assertIn("person consent grant heart", refused.stderr)
        self.must("person", "consent", "grant", "heart")
        self.must("person", "consent", "grant", "heart", "--purpose", "research")
        for command in commands:
            for place in ("workplace", "education"):
                refused = self.run_it(*command, "--deployment", place)
                self.assertEqual(refused.returncode, 1, command)
                self.assertIn(f"in deployment {place} nothing is inferred", refused.stderr)
        self.assertFalse(os.path.exists(out))

    def test_the_deployment_is_that_of_the_whole_installation_and_no_flag_lifts_it(self):
        config = os.path.join(self.folder.name, "at-work.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write('deployment = "workplace"\n')
        for command in (("affect", "watch", "--seconds", "1", "--sense", "face:camera:0"), ("sense", "probe", "voice:mic"),
                        ("session", "run", "--goal", "calm", "--sink", "null", "--sense", "ble:hr"),
                        ("person", "consent", "grant", "face")):
            refused = self.run_it(*command, "--config", config)
            self.assertEqual(refused.returncode, 1, command)
            self.assertIn("workplace", refused.stderr)
            lifted = self.run_it(*command, "--config", config, "--deployment", "home")
            self.assertEqual(lifted.returncode, 1)
            self.assertIn("'home' does not lift that", lifted.stderr)

    def test_at_work_a_recording_may_be_looked_at_and_nothing_is_inferred_from_it(self):
        recording = os.path.join(self.folder.name, "at-work")
        self.must("sense", "record", "simulated:anxious?seed=2", "--out", recording, "--seconds", "30", "--deployment", "workplace")
        lines = self.must("affect", "watch", "--fast", "--sense", f"replay:{recording}", "--deployment", "workplace").stdout.splitlines()
        source = json.loads(lines[-1])["sources"][0]
        self.assertEqual(source["status"], "unavailable")
        self.assertIn("nothing is inferred", source["reason"])


if __name__ == "__main__":
    unittest.main()
