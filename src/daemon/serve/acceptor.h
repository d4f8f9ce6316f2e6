/* SPDX-License-Identifier: ISC */
/*
 * acceptor: accepts on several listening sockets, by a libevent listener for each, which start and
 * stop together.
 */
#ifndef DAEMON_SERVE_ACCEPTOR_H
#define DAEMON_SERVE_ACCEPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/attributes.h"

struct acceptor;
struct event_base;
struct socket_entry;

/*
 * Accepts in a turn of the loop at most, before its other events have theirs: libevent itself
 * accepts until the queue is empty. The sockets share them, so that none is held up by another's
 * flood; each may take one. With 64, a flood's sessions took longer than others may wait (O5 in
 * doc/reliability.md).
 */
enum { ACCEPTOR_TURN = 16 };

/* How soon to retry after an error that no event ends, in ms. */
enum { ACCEPTOR_RETRY_MS = 100 };

/*
 * Called for each accepted connection: a non-blocking socket, which is the callback's from now on,
 * and the client's address, which is not kept. `entry` is what it was accepted on. libevent goes on
 * accepting unless the acceptor is stopped.
 */
typedef void acceptor_accepted_cb(const struct socket_entry *entry, int fd,
				  const struct sockaddr *from, socklen_t length, void *argument);

/* Called after a turn in which so many were accepted, unless the acceptor was stopped in it. */
typedef void acceptor_turn_cb(unsigned accepted, void *argument);

/*
 * Called when the machine cannot accept, with an errno: stop the acceptor for a time, or it spins,
 * since the queue stays readable.
 */
typedef void acceptor_failed_cb(int reason, void *argument);

/* Makes one without sockets, which is stopped. `base` must outlive it. NULL: no memory. */
struct acceptor *acceptor_new(struct event_base *base, acceptor_accepted_cb *accepted,
			      acceptor_failed_cb *failed, void *argument);

/* Has `turn_over` called after each turn of a socket. */
void acceptor_watch_turns(struct acceptor *acceptor, acceptor_turn_cb *turn_over);

/*
 * Adds a socket, which listens already, stays the caller's, and must not move. False: no memory, or
 * it cannot be watched. That shows only when it accepts; so it does from now on, until it is
 * stopped.
 */
bool acceptor_add(struct acceptor *acceptor, const struct socket_entry *entry) MUST_CHECK;

size_t acceptor_count(const struct acceptor *acceptor);

/* Returns the i-th socket. */
const struct socket_entry *acceptor_at(const struct acceptor *acceptor, size_t i);

/* Makes every socket accept. False, with errno: some do not. */
bool acceptor_start(struct acceptor *acceptor) MUST_CHECK;

/* Makes none accept. */
void acceptor_stop(struct acceptor *acceptor);

/*
 * Accepts one connection from the queue of the i-th socket, whether or not it is stopped, and hands
 * it over as any other. False, with errno: there is none.
 */
bool acceptor_take(struct acceptor *acceptor, size_t i) MUST_CHECK;

/* Releases the sockets after the first `kept`. */
void acceptor_release_from(struct acceptor *acceptor, size_t kept);

/* NULL is allowed. */
void acceptor_free(struct acceptor *acceptor);

#endif
