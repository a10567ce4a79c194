# SPDX-License-Identifier: GPL-3.0-or-later
"""A session in real time, driven from its terminal and from another process."""
import json
import os
import pty
import re
import select
import time
import unittest

from program import Program


class LiveSession(Program):
    def decisions(self, session):
        lines = self.must("session", "show", session, "--events").stdout
        return lines

    def test_another_process_tells_it_and_it_obeys(self):
        running = self.start_live()
        session = self.wait_for_session()
        self.must("session", "tell", session, "hold")
        self.must("session", "tell", session, "rate", "-0.2,0.4")
        self.must("session", "tell", session, "step", ".1,.1", "--as", "therapist", "--actor", "dana")
        time.sleep(.5)
        began = time.monotonic()
        self.must("session", "tell", session, "stop")
        out, _ = running.communicate(timeout=20)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(running.returncode, 0, out)
        events = self.decisions(session)
        for word in ("you_said_hold", "you_said_override_step", "you_said_stop", '"dana"', "therapist"):
            self.assertIn(word, events)
        late = self.run_it("session", "tell", session, "hold")
        self.assertEqual(late.returncode, 1)
        self.assertIn("stopped", late.stderr)

    def test_how_the_sound_fares_is_in_the_record_and_in_doctor(self):
        running = self.start_live()
        session = self.wait_for_session()
        for _ in range(300):
            events = [json.loads(line) for line in self.decisions(session).splitlines()]
            sound = [e["data"] for e in events if e["kind"] == "sound"]
            if sound:
                break
            time.sleep(.2)
        self.must("session", "tell", session, "stop")
        running.communicate(timeout=20)
        self.assertTrue(sound, "no report of the sound")
        for key in ("underruns", "worst_callback_ms", "buffer_ms", "clock_drift_ppm", "dose_share"):
            self.assertIsNotNone(sound[0][key])
        self.assertEqual(sound[0]["sink"], "null")
        self.assertGreater(sound[0]["buffer_ms"], 0)
        self.assertFalse(sound[0]["calibrated"])
        doctor = self.run_it("doctor", "--json")
        found = [c for c in json.loads(doctor.stdout)["findings"] if c["what"] == "playing"]
        self.assertTrue(found, doctor.stdout)
        self.assertIn("underruns", found[0]["detail"])

    def test_only_a_therapist_widens_a_step_and_who_is_refused_is_told_so(self):
        running = self.start_live()
        session = self.wait_for_session()
        for words, why in ((("step", "1,1"), "Only a therapist"), (("withdraw", "facee"), "no “facee”"), (("unlock",), "Only a therapist")):
            refused = self.run_it("session", "tell", session, *words)
            self.assertEqual(refused.returncode, 1, words)
            self.assertIn(why, refused.stderr)
        self.must("session", "tell", session, "lock", "--as", "therapist")
        held = self.run_it("session", "tell", session, "hold")
        self.assertEqual(held.returncode, 1)
        self.assertIn("locked", held.stderr)
        self.must("session", "tell", session, "stop")
        running.communicate(timeout=20)
        self.assertIn("only_a_therapist", self.decisions(session))

    def test_single_keys_of_the_terminal_are_heard_and_the_terminal_is_put_back(self):
        master, slave = pty.openpty()
        import termios
        before = termios.tcgetattr(slave)
        running = self.start_live(terminal=slave)
        session = self.wait_for_session()
        shown = ""
        for key in (b"h", b"r-0.1,0.2\n", b"u", b"q"):
            os.write(master, key)
            time.sleep(.4)
        deadline = time.monotonic() + 20
        while running.poll() is None and time.monotonic() < deadline:
            if select.select([master], [], [], .1)[0]:
                shown += os.read(master, 4096).decode(errors="replace")
        while select.select([master], [], [], .1)[0]:
            shown += os.read(master, 4096).decode(errors="replace")
        self.assertEqual(running.poll(), 0)
        running.stdout.close()
        self.assertEqual(termios.tcgetattr(slave), before)
        os.close(master)
        os.close(slave)
        self.assertIn("q stop", shown)
        title = json.loads(self.must("session", "show", session).stdout)["items"][0]["title"]
        self.assertRegex(shown, re.escape(title) + r"  \(.+\.\)")   # what plays, and why
        self.assertRegex(shown, re.compile("nobody was called for you"))
        events = self.decisions(session)
        for word in ("you_said_hold", "you_said_unsafe", "you_said_stop"):
            self.assertIn(word, events)

    def test_what_is_not_understood_is_bad_usage(self):
        wrong = self.run_it("session", "tell", "last", "hodl")
        self.assertEqual(wrong.returncode, 1 if "no session" in wrong.stderr else 2)


if __name__ == "__main__":
    unittest.main()
