/* SPDX-License-Identifier: ISC */
/*
 * turn: how many connections are accepted from one socket in a turn of the loop.
 *
 * Only an accept4(2) that fails shows that a queue is empty, and clients that come one by one would
 * cost two calls each. So a turn ends after some connections, at first one, without asking for
 * more; what is left in the queue is for the next turn. Turns that find as many as they may take
 * become longer, and those that do not become shorter.
 */
#ifndef DAEMON_SERVE_TURN_H
#define DAEMON_SERVE_TURN_H

#include <stdbool.h>

/* The turns of a socket. Its fields are private to turn.c and the inline function below. */
struct turn {
	unsigned most;	     /* connections in a turn */
	unsigned taken;	     /* of them, in this turn */
	unsigned since_vain; /* connections since a turn has asked for one too many */
};

/* Begins with a turn of one connection. */
void turn_begin(struct turn *turn);

/* Counts a connection. True: it is the last one of this turn. */
static inline bool turn_take(struct turn *turn)
{
	return ++turn->taken >= turn->most;
}

/*
 * Ends a turn, and decides how many connections the next one may take: never more than `limit`.
 * Returns how many this one has taken.
 */
unsigned turn_end(struct turn *turn, unsigned limit);

/* Breaks a turn off: how many it has taken says nothing about the queue. */
void turn_break_off(struct turn *turn);

#endif
