/* outgoing: sockets towards a server, and which of their failures says something of it. */
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
 * server; bind(2) may not, and has none left long before. Where the system can't, bind(2) chooses.
 */
static void choose_port_late(int fd)
{
#if HAVE_DECL_IP_BIND_ADDRESS_NO_PORT
	int on = 1;

	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
#else
	(void)fd;
#endif
}

/* Binds a socket. A stream's port may still be remembered from before; of datagrams two would mix.
 */
static bool bind_to(int fd, int type, const struct sockaddr *source, socklen_t length)
{
	int on = 1;

	if (type == SOCK_STREAM && address_port(source) == 0)
		choose_port_late(fd);
	return (type != SOCK_STREAM ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0) &&
	       bind(fd, source, length) == 0;
}

int outgoing_open(int family, int type, const struct sockaddr *source, socklen_t source_length)
{
	int fd = socket_open(family, type);

	if (fd < 0 || source_length == 0 || bind_to(fd, type, source, source_length))
		return fd;
	socket_close(fd);
	return -1;
}

/*
 * True if an address could be connected to from `source`, but for the port: by UDP, whose ports are
 * others, a way and an address of our own are all that it takes. Nothing is sent.
 */
static bool has_way(const struct sockaddr *to, socklen_t to_length, const struct sockaddr *source,
		    socklen_t source_length)
{
	struct sockaddr_storage from = {0};
	bool has;
	int fd;

	if (source_length > 0)
		memcpy(&from, source, source_length);
	address_set_port((struct sockaddr *)&from, 0);
	fd = outgoing_open(to->sa_family, SOCK_DGRAM, (struct sockaddr *)&from, source_length);
	if (fd < 0)
		return errno == EADDRINUSE;
	has = connect(fd, to, to_length) == 0 || errno == EAGAIN;
	close(fd);
	return has;
}

int outgoing_reason(int reason, const struct sockaddr *to, socklen_t to_length,
		    const struct sockaddr *source, socklen_t source_length)
{
	if (to->sa_family != AF_INET && to->sa_family != AF_INET6)
		return reason;
	if (reason == EAGAIN ||
	    (reason == EADDRNOTAVAIL && has_way(to, to_length, source, source_length)))
		return EADDRINUSE;
	return reason;
}

bool outgoing_is_telling(int reason)
{
	return reason != ENETUNREACH && reason != EAFNOSUPPORT && reason != EADDRNOTAVAIL;
}

bool outgoing_blames_source(int reason, const struct sockaddr *source)
{
	return reason == EADDRNOTAVAIL || reason == EACCES || reason == EINVAL ||
	       reason == EAFNOSUPPORT || (reason == EADDRINUSE && address_port(source) != 0);
}

/* What to do about a failure, where that is known. */
static const char *advice(int reason, const struct sockaddr *to, const struct sockaddr *source)
{
	const char *zone = address_advice(to, reason);

	if (lack_is(reason))
		return lack_advice(reason);
	return *zone ? zone : address_advice(source, reason);
}

char *outgoing_describe(int reason, const struct sockaddr *to, const struct sockaddr *source,
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

bool outgoing_is_own_peer(int fd)
{
	struct sockaddr_storage ours = {0}, theirs = {0};
	socklen_t our_length = sizeof ours, their_length = sizeof theirs;

	return getsockname(fd, (struct sockaddr *)&ours, &our_length) == 0 &&
	       getpeername(fd, (struct sockaddr *)&theirs, &their_length) == 0 &&
	       ours.ss_family != AF_UNIX && our_length == their_length &&
	       memcmp(&ours, &theirs, our_length) == 0;
}
