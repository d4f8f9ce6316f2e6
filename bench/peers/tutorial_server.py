#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""tutorial_server.py [FILE]: the server of the socket tutorials: accept, send, close, one client after the other.

Unlike theirs it has room for a long queue, and tells its port.
"""
import pathlib
import socket
import sys

message = pathlib.Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else b"Hi from server"
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(4096)
print("%s:%d" % server.getsockname(), flush=True)
sys.stdout.close()
while True:
    client, address = server.accept()
    client.sendall(message)
    client.close()
