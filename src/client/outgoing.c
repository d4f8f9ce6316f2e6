/* SPDX-License-Identifier: ISC */
/* outgoing: sockets towards a server, and which of their failures say something about it. */
#include <config.h>

#include "outgoing.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/socket.h"
#include "lack.h"

/*
 * Leaves the choice of a port to connect(2), which may take one that is in use towards another
 * server. bind(2) may not, and runs out of ports much earlier. If the system cannot delay it,
 * bind(2) chooses.
 */
static void choose_port_late(int fd)
{
#if HAVE_DECL_IP_BIND_ADDRESS_NO_PORT
	(void)socket_enable(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
#else
	(void)fd;
#endif
}

/*
 * Binds a socket. SO_REUSEADDR is for streams, whose port may be remembered from before; two
 * datagram sockets on one port would mix. False, with errno.
 */
static bool bind_to(int fd, int type, const struct address *source)
{
	if (type == SOCK_STREAM && address_port(source) == 0)
		choose_port_late(fd);
	return (type != SOCK_STREAM || socket_enable(fd, SOL_SOCKET, SO_REUSEADDR)) &&
	       bind(fd, &source->any, source->length) == 0;
}

int outgoing_open(int family, int type, const struct address *source)
{
	int fd = socket_open(family, type);

	if (fd < 0 || source->length == 0 || bind_to(fd, type, source))
		return fd;
	socket_close(fd);
	return -1;
}

/*
 * True if an address could be reached from `source`, whatever the port. UDP has its own ports, so
 * its connect(2) needs only a route and a local address. Nothing is sent.
 */
static bool has_way(const struct address *to, const struct address *source)
{
	struct address from = *source;
	bool has;
	int fd;

	address_set_port(&from, 0);
	fd = outgoing_open(to->any.sa_family, SOCK_DGRAM, &from);
	if (fd < 0)
		return errno == EADDRINUSE;
	has = connect(fd, &to->any, to->length) == 0 || errno == EAGAIN;
	close(fd);
	return has;
}

int outgoing_reason(int reason, const struct address *to, const struct address *source)
{
	if (to->any.sa_family != AF_INET && to->any.sa_family != AF_INET6)
		return reason;
	if (reason == EAGAIN || (reason == EADDRNOTAVAIL && has_way(to, source)))
		return EADDRINUSE;
	return reason;
}

bool outgoing_is_telling(int reason)
{
	return reason != ENETUNREACH && reason != EAFNOSUPPORT && reason != EADDRNOTAVAIL;
}

bool outgoing_is_refusal(int reason, const struct address *to)
{
	return reason == ECONNREFUSED || (reason == ENOENT && to->any.sa_family == AF_UNIX);
}

bool outgoing_blames_source(int reason, const struct address *source)
{
	return reason == EADDRNOTAVAIL || reason == EACCES || reason == EINVAL ||
	       reason == EAFNOSUPPORT || (reason == EADDRINUSE && address_port(source) != 0);
}

/* True if a datagram socket would need SO_BROADCAST to send to an IPv4 address. Nothing is sent. */
static bool is_broadcast(struct address to)
{
	int fd = socket_open(AF_INET, SOCK_DGRAM);
	bool is;

	if (fd < 0)
		return false;
	address_set_port(&to, 9); /* any but 0 */
	is = connect(fd, &to.any, to.length) < 0 && errno == EACCES;
	close(fd);
	return is;
}

bool outgoing_means_many(const struct address *source)
{
	in_addr_t ip;

	if (source->any.sa_family != AF_INET)
		return false;
	ip = ntohl(source->ipv4.sin_addr.s_addr);
	return IN_MULTICAST(ip) || ip == INADDR_BROADCAST || is_broadcast(*source);
}

/* Returns advice on a failure, or "". */
static const char *advice(int reason, const struct address *to, const struct address *source)
{
	const char *zone = address_advice(to, reason);

	if (lack_is(reason))
		return lack_advice(reason);
	return *zone ? zone : address_advice(source, reason);
}

char *outgoing_describe(int reason, const struct address *to, const struct address *source,
			char *text, size_t size)
{
	if (reason == EADDRINUSE && address_port(source) == 0)
		snprintf(text, size,
			 "all local ports are in use (wait, or connect from another address, "
			 "see --source)");
	else
		snprintf(text, size, "%s%s", strerror(reason), advice(reason, to, source));
	return text;
}

enum status outgoing_status(int reason)
{
	if (reason == ETIMEDOUT)
		return STATUS_UNANSWERED;
	return reason == EADDRINUSE || lack_is(reason) ? STATUS_INTERNAL : STATUS_REFUSED;
}

enum outgoing_peer outgoing_find_peer(int fd)
{
	struct address ours = {.length = sizeof ours.room}, theirs = {.length = sizeof theirs.room};

	if (getpeername(fd, &theirs.any, &theirs.length) < 0)
		return OUTGOING_NO_PEER;
	return theirs.any.sa_family != AF_UNIX && getsockname(fd, &ours.any, &ours.length) == 0 &&
			       address_is_same(&ours, &theirs)
		       ? OUTGOING_OWN_PEER
		       : OUTGOING_OTHER_PEER;
}
