/* SPDX-License-Identifier: ISC */
/* stats: what haild has counted since it started. */
#include "stats.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/json.h"
#include "base/log.h"

/* Room for the counters as text. */
enum { TEXT_MAX = 2048 };

const uint32_t stats_lives[STATS_LIVES] = {
	STATS_SHORT_LIFE, STATS_USUAL_LIFE, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000,
};

/* The counters' names, in the order of the log. */
#define STATS_ROW(name, kind, help) {#name, offsetof(struct stats, name)},
static const struct counter {
	const char *name;
	size_t offset;
} counters[] = {STATS_ALL(STATS_ROW)};

enum { COUNTERS = sizeof counters / sizeof *counters };

static uint64_t value_of(const struct stats *stats, size_t i)
{
	const uint64_t *value = (const void *)((const char *)stats + counters[i].offset);

	return *value;
}

static void add_counters(struct json *json, const struct stats *stats)
{
	for (size_t i = 0; i < COUNTERS; i++)
		json_number(json, counters[i].name, value_of(stats, i));
}

static void add_asked(struct json *json, const void *subject)
{
	json_string(json, "event", "counters");
	add_counters(json, subject);
}

static void add_end(struct json *json, const void *subject)
{
	json_string(json, "event", "stopped");
	add_counters(json, subject);
}

void stats_count_life(struct stats *stats, uint32_t ms)
{
	unsigned i = 0;

	while (i < STATS_LIVES && ms > stats_lives[i])
		i++;
	stats->lives[i]++;
	stats->lives_ms += ms;
}

/* Writes all counters, with a blank before each. Returns `text`. */
static const char *format(const struct stats *stats, char text[TEXT_MAX])
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < COUNTERS && used < TEXT_MAX; i++)
		used += (size_t)snprintf(text + used, TEXT_MAX - used, " %s=%" PRIu64,
					 counters[i].name, value_of(stats, i));
	return text;
}

void stats_log(const struct stats *stats)
{
	char text[TEXT_MAX];

	log_event(LOG_LEVEL_ANSWER, add_asked, stats, "counters:%s", format(stats, text));
}

void stats_log_end(const struct stats *stats)
{
	char text[TEXT_MAX];

	log_event(LOG_LEVEL_INFO, add_end, stats, "stopped:%s", format(stats, text));
}
