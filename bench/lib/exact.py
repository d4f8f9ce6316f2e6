# SPDX-License-Identifier: ISC
"""What a greeting costs, in figures that noise does not touch: segments, calls, instructions, allocations."""
import collections
import contextlib
import functools
import os
import pathlib
import re
import signal
import subprocess
import tempfile

from lib import load, machine, servers, speed, table

RESULTS = machine.ROOT / "bench/results"
# Nothing here is noise; but another compiler, C library or libevent makes other code. So instructions are judged only
# where all that machine.describe() calls so is as it was recorded; the system tells of the libraries. Elsewhere the
# guard records them in a file of that environment, and judges them from then on.
TOLERANCE = 0.05
ENVIRONMENT = ("system", "compiler")
OF_THE_ENVIRONMENT = ("instructions",)

# How many greetings are taken for a figure. A difference of two runs leaves out what the start takes.
Counts = collections.namedtuple("Counts", "segments calls short_run long_run")
COUNTS = Counts(10000, 2000, 1280, 6400)
# Instructions are counted in bursts: a server that always has the same number of clients waiting makes the same
# turns. At how many of them haild looks within the burst varies a little, under callgrind.
BURST = 128
COUNTS_FORKING = Counts(500, 100, 4, 16)  # each is a process of its own

# What callgrind's child counts begins with all that its parent had counted, unless that is put away before
# the fork; and what a process had counted is lost when it becomes another program.
CALLGRIND = ("valgrind", "--tool=callgrind", "--trace-children=yes", "--vgdb=no",
             "--dump-before=fork", "--dump-before=execve")
ALLOCATES = re.compile(r"(malloc|calloc|realloc|memalign|aligned_alloc|posix_memalign)('\d+)?")

# The calls that depend on how many clients a turn of the loop finds: the column, and their names.
LOOP = {"accept": ("accept", "accept4"), "epoll_ctl": ("epoll_ctl",), "epoll_wait": ("epoll_wait", "epoll_pwait")}
FIGURES = ("segments", "calls", "instructions", "allocations")
NOTES = ("segments: of TCP, both sides' together",
         "calls: system calls of the server while clients wait in its queue",
         f"instructions: of the server in user mode, libraries included, with bursts of {BURST} clients",
         "allocations: calls of malloc and its like, libraries included")


def measure(_effort):
    """The tables of all servers that are here, and of their system calls."""
    names = table.Table("calls", "System calls for a greeting, by name", ("server", "call", "calls"),
                        detail=True)
    all_figures = _table_of_figures("exact")
    loop = table.Table("loop", "System calls for a greeting in a closed loop", ("server", "clients", *LOOP),
                       ("clients: so many at a time. The kernel counts (perf), which costs the server next to nothing:",
                        "how many clients a turn of its loop finds is as always, and no exact figure."))
    for server in servers.SERVERS:
        if server.is_there():
            figures, by_name = of_server(server)
            all_figures.add(server.name, *figures.values())
            for name, count in sorted(by_name.items(), key=lambda call: (-call[1], call[0])):
                names.add(server.name, name, count)
            for clients in () if server.forks or not _perf_counts_calls() else (1, server.crowd):
                loop.add(server.name, float(clients), *_calls_in_loop(server, clients))
    return [names, all_figures, loop]


def _table_of_figures(name):
    return table.Table(name, "What a greeting costs, in figures that noise does not touch", ("server", *FIGURES), NOTES)


def guard():
    """Holds haild's figures against those recorded, and says so; returns an exit code. More is a loss; and
    fewer are to be recorded, or the next loss goes unseen."""
    here = machine.describe()
    name = f"exact.{_environment(here)}"
    if not _recorded(name):
        name = "exact"
    recorded = _recorded(name)
    if not recorded:
        print(f"Nothing to compare with: `script/bench exact` writes {RESULTS}/exact.tsv.")
        return 1
    print(f"haild -q, for a greeting; bench/results/{name}.tsv is held to within {TOLERANCE:.0%}")
    others = differences(table.origin(RESULTS, name), here)
    figures = _least_of_haild(recorded)
    code = judge(figures, recorded, others)
    if others:
        record(figures, here, RESULTS)
    return code


