/* SPDX-License-Identifier: ISC */
/* options: what the load generator is told by its command line. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/cli.h"

/* What a run does: each has options of its own. */
enum options_task { TASK_CLOSED, TASK_OPEN, TASK_HOLD, TASK_DATAGRAMS, TASKS };

/* In which state a connection is held: see the table in options.c. */
enum options_mode { MODE_LINGERING, MODE_IDLE, MODE_SILENT, MODES };

struct options {
	enum options_task task;
	enum options_mode mode;

	const char *host;
	uint64_t port;
	const char *greeting_file;
	bool expands;		 /* {peer} in the greeting is each client's own address */
	const char *header_file; /* NULL: nothing is sent */
	uint64_t core;		 /* or OPTIONS_ANY_CORE */

	uint64_t count, warm;	       /* connections */
	uint64_t concurrency;	       /* at a time */
	uint64_t rate;		       /* connections that begin in a second */
	uint64_t measured_ms, warm_ms; /* for how long they do */
	uint64_t size;		       /* of a request, in bytes */
	uint64_t receive_buffer;       /* bytes; 0: the kernel's choice */

	const char *mode_name; /* as given, before it is understood */
};

#define OPTIONS_ANY_CORE UINT64_MAX

/* How many datagrams may be under way. */
#define OPTIONS_MOST_DATAGRAMS 64

/* Reads the command line. One line on standard error says what is wrong. */
enum cli_outcome options_read(struct options *options, int argc, char **argv) MUST_CHECK;

#endif
