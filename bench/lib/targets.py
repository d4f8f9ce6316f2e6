# SPDX-License-Identifier: ISC
"""What haild must reach, held against the tables that are there; and the tables in the documents."""
import collections
import operator
import pathlib
import re

from lib import servers
from lib.table import Table, figure, load

# The documents have a table between these marks: that of what must be reached, if none is named.
MARKS = re.compile(r"(<!-- bench:begin ?(\w*) -->\n).*?(<!-- bench:end -->)", re.DOTALL)

# what: in words; find: gets it from the Results; meets, limit: what it must reach, None if it is only told
Target = collections.namedtuple("Target", "what find meets limit unit", defaults=("",))
at_most, at_least, exactly = operator.le, operator.ge, operator.eq
WORDS = {at_most: "at most", at_least: "at least", exactly: "exactly"}


class Results:
    """The tables that a run has left in a folder."""

    def __init__(self, folder):
        self._folder = folder

    def get(self, table, column, **wanted):
        """A number of the row that has these values; None if it wasn't measured."""
        for row in load(self._folder, table):
            if all(row.get(name) == value for name, value in wanted.items()):
                return row.get(column)
        return None


def _cell(table, column, **wanted):
    return lambda results: results.get(table, column, **wanted)


TARGETS = (
    Target("TCP segments a greeting", _cell("exact", "segments", server="haild"), exactly, 6),
    Target("system calls a greeting, at saturation", _cell("exact", "calls", server="haild"), at_most, 6.2),
    Target("user instructions a greeting", _cell("exact", "instructions", server="haild"), at_most, 2500),
    Target("the same, moonshot", _cell("exact", "instructions", server="haild"), at_most, 1000),
    Target("allocations a session, once warm", _cell("exact", "allocations", server="haild"), exactly, 0),
    Target("CPU a greeting while clients wait, to nginx's", _cell("burst", "to_nginx", server="haild"),
           at_most, 0.92),
    Target("CPU a greeting while clients wait, to the plain loop's", _cell(
        "burst", "to_plain", server="haild"), at_most, 1.05),
    Target("CPU a greeting while clients wait, hello-world's to haild's", _cell(
        "burst", "to_haild", server="hello"), at_least, 1.35),
    Target("CPU a greeting in a closed loop, to nginx's", _cell("speed", "to_nginx", server="haild"),
           at_most, 0.8),
    Target("CPU a greeting in a closed loop, to the plain loop's", _cell("speed", "to_plain", server="haild"),
           at_most, 1),
    Target("CPU a greeting in a closed loop, to that of a loop as careful", _cell(
        "speed", "to_lingering", server="haild"), None, None),
    Target("calls of accept a greeting in a closed loop", _cell("loop", "accept", server="haild", clients=64),
           at_most, 1.15),
    Target("calls of epoll_ctl a greeting in a closed loop", _cell("loop", "epoll_ctl", server="haild", clients=64),
           at_most, 0.01),
    Target("CPU a greeting in a closed loop, hello-world's to haild's", _cell(
        "speed", "to_haild", server="hello"), at_least, 1.35),
    Target("with the log: user instructions", _cell("exact", "instructions", server="haild-log"), at_most, 1800),
    Target("with the log: system calls, at saturation", _cell("exact", "calls", server="haild-log"), at_most, 5.35),
    Target("with the log: CPU while clients wait, to that with -q", _cell("burst", "to_haild", server="haild-log"),
           at_most, 1.03),
    Target("with the log: CPU in a closed loop, to that with -q", _cell("speed", "to_haild", server="haild-log"),
           at_most, 1.03),
    Target("with the log: CPU while clients wait, to nginx's with its log", _cell(
        "burst", "to_twin", server="haild-log"), None, None),
    Target("a template: user instructions", _cell("exact", "instructions", server="haild-template"), at_most, 2000),
    Target("a template: system calls, at saturation", _cell("exact", "calls", server="haild-template"),
           at_most, 5.35),
    Target("a template: CPU while clients wait, to a constant greeting's", _cell(
        "burst", "to_haild", server="haild-template"), at_most, 1.03),
    Target("a template: CPU in a closed loop, to a constant greeting's", _cell(
        "speed", "to_haild", server="haild-template"), at_most, 1.03),
    Target("a template: CPU while clients wait, to nginx's with variables", _cell(
        "burst", "to_twin", server="haild-template"), None, None),
    Target("p99 latency at the same rate, to nginx's", _cell("latency_same", "p99_to_nginx", server="haild"),
           at_most, 1.1),
    Target("the same, with the log", _cell("latency_same", "p99_to_nginx", server="haild-log"), at_most, 1.1),
    Target("greetings a second while clients wait, 10,000 held, to none", _cell(
        "held_burst", "per_second_ratio", server="haild", held=10000), at_least, 0.95),
    Target("greetings a second while clients wait, 19,000 held, to none", _cell(
        "held_burst", "per_second_ratio", server="haild", held=19000), at_least, 0.92),
    Target("greetings a second in a closed loop, 10,000 held, to none", _cell(
        "held", "per_second_ratio", server="haild", held=10000), at_least, 0.95),
    Target("greetings a second in a closed loop, 19,000 held, to none", _cell(
        "held", "per_second_ratio", server="haild", held=19000), at_least, 0.92),
    Target("CPU a greeting in a closed loop, 10,000 held, to none", _cell(
        "held", "cpu_ratio", server="haild", held=10000), None, None),
    Target("CPU a greeting in a closed loop, 19,000 held, to none", _cell(
        "held", "cpu_ratio", server="haild", held=19000), None, None),
    Target("CPU an answer by datagram, to a bare loop's", _cell("datagram", "to_loop", server="haild"), at_most, 1.08),
    Target("CPU an answer by datagram, to that of a bare loop with epoll", _cell(
        "datagram", "to_loop-epoll", server="haild"), None, None),
    Target("resident memory of a lingering connection", _cell("memory", "bytes_each", server="haild"),
           at_most, 80, "bytes"),
    Target("500 clients that don't read 1 MiB", _cell("memory_silent", "growth_mib", server="haild"),
           at_most, 8, "MiB"),
    Target("memory that the machine lacks with 400 clients that don't read 1 MiB", _cell(
        "memory_machine", "lacking_mib", server="haild"), at_most, 20, "MiB"),
    Target("CPU a greeting of 64 KiB, to the plain loop's", _cell(
        "message", "to_plain", server="haild", bytes=65536), at_most, 1.1),
    Target("CPU a greeting of 1 MiB, to the plain loop's", _cell(
        "message", "to_plain", server="haild", bytes=1 << 20), at_most, 0.8),
    Target("start to the first greeting, over the plain loop's", _cell(
        "start", "over_plain_ms", server="haild"), at_most, 2, "ms"),
    Target("hailto's time, to that of netcat-openbsd", _cell("clients", "to_nc", client="hailto"),
           at_most, 1),
    Target("CPU a greeting behind PROXY headers, to a plain one's", _cell("limits", "to_haild", server="haild-proxy"),
           at_most, 1.25),
    Target("the same, to nginx's behind PROXY headers", _cell("limits", "to_nginx", server="haild-proxy"), at_most, 0.9),
    Target("system calls that a PROXY header adds", _cell("limits", "more_calls", server="haild-proxy"), at_most, 2.05),
    Target("user instructions that 100,000 denied networks add", _cell(
        "limits", "more_instructions", server="haild-deny"), at_most, 150),
    Target("the same, of IPv6", _cell("limits", "more_instructions", server="haild-deny6"), at_most, 150),
    Target("system calls that they add", _cell("limits", "more_calls", server="haild-deny"), at_most, 0.05),
    Target("user instructions that limits for each source add", _cell(
        "limits", "more_instructions", server="haild-sources"), at_most, 200),
    Target("user instructions of hailto, asking once", _cell("clients", "instructions", client="hailto"),
           at_most, 550000),
    Target("CPU an attempt of hailto's, of many, to the bare generator's", _cell("many", "cpu_ratio", client="hailto"),
           at_most, 1.25),
    Target("attempts a second of hailto's, of many, to the bare generator's", _cell(
        "many", "rate_ratio", client="hailto"), at_least, 0.85),
)

