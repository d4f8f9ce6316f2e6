/* SPDX-License-Identifier: ISC */
/* summarytext: writes a summary: in lines for people, or as one JSON object. */
#ifndef CLIENT_SUMMARYTEXT_H
#define CLIENT_SUMMARYTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

struct summary;

/* Room for either form. */
#define SUMMARYTEXT_MAX 8192

/* Writes the summary of an ended run in lines, each with its newline. Returns the length. */
size_t summarytext_write(const struct summary *summary, char text[SUMMARYTEXT_MAX]);

/* How many attempts failed that talked first. */
struct talk {
	uint64_t without; /* a greeting */
	uint64_t reset;	  /* after some bytes of one */
};

/* What is known of a run besides its summary. */
struct summarytext_facts {
	const struct talk *talk; /* NULL: none talked first */
	uint64_t blocked_us;	 /* how long writing to standard output has held it up */
};

/*
 * Writes the summary of an ended run as one JSON object in a line, with its newline. `status` is
 * the exit status. Returns the length.
 */
size_t summarytext_write_json(const struct summary *summary, const struct summarytext_facts *facts,
			      enum status status, char text[SUMMARYTEXT_MAX]);

#endif
