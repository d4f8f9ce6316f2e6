# SPDX-License-Identifier: ISC
use POE qw(Component::Client::TCP Filter::Stream);
alarm 5;
POE::Component::Client::TCP->new(
	RemoteAddress => $ARGV[0], RemotePort => $ARGV[1], Domain => $ARGV[0] =~ /:/ ? Socket::AF_INET6 : Socket::AF_INET,
	Filter => 'POE::Filter::Stream', ServerInput => sub { print $_[POE::Session::ARG0] });
POE::Kernel->run;
