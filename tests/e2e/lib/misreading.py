# SPDX-License-Identifier: ISC
"""Ways to lose a greeting that look right, as doc/clients.md states them: each as a command, and what it prints."""
import collections
import re

from lib import harness, reading
from lib.reading import GREETINGS, HOSTS, PATIENCE

# file    of the right way, in examples/reading
# what    it is
# kind    of GREETINGS that it reads
# family  of HOSTS
# prints  a regular expression for all that it prints, on standard output and then on standard error
# words   the command; HOST and PORT in them are filled in
Wrong = collections.namedtuple("Wrong", "file what kind family prints words")

PYTHON = ("python3", "-c")
PYTHON_STREAM = """
import asyncio, sys
async def read():
    reader, _ = await asyncio.open_connection("HOST", PORT)
    print(await reader.{})
asyncio.run(read())"""
PERL = 'my $server = IO::Socket::IP->new(PeerHost => "HOST", PeerPort => PORT) or die; '
NODE = "let text = ''; const server = require('net').connect(PORT, 'HOST'); "
ERLANG = '{ok, Server} = gen_tcp:connect({127, 0, 0, 1}, PORT, [binary, {active, false}%s]), ' \
         'io:format("~p", [gen_tcp:recv(Server, %s)]), halt().'
LUA = "local server = assert(require('socket').connect('HOST', PORT)) "
BASH = 'exec 3<>/dev/tcp/HOST/PORT; '
TWISTED = """
from twisted.internet import endpoints, protocol, reactor
from twisted.protocols.basic import LineReceiver
class Lines(LineReceiver):
    def lineReceived(self, line):
        print(line)
    def connectionLost(self, reason):
        print("nothing")
        reactor.stop()
endpoints.HostnameEndpoint(reactor, "HOST", PORT).connect(protocol.Factory.forProtocol(Lines))
reactor.run()"""
EVENTMACHINE = """
class Lines < EM::Connection
  include EM::Protocols::LineText2
  def receive_line(line)
    puts line
  end
  def unbind
    puts "nothing"
    EM.stop
  end
end
EM.run { EM.connect("HOST", PORT, Lines) }"""
POE = ('use POE qw(Component::Client::TCP); POE::Component::Client::TCP->new(RemoteAddress => "HOST", RemotePort => PORT, '
       'ServerInput => sub { print $_[POE::Session::ARG0] }, ServerError => sub { print "nothing" }); POE::Kernel->run')
ANYEVENT = """
use AnyEvent::Socket; use AnyEvent::Handle;
my ($server, $ended) = (undef, AE::cv);
tcp_connect "HOST", PORT, sub { $server = AnyEvent::Handle->new(fh => shift, on_read => sub { },
	on_error => sub { $ended->send($_[2]) }, on_eof => sub { $ended->send($_[0]->rbuf) }) };
print $ended->recv;"""
R = 'server <- socketConnection("HOST", PORT, open = "r"%s); print(readLines(server))'
EXPECT = ('log_user 0; set server [socket HOST PORT]; fconfigure $server -translation binary; spawn -open $server; '
          'expect eof; puts [string length $expect_out(buffer)]')

