#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# The blackbox exporter finds the expected greeting, logs "Regexp matched", and yet reports probe_success 0.
#
# Guess: `query_response: - expect: REGEX` passes as soon as the bytes that have come match.
# Really: it reads lines. A greeting without a newline is no line until the server closes; if the server keeps the
# connection open, the probe waits for its whole timeout. Then the text is matched after all, the log says so, and
# the probe fails with the read's timeout. probe_failed_due_to_regex stays 0.
# Seen with: prometheus-blackbox-exporter 0.23.0-4+b4.
# Source: the exporter's CONFIGURATION.md promises a regular expression, with no word on lines. Its issue #771 is about
# more than one line; pull request #1441 added expect_bytes, which needs no newline, to later versions.
# Why it matters: the same check, on the same greeting, passes or fails by whether the server half-closes first; and
# neither the log nor probe_failed_due_to_regex leads to the newline.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
debian prometheus-blackbox-exporter=0.23.0-4+b4
programs prometheus-blackbox-exporter
observe <<'END'
import urllib.request
from watch import *

config = write("blackbox.yml", """
modules:
  greeting:
    prober: tcp
    timeout: 2s
    tcp:
      preferred_ip_protocol: ip4
      query_response:
      - expect: "^Hi from server"
""")
exporter = free_port()
start("prometheus-blackbox-exporter", "--config.file", config, "--web.listen-address", f"127.0.0.1:{exporter}")
connect(exporter).close()


def probe(greeting, stay):
    """Returns probe_success, and whether the log says that the greeting matched."""

    def talk(connection):
        connection.sendall(greeting)
        if not stay:
            connection.shutdown(1)
        connection.recv(1)

    url = f"http://127.0.0.1:{exporter}/probe?module=greeting&debug=true&target=127.0.0.1:{serve(talk)}"
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        lines = answer.read().decode().splitlines()
    success = [line.split()[1] for line in lines if line.startswith("probe_success ")]
    return int(success[0]), any("Regexp matched" in line for line in lines)


print("probe_success, and whether the log says that the regex matched")
seen = [see(f"{greeting!r}, {'stays' if stay else 'closes'}", probe(greeting, stay))
        for greeting in (b"Hi from server\n", b"Hi from server") for stay in (False, True)]
conclude(seen == [(1, True), (1, True), (1, True), (0, True)],
         "an expected greeting fails the probe, for want of a newline")
END
