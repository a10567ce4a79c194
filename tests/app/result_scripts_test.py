# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/eval asks for what eval/results holds, and scripts/cards writes the cards that are there, whole."""
import json
import os
import shutil
import stat
import subprocess
import tempfile
import unittest

SOURCE = os.environ.get("ATTUNE_SOURCE_DIR", ".")

# Stands for the program: a retrained result only where it is asked for, and the commit that it was told.
PROGRAM = """#!/usr/bin/env python3
import json, os, sys
print(json.dumps({"model": sys.argv[2], "retrained": "--cross-validate" in sys.argv, "commit": os.environ.get("ATTUNE_COMMIT"),
                  "metrics": [], "leaky": []}))
"""


class ResultScripts(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="attune-results-")
        self.top = os.path.join(self.folder.name, "copy")
        for part in ("scripts", "models", "eval/results"):
            shutil.copytree(os.path.join(SOURCE, part), os.path.join(self.top, part))

    def tearDown(self):
        self.folder.cleanup()

    def card(self, path, top=None):
        with open(os.path.join(top or self.top, "models", path), encoding="utf-8") as file:
            return json.load(file)

    def cards(self, *models):
        subprocess.run([os.path.join(self.top, "scripts", "cards"), self.top, *models], check=True, capture_output=True)

    def test_the_face_card_keeps_its_detection_and_follows_its_result(self):
        before = self.card("research/face.card.json")
        for asked in ("face", "detection"):
            self.cards(asked)
            self.assertEqual(self.card("research/face.card.json"), before, asked)
        self.assertIn("eval/results/detection.json", {m["result"] for m in before["metrics"]})
        result = os.path.join(self.top, "eval", "results", "face.json")
        with open(result, encoding="utf-8") as file:
            face = json.load(file)
        for metric in face["metrics"]:
            if metric["name"] == "r_rec_valence":
                metric["value"] = .25
        with open(result, "w", encoding="utf-8") as file:
            json.dump(face, file)
        self.cards("face")
        self.assertEqual(self.card("research/face.card.json")["figures"]["r_rec_valence"], .25)
        self.assertEqual(len(self.card("research/face.card.json")["metrics"]), len(before["metrics"]))

    def test_every_card_of_affect_is_what_the_script_writes(self):
        for path, model in (("research/voice.card.json", "voice"), ("free/stress.card.json", "stress"), ("free/beats.card.json", "beats")):
            before = self.card(path)
            self.cards(model)
            self.assertEqual(self.card(path), before, model)

    def test_a_result_of_other_weights_is_refused(self):
        result = os.path.join(self.top, "eval", "results", "face.json")
        with open(result, encoding="utf-8") as file:
            face = json.load(file)
        face["model_sha256"] = "0" * 64
        with open(result, "w", encoding="utf-8") as file:
            json.dump(face, file)
        done = subprocess.run([os.path.join(self.top, "scripts", "cards"), self.top, "face"], capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("measured on other weights", done.stderr)

    def test_eval_retrains_where_the_kept_result_was_retrained_and_states_the_commit(self):
        program = os.path.join(self.folder.name, "attune")
        with open(program, "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        os.chmod(program, os.stat(program).st_mode | stat.S_IXUSR)
        git = dict(os.environ, ATTUNE=program, GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@b")
        for command in (["init", "-q"], ["add", "scripts"], ["commit", "-q", "-m", "x"]):
            subprocess.run(["git", "-C", self.top, *command], check=True, env=git, capture_output=True)
        kept = {}
        for model in ("voice", "fusion", "stress", "beats", "face"):
            with open(os.path.join(SOURCE, "eval", "results", model + ".json"), encoding="utf-8") as file:
                protocol = json.load(file)["protocol"]
            kept[model] = "fold by group" in protocol or protocol.startswith("leave one person out")
        self.assertEqual(kept, {"voice": True, "fusion": True, "stress": True, "beats": False, "face": False})
        subprocess.run([os.path.join(self.top, "scripts", "eval"), self.folder.name, *kept], check=True, env=git, capture_output=True)
        for model, retrained in kept.items():
            with open(os.path.join(self.top, "eval", "results", model + ".json"), encoding="utf-8") as file:
                written = json.load(file)
            self.assertEqual(written["retrained"], retrained, model)
            self.assertRegex(written["commit"], "^[0-9a-f]{10}", model)

    def test_help_names_every_result_that_is_kept(self):
        shown = subprocess.run([os.path.join(SOURCE, "scripts", "eval"), "--help"], capture_output=True, text=True, check=True).stdout
        for file in os.listdir(os.path.join(SOURCE, "eval", "results")):
            self.assertIn(file.removesuffix(".json").split("-seeds-")[0], shown)


if __name__ == "__main__":
    unittest.main()
