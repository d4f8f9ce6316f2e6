# SPDX-License-Identifier: ISC
"""Shells on a pseudo-terminal, with a TAB as a person types it; and what they then show and complete."""
import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import struct
import subprocess
import termios

from lib import harness
from lib.clients import Terminal
from lib.harness import DEADLINE

# Where the build has left the completions, in a folder for each shell.
COMPLETIONS = pathlib.Path(harness.program("haild")).parents[1] / "completion"
# What a shell writes when it waits for a line.
PROMPT = "next> "
# Where Debian's package bash-completion is.
BASH_PACKAGE = pathlib.Path("/usr/share/bash-completion/bash_completion")


def environment(home):
    """What a shell finds around it, so that neither the machine nor its user decides what it does."""
    return {"HOME": str(home), "INPUTRC": "/dev/null", "LC_ALL": "C.UTF-8", "PATH": f"{home}/bin:{os.environ['PATH']}",
            "PS1": PROMPT, "TERM": "dumb", "XDG_DATA_DIRS": f"{home}/share:/usr/share"}


def install(home):
    """Puts the completions where `make install` does, below share/ of the folder, and the programs into bin/."""
    for shell, folder in (("bash", "bash-completion/completions"), ("fish", "fish/vendor_completions.d"),
                          ("zsh", "zsh/site-functions")):
        shutil.copytree(COMPLETIONS / shell, home / "share" / folder)
    (home / "bin").mkdir()
    for name in ("haild", "hailto"):
        (home / "bin" / name).symlink_to(harness.program(name))


class Completed:
    """What a TAB has made of a line, and the words that were shown below it."""

    def __init__(self, line, shown):
        self.line, self.shown = line, shown

    def __repr__(self):
        return f"{self.line!r}, shown: {self.shown!r}"


class _Interactive:
    """A shell that waits for keys, for a with-block."""

    def __init__(self, home, command, setup):
        # A key prints the line and clears it, and so tells that all keys before it have had their effect.
        self._terminal = Terminal(*command[1:], program=command[0], cwd=home, env=environment(home))
        self._setup = setup

    def __enter__(self):
        self._terminal.__enter__()
        fcntl.ioctl(self._terminal._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 250, 0, 0))
        for line in self._setup:
            self._terminal.type(f"{line}\rprintf '%s%s\\n' rea 'dy!'\r".encode())
            self._read_until(rf"ready!\r\n[^\n]*{PROMPT}")
        return self

    def __exit__(self, *problem):
        self._terminal.__exit__(*problem)

    def _read_until(self, pattern):
        """Returns the match, and what came before it; the next call begins after it."""
        while not (match := re.search(pattern, self._terminal._screen.decode(errors="replace"))):
            assert self._terminal._read(), f"the shell has ended: {self._terminal._screen!r}"
        self._terminal._screen = match.string[match.end():].encode()
        return match, match.string[:match.start()]

    def complete(self, line, after=""):
        """Types the line, and a TAB before what is `after` the cursor. Returns what is Completed."""
        back = b"\x02" * len(after)
        self._terminal.type(line.encode() + after.encode() + back + b"\t\x18p")
        match, before = self._read_until(rf"<<(.*)>>\r*\n[^\n]*{PROMPT}")
        return Completed(match[1], before)


def bash(home, *setup):
    """bash, which completes as the lines of the setup have told it to. It loads nothing by itself."""
    return _Interactive(home, ["bash", "--norc", "--noprofile", "-i"], [
        "bind 'set bell-style none' && bind 'set show-all-if-ambiguous on' && bind 'set page-completions off' && "
        "bind 'set completion-query-items 0'",
        """bind -x '"\\C-xp": printf "<<%s>>\\n" "$READLINE_LINE"; READLINE_LINE=""'""", *setup])


def zsh(home, *setup):
    """zsh, which looks for completions where they are installed."""
    return _Interactive(home, ["zsh", "-f", "-i"], [
        "LISTMAX=10000; unsetopt beep list_ambiguous auto_menu prompt_sp; bindkey -e",
        "print_line() { zle -I; print -r -- \"<<$BUFFER>>\"; BUFFER= }; zle -N print_line; bindkey '^Xp' print_line",
        f"fpath=({home}/share/zsh/site-functions $fpath); autoload -U compinit; compinit -u -D", *setup])


class _Fish:
    """fish, which says on demand what it would complete."""

    def __init__(self, home, *setup):
        self._home, self._setup = home, setup

    def offers(self, line):
        """The words that it would complete the last one to, with what it says of each."""
        result = subprocess.run(["fish", "-c", "\n".join([*self._setup, "complete -C $argv[1]"]), line], cwd=self._home,
                                env=environment(self._home), capture_output=True, text=True, timeout=DEADLINE)
        assert (result.returncode, result.stderr) == (0, ""), result
        return dict((*offer.split("\t"), "")[:2] for offer in result.stdout.splitlines())

    def complete(self, line):
        offers = self.offers(line)
        if len(offers) == 1:
            line = line[:line.rindex(" ") + 1] + next(iter(offers))
        return Completed(line, "  ".join(offers))


@contextlib.contextmanager
def fish(home, *setup):
    """fish, which looks for completions where they are installed."""
    yield _Fish(home, *setup)
