/* bind: the addresses of the options made into bound sockets, all or none. */
#include <config.h>

#include "bind.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/socket.h"
#include "options.h"
#include "packets.h"
#include "places.h"
#include "unixpath.h"

/* How often another free port is tried for, when one of several addresses has it taken. */
enum { FREE_PORT_TRIES = 16 };

struct binder {
	const struct options *options;
	struct places *places;
	bool checking; /* only find out; a socket that is in use is well enough */
	bool warned_of_family;
};

/* What went wrong, in words that suit an address to listen on. */
static const char *describe(int reason)
{
	return reason == ENOTSOCK ? "something is there that is not a socket" : strerror(reason);
}

/* What to do about a failure, where we know. */
static const char *advice(int reason, uint16_t port)
{
	switch (reason) {
	case EACCES:
		return port > 0 && port < 1024 ? " (ports below 1024 need CAP_NET_BIND_SERVICE)"
					       : "";
	case EADDRINUSE:
		return " (another socket has it; 'ss -lp' shows whose)";
	case EADDRNOTAVAIL:
		return " (not an address of this machine)";
	case EAFNOSUPPORT:
		return " (the kernel lacks this address family)";
	case EINVAL:
		return " (a link-local address needs its zone, ADDRESS%INTERFACE)";
	case EMFILE:
		return " (raise the descriptor limit, ulimit -n)";
	default:
		return "";
	}
}

void bind_complain(const char *address, int reason, uint16_t port)
{
	log_error("cannot listen on %s: %s%s", address, describe(reason), advice(reason, port));
}

static bool set_option(int fd, int level, int name)
{
	int on = 1;

	return setsockopt(fd, level, name, &on, sizeof on) == 0;
}

/* Sets what a socket of either kind needs before it is bound. */
static bool prepare(const struct binder *binder, int fd, int family)
{
	/* One socket per family: peers by IPv4 then are IPv4 addresses everywhere. */
	if (family == AF_INET6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY))
		return false;
#ifdef SO_REUSEPORT
	if (binder->options->reuse_port && !set_option(fd, SOL_SOCKET, SO_REUSEPORT))
		return false;
#else
	if (binder->options->reuse_port) {
		errno = ENOPROTOOPT;
		return false;
	}
#endif
	return true;
}

/* Sets what a TCP socket needs besides. (By UDP, SO_REUSEADDR would let two have one port.) */
static bool prepare_tcp(const struct binder *binder, int fd, int family)
{
	if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR) || !prepare(binder, fd, family))
		return false;
	socket_hold_back(fd);
	return true;
}

/* Notes the address that the socket really has: the kernel chose the port 0. */
static bool note_address(struct place *place, struct sockaddr_storage *address)
{
	socklen_t length = sizeof *address;

	if (getsockname(place->fd, (struct sockaddr *)address, &length) < 0)
		return false;
	address_format((struct sockaddr *)address, length, place->address, sizeof place->address);
	return true;
}

/* Opens and binds a TCP socket, and writes its address back; false, errno set, if it can't. */
static bool bind_tcp(struct binder *binder, struct sockaddr_storage *address, socklen_t length)
{
	int fd = socket_open(address->ss_family, SOCK_STREAM);
	struct place *place;

	if (fd < 0)
		return false;
	if (!prepare_tcp(binder, fd, address->ss_family) ||
	    bind(fd, (struct sockaddr *)address, length) < 0) {
		socket_close(fd);
		return false;
	}
	place = places_add(binder->places, fd);
	return place && note_address(place, address);
}

/* Opens and binds a UDP socket beside the TCP socket bound last; false, errno set, if it can't. */
static bool bind_udp(struct binder *binder, const struct sockaddr_storage *address,
		     socklen_t length)
{
	int fd = socket_open(address->ss_family, SOCK_DGRAM);

	if (fd < 0)
		return false;
	if (prepare(binder, fd, address->ss_family) &&
	    packets_want_addresses(fd, address->ss_family) &&
	    bind(fd, (const struct sockaddr *)address, length) == 0) {
		binder->places->all[binder->places->count - 1].datagram_fd = fd;
		return true;
	}
	socket_close(fd);
	return false;
}

/*
 * Binds all that is wanted on an address, or nothing; `how` is what tells in errors which of it
 * failed.
 */
static bool bind_address(struct binder *binder, struct sockaddr_storage *address, socklen_t length,
			 const char **how)
{
	size_t before = binder->places->count;
	int reason;

	*how = "";
	if (!bind_tcp(binder, address, length))
		return false;
	if (!binder->options->udp || bind_udp(binder, address, length))
		return true;
	reason = errno;
	places_truncate(binder->places, before);
	errno = reason;
	*how = " by UDP";
	return false;
}

/*
 * Finds the addresses of an endpoint, IPv4 first. localhost is 127.0.0.1 and ::1 whatever
 * the hosts file says (RFC 6761, 6.3): with no name, that is what getaddrinfo()
 * gives, and the wildcards with AI_PASSIVE.
 */
static bool resolve(const struct endpoint *endpoint, struct addresslist *all)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	bool local = strcasecmp(endpoint->host, "localhost") == 0;
	int failure;

	all->count = 0;
	hints.ai_flags = AI_NUMERICSERV | (endpoint->kind == ENDPOINT_ANY ? AI_PASSIVE : 0);
	failure = getaddrinfo(local || endpoint->kind == ENDPOINT_ANY ? NULL : endpoint->host, "0",
			      &hints, &found);
	if (failure) {
		char text[ADDRESS_TEXT_MAX];
		log_error("cannot listen on %s: %s",
			  address_format_endpoint(endpoint, text, sizeof text),
			  failure == EAI_SYSTEM ? strerror(errno) : gai_strerror(failure));
		return false;
	}
	for (const struct addrinfo *info = found; info; info = info->ai_next)
		if (info->ai_family == AF_INET)
			addresslist_add(all, info->ai_addr, info->ai_addrlen);
	for (const struct addrinfo *info = found; info; info = info->ai_next)
		if (info->ai_family == AF_INET6)
			addresslist_add(all, info->ai_addr, info->ai_addrlen);
	freeaddrinfo(found);
	return true;
}