def _recorded(name):
    """haild's figures in a file of results; None if they are not there."""
    return {row["server"]: row for row in table.load(RESULTS, name)}.get("haild")


def _environment(here):
    """A word for the environment of instructions, as a part of a file's name."""
    words = " ".join(dict(here)[name] for name in ENVIRONMENT)
    return re.sub(r"[^a-z0-9.]+", "-", words.lower()).strip("-")


def record(figures, here, folder):
    """Writes haild's figures to a file of this environment, by which the guard judges from then on."""
    own = _table_of_figures(f"exact.{_environment(here)}")
    own.add("haild", *figures.values())
    own.save(folder, [f"machine: {'; '.join(' '.join(part) for part in here)}"])
    print(f"recorded for this environment: {own.name}.tsv")


def differences(origin, here):
    """What of the environment in which the figures were recorded is different here, each as "name value"."""
    return [part for name in ENVIRONMENT for part in origin
            if part.startswith(f"{name} ") and part != f"{name} {dict(here)[name]}"]


def judge(figures, recorded, others):
    """Prints a line about each figure, and the sum; returns an exit code. With others, which is what the
    environment differs in, no verdict is given on figures that depend on it."""
    if others:
        print(f"recorded elsewhere: {'; '.join(others)}")
    judged = [name for name in figures if not (others and name in OF_THE_ENVIRONMENT)]
    held = []
    for name, now in figures.items():
        if name in judged:
            held.append(_compare(name, now, recorded[name]))
        else:
            print(f"{name:12}  {now:10,.2f} now  {recorded[name]:10,.2f} recorded  not judged here")
    print(f"exact figures: {held.count(True)} as recorded, {held.count(False)} not, "
          f"{len(figures) - len(held)} not judged")
    return 0 if all(held) else 1


def _least_of_haild(recorded):
    """haild's figures; with a second and a third try if they are more than recorded. Where the clients lack a
    processor haild waits for them, and each turn of its loop serves fewer: that can only add."""
    haild = servers.by_name("haild")
    figures, _ = of_server(haild)
    for _ in range(2):
        if any(now > recorded[name] and not _is_held(now, recorded[name]) for name, now in figures.items()):
            again, _ = of_server(haild)
            figures = {name: min(now, again[name]) for name, now in figures.items()}
    return figures


def _is_held(now, recorded):
    return abs(now - recorded) <= TOLERANCE * recorded


def _compare(name, now, recorded):
    """Prints a line about a figure; returns whether it is what was recorded."""
    verdict = "TOO MANY" if now > recorded else "FEWER: `script/bench exact` records it"
    if _is_held(now, recorded):
        verdict = "as recorded"
    print(f"{name:12}  {now:10,.2f} now  {recorded:10,.2f} recorded  {verdict}")
    return _is_held(now, recorded)


def of_server(server):
    """All figures of a server by name, and its system calls by theirs. What is less than a hundredth is rare,
    and counts as none."""
    counts = COUNTS_FORKING if server.forks else COUNTS
    calls = _calls(server, counts.calls)
    by_name = {name: round(count, 2) for name, count in calls.items() if count >= 0.005}
    instructions, allocations = _in_user_mode(server, counts)
    segments = _segments(server, counts.segments)
    values = round(segments, 2), round(sum(by_name.values()), 2), round(instructions), round(allocations, 2)
    return dict(zip(FIGURES, values)), by_name


def _greet(running, count):
    """Lets clients come, as many at once as the server can take, and waits until it has done with them."""
    load.closed(running, count, concurrency=running.server.crowd)
    running.wait_idle()


