# SPDX-License-Identifier: ISC
"""Draws plots of the tables that are there."""
import subprocess

from lib import machine


def draw(names, folder, *words):
    """Draws those whose table is in the folder. A plot may want more words."""
    for name in names:
        if (folder / f"{name}.tsv").exists():
            script = machine.ROOT / "bench/plots" / f"{name}.gnuplot"
            subprocess.run(["gnuplot", "-c", script, script.parent, *words], cwd=folder, check=True)
            print(f"{folder / name}.svg is drawn.")
