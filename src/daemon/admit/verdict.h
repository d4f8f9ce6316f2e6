/* SPDX-License-Identifier: ISC */
/* verdict: whether a client is let in, and if not, why. */
#ifndef DAEMON_ADMIT_VERDICT_H
#define DAEMON_ADMIT_VERDICT_H

struct source;

enum verdict {
	VERDICT_ADMITTED,
	VERDICT_DENIED,	   /* it is in a network that may not come */
	VERDICT_TOO_MANY,  /* its source has as many connections open as it may */
	VERDICT_TOO_OFTEN, /* its source has come too often */
	/*
	 * It could not be counted, and must be refused: a limit that gave way when memory is short
	 * would do so for those that use it up.
	 */
	VERDICT_NO_MEMORY
};

/* A verdict on a connection, and where its end must be counted, or NULL: it was not counted. */
struct admission {
	enum verdict verdict;
	struct source *source;
};

#endif
