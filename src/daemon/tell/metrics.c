/* SPDX-License-Identifier: ISC */
/* metrics: what haild has counted, as text for Prometheus. */
#include <config.h>

#include "metrics.h"

#include <ctype.h>
#include <inttypes.h>

#include "base/text.h"
#include "stats.h"

/* The counters, in the order of the log. */
#define METRICS_ROW(name, kind, help) {#name, STATS_##kind, help, offsetof(struct stats, name)},
static const struct counter {
	const char *name;
	enum stats_kind kind;
	const char *help;
	size_t offset;
} counters[] = {STATS_ALL(METRICS_ROW)};
#undef METRICS_ROW

enum { COUNTERS = sizeof counters / sizeof *counters };

/* How counters are called there; the endings of connections are one metric, with a label. */
#define INDEX(name) (offsetof(struct stats, name) / sizeof(uint64_t))
static const char *const names[COUNTERS] = {
	[INDEX(accepted)] = "haild_connections_accepted_total",
	[INDEX(greeted)] = "haild_connections_greeted_total",
	[INDEX(proxied)] = "haild_connections_proxied_total",
	[INDEX(proxied_local)] = "haild_connections_proxied_local_total",
	[INDEX(bytes_sent)] = "haild_sent_bytes_total",
	[INDEX(bytes_discarded)] = "haild_discarded_bytes_total",
	[INDEX(datagrams)] = "haild_datagrams_received_total",
	[INDEX(datagrams_answered)] = "haild_datagrams_answered_total",
	[INDEX(datagrams_too_small)] = "haild_datagrams_too_small_total",
	[INDEX(datagrams_ignored)] = "haild_datagrams_ignored_total",
	[INDEX(datagrams_denied)] = "haild_datagrams_denied_total",
	[INDEX(datagrams_too_often)] = "haild_datagrams_too_often_total",
	[INDEX(datagrams_failed)] = "haild_datagrams_failed_total",
	[INDEX(accept_pauses)] = "haild_accept_pauses_total",
	[INDEX(open)] = "haild_connections_open",
};

/* Begins a metric: its help, which is made a sentence, and its type. */
static void add_head(struct text *text, const char *name, const char *type, const char *help)
{
	text_add(text, "# HELP %s %c%s.\n# TYPE %s %s\n", name, toupper((unsigned char)*help),
		 help + 1, name, type);
}

static void add_gauge(struct text *text, const char *name, const char *help, uint64_t value)
{
	add_head(text, name, "gauge", help);
	text_add(text, "%s %" PRIu64 "\n", name, value);
}

/* Adds milliseconds as seconds. */
static void add_seconds(struct text *text, const char *name, uint64_t ms)
{
	text_add(text, "%s %" PRIu64 ".%03u\n", name, ms / 1000, (unsigned)(ms % 1000));
}

static uint64_t value_of(const struct stats *stats, const struct counter *counter)
{
	const uint64_t *value = (const void *)((const char *)stats + counter->offset);

	return *value;
}

static void add_counters(struct text *text, const struct stats *stats)
{
	for (size_t i = 0; i < COUNTERS; i++) {
		const struct counter *counter = &counters[i];
		if (counter->kind == STATS_ENDING)
			continue;
		add_head(text, names[i], counter->kind == STATS_GAUGE ? "gauge" : "counter",
			 counter->help);
		text_add(text, "%s %" PRIu64 "\n", names[i], value_of(stats, counter));
	}
}

static void add_ending(struct text *text, const char *reason, uint64_t value)
{
	text_add(text, "haild_connections_ended_total{reason=\"%s\"} %" PRIu64 "\n", reason, value);
}

/* Adds all endings. "done" has no counter of its own: what is neither open nor another, is it. */
static void add_endings(struct text *text, const struct stats *stats)
{
	uint64_t done = stats->accepted - stats->open + stats->refused_open;

	for (size_t i = 0; i < COUNTERS; i++)
		if (counters[i].kind == STATS_ENDING)
			done -= value_of(stats, &counters[i]);
	add_head(text, "haild_connections_ended_total", "counter",
		 "connections that have ended, by reason");
	add_ending(text, "done", done);
	for (size_t i = 0; i < COUNTERS; i++)
		if (counters[i].kind == STATS_ENDING)
			add_ending(text, counters[i].name, value_of(stats, &counters[i]));
}

/* Adds how long connections lived. Each bucket holds those before it, too. */
static void add_lives(struct text *text, const struct stats *stats)
{
	uint64_t count = 0;

	add_head(text, "haild_connection_duration_seconds", "histogram",
		 "how long connections were open, seen up to 40 ms late");
	for (size_t i = 0; i < STATS_LIVES; i++) {
		count += stats->lives[i];
		text_add(text, "haild_connection_duration_seconds_bucket{le=\"%g\"} %" PRIu64 "\n",
			 stats_lives[i] / 1000.0, count);
	}
	count += stats->lives[STATS_LIVES];
	text_add(text, "haild_connection_duration_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n",
		 count);
	add_seconds(text, "haild_connection_duration_seconds_sum", stats->lives_ms);
	text_add(text, "haild_connection_duration_seconds_count %" PRIu64 "\n", count);
}

size_t metrics_render(const struct metrics_facts *facts, char *text)
{
	struct text all;

	text_begin(&all, text, METRICS_TEXT_MAX);
	add_counters(&all, facts->stats);
	add_gauge(&all, "haild_connections_limit", "connections that may be open at once",
		  facts->room);
	add_endings(&all, facts->stats);
	add_lives(&all, facts->stats);
	add_gauge(&all, "haild_draining",
		  "whether a stop has begun that waits for the open connections",
		  facts->is_draining);
	add_gauge(&all, "haild_ready", "whether new clients are welcome, as /readyz says",
		  facts->is_ready);
	add_head(&all, "haild_start_time_seconds", "gauge",
		 "when the daemon started, in seconds since 1970");
	add_seconds(&all, "haild_start_time_seconds", facts->start_ms);
	add_head(&all, "haild_build_info", "gauge", "always 1; the versions are its labels");
	text_add(&all, "haild_build_info{version=\"%s\",libevent=\"%s\"} 1\n", PACKAGE_VERSION,
		 facts->libevent);
	return all.length;
}
