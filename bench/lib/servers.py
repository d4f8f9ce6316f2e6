# SPDX-License-Identifier: ISC
"""The servers that are compared: how each is started, when it is ready, how it is stopped.

    with servers.by_name("haild").running(message=b"Hello", core=0, options=("--idle=60s",)) as server:
        server.port, server.pid, server.pids(), server.cpu_seconds()
"""
import contextlib
import functools
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from lib import machine

GREETING = b"Hi from server"
DEADLINE = 60
NGINX_MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")
# Each is ready to hold this many connections, if its kind can.
CONNECTIONS = 19500
# How many clients those that fork may serve at once: tcpserver's own 40 would be few.
FORKS = 200
CAT = shutil.which("cat")
# nginx takes no longer word than 4096 bytes, each of which may need a backslash.
NGINX_WORD = 2000


class Server:
    """One of those compared.

    command  makes the command line: command(port, message_file)
    tells    whether it prints its address when it is ready; port is then 0
    forks    whether it starts a process for each client
    crowd    how many clients at once it can take. A queue that overflows leaves some connected and never
             greeted, and to ncat's length of 10 nobody can add
    udp      whether it is asked by datagram
    header   what a client must send before it is greeted
    twin     the name of the one to which it is compared that does the same; or None
    message  what it is told to say
    greeting what a client hears then; {peer} is its own address
    """

    def __init__(self, name, command, tells=True, forks=False, crowd=64, udp=False, header=b"", twin=None,
                 message=GREETING, greeting=GREETING):
        self.name, self.command, self.tells, self.forks, self.crowd = name, command, tells, forks, crowd
        self.udp, self.header, self.twin = udp, header, twin
        self.message, self.greeting = message, greeting

    def __repr__(self):
        return f"Server({self.name})"

    def is_there(self):
        """Whether its program is on this machine."""
        program = self.command(0, os.devnull)[0]
        return bool(shutil.which(program)) and (program != "nginx" or NGINX_MODULE.exists())

    @contextlib.contextmanager
    def running(self, message=None, core=None, options=(), prefix=()):
        """A with-block in which it serves the message, or its own, on that core alone.

        options  more of them; for haild only, others are run without
        prefix   a command to put before it, such as valgrind
        """
        with tempfile.TemporaryDirectory(prefix="haild-bench-") as folder:
            file = pathlib.Path(folder, "message")
            file.write_bytes(self.message if message is None else message)
            port = 0 if self.tells else _free_port()
            command = [*prefix, *self.command(port, file)]
            if self.name.startswith("haild"):
                command += options
            running = Running(self, command, port, core)
            try:
                running.wait_ready()
                yield running
            finally:
                running.stop()


