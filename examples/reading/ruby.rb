# SPDX-License-Identifier: ISC
require "socket"
require "timeout"
greeting = Timeout.timeout(5) { TCPSocket.open(ARGV[0], ARGV[1]) { |server| server.read } }
$stdout.binmode.write(greeting)
