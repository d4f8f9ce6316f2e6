# SPDX-License-Identifier: ISC
"""What the findings' observers share: peers on loopback, deadlines, and the verdict."""

import atexit
import os
import socket
import subprocess
import sys
import threading
import time

# Seconds for anything that has to happen; far more than it takes.
PATIENCE = 20
WORK = os.environ["WORK"]
TREE = os.environ["TREE"]


def until(condition, what):
    """Polls until a condition holds, and returns its value."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    conclude(False, f"not seen within {PATIENCE} s: {what}")


def listen():
    """Returns a listener on a free port of 127.0.0.1."""
    return socket.create_server(("127.0.0.1", 0))


def port_of(sock):
    return sock.getsockname()[1]


def free_port():
    """Returns a port for a program that can only be told a number."""
    with listen() as sock:
        return port_of(sock)


def serve(talk):
    """Runs talk(connection) for each client, in threads; returns the port."""
    listener = listen()

    def handle(connection):
        with connection:
            connection.settimeout(PATIENCE)
            try:
                talk(connection)
            except OSError:
                pass

    def loop():
        while True:
            threading.Thread(target=handle, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return port_of(listener)


def end(process):
    """Ends a program that start() has started."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start(*words, **options):
    """Starts a program, to be ended with us."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options}
    process = subprocess.Popen([str(word) for word in words], **options)
    atexit.register(end, process)
    return process


def run(*words, **options):
    """Runs a program to its end, and returns how it ended and what it printed."""
    options = {"stdin": subprocess.DEVNULL, "timeout": PATIENCE, **options}
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)


def write(name, text):
    """Writes a file for a program, and returns its path."""
    path = os.path.join(WORK, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def connect(port):
    """Connects to a port of 127.0.0.1 as soon as somebody listens there."""

    def attempt():
        try:
            return socket.create_connection(("127.0.0.1", port), PATIENCE)
        except ConnectionRefusedError:
            return None

    return until(attempt, f"a listener on port {port}")


def read_all(sock):
    """Reads to the end; returns the bytes, and "end", "reset" or "silence"."""
    got = b""
    while True:
        try:
            some = sock.recv(65536)
        except ConnectionResetError:
            return got, "reset"
        except TimeoutError:
            return got, "silence"
        if not some:
            return got, "end"
        got += some


def haproxy_column(server, column):
    """What HAProxy's statistics, on the socket WORK/stats, say of a server; nothing as long as there are none."""
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.connect(WORK + "/stats")
        except OSError:
            return ""
        sock.sendall(b"show stat\n")
        names, *rows = (line.split(",") for line in read_all(sock)[0].decode().lstrip("# ").splitlines())
    for row in (dict(zip(names, cells)) for cells in rows):
        if row.get("svname") == server:
            return row[column].removeprefix("* ")  # the mark of a check that is under way
    return ""


def see(what, value):
    """Prints an observation, and returns it."""
    print(f"{what + ':':46} {value}", flush=True)
    return value


def lacks(what):
    """Ends the finding, since it cannot be seen here."""
    print(f"cannot be seen here: {what}", flush=True)
    sys.exit(77)


def conclude(holds, sentence):
    """Ends the finding: as stated, or changed."""
    print(("as stated: " if holds else "CHANGED, not so: ") + sentence, flush=True)
    sys.exit(0 if holds else 1)