class Running:
    """A server that runs: .port, .pid, .pids(), .cpu_seconds()."""

    def __init__(self, server, command, port, core):
        self.server, self.port = server, port
        self._clock = machine.CpuClock()
        self._output = tempfile.TemporaryFile()
        # haild-log shows what its log costs, not what a disk does.
        errors = subprocess.DEVNULL if server.name == "haild-log" else self._output

        def become():
            if core is not None:
                os.sched_setaffinity(0, {core})
            self._clock.enter()

        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if server.tells else subprocess.DEVNULL,
            stderr=errors, preexec_fn=become, start_new_session=True, env={**os.environ, "LC_ALL": "C"})

    @property
    def pid(self):
        return self.process.pid

    def pids(self):
        """The processes that serve now, its children included."""
        return [self.pid, *machine.children(self.pid)]

    def cpu_seconds(self):
        """The CPU time that it has used, with all its children, those that have ended included."""
        return self._clock.read(self.pid)

    def wait_ready(self):
        """Waits until it accepts connections."""
        if self.server.tells:
            self._read_address()
        else:
            self._wait(self._accepts, "to accept connections")
        if self.server.forks:
            self._wait(lambda: self.pids() == [self.pid], "to be done with its first client")
        self._at_rest = self.sockets()

    def wait_idle(self):
        """Waits until it has closed the connections of all clients, and their processes have ended."""
        self._wait(lambda: self.sockets() <= self._at_rest, "to be idle")

    def _wait(self, condition, what):
        machine.poll_until(condition, f"{self.server.name} {what}", DEADLINE)

    def sockets(self):
        """How many sockets its processes have open; a process that has none counts as one."""
        return sum(max(1, _sockets_of(pid)) for pid in self.pids())

    def _read_address(self):
        with self.process.stdout as stdout:
            line = stdout.readline() if select.select([stdout], [], [], DEADLINE)[0] else b""
        if not re.fullmatch(rb"(proxy )?127\.0\.0\.1:\d+\n", line):
            self._fail(f"instead of its address it printed {line!r}")
        self.port = int(line.rpartition(b":")[2])

    def _accepts(self):
        if self.process.poll() is not None:
            self._fail("it ended")
        if self.server.udp:
            return self._answers()
        with contextlib.suppress(ConnectionError):
            with socket.create_connection(("127.0.0.1", self.port), DEADLINE) as client:
                client.sendall(self.server.header)
                while client.recv(1 << 16):
                    pass
            return True
        return False

    def _answers(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client, contextlib.suppress(OSError):
            client.settimeout(0.1)
            client.connect(("127.0.0.1", self.port))
            client.send(bytes(512))
            return bool(client.recv(1 << 16))
        return False

    def _fail(self, what):
        self._output.seek(0)
        said = self._output.read().decode(errors="replace")[-2000:]
        raise RuntimeError(f"{self.server.name} is not ready: {what}\n{said}")

    def stop(self):
        """Ends it, and those of its children that outlive it."""
        self.process.terminate()
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._output.close()
        self._clock.remove()


def _sockets_of(pid):
    """How many sockets a process has open."""
    count = 0
    with contextlib.suppress(OSError):
        for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                count += os.readlink(descriptor).startswith("socket:")
    return count


def _free_port():
    """A port that nobody has; in our own namespace nobody takes it."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


def haild(*options):
    """Makes the command line of a haild with these options."""
    return lambda port, file: [machine.built("src/haild"), *options, "-l", "127.0.0.1", "-p", str(port),
                               "-f", str(file)]


def peer(name, *options):
    """Makes the command line of one of our own in C, of bench/peers."""
    return lambda port, file: [machine.built(f"bench/peers/{name}"), *options, str(file)]


def _python(port, file):
    return [sys.executable, str(machine.ROOT / "bench/peers/tutorial_server.py"), str(file)]


def _tcpserver(port, file):
    return ["tcpserver", "-q", "-HR", "-l0", "-c", str(FORKS), "-b", str(machine.BACKLOG),
            "127.0.0.1", str(port), CAT, str(file)]


def _socat(port, file):
    return ["socat", "-U", f"TCP4-LISTEN:{port},bind=127.0.0.1,backlog={machine.BACKLOG},reuseaddr,fork",
            f"OPEN:{file},rdonly"]


def _ncat(port, file):
    return ["ncat", "-4", "-l", "-k", "-m", str(FORKS), "-e", f"{CAT} {file}", "127.0.0.1", str(port)]


def _socat_by_udp(port, file):
    # One way only (-U, from the file) would leave each request in the socket, and answer it for ever.
    return ["socat", f"UDP4-RECVFROM:{port},bind=127.0.0.1,fork", f"SYSTEM:{CAT} {file}"]


def nginx(port, file, hears=False, log="off", expands=False):
    """The command line of nginx.

    hears    it hears a PROXY header first
    log      the argument of access_log
    expands  the message names variables of nginx
    """
    folder = pathlib.Path(file).parent
    config = folder / "nginx.conf"
    if port:
        text = pathlib.Path(file).read_bytes().decode("latin-1")
        values, words = ("", f'"{text}"') if expands else _nginx_return(text)
        config.write_text(_nginx_config(port, values, words, folder, hears, log), "latin-1")
    return ["nginx", "-p", str(folder), "-c", str(config), "-e", "stderr"]


def _nginx_config(port, values, words, folder, hears, log):
    """One worker. A log of connections says who has come, as haild's does. It listens for datagrams, too, which
    costs nothing while none come."""
    return f"""
load_module {NGINX_MODULE};
daemon off;
user root;
pid {folder}/nginx.pid;
error_log stderr crit;
worker_processes 1;
worker_rlimit_nofile {CONNECTIONS + 500};
events {{ worker_connections {CONNECTIONS}; }}
stream {{
	log_format connected "connected: $remote_addr:$remote_port";
	access_log {log};
	{values}
	server {{
		listen 127.0.0.1:{port} backlog={machine.BACKLOG}{" proxy_protocol" * hears};
		listen 127.0.0.1:{port} udp;
		return {words};
	}}
}}
"""


def _nginx_return(text):
    """Variables, and the argument of `return`. What that can't be told literally, a long text or a dollar, is
    made of variables; parts that are the same are one variable."""
    if len(text) <= NGINX_WORD and "$" not in text:
        return "", _nginx_quote(text)
    parts = [text[i:i + NGINX_WORD] for i in range(0, len(text), NGINX_WORD)]
    names = {part: f"$p{number}" for number, part in enumerate(dict.fromkeys(parts))}
    values = "".join(f"geo {name} {{ default {_nginx_quote(part)}; }}\n" for part, name in names.items())
    return values, '"' + "".join(names[part] for part in parts) + '"'


def _nginx_quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# The name that those say who say more than one text.
NAME = b"bench"
SEES_PEER = NAME + b" sees {peer}\n"

SERVERS = [
    Server("haild", haild("-q"), twin="nginx"),
    Server("haild-log", haild(), twin="nginx-buffered"),
    Server("haild-template", haild("-q", "-e", f"--instance={NAME.decode()}"), twin="nginx-template",
           message=b"{instance} sees {peer}\n", greeting=SEES_PEER),
    Server("plain", peer("plain")),
    Server("corked", peer("plain", "--cork")),
    Server("lingering", peer("lingering")),
    Server("hello", peer("hello")),
    Server("nginx", nginx, tells=False),
    Server("nginx-log", functools.partial(nginx, log="/dev/null connected"), tells=False),
    Server("nginx-buffered", functools.partial(nginx, log="/dev/null connected buffer=4k flush=1s"), tells=False),
    Server("nginx-template", functools.partial(nginx, expands=True), tells=False,
           message=b"$hostname sees $remote_addr:$remote_port\n",
           greeting=socket.gethostname().lower().encode() + b" sees {peer}\n"),
    Server("python", _python),
    Server("tcpserver", _tcpserver, tells=False, forks=True),
    Server("socat", _socat, tells=False, forks=True),
    Server("ncat", _ncat, tells=False, forks=True, crowd=8),
]


# Those that answer datagrams. The loop is the floor: it reads and sends many at a time, and checks nothing. The other
# is that of a program that has more to wait for.
DATAGRAM_SERVERS = [
    Server("haild", haild("-q", "-u", "--rate-per-source=0"), udp=True),
    Server("loop", peer("datagram"), udp=True),
    Server("loop-epoll", peer("datagram", "--epoll"), udp=True),
    Server("nginx", nginx, tells=False, udp=True),
    Server("socat", _socat_by_udp, tells=False, forks=True, crowd=8, udp=True),
]


def by_name(name):
    """The server of that name."""
    for server in SERVERS:
        if server.name == name:
            return server
    raise SystemExit(f"there is no server {name}; there are: {', '.join(one.name for one in SERVERS)}")
