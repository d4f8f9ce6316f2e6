/* places: where haild listens, and the sockets that it has there. */
#ifndef DAEMON_SETUP_PLACES_H
#define DAEMON_SETUP_PLACES_H

#include <stddef.h>
#include <sys/socket.h>

#include "base/address.h"
#include "unixpath.h"

struct place {
	int fd;		 /* -1: in use by another program, which is well enough for a check */
	int datagram_fd; /* for those on the same address, or -1 */
	struct address name;
	char address[ADDRESS_TEXT_MAX]; /* the same as text */
	struct unixpath path;		/* of a UNIX socket */
};

struct places {
	struct place *all;
	size_t count;
};

/* Takes `fd` over as a new place; closes it, and returns NULL with errno, if there is no memory. */
struct place *places_add(struct places *places, int fd);

/* Sets the place's address. */
void places_name(struct place *place, const struct address *name);

/*
 * Finds the place that takes what comes to the address: it is the same, or one of both is every
 * address of their family, on the same port. NULL if there is none.
 */
const struct place *places_find_overlap(const struct places *places, const struct address *address);

/* Forgets the places from the `count`-th on, and closes their sockets. */
void places_truncate(struct places *places, size_t count);

/* Closes the place's socket for datagrams, if it has one. */
void places_close_datagrams(struct place *place);

/* Closes every socket and removes the UNIX sockets' paths, if they are still ours. */
void places_free(struct places *places);

#endif
