# SPDX-License-Identifier: ISC
use AnyEvent::Socket;
use AnyEvent::Handle;
my ($server, $text, $ended) = (undef, '', AE::cv);
tcp_connect $ARGV[0], $ARGV[1], sub {
	$server = AnyEvent::Handle->new(fh => shift, timeout => 5, on_read => sub { $text .= delete $_[0]{rbuf} },
		on_error => sub { $ended->croak($_[2]) }, on_eof => sub { $ended->send });
};
$ended->recv;
print $text;
