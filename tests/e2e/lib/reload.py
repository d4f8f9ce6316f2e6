# SPDX-License-Identifier: ISC
"""A greeting that is replaced while clients come: files, SIGHUP, a load that knows all texts, and a naive twin."""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys

from lib import harness

READ_AGAIN = r"read .+ again"
STAYS = r"haild: .+; the old (greeting stays|networks stay)"
NOTHING_TO_READ = "nothing to read again: the greeting is not from a file"


def replace(path, content):
    """Puts another file in the place of this one, at once."""
    other = path.with_name(path.name + ".new")
    other.write_bytes(content)
    other.rename(path)


def clear(path):
    """Takes away whatever is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def hang_up(daemon):
    """Sends SIGHUP, and waits until it has been heeded; returns the log lines that tell of it."""
    begin = len(daemon.log_bytes())
    daemon.signal(signal.SIGHUP)
    outcome = re.compile(f"^({READ_AGAIN}|{STAYS}|{NOTHING_TO_READ})$", re.MULTILINE)
    harness.poll_until(lambda: outcome.search(daemon.whole_log(begin)), every=0.001)
    daemon.counters()  # what else it would have said stands before that line
    return [line for line in daemon.log(begin).splitlines()
            if not any(re.fullmatch(usual, line) for usual in harness.EXPECTED_LOG)]


class Haste:
    """Two hasty clients, for a with-block: until its end they connect as fast as they can, and must hear one
    of the texts each time. Then .heard tells how often each text was heard."""

    def __init__(self, port, *texts):
        self._command = [os.path.abspath(os.environ.get("HASTY_CLIENT", "tests/e2e/hasty_client")),
                         str(port), str(2 ** 32 - 1), *texts]
        self._texts = len(texts)

    def __enter__(self):
        self._clients = [harness.start(self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                         for _ in range(2)]
        return self

    def __exit__(self, kind, *_):
        for client in self._clients:
            client.kill() if kind else client.terminate()
        counts = [self._end(client) for client in self._clients]
        if not kind:
            self.heard = [sum(one) for one in zip(*counts, strict=True)]

    def _end(self, client):
        """What a client has counted; AssertionError if it heard anything but the texts."""
        stdout, stderr = client.communicate(timeout=harness.DEADLINE)
        if client.returncode > 0:
            raise AssertionError(f"a hasty client ended with {client.returncode}: {stderr.decode()}")
        # One that the signal kills was yet to begin.
        return [int(count) for count in stdout.split()] or [0] * self._texts


REREADER = """
import os, signal, socket, sys
def read(*_):
    global text
    with open(sys.argv[1], "rb") as file:
        text = file.read()
read()
signal.signal(signal.SIGHUP, read)
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
os.close(1)
while True:
    client = server.accept()[0]
    for begin in range(0, len(text), 8):
        client.sendall(text[begin:begin + 8])
    client.close()
"""


@contextlib.contextmanager
def naive_rereader(path):
    """A with-block with a server whose one buffer a SIGHUP fills anew, also amid a greeting; gives its process
    and its port."""
    process = harness.start([sys.executable, "-S", "-c", REREADER, str(path)], stdout=subprocess.PIPE)
    try:
        with process.stdout as stdout:
            port = int(harness.read_until_end(stdout.fileno(), os.read))
        yield process, port
    finally:
        process.kill()
        process.wait()
