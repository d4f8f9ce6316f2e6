#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What systemd thinks of the units that haild ships; script/service runs them with a systemd of their own."""
import os
import pathlib
import re
import subprocess
import unittest

from lib import harness
from lib.harness import temporary_directory

# The programs stand in build/src, the units in build/systemd.
MADE = pathlib.Path(harness.program("haild")).resolve().parent.parent / "systemd"
EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/systemd"
# The most that a unit may be exposed to, of 10.
EXPOSURE = {"haild.service": 1.1, "haild@.service": 0.3}


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, "SYSTEMD_LOG_LEVEL": "info"}, timeout=harness.DEADLINE)


class Units(unittest.TestCase):
    """As they are installed, but with the program where it is now"""

    def setUp(self):
        harness.need("systemd-analyze")
        self.folder = temporary_directory(self)
        self.units = sorted(MADE.glob("haild*"))
        for unit in self.units:
            text = re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={harness.program('haild')}", unit.read_text())
            (self.folder / unit.name).write_text(text)

    def verify(self):
        """systemd-analyze exits with 0 for a key that it does not know: only silence is praise."""
        done = analyze("verify", "--man=no", *(self.folder / unit.name.replace("@.", "@1.") for unit in self.units))
        return done.stdout + done.stderr

    def test_verify_has_nothing_to_say(self):
        self.assertEqual([unit.name for unit in self.units],
                         ["haild.service", "haild.socket", "haild@.service", "haild@.socket"])
        self.assertEqual(self.verify(), "")

    def test_verify_would_say_something(self):
        with (self.folder / "haild.service").open("a") as unit:
            unit.write("[Service]\nNoSuchKey=1\n")
        self.assertIn("NoSuchKey", self.verify())

    def test_example(self):
        """What it adds to the units, and that a mistake in it would be noticed."""
        found = [*EXAMPLE.glob("*.socket"), *EXAMPLE.glob("*.socket.d/*.conf")]
        texts = {path.relative_to(EXAMPLE): path.read_text() for path in found}
        self.assertEqual(len(texts), 2)
        for name, text in texts.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text(text)
        self.assertEqual(self.verify_example(), "")
        for name, text in texts.items():
            (self.folder / name).write_text(text.replace("FileDescriptorName", "NoSuchKey"))
            self.assertIn("NoSuchKey", self.verify_example())
            (self.folder / name).write_text(text)

    def verify_example(self):
        done = analyze("verify", "--man=no", self.folder / "haild@01.socket", self.folder / "haild-metrics@01.socket")
        return done.stdout + done.stderr

    def test_exposure(self):
        for name, limit in EXPOSURE.items():
            with self.subTest(unit=name):
                done = analyze("security", "--offline=true", self.folder / name)
                level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
                self.assertTrue(level, done.stdout + done.stderr)
                self.assertLessEqual(float(level[1]), limit)


if __name__ == "__main__":
    harness.main()
