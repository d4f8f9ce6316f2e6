#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# `systemd-analyze verify` exits 0 for a unit with a misspelt hardening key and two values that do not exist.
#
# Guess: a command named verify, used as a CI step or a package's test, fails on a directive that it cannot read.
# And --recursive-errors= is about how far it follows dependencies, so a unit without any does not need it.
# Really: unknown keys and unreadable values are told on stderr as ignored, and the exit status is 0. Any value of
# --recursive-errors=, even `no`, turns warnings into exit status 1: given or not given is what counts. A program
# that is not there fails in any case.
# Seen with: systemd 252.39-1~deb12u2.
# Source: systemd-analyze(1), in the last sentence on --recursive-errors=.
# Why it matters: a service goes without the protection that its unit seems to ask for, while CI is green. The checks
# that work are --recursive-errors=no, and that stderr is empty.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
debian systemd=252.39-1~deb12u2
programs systemd-analyze
observe <<'END'
from watch import *


def verify(name, lines, *options):
    """Returns the exit status, and the number of lines that it complains in."""
    path = write(name, "\n".join(["[Service]", *lines, ""]))
    result = run("systemd-analyze", "verify", "--man=no", *options, path)
    return result.returncode, sum(name in line for line in result.stderr.splitlines())


print("exit status, and complaints")
good = ["ExecStart=/bin/true", "NoNewPrivileges=yes", "ProtectSystem=strict"]
seen = [
    see("a good unit", verify("good.service", good)),
    see("a misspelt key", verify("key.service", good + ["NoNewPriviledges=yes"])),
    see("values that do not exist", verify("value.service", good + ["ProtectSystem=strct", "Restart=allways"])),
    see("such a value, --recursive-errors=no",
        verify("no.service", good + ["ProtectSystem=strct"], "--recursive-errors=no")),
    see("a program that is not there", verify("program.service", ["ExecStart=/nonexistent/program"])[0] != 0),
]
conclude(seen == [(0, 0), (0, 1), (0, 2), (1, 1), True],
         "verify complains of what it cannot read, and exits 0")
END
