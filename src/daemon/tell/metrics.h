/* SPDX-License-Identifier: ISC */
/* metrics: what haild has counted, as text for Prometheus (its format 0.0.4). Pure. */
#ifndef DAEMON_TELL_METRICS_H
#define DAEMON_TELL_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stats;

/* Room for the text, whatever the values are, in bytes. */
enum { METRICS_TEXT_MAX = 16384 };

/* The type that the text is sent as; Prometheus 3 takes no other. */
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* What the text tells. */
struct metrics_facts {
	const struct stats *stats;
	uint64_t room;	      /* how many connections may be open */
	uint64_t start_ms;    /* since 1970 */
	bool is_draining;     /* a stop waits for the open connections */
	bool is_ready;	      /* new clients are welcome; also the answer to /readyz */
	const char *libevent; /* its version */
};

/* Writes the text to `text` of METRICS_TEXT_MAX bytes. Returns its length. */
size_t metrics_render(const struct metrics_facts *facts, char *text);

#endif
