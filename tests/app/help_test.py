# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever does not feel safe, or feels worse and worse, is shown their own contact and the help card: in the terminal."""
import time
import unittest

from program import Program


class Help(Program):
    tracks = 0   # a simulated library has simulated sessions, which are nobody's

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_music(4)

    def test_who_does_not_feel_safe_is_shown_their_own_contact_with_or_without_json(self):
        for contact in (["--contact", "Ben 123"], ["--reach", "123"], ["--contact", "Ben", "--reach", "123"]):
            person = self.must("person", "add", "Ada", "--region", "US", *contact).stdout.strip()
            running = self.start_live("--person", person)
            session = self.wait_for_session()
            told = self.must("session", "tell", session, "unsafe").stderr
            self.assertIn(contact[1], told)
            self.assertIn("123", told)
            help_card = self.answer("session", "tell", session, "unsafe")["help"]
            self.assertIn(contact[1], help_card["contact"])
            self.assertEqual(help_card["region"], "US")
            self.assertTrue(help_card["help"][0]["phone"])
            self.must("session", "tell", session, "stop")
            running.communicate(timeout=20)

    def test_worse_is_a_word_of_its_own_the_first_time_a_question_the_second_time_contact_and_help(self):
        person = self.must("person", "add", "Ada", "--contact", "Ben 123").stdout.strip()
        running = self.start_live("--person", person)
        session = self.wait_for_session()
        self.must("session", "tell", session, "worse")
        time.sleep(1)
        self.must("session", "tell", session, "worse")
        time.sleep(1.5)
        self.must("session", "tell", session, "stop")
        _, said = running.communicate(timeout=20)
        events = self.must("session", "show", session, "--events").stdout
        self.assertLess(events.index('"you_said_worse"'), events.index('"worse_again"'))
        self.assertIn("Is this getting harder?", said)
        self.assertEqual(said.count("Your own contact: Ben 123"), 1, said)

    def test_who_says_twice_that_they_feel_worse_is_shown_contact_and_help_in_the_terminal(self):
        person = self.must("person", "add", "Ada", "--contact", "Ben 123").stdout.strip()
        running = self.start_live("--person", person)
        session = self.wait_for_session()
        self.must("session", "tell", session, "rate", "-0.9,0.5")
        time.sleep(1)
        self.must("session", "tell", session, "rate", "-0.95,0.6")
        time.sleep(1.5)
        self.must("session", "tell", session, "stop")
        _, said = running.communicate(timeout=20)
        self.assertIn("worse_again", self.must("session", "show", session, "--events").stdout)
        self.assertEqual(said.count("Your own contact: Ben 123"), 1, said)
        self.assertIn("nobody was called for you", said)


if __name__ == "__main__":
    unittest.main()
