# SPDX-License-Identifier: ISC
"""The clients of examples/reading, in many languages: how each is run, and whether it reads greetings whole."""
import collections
import contextlib
import itertools
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import tempfile

from lib import harness
from lib.harness import Daemon, GREETING

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "examples/reading"
HOSTS = {"IPv4": "127.0.0.1", "IPv6": "::1"}
GREETINGS = {
    "short": GREETING,
    "long": b"".join(b"%08d" % number for number in range(8192)),
    "bytes": bytes(range(256)) + b"\xc3\xfe\xff\0\r\n\0",
}
# A virtual machine, or a compiler, takes its time.
PATIENCE = 4 * harness.DEADLINE

# file      in examples/reading
# packages  Debian's, with the programs, in the order of programs()
# command   which runs it; address and port are added. {file} is the file, {folder} one for what is compiled
# compile   the command that compiles it, or None
# library   a package of Debian's without which the interpreter is no use, or None
# lacks     which of HOSTS and GREETINGS it can't do
# version   the command that prints the version of the interpreter or compiler
Row = collections.namedtuple("Row", "file packages command compile library lacks version")


def row(file, packages, command, *, version, compile=None, library=None, lacks=()):
    return Row(file, packages, command, compile, library, lacks, version)


ROWS = (
    row("bash.bash", "bash", "bash {file}", version="bash --version"),
    row("c.c", "build-essential", "{folder}/c", compile="cc -o {folder}/c {file}", version="cc --version"),
    row("csharp.cs", "mono-mcs mono-runtime", "mono {folder}/csharp.exe", compile="mcs -out:{folder}/csharp.exe {file}",
        version="mono --version"),
    row("curl-http.sh", "curl", "sh {file}", version="curl --version"),
    row("curl-telnet.sh", "curl", "sh {file}", version="curl --version", lacks=("bytes",)),
    row("elixir.exs", "elixir", "elixir {file}", version="elixir --short-version"),
    row("erlang.escript", "erlang-base", "escript {file}",
        version="erl -noshell -eval 'io:put_chars(erlang:system_info(otp_release)),halt().'"),
    row("expect.exp", "expect", "expect {file}", version="expect -v"),
    row("gawk.awk", "gawk", "gawk -b -f {file} --", version="gawk --version"),
    row("go.go", "golang-go", "{folder}/go", compile="go build -o {folder}/go {file}", version="go version"),
    row("guile.scm", "guile-3.0", "guile --no-auto-compile -s {file}", version="guile --version"),
    row("java.java", "default-jdk-headless", "java {file}", version="java -version"),
    row("lua.lua", "lua5.4", "lua5.4 {file}", library="lua-socket",
        version="""lua5.4 -e 'print(require("socket")._VERSION)'"""),
    row("nc-busybox.sh", "busybox", "sh {file}", version="busybox"),
    row("nc-openbsd.sh", "netcat-openbsd", "sh {file}", version="nc.openbsd -h"),
    row("nc-traditional.sh", "netcat-traditional", "sh {file}", version="nc.traditional -h", lacks=("IPv6",)),
    row("ncat.sh", "ncat", "sh {file}", version="ncat --version"),
    row("node.js", "nodejs", "node {file}", version="node --version"),
    row("ocaml.ml", "ocaml-nox", "ocaml unix.cma {file}", version="ocaml -version"),
    row("perl.pl", "perl", "perl {file}", version="perl -e 'print $^V'"),
    row("perl-anyevent.pl", "perl", "perl {file}", library="libanyevent-perl",
        version="perl -MAnyEvent -e 'print $AnyEvent::VERSION'"),
    row("perl-poe.pl", "perl", "perl {file}", library="libpoe-perl", version="perl -MPOE -e 'print $POE::VERSION'"),
    row("php.php", "php-cli", "php {file}", version="php --version"),
    row("python.py", "python3", "python3 {file}", version="python3 --version"),
    row("python-asyncio.py", "python3", "python3 {file}", version="python3 --version"),
    row("python-twisted.py", "python3", "/usr/bin/python3 {file}", library="python3-twisted",
        version="/usr/bin/python3 -m twisted --version"),
    row("r.r", "r-base-core", "Rscript {file}", version="Rscript --version", lacks=("IPv6",)),
    row("ruby.rb", "ruby", "ruby {file}", version="ruby --version"),
    row("ruby-eventmachine.rb", "ruby", "ruby {file}", library="ruby-eventmachine",
        version="ruby -reventmachine -e 'puts EM::VERSION'"),
    row("rust.rs", "rustc", "{folder}/rust", compile="rustc -o {folder}/rust {file}", version="rustc --version"),
    row("socat.sh", "socat", "sh {file}", version="socat -V"),
    row("tcl.tcl", "tcl", "tclsh {file}", version="""sh -c 'echo "puts [info patchlevel]" | tclsh'"""),
    row("zsh.zsh", "zsh", "zsh {file}", version="zsh --version", lacks=("IPv6",)),
)


