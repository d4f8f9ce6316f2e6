/* SPDX-License-Identifier: ISC */
/* summarytext: writes a summary: in lines for people, or as one JSON object. */
#include "summarytext.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "latencies.h"
#include "outages.h"
#include "schema.h"
#include "summary.h"

/* The percentiles that are shown. */
static const struct {
	unsigned permille;
	const char *name, *member;
} percentiles[] = {
	{0, "min", "min_us"},	{500, "median", "median_us"}, {950, "p95", "p95_us"},
	{990, "p99", "p99_us"}, {1000, "max", "max_us"},
};

enum { PERCENTILES = sizeof percentiles / sizeof *percentiles };

/* Adds so many microseconds as "0.085 ms", "23.4 ms" or "3.2 s". */
static void add_us(struct text *text, uint64_t us)
{
	uint64_t tenths_ms = us / 100 + (us % 100 >= 50), tenths_s;

	if (us < 10000) {
		text_add(text, "%" PRIu64 ".%03u ms", us / 1000, (unsigned)(us % 1000));
	} else if (tenths_ms < 10000) {
		text_add(text, "%" PRIu64 ".%u ms", tenths_ms / 10, (unsigned)(tenths_ms % 10));
	} else {
		tenths_s = us / 100000 + (us % 100000 >= 50000);
		text_add(text, "%" PRIu64 ".%u s", tenths_s / 10, (unsigned)(tenths_s % 10));
	}
}

static void add_counts(struct text *text, const struct summary_counts *counts)
{
	uint64_t failures = counts->attempts - counts->successes;

	text_add(text, "%" PRIu64 " attempt%s, %" PRIu64 " success%s, %" PRIu64 " failure%s",
		 counts->attempts, number_plural(counts->attempts), counts->successes,
		 counts->successes == 1 ? "" : "es", failures, number_plural(failures));
	for (size_t i = 0; i < counts->kind_count; i++)
		text_add(text, "%s%" PRIu64 " %s (exit status %d)", i > 0 ? ", " : ": ",
			 counts->kinds[i].count, counts->kinds[i].stage,
			 (int)counts->kinds[i].status);
	if (counts->late > 0) {
		text_add(text, "; %" PRIu64 " began late, by up to ", counts->late);
		add_us(text, counts->late_max_us);
	}
	text_add(text, "\n");
}

static void add_outage(struct text *text, const struct outage *outage)
{
	char time[TIMESTAMP_MAX];

	text_add(text, "outage %s %s", outage->is_over ? "from" : "since",
		 timestamp_format_ms(time, outage->from_ms));
	if (outage->is_over)
		text_add(text, " to %s (", timestamp_format_ms(time, outage->to_ms));
	else
		text_add(text, ", not over (");
	add_us(text, outage->length_us);
	text_add(text, ", %" PRIu64 " attempt%s)\n", outage->attempts,
		 number_plural(outage->attempts));
}

static void add_outages(struct text *text, const struct outages *outages)
{
	struct outage list[OUTAGES_LISTED_MAX];
	size_t listed = outages_list(outages, list);
	uint64_t count = outages_count(outages), more = count - listed;

	if (count > 1) {
		text_add(text, "%" PRIu64 " outages, ", count);
		add_us(text, outages_length_us(outages));
		text_add(text, " in all\n");
	}
	for (size_t i = 0; i < listed; i++) {
		if (more > 0 && i == listed / 2)
			text_add(text, "%" PRIu64 " more outage%s\n", more, number_plural(more));
		add_outage(text, &list[i]);
	}
}

static void add_latencies(struct text *text, struct latencies *latencies)
{
	if (latencies_count(latencies) == 0)
		return;
	for (size_t i = 0; i < PERCENTILES; i++) {
		text_add(text, "%s", i > 0 ? ", " : "");
		add_us(text, latencies_percentile(latencies, percentiles[i].permille));
		text_add(text, " %s", percentiles[i].name);
	}
	text_add(text, "%s\n",
		 latencies_is_exact(latencies)
			 ? ""
			 : " (min and max are exact, the others approximate, within 0.4 %)");
}

size_t summarytext_write(const struct summary *summary, char text[SUMMARYTEXT_MAX])
{
	struct text all;

	text_begin(&all, text, SUMMARYTEXT_MAX);
	add_counts(&all, summary_counts(summary));
	add_outages(&all, summary_outages(summary));
	add_latencies(&all, summary_latencies(summary));
	return all.length;
}

/* Adds how many attempts failed at each stage; "start": before the first. */
static void add_stages_json(struct json *json, const struct summary_counts *counts)
{
	static const char *const stages[] = {"resolve", "connect", "read",
					     "ask",	"expect",  "start"};

	json_open_object(json, "failures_by_stage");
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
		uint64_t count = 0;
		for (size_t k = 0; k < counts->kind_count; k++)
			if (strcmp(counts->kinds[k].stage, stages[i]) == 0)
				count += counts->kinds[k].count;
		json_number(json, stages[i], count);
	}
	json_close(json);
}

static void add_outages_json(struct json *json, const struct outages *outages)
{
	struct outage list[OUTAGES_LISTED_MAX];
	size_t listed = outages_list(outages, list);
	char time[TIMESTAMP_MAX];

	json_number(json, "outages", outages_count(outages));
	json_number(json, "outage_us", outages_length_us(outages));
	json_open_array(json, "outages_listed");
	for (size_t i = 0; i < listed; i++) {
		json_open_object(json, NULL);
		json_string(json, "from", timestamp_format_ms(time, list[i].from_ms));
		json_string(json, "to",
			    list[i].is_over ? timestamp_format_ms(time, list[i].to_ms) : NULL);
		json_number(json, "attempts", list[i].attempts);
		json_close(json);
	}
	json_close(json);
}

static void add_latencies_json(struct json *json, struct latencies *latencies)
{
	bool is_known = latencies_count(latencies) > 0;

	for (size_t i = 0; i < PERCENTILES; i++)
		json_number_or_null(json, percentiles[i].member,
				    is_known ? latencies_percentile(latencies,
								    percentiles[i].permille)
					     : 0,
				    is_known);
	json_boolean(json, "exact", latencies_is_exact(latencies));
}

static void add_talk_json(struct json *json, const struct talk *talk)
{
	if (!talk) {
		json_null(json, "talk_first");
		return;
	}
	json_open_object(json, "talk_first");
	json_number(json, "without", talk->without);
	json_number(json, "reset", talk->reset);
	json_close(json);
}

size_t summarytext_write_json(const struct summary *summary, const struct summarytext_facts *facts,
			      enum status status, char text[SUMMARYTEXT_MAX])
{
	const struct summary_counts *counts = summary_counts(summary);
	struct json json;
	size_t length;

	json_begin(&json, text, SUMMARYTEXT_MAX - 1);
	json_number(&json, "schema", SCHEMA_VERSION);
	json_string(&json, "type", "summary");
	json_number(&json, "attempts", counts->attempts);
	json_number(&json, "successes", counts->successes);
	json_number(&json, "failures", counts->attempts - counts->successes);
	add_stages_json(&json, counts);
	json_number(&json, "late", counts->late);
	json_number(&json, "late_max_us", counts->late_max_us);
	add_outages_json(&json, summary_outages(summary));
	add_latencies_json(&json, summary_latencies(summary));
	json_number(&json, "blocked_us", facts->blocked_us);
	add_talk_json(&json, facts->talk);
	json_number(&json, "status", status);
	length = json_end(&json);
	memcpy(text + length, "\n", 2);
	return length + 1;
}
