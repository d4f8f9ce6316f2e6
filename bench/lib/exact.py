"""What a greeting costs in figures that noise does not touch: TCP segments, system calls, user instructions."""
import contextlib
import dataclasses
import pathlib
import re
import signal
import subprocess
import tempfile

from lib import load, machine
from lib.table import Table

# Greetings for each figure; fewer where each is a process of its own, or interpreted.
SEGMENT_GREETINGS, SEGMENT_GREETINGS_FORKING = 10000, 500
CALL_GREETINGS, CALL_GREETINGS_FORKING = 10000, 100
INSTRUCTION_GREETINGS, INSTRUCTION_GREETINGS_FORKING = (2000, 12000), (8, 40)
# What callgrind's child counts begins with what its parent had counted, unless that is put away before
# the fork; and what a process had counted is lost when it becomes another program.
CALLGRIND = ("valgrind", "--tool=callgrind", "--trace-children=yes", "--vgdb=no",
             "--dump-before=fork", "--dump-before=execve")

FIGURES = ("segments", "calls", "instructions")
NOTES = ("segments: of TCP, both sides' together",
         "calls: system calls of the server while clients wait in its queue",
         "instructions: of the server in user mode, libraries included")


@dataclasses.dataclass
class Exact:
    """What one greeting of a server costs: .segments, .calls, .instructions; .calls_by_name."""
    segments: float
    calls: float
    instructions: float
    calls_by_name: dict


def measure(server):
    """All figures of a server."""
    by_name = calls_by_name(server)
    return Exact(segments(server), sum(by_name.values()), instructions(server), by_name)


def tables(servers):
    """Measures the servers; returns the tables of the figures, and of each one's system calls."""
    figures = Table("exact", "What a greeting costs, in figures that noise does not touch",
                    ["server", *FIGURES], NOTES)
    names = Table("calls", "System calls for a greeting, by name", ["server", "call", "calls"])
    for server in servers:
        exact = measure(server)
        figures.add(server.name, *(getattr(exact, figure) for figure in FIGURES))
        for name, count in sorted(exact.calls_by_name.items(), key=lambda item: (-round(item[1], 2), item[0])):
            if count >= 0.005:
                names.add(server.name, name, count)
    return [figures, names]


def _greet(running, count):
    """Lets clients come, as many at once as the server can take, and waits until it has done with them."""
    load.closed(running, count, concurrency=running.server.crowd)
    running.wait_idle()


def segments(server):
    """TCP segments for a greeting, those of both sides."""
    count = SEGMENT_GREETINGS_FORKING if server.forks else SEGMENT_GREETINGS
    with server.running(core=machine.cores()[0]) as running:
        before = _segments_sent()
        _greet(running, count)
        return (_segments_sent() - before) / count


def _segments_sent():
    """Segments sent in this namespace, in which both ends are. A client that gets no processor for 40 ms sends
    its delayed acknowledgement, and one that waits long enough is sent its segment again: neither is the
    server's doing."""
    return (machine.kernel_counter("snmp", "Tcp", "OutSegs") - machine.kernel_counter("snmp", "Tcp", "RetransSegs")
            - machine.kernel_counter("netstat", "TcpExt", "DelayedACKs"))


def calls_by_name(server):
    """System calls for a greeting. strace makes the server so slow that it always has clients in its queue: this
    is what they cost at saturation."""
    count = CALL_GREETINGS_FORKING if server.forks else CALL_GREETINGS
    with server.running(core=machine.cores()[0]) as running, tempfile.NamedTemporaryFile("r") as summary:
        _greet(running, count // 10)
        with _traced(running.pids(), summary.name):
            _greet(running, count)
        rows = [line.split() for line in summary]
    return {row[-1]: int(row[3]) / count for row in rows
            if len(row) >= 5 and row[3].isdigit() and row[-1] != "total"}


@contextlib.contextmanager
def _traced(pids, summary):
    """A with-block in which strace counts the calls of these processes, and of those that they start."""
    tracer = subprocess.Popen(["strace", "-f", "-c", "-o", summary, *(f"-p{pid}" for pid in pids)],
                              stderr=subprocess.PIPE, text=True)
    try:
        for _ in pids:
            said = tracer.stderr.readline()
            if "attached" not in said:
                raise RuntimeError(f"strace does not attach: {said}")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate()


def instructions(server):
    """Instructions in user mode for a greeting, those of the libraries included: the difference of two runs, so
    that what the start takes is not in it."""
    few, many = INSTRUCTION_GREETINGS_FORKING if server.forks else INSTRUCTION_GREETINGS
    return (_all_instructions(server, many) - _all_instructions(server, few)) / (many - few)


def _all_instructions(server, count):
    """Instructions in user mode of a whole run, with those of all processes."""
    with tempfile.TemporaryDirectory(prefix="haild-callgrind-") as folder:
        prefix = (*CALLGRIND, f"--callgrind-out-file={folder}/%p")
        with server.running(core=machine.cores()[0], prefix=prefix) as running:
            _greet(running, count)
        return sum(_total(file) for file in pathlib.Path(folder).iterdir())


def _total(file):
    """What a file of callgrind's has counted."""
    return int(re.search(r"^totals: (\d+)$", file.read_text(), re.MULTILINE)[1])
