/* SPDX-License-Identifier: ISC */
/* inherited: the sockets that a service manager has opened for us (socket activation). */
#ifndef DAEMON_SETUP_INHERITED_H
#define DAEMON_SETUP_INHERITED_H

#include <stdbool.h>

#include "activation.h"
#include "base/attributes.h"
#include "entries.h"

/* Starts as {0}. */
struct inherited {
	struct entries entries;		      /* in the order in which they came */
	enum sockets_datagrams datagrams;     /* what those for datagrams bring */
	char problem[ACTIVATION_PROBLEM_MAX]; /* why they cannot be served; "": they can */
};

/*
 * Finds the sockets that the environment says are ours, judges them, and removes the variables from
 * the environment, whoever they are for. Logs nothing and changes no socket: a check may be all
 * that is wanted. Call it before anything else takes descriptors, and inherited_free() in the end.
 */
void inherited_find(struct inherited *inherited);

/* Judges one descriptor and adds its socket, or writes the problem. `name` may be "". */
void inherited_add(struct inherited *inherited, int fd, const char *name);

/*
 * Moves the sockets to the empty `entries`, and unless `checking` makes them ready to serve. False,
 * and logged, if they cannot be served. NULL: there are none.
 */
bool inherited_take(struct inherited *inherited, bool checking, struct entries *entries) MUST_CHECK;

/* Closes the sockets that nobody has taken. */
void inherited_free(struct inherited *inherited);

#endif
