/* SPDX-License-Identifier: ISC */
/* entries: the entries of the list of sockets, while it is being made and when it ends. */
#ifndef DAEMON_SETUP_ENTRIES_H
#define DAEMON_SETUP_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "sockets.h"

struct entries {
	struct socket_entry *all;
	size_t count;
};

/*
 * Takes over `fd` as a new entry, which has no address yet; -1: it is only checked, or in use by
 * another program, which a check accepts. NULL, with errno and fd closed: no memory.
 */
struct socket_entry *entries_add(struct entries *entries, int fd, enum socket_kind kind);

/* Sets the entry's address. */
void entries_name(struct socket_entry *entry, const struct address *address);

/*
 * Finds the first entry of that kind that receives what comes to the address. It is the same, by
 * port or path, or one of both is every address of the family. A path has one socket, of either
 * kind. NULL if there is none.
 */
const struct socket_entry *entries_find_overlap(const struct entries *entries,
						enum socket_kind kind,
						const struct address *address);

/* Forgets the entries from index `count` on, and closes their sockets. */
void entries_truncate(struct entries *entries, size_t count);

/*
 * Moves the entries of that role to `split`, which is empty; all keep their order. False: no
 * memory, nothing has changed.
 */
bool entries_split(struct entries *entries, enum socket_role role,
		   struct entries *split) MUST_CHECK;

/* Closes the sockets for datagrams; their entries stay. */
void entries_close_datagrams(struct entries *entries);

/* Closes the inherited sockets that listen; their entries stay. */
void entries_let_go(struct entries *entries);

/* Closes every socket and removes the UNIX sockets' paths that are still ours. */
void entries_free(struct entries *entries);

#endif
