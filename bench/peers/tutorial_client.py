#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""tutorial_client.py HOST PORT: the client of the socket tutorials: connect, receive once, print, close."""
import socket
import sys

client = socket.socket()
client.connect((sys.argv[1], int(sys.argv[2])))
print(client.recv(1024).decode())
client.close()
