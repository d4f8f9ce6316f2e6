/* SPDX-License-Identifier: ISC */
/* sockets: the list of our sockets: opens them, all or none, and keeps them until the end. */
#ifndef DAEMON_SETUP_SOCKETS_H
#define DAEMON_SETUP_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/attributes.h"
#include "unixpath.h"

struct options;
struct sockets;

enum socket_kind {
	SOCKET_STREAM,	 /* listens; TCP or UNIX */
	SOCKET_DATAGRAM, /* UDP; an inherited one may be UNIX */
};

/* What those that connect to a listening socket get. */
enum socket_role {
	SOCKET_GREETING,
	SOCKET_PROXY,	/* the greeting, once a balancer has said for whom they connect */
	SOCKET_METRICS, /* what haild has counted, by HTTP */
};

/*
 * One of the sockets. The inherited ones come first, as they came; then the others in the options'
 * order, with a TCP socket before the UDP one; then those behind balancers, and those for metrics.
 */
struct socket_entry {
	int fd; /* -1: closed, or only checked */
	enum socket_kind kind;
	enum socket_role role;
	bool inherited;		     /* a service manager's, who keeps it open */
	bool takes_ipv4;	     /* IPv6 on every address, and IPv4, too */
	struct address address;	     /* where it is bound */
	char text[ADDRESS_TEXT_MAX]; /* the same, as address_format() writes it */
	struct unixpath path;	     /* to be removed at the end */
};

/* Whose datagrams are answered. */
enum sockets_datagrams {
	SOCKETS_NO_DATAGRAMS,
	SOCKETS_IP_DATAGRAMS,
	SOCKETS_UNIX_DATAGRAMS, /* those of UNIX sockets, too: their addresses are longer */
};

/* Returns whose datagrams sockets_open() will bring. */
enum sockets_datagrams sockets_expect_datagrams(const struct options *options);

/*
 * Takes over the inherited sockets, and opens a non-blocking socket for every address that the
 * options name, and with --udp one more, for datagrams, on each that is no path. The default
 * address is for a daemon that has inherited none to greet on. NULL, and logged, if one cannot be
 * had: then none is left open.
 */
struct sockets *sockets_open(const struct options *options);

/* Returns whether sockets_open() could succeed, and logs why not; nobody can connect meanwhile. */
bool sockets_check(const struct options *options) MUST_CHECK;

size_t sockets_count(const struct sockets *sockets);

/* True if any of them has that role. */
bool sockets_have_role(const struct sockets *sockets, enum socket_role role);

/* Returns the i-th socket. It stays where it is until sockets_close(). */
const struct socket_entry *sockets_at(const struct sockets *sockets, size_t i);

/*
 * Moves the sockets of that role, if any, to a list of their own, which ends by itself. NULL, and
 * logged: no memory; all stay.
 */
struct sockets *sockets_split(struct sockets *sockets, enum socket_role role);

/* Closes the sockets for datagrams: later requests are refused, or go to another daemon. */
void sockets_close_datagrams(struct sockets *sockets);

/* Closes the listening sockets that are inherited: their queues are for the next instance. */
void sockets_let_go(struct sockets *sockets);

/* Closes every socket and removes the UNIX sockets' paths that are still ours. NULL is allowed. */
void sockets_close(struct sockets *sockets);

#endif
