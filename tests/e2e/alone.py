#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The rows of the catalogue whose promise is a time, one after the other: nothing else may run beside them.

It is no part of `make check`, which may run tests at the same time. script/test runs it after the others.
HAILD_ALONE names the files of the catalogue, without their folder; else it is all of them.
"""
import os
import pathlib
import signal
import subprocess
import sys


def main():
    # An end of this one must be an end of the file that runs.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    failed = False
    folder = pathlib.Path(__file__).parent
    names = os.environ.get("HAILD_ALONE", "").split() or sorted(path.name for path in folder.glob("catalogue_*.py"))
    for file in (folder / name for name in names):
        if "timed=True" not in file.read_text():
            continue
        process = subprocess.Popen([sys.executable, file], env={**os.environ, "HAILD_ROWS": "timed"})
        try:
            failed |= process.wait() not in (0, 77)
        finally:
            process.terminate()
            process.wait()
    sys.exit(failed)


if __name__ == "__main__":
    main()
