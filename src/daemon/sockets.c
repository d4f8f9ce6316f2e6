/* sockets: the addresses of the options made into sockets that listen, all or none. */
#include <config.h>

#include "sockets.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/number.h"
#include "base/socket.h"
#include "options.h"
#include "packets.h"
#include "unixpath.h"

/* How often another free port is tried for, when one of several addresses has it taken. */
enum { FREE_PORT_TRIES = 16 };

struct entry {
	int fd;
	int datagram_fd; /* for those on the same address, or -1 */
	char address[ADDRESS_TEXT_MAX];
	struct unixpath path; /* of a UNIX socket */
};

struct sockets {
	const struct options *options;
	struct entry *entries;
	size_t count;
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

static void complain(const char *address, int reason, uint16_t port)
{
	log_error("cannot listen on %s: %s%s", address, describe(reason), advice(reason, port));
}

/* Takes `fd` over as a new entry; closes it if there is no memory for one. */
static struct entry *append(struct sockets *sockets, int fd)
{
	struct entry *entries = realloc(sockets->entries, (sockets->count + 1) * sizeof *entries);

	if (!entries) {
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	sockets->entries = entries;
	entries += sockets->count++;
	memset(entries, 0, sizeof *entries);
	entries->fd = fd;
	entries->datagram_fd = -1;
	return entries;
}

static void close_datagrams(struct entry *entry)
{
	if (entry->datagram_fd >= 0)
		close(entry->datagram_fd);
	entry->datagram_fd = -1;
}

/* Forgets the entries from the `count`-th on. */
static void truncate_to(struct sockets *sockets, size_t count)
{
	while (sockets->count > count) {
		struct entry *last = &sockets->entries[--sockets->count];
		close(last->fd);
		close_datagrams(last);
	}
}

static bool set_option(int fd, int level, int name)
{
	int on = 1;

	return setsockopt(fd, level, name, &on, sizeof on) == 0;
}

/* Sets what a socket of either kind needs before it is bound. */
static bool prepare(const struct sockets *sockets, int fd, int family)
{
	/* One socket per family: peers by IPv4 then are IPv4 addresses everywhere. */
	if (family == AF_INET6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY))
		return false;
#ifdef SO_REUSEPORT
	if (sockets->options->reuse_port && !set_option(fd, SOL_SOCKET, SO_REUSEPORT))
		return false;
#else
	if (sockets->options->reuse_port) {
		errno = ENOPROTOOPT;
		return false;
	}
#endif
	return true;
}

/* Sets what a TCP socket needs besides. (By UDP, SO_REUSEADDR would let two have one port.) */
static bool prepare_tcp(const struct sockets *sockets, int fd, int family)
{
	if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR) || !prepare(sockets, fd, family))
		return false;
	socket_hold_back(fd);
	return true;
}

/* Notes the address that the socket really has: the kernel chose the port 0. */
static bool note_address(struct entry *entry, struct sockaddr_storage *address)
{
	socklen_t length = sizeof *address;

	if (getsockname(entry->fd, (struct sockaddr *)address, &length) < 0)
		return false;
	address_format((struct sockaddr *)address, length, entry->address, sizeof entry->address);
	return true;
}

/* Opens and binds a TCP socket, and writes its address back; false, errno set, if it can't. */
static bool bind_tcp(struct sockets *sockets, struct sockaddr_storage *address, socklen_t length)
{
	int fd = socket_open(address->ss_family, SOCK_STREAM);
	struct entry *entry;

	if (fd < 0)
		return false;
	if (!prepare_tcp(sockets, fd, address->ss_family) ||
	    bind(fd, (struct sockaddr *)address, length) < 0) {
		socket_close(fd);
		return false;
	}
	entry = append(sockets, fd);
	return entry && note_address(entry, address);
}

