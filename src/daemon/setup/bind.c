/* SPDX-License-Identifier: ISC */
/* bind: makes bound sockets from the options' addresses, all or none. */
#include <config.h>

#include "bind.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/abstract.h"
#include "base/address.h"
#include "base/addresslist.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/socket.h"
#include "base/destination.h"
#include "entries.h"
#include "failure.h"
#include "daemon/options.h"
#include "resolve.h"
#include "unixpath.h"

/* How often to try another free port, when one of several addresses has it in use. */
enum { FREE_PORT_TRIES = 16 };

struct binder {
	const struct options *options;
	struct entries *entries;
	enum socket_role role; /* of the sockets that are bound now */
	bool checking;	       /* only check; a socket that is in use counts as good */
	bool warned_of_family;
};

/*
 * The option that lets several daemons share one port; -1: the system has none. FreeBSD's plain one
 * gives all clients to one of them.
 */
#if HAVE_DECL_SO_REUSEPORT_LB
enum { SHARE_PORT = SO_REUSEPORT_LB };
#elif HAVE_DECL_SO_REUSEPORT
enum { SHARE_PORT = SO_REUSEPORT };
#else
enum { SHARE_PORT = -1 };
#endif

/* Whether several daemons share the port. What they count stays apart. */
static bool shares_port(const struct binder *binder)
{
	return binder->options->reuse_port && binder->role != SOCKET_METRICS;
}

/* Whether a socket for datagrams goes with each for TCP. */
static bool wants_datagrams(const struct binder *binder)
{
	return binder->options->udp && binder->role == SOCKET_GREETING;
}

/* Lets several daemons share the port, if the options want that. False, with errno. */
static bool share_port(const struct binder *binder, int fd)
{
	errno = ENOPROTOOPT;
	return !shares_port(binder) ||
	       (SHARE_PORT >= 0 && socket_enable(fd, SOL_SOCKET, SHARE_PORT));
}

/* Sets what only TCP needs. (With UDP, SO_REUSEADDR would let two share a port.) */
static bool prepare_stream(int fd)
{
	socket_hold_back(fd);
	return socket_enable(fd, SOL_SOCKET, SO_REUSEADDR);
}

/* Sets what a socket needs before bind(2). False, with errno. */
static bool prepare(const struct binder *binder, int fd, enum socket_kind kind,
		    const struct address *address)
{
	/* One socket for each family: then IPv4 peers have IPv4 addresses everywhere. */
	if (address->any.sa_family == AF_INET6 && !socket_enable(fd, IPPROTO_IPV6, IPV6_V6ONLY))
		return false;
	if (kind == SOCKET_STREAM ? !prepare_stream(fd) : !destination_want(fd, address))
		return false;
	return share_port(binder, fd);
}

/* Opens and binds a socket. Returns its descriptor, or -1 with errno. */
static int open_bound(const struct binder *binder, enum socket_kind kind,
		      const struct address *address)
{
	int fd = socket_open(address->any.sa_family,
			     kind == SOCKET_STREAM ? SOCK_STREAM : SOCK_DGRAM);

	if (fd < 0)
		return -1;
	if (prepare(binder, fd, kind, address) && bind(fd, &address->any, address->length) == 0)
		return fd;
	socket_close(fd);
	return -1;
}

/*
 * Binds a socket by number to the port that the kernel chose for `chosen`, and closes that one. On
 * closing a listening socket, Linux (6.18) takes such a choice back before it ceases to listen: a
 * handshake that ends in between is lost without a reset, and its client waits forever. Returns
 * the new socket; `chosen` itself where two sockets cannot be bound to one port.
 */
static int bind_by_number(const struct binder *binder, int chosen, const struct address *address)
{
	int fd = open_bound(binder, SOCKET_STREAM, address);

	if (fd < 0)
		return chosen;
	close(chosen);
	return fd;
}

/*
 * Opens a socket of that kind and binds it. Writes the address that it really has: for port 0 the
 * kernel chose one. Returns its descriptor, or -1 with errno.
 */
static int open_at(const struct binder *binder, enum socket_kind kind, struct address *address)
{
	bool is_chosen = address_port(address) == 0;
	int fd = open_bound(binder, kind, address);

	if (fd < 0)
		return -1;
	address->length = sizeof address->room;
	if (getsockname(fd, &address->any, &address->length) < 0) {
		socket_close(fd);
		return -1;
	}
	return is_chosen && kind == SOCKET_STREAM ? bind_by_number(binder, fd, address) : fd;
}