# The columns of the summary: heading, table, column. Ratios, for a time alone is another on each machine.
SUMMARY = (
    ("segments", "exact", "segments"),
    ("system calls", "exact", "calls"),
    ("user instructions", "exact", "instructions"),
    ("allocations", "exact", "allocations"),
    ("CPU while clients wait, to plain", "burst", "to_plain"),
    ("CPU in a closed loop, to plain", "speed", "to_plain"),
    ("p99 latency at one rate, to nginx", "latency_same", "p99_to_nginx"),
)


def judge(folder):
    """The table of all targets, as far as their figures have been measured."""
    table = Table("targets", "What haild and hailto must reach", ("what", "measured", "target", "outcome"))
    results = Results(folder)
    for target in TARGETS:
        value = target.find(results)
        unit = f" {target.unit}" if target.unit else ""
        wanted = f"{WORDS[target.meets]} {figure(target.limit)}{unit}" if target.meets else "told only"
        outcome = "" if value is None or not target.meets else (
            "met" if target.meets(value, target.limit) else "missed")
        table.add(target.what, "not measured" if value is None else f"{figure(value)}{unit}", wanted, outcome)
    return table


def summarize(folder):
    """The table of all servers in short, as far as their figures have been measured."""
    table = Table("summary", "A greeting, in short", ("server", *(heading for heading, _, _ in SUMMARY)))
    results = Results(folder)
    for server in servers.SERVERS:
        cells = [results.get(source, column, server=server.name) for _, source, column in SUMMARY]
        if any(cell is not None for cell in cells):
            table.add(server.name, *cells)
    return table


