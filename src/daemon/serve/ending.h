/* SPDX-License-Identifier: ISC */
/* ending: how a session can end, what the log calls it, and which counter it has. */
#ifndef DAEMON_SERVE_ENDING_H
#define DAEMON_SERVE_ENDING_H

#include <stddef.h>
#include <stdint.h>

struct stats;

enum ending {
	ENDING_DONE,  /* closed by the peer after the whole greeting was sent */
	ENDING_LEFT,  /* as ENDING_DONE, but its kernel had not taken all of it; with -v only */
	ENDING_RESET, /* reset by the peer after the whole greeting was sent */
	ENDING_RESET_GREETING,	   /* reset by the peer before that */
	ENDING_TIMED_OUT_GREETING, /* the peer did not take the greeting in time */
	ENDING_TIMED_OUT_LINGER,   /* the peer did not close in time */
	ENDING_FLOODED,		   /* the peer sent more than we discard */
	ENDING_EVICTED,		   /* made room for others */
	ENDING_STOPPED,		   /* the daemon had to end */
	ENDING_FAILED,		   /* no memory, or a system call failed */
	/* Before an answer, the peer must have said something, and has not: */
	ENDING_LEFT_PRELUDE,	  /* it ended the stream */
	ENDING_RESET_PRELUDE,	  /* it reset the connection */
	ENDING_TIMED_OUT_PRELUDE, /* it took too long */
	ENDING_BAD_PRELUDE,	  /* it said something else */
	ENDING_REFUSED,		  /* it may not come, and was told nothing; counted already */
};

/*
 * Looks closer at a client that has closed: it may have left without the `sent` bytes of its
 * greeting, as port checks do. Its kernel then answers them with a reset, after the end of the
 * stream. A reset alone shows nothing, since it acknowledges nothing.
 *
 * Returns how many ms ago the client went, since a session may look late; -1: the kernel does not
 * say.
 */
int64_t ending_look_closer(enum ending *ending, int fd, size_t sent);

/* Returns what the log calls it. */
const char *ending_name(enum ending ending);

/* Counts a session that ended so; ENDING_DONE has no counter. */
void ending_count(enum ending ending, struct stats *stats);

#endif