def programs(row):
    """What must be installed: the first words of its commands, but for what is compiled."""
    words = [command.split()[0] for command in (row.compile, row.command, row.version) if command]
    return dict.fromkeys(word for word in words if word != "sh" and not word.startswith("{"))


def _documentation(package):
    """The folder that each package of Debian's has."""
    return f"/usr/share/doc/{package}"


def missing(row):
    """The program or library that the machine lacks for it, or None."""
    for program in programs(row):
        if not shutil.which(program):
            return program
    return row.library if row.library and not os.path.exists(_documentation(row.library)) else None


def needs(row):
    """What it needs, as lists in script/lib.sh have it."""
    lines = [f"program {program} {package}" for program, package in zip(programs(row), row.packages.split())]
    return [*lines, *([f"file {_documentation(row.library)} {row.library}"] if row.library else [])]


def version(row):
    """The version of its interpreter or compiler, or "?"."""
    done = subprocess.run(shlex.split(row.version), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
    found = re.search(r"\d+(\.\d+)+[\w.+-]*|\d+", done.stdout)
    return found[0] if found else "?"


def narrow_window():
    """Lets no client of this network namespace receive more than some 4 KiB at a time, however busy it is."""
    pathlib.Path("/proc/sys/net/ipv4/tcp_rmem").write_text("4096 8192 8192")


def _words(template, row, folder):
    return [word.format(file=FOLDER / row.file, folder=folder) for word in template.split()]


class Reading:
    """For a with-block: a daemon for each of GREETINGS, and a server that says nothing. Needs a network namespace."""

    def __enter__(self):
        narrow_window()
        with contextlib.ExitStack() as stack:
            self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="haild-reading-")))
            self._silent = stack.enter_context(socket.create_server((HOSTS["IPv4"], 0), backlog=len(ROWS)))
            self.ports = {kind: self._daemon(stack, kind, text).port for kind, text in GREETINGS.items()}
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *problem):
        return self._stack.__exit__(*problem)

    def _daemon(self, stack, kind, text):
        message = self.folder / f"{kind}.message"
        message.write_bytes(text)
        return stack.enter_context(Daemon("-q", "-f", message, log=[r"haild: the greeting has 65536 bytes: .*"]))

    def _run(self, command, *more):
        """What Go's compiler keeps for later is not kept."""
        variables = {"GOCACHE": str(self.folder / "go-cache")}
        return harness.run(*command, *more, env=variables, deadline=PATIENCE, cwd=self.folder)

    def compile(self, row):
        """Compiles the client, if that is needed; returns what is wrong with it, or None."""
        result = self._run(_words(row.compile, row, self.folder)) if row.compile else None
        return f"does not compile: {result}" if result and result.exit else None

    def problem(self, row, kind, family):
        """Has the client read one greeting; returns what went wrong, or None."""
        result = self._run(_words(row.command, row, self.folder), HOSTS[family], self.ports[kind])
        if result.exit == 0 and result.stdout == GREETINGS[kind]:
            return None
        return f"{kind}, {family}: {len(result.stdout)} of {len(GREETINGS[kind])} bytes: {result}"

    def problems(self, row):
        """Has the client read all that it can; returns a list of what went wrong. What it lacks must go wrong."""
        problem = self.compile(row)
        if problem:
            return [problem]
        found = []
        for kind, family in itertools.product(GREETINGS, HOSTS):
            problem = self.problem(row, kind, family)
            if {kind, family} & set(row.lacks):
                problem = None if problem else f"{kind}, {family}: can be read after all"
            if problem:
                found.append(problem)
        return found

    def patience_problem(self, row):
        """Has the compiled client read from the server that says nothing; returns a problem if it does not give up."""
        try:
            result = self._run(_words(row.command, row, self.folder), HOSTS["IPv4"], self._silent.getsockname()[1])
        except AssertionError as endless:
            return f"waits: {endless}"
        return f"from a silent server: {result}" if result.stdout else None
