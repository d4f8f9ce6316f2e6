// SPDX-License-Identifier: ISC
using System;
using System.Net.Sockets;
class Reading {
    static void Main(string[] words) {
        using (var server = new TcpClient(words[0], int.Parse(words[1])) { ReceiveTimeout = 5000 })
            server.GetStream().CopyTo(Console.OpenStandardOutput());
    }
}
