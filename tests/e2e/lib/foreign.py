# SPDX-License-Identifier: ISC
"""Servers and proxies of other projects, which the machine may have, each for a with-block.

They are given ports before they start, so the test needs a network namespace of its own, where nobody takes them.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from lib import harness
from lib.harness import poll_until

NGINX_MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")


def free_port(host="127.0.0.1"):
    """A port that nobody has. In a namespace of our own nobody takes it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as unused:
        unused.bind((host, 0))
        return unused.getsockname()[1]


def version_of(package):
    """The version of a Debian package."""
    query = ["dpkg-query", "-W", "-f", "${Version}", package]
    done = subprocess.run(query, capture_output=True, text=True) if shutil.which(query[0]) else None
    return f"{package} {done.stdout}" if done and done.stdout else f"{package} (version unknown)"


class Foreign:
    """A program of another project that serves at .port.

    command  makes the command line: command(port, folder)
    ready    a path that appears when it is ready; None: it must accept a connection
    """

    def __init__(self, command, ready=None):
        self._command, self._ready = command, ready

    def __enter__(self):
        self._stack = contextlib.ExitStack()
        folder = pathlib.Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="haild-foreign-")))
        self._output = self._stack.enter_context(tempfile.TemporaryFile())
        self.port = free_port()
        self.process = harness.start(self._command(self.port, folder), stdin=subprocess.DEVNULL, stdout=self._output,
                                     stderr=self._output, start_new_session=True, env=harness.environment())
        try:
            poll_until(self._is_ready)
        except BaseException as problem:
            problem.add_note(f"its output: {self.output()}")
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._stack.close()

    def output(self):
        """What it has printed so far."""
        return os.pread(self._output.fileno(), 1 << 20, 0).decode(errors="replace")

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.process.args[0]} ended")
        if self._ready:
            return pathlib.Path(self._ready).exists()
        with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False


def need_nginx():
    """Skips the test where nginx is not installed with its module for streams."""
    harness.need("nginx")
    if not NGINX_MODULE.exists():
        raise unittest.SkipTest("nginx has no module for streams (Debian's libnginx-mod-stream)")


def nginx(stream, clients=1024):
    """nginx with that in its stream block, in which {port} is its port."""
    def command(port, folder):
        config = folder / "nginx.conf"
        config.write_text(f"load_module {NGINX_MODULE};\ndaemon off;\nuser root;\npid {folder}/nginx.pid;\n"
                          f"error_log stderr crit;\nworker_processes 1;\n"
                          f"events {{ worker_connections {clients}; }}\n"
                          f"stream {{\n{stream.replace('{port}', str(port))}\n}}\n")
        return ["nginx", "-p", str(folder), "-c", str(config), "-e", "stderr"]
    return Foreign(command)


def haproxy(*lines, ready=None):
    """HAProxy with one TCP proxy of these lines, in which {port} is its port."""
    def command(port, folder):
        config = folder / "haproxy.cfg"
        text = "".join(f"\t{line.replace('{port}', str(port))}\n" for line in lines)
        config.write_text("global\n\tmaxconn 1000\ndefaults\n\tmode tcp\n\ttimeout connect 10s\n\ttimeout client 1m\n"
                          f"\ttimeout server 1m\nlisten it\n{text}")
        return ["haproxy", "-db", "-f", str(config)]
    return Foreign(command, ready)


def cat(folder, greeting):
    """The words of a command that prints the greeting."""
    message = folder / "message"
    message.write_bytes(greeting)
    return [shutil.which("cat"), str(message)]


def xinetd(greeting):
    """xinetd, which needs real root: in a user namespace its children may not set their groups, and end."""
    def command(port, folder):
        program, message = cat(folder, greeting)
        config = folder / "xinetd.conf"
        config.write_text("defaults\n{\n\tinstances = UNLIMITED\n\tcps = 100000 1\n}\nservice greeting\n{\n\ttype = UNLISTED\n"
                          f"\tsocket_type = stream\n\tprotocol = tcp\n\tbind = 127.0.0.1\n\tport = {port}\n\twait = no\n"
                          f"\tuser = root\n\tserver = {program}\n\tserver_args = {message}\n}}\n")
        return ["xinetd", "-dontfork", "-f", str(config), "-pidfile", str(folder / "pid")]
    return Foreign(command)


def tcpserver(greeting):
    return Foreign(lambda port, folder: ["tcpserver", "-q", "-HR", "-l0", "-c", "200", "127.0.0.1", str(port),
                                         *cat(folder, greeting)])


def socat(greeting, *, one_way):
    """socat, from the file to the client alone, or with a command for each client."""
    def command(port, folder):
        words = cat(folder, greeting)
        listen = f"TCP4-LISTEN:{port},bind=127.0.0.1,backlog=200,reuseaddr,fork"
        return ["socat", "-U", listen, f"OPEN:{words[1]},rdonly"] if one_way else ["socat", listen,
                                                                                  f"EXEC:{' '.join(words)}"]
    return Foreign(command)


def ncat(greeting):
    return Foreign(lambda port, folder: ["ncat", "-4", "-l", "-k", "-m", "200", "-e", " ".join(cat(folder, greeting)),
                                         "127.0.0.1", str(port)])
