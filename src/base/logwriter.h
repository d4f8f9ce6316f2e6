/* SPDX-License-Identifier: ISC */
/*
 * logwriter: writes the log's lines to standard error, some of them together, and counts those that
 * are lost.
 *
 * A write takes whole lines, and no more than a pipe takes whole, so that the lines of several
 * writers never mix.
 */
#ifndef BASE_LOGWRITER_H
#define BASE_LOGWRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/logline.h"
#include "base/outlet.h"

/* The most bytes that may precede a line. */
#define LOGWRITER_PREFIX_MAX 8

/* The room for a line. */
#define LOGWRITER_LINE_MAX (LOGWRITER_PREFIX_MAX + LOGLINE_MAX)

/* So long a line may be held. A longer time would save next to nothing. */
enum { LOGWRITER_HOLD_MS = 10 };

/* Has logwriter_release() called in `ms` milliseconds. False: that is impossible. */
typedef bool logwriter_later(void *argument, unsigned ms);

struct logwriter {
	const struct logline_style *style; /* of the report of lost lines */
	bool never_waits;		   /* for the reader: what is not taken is lost */
	struct outlet outlet;		   /* used once it never waits */
	logwriter_later *later;		   /* NULL: no line is held */
	void *argument;
	bool is_due; /* logwriter_release() will be called */
	uint64_t written_ms;
	/* The lines held, and room for the next. */
	char lines[2 * LOGWRITER_LINE_MAX];
	size_t held;
	/* Lines lost: not read in time, or failed for another reason, of which the last is kept. */
	unsigned long unread, failed;
	int reason;
	/* What remains to be written of a line that was cut. */
	char rest[LOGWRITER_LINE_MAX];
	size_t rest_length, rest_taken;
};

/* Returns the room for the next line, of LOGWRITER_LINE_MAX bytes. */
char *logwriter_room(struct logwriter *writer);

/*
 * Takes a line of that length, which is in the room. One that is urgent is written at once, and so
 * is any other unless one was written in the last LOGWRITER_HOLD_MS: then it is held.
 */
void logwriter_add(struct logwriter *writer, size_t length, bool is_urgent);

/* Writes the lines held, whose time is over. */
void logwriter_release(struct logwriter *writer);

/* Holds lines from now on, or, if `later` is NULL, none any more. */
void logwriter_hold(struct logwriter *writer, logwriter_later *later, void *argument);

/* Writes the lines held, the rest of a line that was cut, and how many were lost. */
void logwriter_close(struct logwriter *writer);

#endif
