# SPDX-License-Identifier: GPL-3.0-or-later
"""What a listener tells at the start is kept, grows, and has its effect: each flag, from the question to the policy of a session."""
import json
import os
import shutil
import subprocess
import unittest

from program import OwnMusic

FLAGS = ("reflex_epilepsy", "hyperacusis", "tinnitus", "psychosis_mania", "trauma", "recent_loss", "ruminates", "child", "dementia",
         "hearing_loss")   # in the order of the questions


class Intake(OwnMusic):
    def stands(self):
        return json.loads(self.must("person", "show").stdout)["intake"]

    def policy(self):
        run = self.answer("session", "run", "--goal", "calm", "--minutes", "1", "--from", "0,0", "--sink", "null", "--fast", "--seed", "1")
        first = self.must("session", "show", run["session"], "--events").stdout.splitlines()[0]
        return json.loads(first)["data"]["policy"]

    def played(self, plan):
        run = self.answer("session", "run", "--goal", "calm", "--minutes", "3", "--from", "0,0", "--sink", "null", "--fast", "--seed", "1",
                          "--plan", plan, "--lock")
        return [i["track"] for i in run["items"] if i["kind"] == "track"]

    def asked(self, typed):
        status, _, shown = self.at_terminal("person", "intake", typed=typed)
        self.assertEqual(status, 0, shown)
        return shown

    def test_a_second_intake_adds_and_erases_nothing(self):
        self.must("person", "intake", "--flag", "reflex_epilepsy", "--trigger", "Slipknot")
        self.must("person", "intake", "--flag", "tinnitus", "--tinnitus-hz", "4000")
        track = self.answer("library", "list")["rows"][0]["track"]
        self.must("person", "intake", "--safe-track", track)
        self.must("person", "intake", "--skip")
        now = self.stands()
        self.assertEqual(sorted(now["flags"]), ["reflex_epilepsy", "tinnitus"])
        self.assertEqual(now["triggers"], ["slipknot"])
        self.assertEqual(now["tinnitus_hz"], 4000)
        self.assertEqual(now["safe_track"], track)
        self.assertFalse(now["skipped"])

    def test_only_what_is_named_is_cleared(self):
        self.must("person", "intake", "--flag", "reflex_epilepsy", "trauma", "--trigger", "Slipknot", "--tinnitus-hz", "4000")
        self.must("person", "intake", "--clear-flag", "tinnitus", "--clear-trigger", "slipknot")
        now = self.stands()
        self.assertEqual(sorted(now["flags"]), ["reflex_epilepsy", "trauma"])
        self.assertEqual(now["triggers"], [])
        self.assertIsNone(now["tinnitus_hz"])
        self.assertEqual(self.run_it("person", "intake", "--clear-flag", "tinitus").returncode, 2)

    def test_who_skips_is_asked_and_not_known(self):
        self.must("person", "intake", "--skip")
        self.assertTrue(self.stands()["skipped"])
        self.must("person", "intake", "--flag", "child")
        self.assertFalse(self.stands()["skipped"])

    def test_a_yes_asks_for_what_its_effect_needs(self):
        title = self.answer("library", "list")["rows"][3]["title"]
        shown = self.asked("y\nSlipknot, Drill\nn\nyes\n40\n4000\n\ny\nno such song\n" + title + "\n\n" + "\n" * 5)
        now = self.stands()
        self.assertEqual(sorted(now["flags"]), ["reflex_epilepsy", "tinnitus", "trauma"])
        self.assertEqual(now["triggers"], ["drill", "slipknot"])
        self.assertEqual(now["tinnitus_hz"], 4000)
        self.assertEqual(now["safe_track"], self.answer("library", "list")["rows"][3]["track"])
        self.assertIn("'40' is not a pitch from 100 to 16000 Hz", shown)
        self.assertIn("no such song", shown)
        policy = self.policy()
        self.assertEqual(policy["tinnitus_hz"], 4000)
        self.assertEqual(policy["safe_track"], now["safe_track"])
        self.assertIn("slipknot", policy["blocks"]["artists"])
        self.assertIn("drill", policy["blocks"]["tags"])

    def test_every_follow_up_can_be_skipped(self):
        self.asked("y\n\nn\ny\n\nn\ny\n\n\n" + "\n" * 5)
        now = self.stands()
        self.assertEqual(sorted(now["flags"]), ["reflex_epilepsy", "tinnitus", "trauma"])
        self.assertEqual((now["triggers"], now["tinnitus_hz"], now["safe_track"]), ([], None, None))

    def test_asked_again_enter_keeps_what_stands_and_no_takes_it_back(self):
        self.must("person", "intake", "--flag", "child", "hyperacusis", "--trigger", "slipknot")
        self.asked("\n" * 10)
        self.assertEqual(sorted(self.stands()["flags"]), ["child", "hyperacusis"])
        self.asked("\nn\nq\n")
        now = self.stands()
        self.assertEqual(now["flags"], ["child"])
        self.assertEqual(now["triggers"], ["slipknot"])
        self.asked("q\n")
        self.assertEqual(self.stands(), now)

    def test_a_child_hears_no_track_whose_file_says_explicit(self):
        folder = os.path.join(self.folder.name, "tagged")
        os.makedirs(folder)
        for name, advisory, wave in (("a", "1", "00.wav"), ("b", "2", "01.wav")):
            subprocess.run(["flac", "-s", f"--tag=TITLE={name}", "--tag=GENRE=Rap", f"--tag=ITUNESADVISORY={advisory}", "-o",
                            os.path.join(folder, name + ".flac"), os.path.join(self.folder.name, "music", wave)], check=True)
        type(self).data = os.path.join(self.folder.name, "explicit")
        self.must("library", "scan", folder)
        keys = {row["title"]: row["track"] for row in self.answer("library", "list")["rows"]}
        self.must("person", "plan", "both", keys["a"], keys["b"])
        self.assertEqual(self.played("both"), [keys["a"], keys["b"]])
        self.must("person", "intake", "--flag", "child")
        self.assertEqual(self.played("both"), [keys["b"]])

    def run_calm(self, *more):
        return ("session", "run", "--goal", "calm", "--minutes", "2", "--sink", "null", "--fast", "--seed", "1", *more)

    def test_who_was_never_asked_is_told_of_it_until_they_are_asked_or_skip(self):
        self.assertIn("attune person intake", self.must(*self.run_calm()).stderr)
        self.must("person", "intake", "--skip")
        self.assertNotIn("attune person intake", self.must(*self.run_calm()).stderr)
        self.assertNotIn("attune person intake", self.must(*self.run_calm("--sense", "simulated:calm?seed=1")).stderr)

    def test_a_listener_who_may_hear_nothing_is_told_why(self):
        self.must("person", "intake", "--flag", "trauma")
        said = self.must(*self.run_calm("--from", "0,0")).stdout
        self.assertIn("There is no music that may be played.", said)
        self.assertIn("attune person onboard --love", said)

    def test_a_terminal_asks_how_one_feels_and_takes_no_for_an_answer(self):
        self.must("person", "intake", "--skip")
        status, _, shown = self.at_terminal(*self.run_calm(), typed="very bad\n-0.3,0.5\n")
        self.assertEqual(status, 0, shown)
        self.assertIn("'very bad' is not VALENCE,AROUSAL", shown)
        self.assertEqual(json.loads(self.must("session", "show", "last").stdout)["start"], {"valence": -0.3, "arousal": 0.5})
        status, _, shown = self.at_terminal(*self.run_calm(), typed="\n")
        self.assertEqual(status, 0, shown)
        self.assertIsNone(json.loads(self.must("session", "show", "last").stdout)["start"])
        self.assertNotIn("How do you feel", self.must(*self.run_calm(), text="0.5,0.5\n").stderr)

    def test_what_the_interview_stores_of_every_flag_changes_the_policy(self):
        before = self.policy()
        more = {"reflex_epilepsy": "Slipknot\n", "tinnitus": "4000\n",
                "trauma": self.answer("library", "list")["rows"][0]["track"] + "\n\n"}
        for flag in FLAGS:
            with self.subTest(flag):
                type(self).data = os.path.join(self.folder.name, flag)
                shutil.copytree(self.scanned, self.data)
                self.asked("".join("y\n" + more.get(f, "") if f == flag else "n\n" for f in FLAGS))
                self.assertEqual(self.stands()["flags"], [flag])
                changed = {k for k, v in self.policy().items() if v != before[k]} - {"version"}
                self.assertTrue(changed, flag)


if __name__ == "__main__":
    unittest.main()
