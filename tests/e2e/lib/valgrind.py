# SPDX-License-Identifier: ISC
"""valgrind before the programs under test, and the judgement of what it reports.

    HAILD_WRAPPER=$(python3 tests/e2e/lib/valgrind.py wrapper FOLDER) make check
    python3 tests/e2e/lib/valgrind.py judge FOLDER

A run that has ended by itself must have made no error, and must have given back every byte and every
descriptor. One that was killed can't give back, but must have made no error before.
"""
import collections
import pathlib
import re
import shlex
import sys

SUPPRESSIONS = pathlib.Path(__file__).resolve().parents[2] / "valgrind.supp"
# Signals that a test has sent; any other one that ended a run is an error.
# The paragraph of an open descriptor, the standard ones apart: these are the caller's, also where haild has opened
# its own in their place, which valgrind from 3.24 on takes for left open.
OPEN = re.compile(r"^Open (?!.*(?:descriptor|socket) [012](?::|$))", re.MULTILINE)
KILLED = re.compile(r"^Process terminating with default action of signal \d+ \(SIG(HUP|INT|TERM)\)", re.MULTILINE)

Judgement = collections.namedtuple("Judgement", "was_killed faults")


def command(folder):
    """The command to put before a program; its report goes into the folder."""
    # No exit status tells of errors: from 3.24 on, descriptors that were inherited would be some.
    return ["valgrind", "--leak-check=full", "--show-leak-kinds=all", "--track-fds=yes",
            # No use but to a debugger, and twice the time.
            "--vgdb=no", "--read-inline-info=no", "--num-callers=24",
            f"--suppressions={SUPPRESSIONS}", f"--log-file={folder}/%p"]


def judge(report):
    """Whether the run was killed, and the paragraphs of the report that tell of a fault."""
    text = re.sub(r"^==\d+== ?", "", report, flags=re.MULTILINE)
    killed = KILLED.search(text)
    if killed or "ERROR SUMMARY" not in text:
        return Judgement(True, _faults(text[:killed.start()] if killed else text))
    faults = _faults(text)
    if _is_looking_up(faults):
        # hailto can't stop getaddrinfo(): what the lookup has goes with the process.
        faults = [fault for fault in faults if not re.search("lookup_thread|lookups_new|lookups_start", fault)]
    elif _bytes("in use at exit", text) != _bytes("suppressed", text):
        faults.append("memory is in use at exit")
    if _errors(text) > 0:
        faults.append("there were errors")
    return Judgement(False, faults)


def _bytes(what, text):
    """How many bytes the report says to be that. What is suppressed is a lookup's thread that ends just now."""
    found = re.search(rf"^ *{what}: ([\d,]+) bytes", text, re.MULTILINE)
    return found[1] if found else "0"


def _errors(text):
    """The errors of the summary. From 3.24 on, valgrind may count each descriptor that is open as one, too."""
    count = int(re.search(r"^ERROR SUMMARY: ([\d,]+) errors", text, re.MULTILINE)[1].replace(",", ""))
    return 0 if count == len(re.findall("^Open ", text, re.MULTILINE)) else count


def _faults(text):
    """Errors and leaks, for which there is a stack; descriptors that are open and not inherited."""
    return [paragraph for paragraph in text.split("\n\n")
            if _tells_of_a_fault(paragraph) and "<inherited from parent>" not in paragraph]


def _tells_of_a_fault(paragraph):
    if re.search("^Open ", paragraph, re.MULTILINE):
        return bool(OPEN.search(paragraph))
    return bool(re.search("^ +at 0x", paragraph, re.MULTILINE))


def _is_looking_up(faults):
    """Whether at the end a name was still being looked up: its thread has the pipe until it ends."""
    return any(re.search(r"^Open .* lookups_new", fault, re.DOTALL | re.MULTILINE) for fault in faults)


def judge_all(folder):
    """Judges the reports in the folder, and prints the sum; returns whether they are well."""
    reports = {file: judge(file.read_text(errors="replace")) for file in sorted(pathlib.Path(folder).iterdir())}
    faulty = {file: judgement for file, judgement in reports.items() if judgement.faults}
    for file, judgement in faulty.items():
        print(f"---- {file}:", *judgement.faults, "----", sep="\n")
    killed = sum(judgement.was_killed for judgement in reports.values())
    print(f"valgrind: {len(reports)} runs judged, {killed} of them killed; {len(faulty)} with a fault")
    return bool(reports) and not faulty


if __name__ == "__main__":
    task, folder = sys.argv[1:]
    if task == "wrapper":
        print(shlex.join(command(folder)))
    else:
        sys.exit(not judge_all(folder))