/* Binds a socket of that kind, and writes the address that it really has. False, with errno. */
static bool bind_kind(struct binder *binder, enum socket_kind kind, struct address *address)
{
	int fd = open_at(binder, kind, address);
	struct socket_entry *entry = fd < 0 ? NULL : entries_add(binder->entries, fd, kind);

	if (!entry)
		return false;
	entries_name(entry, address);
	return true;
}

/*
 * Binds every socket wanted on an address, or none. False, with errno; `by_udp` says if UDP failed.
 */
static bool bind_address(struct binder *binder, struct address *address, bool *by_udp)
{
	size_t before = binder->entries->count;
	int reason;

	*by_udp = false;
	if (!bind_kind(binder, SOCKET_STREAM, address))
		return false;
	if (!wants_datagrams(binder) || bind_kind(binder, SOCKET_DATAGRAM, address))
		return true;
	reason = errno;
	entries_truncate(binder->entries, before);
	errno = reason;
	*by_udp = true;
	return false;
}

/* The outcome of binding an address, or all of one endpoint. */
enum bound {
	BOUND,
	BOUND_IN_USE,	/* by another socket, which a check accepts */
	BOUND_LEFT_OUT, /* the machine lacks its family; another address may serve */
	BOUND_AGAIN,	/* the free port that an earlier address got is taken on this one */
	BOUND_NOT,
};

/* Stores an address that another program uses, so that it is not listed twice. */
static enum bound note_use(struct binder *binder, const struct failure *failure)
{
	enum socket_kind kind = failure->by_udp ? SOCKET_DATAGRAM : SOCKET_STREAM;
	struct socket_entry *entry = entries_add(binder->entries, -1, kind);

	if (!entry) {
		log_error("out of memory");
		return BOUND_NOT;
	}
	entries_name(entry, failure->address);
	failure_note(failure);
	return BOUND_IN_USE;
}

/* Decides what it means that an endpoint's address cannot be bound; logs it if necessary. */
static enum bound judge_failure(struct binder *binder, const struct failure *failure,
				bool port_is_chosen, bool is_only)
{
	if (failure->reason == EADDRINUSE && port_is_chosen)
		return BOUND_AGAIN;
	if (failure->reason == EADDRINUSE && binder->checking && address_port(failure->address) > 0)
		return note_use(binder, failure);
	if ((failure->reason == EAFNOSUPPORT || failure->reason == EADDRNOTAVAIL) && !is_only) {
		if (!binder->warned_of_family)
			failure_warn(failure);
		binder->warned_of_family = true;
		return BOUND_LEFT_OUT;
	}
	failure_complain(failure);
	return BOUND_NOT;
}

/*
 * Finds our own socket that overlaps the address, which only --reuse-port allows, in one role. The
 * kernel sees such an overlap at listen(2), and so never in a check.
 */
static const struct socket_entry *find_own(const struct binder *binder,
					   const struct address *address)
{
	const struct socket_entry *own = entries_find_overlap(binder->entries, SOCKET_STREAM,
							      address);

	if (shares_port(binder) && (!own || own->role == binder->role))
		return NULL;
	if (own || !wants_datagrams(binder))
		return own;
	return entries_find_overlap(binder->entries, SOCKET_DATAGRAM, address);
}

static void complain_of_own(const struct socket_entry *own, const struct address *address)
{
	char text[ADDRESS_TEXT_MAX];

	address_format(address, text, sizeof text);
	if (strcmp(text, own->text) == 0)
		log_error("cannot listen on %s: it is %s", text,
			  own->inherited ? "inherited already" : "given twice");
	else
		log_error("cannot listen on %s: it overlaps %s, which is %s", text, own->text,
			  own->inherited ? "inherited" : "given as well");
}

/*
 * Binds one address of an endpoint that wants this port, or 0 for any. Writes the port that was got
 * to the address, even if only TCP got it.
 */
static enum bound bind_one(struct binder *binder, struct address *address, uint16_t wanted,
			   bool is_only)
{
	const struct socket_entry *own = find_own(binder, address);
	struct failure failure = {.address = address, .shares = shares_port(binder)};

	if (own && address_port(address) != wanted)
		return BOUND_AGAIN;
	if (own) {
		complain_of_own(own, address);
		return BOUND_NOT;
	}
	if (bind_address(binder, address, &failure.by_udp))
		return BOUND;
	failure.reason = errno;
	return judge_failure(binder, &failure, address_port(address) != wanted, is_only);
}