/* Tells of an address that is left out because another of the same name serves; once. */
static void warn_of_family(struct binder *binder, const char *address, int reason)
{
	if (!binder->warned_of_family)
		log_warning("not listening on %s: %s%s", address, strerror(reason),
			    advice(reason, 0));
	binder->warned_of_family = true;
}

/* What became of binding an address, or all of one endpoint. */
enum bound {
	BOUND,
	BOUND_IN_USE,	/* by another socket, which is well enough for a check */
	BOUND_LEFT_OUT, /* the machine lacks its family, and has others */
	BOUND_AGAIN,	/* the free port that another address got is taken on this one */
	BOUND_NOT,
};

/* Decides what it means that one of an endpoint's addresses can't be bound; tells it if need be. */
static enum bound judge_failure(struct binder *binder, const char *address, int reason,
				uint16_t port, bool port_is_chosen, bool is_only)
{
	if (reason == EADDRINUSE && port_is_chosen)
		return BOUND_AGAIN;
	if (reason == EADDRINUSE && binder->checking) {
		log_info("%s is in use now", address);
		return BOUND_IN_USE;
	}
	if ((reason == EAFNOSUPPORT || reason == EADDRNOTAVAIL) && !is_only) {
		warn_of_family(binder, address, reason);
		return BOUND_LEFT_OUT;
	}
	bind_complain(address, reason, port);
	return BOUND_NOT;
}

/* Binds every address of one endpoint to one port; BOUND_AGAIN: try with another free port. */
static enum bound bind_all(struct binder *binder, struct addresslist *all, uint16_t wanted)
{
	size_t before = binder->places->count;
	uint16_t port = wanted;
	char bare[ADDRESS_TEXT_MAX], text[ADDRESS_TEXT_MAX];
	const char *how;
	bool serves = false;

	for (size_t i = 0; i < all->count; i++) {
		struct sockaddr *address = (struct sockaddr *)&all->addresses[i];
		address_set_port(address, port);
		bool is_bound = bind_address(binder, &all->addresses[i], all->lengths[i], &how);
		int reason = errno;
		port = address_port(address); /* TCP may have it, and only UDP not */
		if (is_bound) {
			serves = true;
			continue;
		}
		snprintf(text, sizeof text, "%s%s",
			 address_format(address, all->lengths[i], bare, sizeof bare), how);
		enum bound bound = judge_failure(binder, text, reason, port, port != wanted,
						 i + 1 == all->count && !serves);
		if (bound == BOUND_AGAIN)
			places_truncate(binder->places, before);
		if (bound == BOUND_AGAIN || bound == BOUND_NOT)
			return bound;
		serves = serves || bound == BOUND_IN_USE;
	}
	return BOUND;
}

static bool add_tcp(struct binder *binder, const struct endpoint *endpoint)
{
	struct addresslist all;

	if (!resolve(endpoint, &all))
		return false;
	for (int i = 0; i < FREE_PORT_TRIES; i++) {
		enum bound bound = bind_all(binder, &all, endpoint->port);
		if (bound != BOUND_AGAIN)
			return bound == BOUND;
	}
	log_error("cannot listen on %s: found no port that is free on all its addresses",
		  endpoint->host);
	return false;
}

/* Opens and binds a UNIX socket; false, errno set, if it can't. */
static bool bind_unix(struct binder *binder, const struct sockaddr_un *address)
{
	struct place *place;
	int fd;

	if (!unixpath_clear(address))
		return false;
	fd = socket_open(AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return false;
	place = places_add(binder->places, fd);
	if (!place || bind(fd, (const struct sockaddr *)address, sizeof *address) < 0)
		return false;
	unixpath_note(&place->path, address);
	return true;
}

/* Finds out whether the path could be bound; one in use is well enough. */
static bool check_unix(const char *text, const struct sockaddr_un *address)
{
	if (unixpath_check(address))
		return true;
	if (errno == EADDRINUSE)
		log_info("%s is in use now", text);
	else
		bind_complain(text, errno, 0);
	return errno == EADDRINUSE;
}

static bool add_unix(struct binder *binder, const struct endpoint *endpoint)
{
	struct sockaddr_un address;
	char text[ADDRESS_TEXT_MAX];

	address_format_endpoint(endpoint, text, sizeof text);
	if (!address_from_path(endpoint->host, &address)) {
		bind_complain(text, ENAMETOOLONG, 0);
		return false;
	}
	if (binder->checking)
		return check_unix(text, &address);
	if (!bind_unix(binder, &address)) {
		bind_complain(text, errno, 0);
		return false;
	}
	memcpy(binder->places->all[binder->places->count - 1].address, text, sizeof text);
	return true;
}

bool bind_endpoints(const struct options *options, bool checking, struct places *places)
{
	struct binder one = {.options = options, .places = places, .checking = checking};
	struct binder *binder = &one;

	for (size_t i = 0; i < binder->options->endpoint_count; i++) {
		const struct endpoint *endpoint = &binder->options->endpoints[i];
		if (endpoint->kind == ENDPOINT_UNIX ? !add_unix(binder, endpoint)
						    : !add_tcp(binder, endpoint))
			return false;
	}
	return true;
}