/* Opens and binds a UDP socket beside the TCP socket bound last; false, errno set, if it can't. */
static bool bind_udp(struct sockets *sockets, const struct sockaddr_storage *address,
		     socklen_t length)
{
	int fd = socket_open(address->ss_family, SOCK_DGRAM);

	if (fd < 0)
		return false;
	if (prepare(sockets, fd, address->ss_family) &&
	    packets_want_addresses(fd, address->ss_family) &&
	    bind(fd, (const struct sockaddr *)address, length) == 0) {
		sockets->entries[sockets->count - 1].datagram_fd = fd;
		return true;
	}
	socket_close(fd);
	return false;
}

/*
 * Binds all that is wanted on an address, or nothing; `how` is what tells in errors which of it
 * failed.
 */
static bool bind_address(struct sockets *sockets, struct sockaddr_storage *address,
			 socklen_t length, const char **how)
{
	size_t before = sockets->count;
	int reason;

	*how = "";
	if (!bind_tcp(sockets, address, length))
		return false;
	if (!sockets->options->udp || bind_udp(sockets, address, length))
		return true;
	reason = errno;
	truncate_to(sockets, before);
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
static void warn_of_family(struct sockets *sockets, const char *address, int reason)
{
	if (!sockets->warned_of_family)
		log_warning("not listening on %s: %s%s", address, strerror(reason),
			    advice(reason, 0));
	sockets->warned_of_family = true;
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
static enum bound judge_failure(struct sockets *sockets, const char *address, int reason,
				uint16_t port, bool port_is_chosen, bool is_only)
{
	if (reason == EADDRINUSE && port_is_chosen)
		return BOUND_AGAIN;
	if (reason == EADDRINUSE && sockets->checking) {
		log_info("%s is in use now", address);
		return BOUND_IN_USE;
	}
	if ((reason == EAFNOSUPPORT || reason == EADDRNOTAVAIL) && !is_only) {
		warn_of_family(sockets, address, reason);
		return BOUND_LEFT_OUT;
	}
	complain(address, reason, port);
	return BOUND_NOT;
}

/* Binds every address of one endpoint to one port; BOUND_AGAIN: try with another free port. */
static enum bound bind_all(struct sockets *sockets, struct addresslist *all, uint16_t wanted)
{
	size_t before = sockets->count;
	uint16_t port = wanted;
	char bare[ADDRESS_TEXT_MAX], text[ADDRESS_TEXT_MAX];
	const char *how;
	bool serves = false;

	for (size_t i = 0; i < all->count; i++) {
		struct sockaddr *address = (struct sockaddr *)&all->addresses[i];
		address_set_port(address, port);
		bool is_bound = bind_address(sockets, &all->addresses[i], all->lengths[i], &how);
		int reason = errno;
		port = address_port(address); /* TCP may have it, and only UDP not */
		if (is_bound) {
			serves = true;
			continue;
		}
		snprintf(text, sizeof text, "%s%s",
			 address_format(address, all->lengths[i], bare, sizeof bare), how);
		enum bound bound = judge_failure(sockets, text, reason, port, port != wanted,
						 i + 1 == all->count && !serves);
		if (bound == BOUND_AGAIN)
			truncate_to(sockets, before);
		if (bound == BOUND_AGAIN || bound == BOUND_NOT)
			return bound;
		serves = serves || bound == BOUND_IN_USE;
	}
	return BOUND;
}

static bool add_tcp(struct sockets *sockets, const struct endpoint *endpoint)
{
	struct addresslist all;

	if (!resolve(endpoint, &all))
		return false;
	for (int i = 0; i < FREE_PORT_TRIES; i++) {
		enum bound bound = bind_all(sockets, &all, endpoint->port);
		if (bound != BOUND_AGAIN)
			return bound == BOUND;
	}
	log_error("cannot listen on %s: found no port that is free on all its addresses",
		  endpoint->host);
	return false;
}

/* Opens and binds a UNIX socket; false, errno set, if it can't. */
static bool bind_unix(struct sockets *sockets, const struct sockaddr_un *address)
{
	struct entry *entry;
	int fd;

	if (!unixpath_clear(address))
		return false;
	fd = socket_open(AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return false;
	entry = append(sockets, fd);
	if (!entry || bind(fd, (const struct sockaddr *)address, sizeof *address) < 0)
		return false;
	unixpath_note(&entry->path, address);
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
		complain(text, errno, 0);
	return errno == EADDRINUSE;
}

static bool add_unix(struct sockets *sockets, const struct endpoint *endpoint)
{
	struct sockaddr_un address;
	char text[ADDRESS_TEXT_MAX];

	address_format_endpoint(endpoint, text, sizeof text);
	if (!address_from_path(endpoint->host, &address)) {
		complain(text, ENAMETOOLONG, 0);
		return false;
	}
	if (sockets->checking)
		return check_unix(text, &address);
	if (!bind_unix(sockets, &address)) {
		complain(text, errno, 0);
		return false;
	}
	memcpy(sockets->entries[sockets->count - 1].address, text, sizeof text);
	return true;
}

static bool bind_everything(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->options->endpoint_count; i++) {
		const struct endpoint *endpoint = &sockets->options->endpoints[i];
		if (endpoint->kind == ENDPOINT_UNIX ? !add_unix(sockets, endpoint)
						    : !add_tcp(sockets, endpoint))
			return false;
	}
	return true;
}

/* Lets the sockets listen, only when all are bound: nobody connects to a daemon that fails. */
static bool listen_everywhere(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->count; i++) {
		if (listen(sockets->entries[i].fd, (int)sockets->options->backlog) == 0)
			continue;
		complain(sockets->entries[i].address, errno, 0);
		return false;
	}
	return true;
}

/* The kernel's greatest backlog, or UINT64_MAX where it isn't told; only Linux tells. */
static uint64_t greatest_backlog(void)
{
	FILE *file = fopen("/proc/sys/net/core/somaxconn", "re");
	char text[32] = "";
	uint64_t most;

	if (!file)
		return UINT64_MAX;
	if (fgets(text, sizeof text, file))
		text[strcspn(text, "\n")] = '\0';
	fclose(file);
	return number_parse(text, &most) ? most : UINT64_MAX;
}

/* Warns where the kernel silently makes the backlog smaller. */
static void warn_of_capped_backlog(const struct options *options)
{
	uint64_t most = greatest_backlog();

	if (most < options->backlog)
		log_warning("the kernel caps the backlog of %" PRIu64 " at %" PRIu64
			    " (net.core.somaxconn): of a rush beyond that, some may wait in vain",
			    options->backlog, most);
}

static struct sockets *bound_sockets(const struct options *options, bool checking)
{
	struct sockets *sockets = calloc(1, sizeof *sockets);

	if (!sockets) {
		log_error("out of memory");
		return NULL;
	}
	sockets->options = options;
	sockets->checking = checking;
	if (bind_everything(sockets))
		return sockets;
	sockets_close(sockets);
	return NULL;
}

struct sockets *sockets_open(const struct options *options)
{
	struct sockets *sockets = bound_sockets(options, false);

	if (!sockets)
		return NULL;
	if (!listen_everywhere(sockets)) {
		sockets_close(sockets);
		return NULL;
	}
	warn_of_capped_backlog(options);
	return sockets;
}

bool sockets_check(const struct options *options)
{
	struct sockets *sockets = bound_sockets(options, true);

	if (!sockets)
		return false;
	sockets_close(sockets);
	return true;
}

size_t sockets_count(const struct sockets *sockets)
{
	return sockets->count;
}

int sockets_descriptor(const struct sockets *sockets, size_t i)
{
	return sockets->entries[i].fd;
}

int sockets_datagram_descriptor(const struct sockets *sockets, size_t i)
{
	return sockets->entries[i].datagram_fd;
}

const char *sockets_address(const struct sockets *sockets, size_t i)
{
	return sockets->entries[i].address;
}

void sockets_close_datagrams(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->count; i++)
		close_datagrams(&sockets->entries[i]);
}

void sockets_close(struct sockets *sockets)
{
	if (!sockets)
		return;
	for (size_t i = 0; i < sockets->count; i++)
		unixpath_remove(&sockets->entries[i].path);
	truncate_to(sockets, 0);
	free(sockets->entries);
	free(sockets);
}