/* Binds every address of one endpoint to one port; BOUND_AGAIN: try another free port. */
static enum bound bind_all(struct binder *binder, struct addresslist *all, uint16_t wanted)
{
	size_t before = binder->entries->count;
	uint16_t port = wanted;
	bool serves = false;

	for (size_t i = 0; i < all->count; i++) {
		struct address *address = &all->all[i];
		address_set_port(address, port);
		enum bound bound = bind_one(binder, address, wanted,
					    i + 1 == all->count && !serves);
		port = address_port(address); /* TCP may have it, even if UDP failed */
		if (bound == BOUND_AGAIN)
			entries_truncate(binder->entries, before);
		if (bound == BOUND_AGAIN || bound == BOUND_NOT)
			return bound;
		serves = serves || bound == BOUND || bound == BOUND_IN_USE;
	}
	return BOUND;
}

static bool add_ip(struct binder *binder, const struct endpoint *endpoint)
{
	struct addresslist all;
	char text[ADDRESS_TEXT_MAX];

	if (!resolve_endpoint(endpoint, &all))
		return false;
	for (int i = 0; i < FREE_PORT_TRIES; i++) {
		enum bound bound = bind_all(binder, &all, endpoint->port);
		if (bound != BOUND_AGAIN)
			return bound == BOUND;
	}
	log_error("cannot listen on %s: found no port that is free on all its addresses",
		  endpoint_format(endpoint, text, sizeof text));
	return false;
}

/* Opens and binds a UNIX socket; false, with errno, on failure. */
static bool bind_unix(struct binder *binder, const struct address *address)
{
	const struct options *options = binder->options;
	struct socket_entry *entry;
	int fd;

	if (!unixpath_clear(address))
		return false;
	fd = socket_open(AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return false;
	entry = entries_add(binder->entries, fd, SOCKET_STREAM);
	if (!entry ||
	    !unixpath_bind(fd, address, &options->socket_mode, options->account, &entry->path))
		return false;
	entries_name(entry, address);
	return true;
}

/*
 * Checks whether the path could be bound, and stores it; false, with errno, if not. Binding to an
 * abstract name leaves no trace, so that is tried.
 */
static bool check_unix(struct binder *binder, const struct address *address)
{
	struct socket_entry *entry;

	if (abstract_is(address))
		return bind_unix(binder, address);
	if (!unixpath_check(address))
		return false;
	entry = entries_add(binder->entries, -1, SOCKET_STREAM);
	if (entry)
		entries_name(entry, address);
	return entry != NULL;
}

/* Decides what it means that a path cannot be bound; logs it. Returns whether a check accepts it.
 */
static bool judge_unix_failure(struct binder *binder, const struct failure *failure)
{
	if (failure->reason == EADDRINUSE && binder->checking)
		return note_use(binder, failure) == BOUND_IN_USE;
	failure_complain(failure);
	return false;
}

static bool add_unix(struct binder *binder, const struct endpoint *endpoint)
{
	struct address address;
	const struct socket_entry *own;

	if (!address_from_path(endpoint->host, &address))
		return false; /* the options have refused such a path */
	own = entries_find_overlap(binder->entries, SOCKET_STREAM, &address);
	if (own) {
		complain_of_own(own, &address);
		return false;
	}
	if (binder->checking ? check_unix(binder, &address) : bind_unix(binder, &address))
		return true;
	return judge_unix_failure(binder, &(struct failure){.address = &address, .reason = errno});
}

/* Binds the sockets of a role. */
static bool add_all(struct binder *binder, enum socket_role role, const struct endpoint *endpoints,
		    size_t count)
{
	size_t before = binder->entries->count;
	bool is_bound = true;

	binder->role = role;
	for (size_t i = 0; i < count && is_bound; i++) {
		is_bound = endpoints[i].kind == ENDPOINT_UNIX ? add_unix(binder, &endpoints[i])
							      : add_ip(binder, &endpoints[i]);
		while (before < binder->entries->count)
			binder->entries->all[before++].role = role;
	}
	return is_bound;
}

bool bind_role(const struct options *options, enum socket_role role, bool checking,
	       struct entries *entries)
{
	struct binder binder = {.options = options, .entries = entries, .checking = checking};

	switch (role) {
	case SOCKET_GREETING:
		return add_all(&binder, role, options->endpoints, options->endpoint_count);
	case SOCKET_PROXY:
		return add_all(&binder, role, options->proxies, options->proxy_count);
	case SOCKET_METRICS:
		break;
	}
	return add_all(&binder, role, options->metrics, options->metrics_count);
}
