/* SPDX-License-Identifier: ISC */
/* places: where haild listens, and its sockets there. */
#ifndef DAEMON_SETUP_PLACES_H
#define DAEMON_SETUP_PLACES_H

#include <stddef.h>
#include <sys/socket.h>

#include "base/address.h"
#include "unixpath.h"

struct place {
	int fd;		 /* -1: only checked, or in use by another program, which a check accepts */
	int datagram_fd; /* for datagrams on the same address, or -1 */
	struct address name;
	char address[ADDRESS_TEXT_MAX]; /* name, as text */
	struct unixpath path;		/* of a UNIX socket */
};

struct places {
	struct place *all;
	size_t count;
};

/* Takes over `fd` as a new place. NULL, with errno and fd closed: no memory. */
struct place *places_add(struct places *places, int fd);

/* Sets the place's address. */
void places_name(struct place *place, const struct address *name);

/*
 * Finds the place that receives what comes to the address. It is the same, by port or path, or one
 * of both is every address of the family. NULL if there is none.
 */
const struct place *places_find_overlap(const struct places *places, const struct address *address);

/* Forgets the places from index `count` on, and closes their sockets. */
void places_truncate(struct places *places, size_t count);

/* Closes the place's socket for datagrams, if it has one. */
void places_close_datagrams(struct place *place);

/* Closes every socket and removes the UNIX sockets' paths that are still ours. */
void places_free(struct places *places);

#endif
