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

/*
 * A verdict on a connection. The source of one that is admitted must be told of its end; NULL: it
 * is not counted. Of one whose source has too many, that source; of others, NULL.
 */
struct admission {
	enum verdict verdict;
	struct source *source;
};

#endif