WRONG = (
    Wrong("python.py", "recv() once", "long", "IPv4", "[1-9][0-9]{3}\n",
          (*PYTHON, "import socket; print(len(socket.create_connection(('HOST', PORT)).recv(1 << 20)))")),
    Wrong("python.py", "makefile() without \"b\"", "bytes", "IPv4", "(?s)Traceback.*UnicodeDecodeError.*",
          (*PYTHON, "import socket; print(socket.create_connection(('HOST', PORT)).makefile(encoding='utf-8').read())")),
    Wrong("python-asyncio.py", "readuntil()", "short", "IPv4", "(?s)Traceback.*IncompleteReadError: 14 bytes.*",
          (*PYTHON, PYTHON_STREAM.format("readuntil()"))),
    Wrong("python-twisted.py", "LineReceiver", "short", "IPv4", "nothing\n", ("/usr/bin/python3", "-c", TWISTED)),
    Wrong("perl.pl", "sysread once", "long", "IPv4", "[1-9][0-9]{3}",
          ("perl", "-MIO::Socket::IP", "-e", PERL + "print sysread $server, $text, 1 << 20")),
    Wrong("perl.pl", "IO::Socket::INET, IPv6", "short", "IPv6", "Bad hostname '::1' .*\n",
          ("perl", "-MIO::Socket::INET", "-e", 'IO::Socket::INET->new(PeerHost => "HOST", PeerPort => PORT) or '
           'die $@ =~ s/.*: //r')),
    Wrong("perl-poe.pl", "the default filter", "short", "IPv4", "nothing", ("perl", "-e", POE)),
    Wrong("perl-anyevent.pl", "text left in rbuf at the end", "short", "IPv4", "Broken pipe", ("perl", "-e", ANYEVENT)),
    Wrong("ruby.rb", "readpartial once", "long", "IPv4", "[1-9][0-9]{3}\n",
          ("ruby", "-rsocket", "-e", 'puts TCPSocket.new("HOST", PORT).readpartial(1 << 20).size')),
    Wrong("ruby-eventmachine.rb", "LineText2", "short", "IPv4", "nothing\n",
          ("ruby", "-reventmachine", "-e", EVENTMACHINE)),
    Wrong("php.php", "fread once", "long", "IPv4", "[1-9][0-9]{3}",
          ("php", "-r", 'echo strlen(fread(fsockopen("HOST", PORT), 1 << 20));')),
    Wrong("php.php", "fsockopen without brackets, IPv6", "short", "IPv6", "bool\\(false\\)\n",
          ("php", "-r", 'var_dump(@fsockopen("HOST", PORT));')),
    Wrong("node.js", "the first 'data'", "long", "IPv4", "[1-9][0-9]{3}\n",
          ("node", "-e", NODE + "server.once('data', data => { console.log(data.length); process.exit() })")),
    Wrong("node.js", "text += data", "bytes", "IPv4", "525\n",
          ("node", "-e", NODE + "server.on('data', data => text += data).on('end', () => "
           "console.log(Buffer.byteLength(text)))")),
    Wrong("erlang.escript", "recv(Server, 1024)", "short", "IPv4", "{error,closed}",
          ("erl", "-noshell", "-eval", ERLANG % ("", "1024"))),
    Wrong("erlang.escript", "{packet, line}", "short", "IPv4", "{error,closed}",
          ("erl", "-noshell", "-eval", ERLANG % (", {packet, line}", "0"))),
    Wrong("elixir.exs", "IO.binwrite", "bytes", "IPv4", r"(?s)\0.*\xc3\xbf.*",
          ("elixir", "-e", '{:ok, server} = :gen_tcp.connect({127, 0, 0, 1}, PORT, [:binary, active: false]); '
           '{:ok, text} = :gen_tcp.recv(server, 0); IO.binwrite(text)')),
    Wrong("lua.lua", "receive()", "short", "IPv4", "nil\tclosed\tHi from server\n",
          ("lua5.4", "-e", LUA + "print(server:receive())", "/dev/null")),
    Wrong("r.r", "blocking = FALSE, the default", "short", "IPv4", r"character\(0\)\n", ("Rscript", "-e", R % "")),
    Wrong("bash.bash", "while read", "short", "IPv4", "after Hi from server\n",
          ("bash", "-c", BASH + 'while read -r line; do echo "$line"; done <&3; echo "after $line"')),
    Wrong("bash.bash", "$(cat)", "bytes", "IPv4", "259\n",
          ("bash", "-c", BASH + '{ text=$(cat <&3); } 2>/dev/null; LC_ALL=C; echo ${#text}')),
    Wrong("expect.exp", "match_max and remove_nulls as they are", "bytes", "IPv4", "260\n", ("expect", "-c", EXPECT)),
    Wrong("expect.exp", "match_max as it is", "long", "IPv4", "[1-9][0-9]{3}\n", ("expect", "-c", EXPECT)),
    Wrong("curl-http.sh", "without --http0.9", "short", "IPv4", r"curl: \(1\) Received HTTP/0\.9 when not allowed\n",
          ("curl", "-sS", "http://HOST:PORT/")),
    Wrong("curl-telnet.sh", "a byte 255", "bytes", "IPv4", r"(?s)\0.*\xfe\r\n\0", ("curl", "-sS", "telnet://HOST:PORT")),
)


def missing(wrong):
    """What the machine lacks for it, or None."""
    return next(reading.missing(row) for row in reading.ROWS if row.file == wrong.file)


def problem(wrong, ports):
    """Does it; returns what has become of it if it does not go wrong as stated, or None. `ports` are a Reading's."""
    filled = [word.replace("HOST", HOSTS[wrong.family]).replace("PORT", str(ports[wrong.kind])) for word in wrong.words]
    result = harness.run(*filled, deadline=PATIENCE)
    printed = result.stdout + result.stderr
    if printed != GREETINGS[wrong.kind] and re.fullmatch(wrong.prints.encode("latin-1"), printed):
        return None
    return f"{len(printed)} bytes of {len(GREETINGS[wrong.kind])}: {result}"