def _greet_in_bursts(running, count):
    """Lets clients come who have all connected before they are served; for those that fork it is all one."""
    if running.server.forks:
        _greet(running, count)
        return
    for _ in range(count // BURST):
        speed.burst(running, BURST)
    running.wait_idle()


PERF = ("perf", "stat", "-x;", *(f"-esyscalls:sys_enter_{call}" for calls in LOOP.values() for call in calls))


@functools.cache
def _perf_counts_calls():
    """Whether perf is here, and may count the system calls of others."""
    try:
        return subprocess.run([*PERF, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@contextlib.contextmanager
def _counted(pids):
    """A with-block in which perf counts the calls of LOOP; gives a dictionary that has them by name behind it."""
    counts = {}
    (commands, to_perf), (answers, from_perf) = os.pipe(), os.pipe()
    words = [*PERF, f"-p{','.join(map(str, pids))}", "--delay=-1", f"--control=fd:{commands},{from_perf}"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, pass_fds=(commands, from_perf)) as perf:
        os.write(to_perf, b"enable\n")
        os.read(answers, 100)  # it has begun
        yield counts
        perf.send_signal(signal.SIGINT)
        said = perf.communicate()[1]
    for descriptor in (commands, to_perf, answers, from_perf):
        os.close(descriptor)
    for count, _, event, *_ in (line.split(";") for line in said.splitlines() if ";" in line):
        counts[event.rpartition("sys_enter_")[2]] = int(count)


def _calls_in_loop(server, clients):
    """The system calls of LOOP for a greeting, with so many clients at a time."""
    with server.running(core=machine.cores()[0]) as running:
        load.closed(running, COUNTS.calls // 10, concurrency=clients)
        with _counted(running.pids()) as counts:
            load.closed(running, COUNTS.segments, concurrency=clients)
            running.wait_idle()
    return [sum(counts[call] for call in calls) / COUNTS.segments for calls in LOOP.values()]


def _segments(server, count):
    """TCP segments for a greeting."""
    with server.running(core=machine.cores()[0]) as running:
        before = _segments_sent()
        _greet(running, count)
        return (_segments_sent() - before) / count


def _segments_sent():
    """Segments sent in this namespace, in which both ends are. A client that gets no processor for 40 ms
    sends its delayed acknowledgement, and what waits long enough is sent again: neither is the server's
    doing."""
    sent, again = (machine.kernel_counter("snmp", "Tcp", name) for name in ("OutSegs", "RetransSegs"))
    return sent - again - machine.kernel_counter("netstat", "TcpExt", "DelayedACKs")


def _calls(server, count):
    """System calls for a greeting, by name. strace makes the server so slow that it always has clients in its
    queue: this is what they cost at saturation."""
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


def _in_user_mode(server, counts):
    """Instructions and allocations for a greeting."""
    short, long = _run_counted(server, counts.short_run), _run_counted(server, counts.long_run)
    return [(more - few) / (counts.long_run - counts.short_run) for few, more in zip(short, long)]


def _run_counted(server, count):
    """Instructions and allocations of a whole run, of all its processes."""
    with tempfile.TemporaryDirectory(prefix="haild-callgrind-") as folder:
        prefix = (*CALLGRIND, f"--callgrind-out-file={folder}/%p")
        with server.running(core=machine.cores()[0], prefix=prefix) as running:
            _greet_in_bursts(running, count)
        profiles = [file.read_text(errors="replace") for file in pathlib.Path(folder).iterdir()]
    return sum(map(_instructions, profiles)), sum(map(_allocations, profiles))


def _instructions(profile):
    return int(re.search(r"^totals: (\d+)$", profile, re.MULTILINE)[1])


def _allocations(profile):
    """Calls of functions that allocate. A profile names a function once, and then goes by its number."""
    names = re.findall(r"^c?fn=\((\d+)\) (.+)$", profile, re.MULTILINE)
    allocating = {number for number, name in names if ALLOCATES.fullmatch(name)}
    calls = re.findall(r"^cfn=\((\d+)\).*\ncalls=(\d+) ", profile, re.MULTILINE)
    return sum(int(count) for number, count in calls if number in allocating)