# The rows of the table in README.md: a server, and what a stranger calls it. First as people run it.
BRIEFLY = (
    ("haild-log", "haild, which logs each connection"),
    ("haild-template", "haild `-q`, saying `{instance} sees {peer}`"),
    ("haild", "haild `-q`"),
    ("nginx-buffered", "nginx `return`, with a buffered log"),
    ("nginx-log", "nginx `return`, with a log"),
    ("nginx-template", "nginx `return`, saying `$hostname sees $remote_addr:$remote_port`"),
    ("nginx", "nginx `return`"),
    ("lingering", "a loop in C that closes as carefully as haild"),
    ("plain", "a loop in C that closes at once, as nginx does"),
    ("hello", "libevent's hello-world, which closes at once, too"),
)


def brief(folder):
    """The results for a reader who wants few: some servers, and columns that need no explanation."""
    table = Table("short", "A greeting, at a glance", ("a greeting by", "TCP segments", "system calls",
                                                       "CPU while clients wait, nginx = 1", "CPU in a closed loop"))
    results = Results(folder)
    for server, words in BRIEFLY:
        cells = [results.get(source, column, server=server) for source, column in (
            ("exact", "segments"), ("exact", "calls"), ("burst", "to_nginx"), ("speed", "to_nginx"))]
        if None not in cells:
            segments, calls, *cpu = cells
            table.add(words, segments, round(calls, 1), *(round(ratio, 2) for ratio in cpu))
    return table


def tell(tables, documents):
    """Puts the tables into the documents that have marks for them."""
    by_name = {table.name: table for table in tables}

    def marked(found):
        return f"{found[1]}\n{by_name[found[2] or 'targets'].markdown()}\n{found[3]}"
    for document in map(pathlib.Path, documents):
        if document.exists():
            document.write_text(MARKS.sub(marked, document.read_text()))
