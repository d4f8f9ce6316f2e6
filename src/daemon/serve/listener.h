/* SPDX-License-Identifier: ISC */
/*
 * listener: takes connections from the listening sockets and gives each to a
 * session, as long as there is room.
 */
#ifndef DAEMON_SERVE_LISTENER_H
#define DAEMON_SERVE_LISTENER_H

#include <stddef.h>

struct door;
struct event_base;
struct listener;
struct options;
struct sessions;
struct sockets;
struct stats;

/*
 * Called once, from the loop, when no more connections will be accepted: the options' count is
 * reached, or listener_stop() was called. The sockets can be closed.
 */
typedef void listener_finished_cb(void *argument);

/*
 * Makes a listener that accepts on all `sockets` while `sessions` has room. All arguments must
 * outlive it. NULL: no memory.
 */
struct listener *listener_new(struct event_base *base, const struct options *options,
			      const struct sockets *sockets, struct sessions *sessions,
			      struct door *door, struct stats *stats,
			      listener_finished_cb *finished, void *argument);

/* Notes that a session has ended: a full listener accepts again in the loop's next turn. */
void listener_note_room(struct listener *listener);

/*
 * From now on accepts only clients that are in the queues of our own sockets already, when there is
 * room: their handshakes are complete, and they expect a greeting. Releases the inherited sockets,
 * which may be closed then.
 */
void listener_stop(struct listener *listener);

void listener_free(struct listener *listener);

#endif
