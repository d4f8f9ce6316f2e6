/* stats: what haild has counted since it started. */
#include "stats.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/log.h"

#define COUNTER(name)                                                                              \
	{                                                                                          \
#name, offsetof(struct stats, name)                                                \
	}

/* The counters by their names in the log, in its order. */
static const struct {
	const char *name;
	size_t offset;
} counters[] = {
	COUNTER(accepted),
	COUNTER(greeted),
	COUNTER(left),
	COUNTER(reset),
	COUNTER(reset_greeting),
	COUNTER(timed_out_greeting),
	COUNTER(timed_out_linger),
	COUNTER(flooded),
	COUNTER(evicted),
	COUNTER(stopped),
	COUNTER(failed),
	COUNTER(bytes_sent),
	COUNTER(bytes_discarded),
	COUNTER(datagrams),
	COUNTER(datagrams_answered),
	COUNTER(datagrams_too_small),
	COUNTER(datagrams_ignored),
	COUNTER(datagrams_failed),
	COUNTER(accept_pauses),
	COUNTER(open),
};

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
