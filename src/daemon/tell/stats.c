/* SPDX-License-Identifier: ISC */
/* stats: what haild has counted since it started. */
#include "stats.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/log.h"

/* The counters' names, in the order of the log. */
#define STATS_ROW(name, kind, help) {#name, offsetof(struct stats, name)},
static const struct {
	const char *name;
	size_t offset;
} counters[] = {STATS_ALL(STATS_ROW)};

void stats_log(const struct stats *stats)
{
	char text[1024] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof counters / sizeof *counters && used < sizeof text; i++) {
		const uint64_t *value = (const void *)((const char *)stats + counters[i].offset);
		used += (size_t)snprintf(text + used, sizeof text - used, " %s=%" PRIu64,
					 counters[i].name, *value);
	}
	log_answer("counters:%s", text);
}
