# SPDX-License-Identifier: ISC
import os, sys
from twisted.internet import endpoints, protocol, reactor
class Greeting(protocol.Protocol):
    text = b""
    def dataReceived(self, data):
        self.text += data
    def connectionLost(self, reason):
        sys.stdout.buffer.write(self.text)
        reactor.stop()
server = endpoints.HostnameEndpoint(reactor, sys.argv[1], int(sys.argv[2]))
server.connect(protocol.Factory.forProtocol(Greeting))
reactor.callLater(5, os._exit, 1)
reactor.run()
