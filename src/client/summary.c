/* SPDX-License-Identifier: ISC */
/* summary: what came of many attempts: successes, failures by their kind, outages, latencies. */
#include "summary.h"

#include <stdlib.h>
#include <string.h>

#include "latencies.h"
#include "outages.h"
#include "result.h"

struct summary {
	struct summary_counts counts;
	struct latencies *latencies;
	struct outages *outages;
	bool has_outages; /* else they stay empty */
};

struct summary *summary_new(bool is_bounded, bool has_outages)
{
	struct summary *summary = calloc(1, sizeof *summary);

	if (!summary)
		return NULL;
	summary->latencies = latencies_new(is_bounded);
	summary->outages = outages_new();
	summary->has_outages = has_outages;
	if (summary->latencies && summary->outages)
		return summary;
	summary_free(summary);
	return NULL;
}

static bool is_kind(const struct summary_kind *kind, const struct probe_result *result)
{
	return kind->status == result->status && strcmp(kind->stage, result->stage) == 0;
}

/* Counts a failure among those of its kind. */
static void add_failure(struct summary_counts *counts, const struct probe_result *result)
{
	size_t i = 0;

	while (i < counts->kind_count && !is_kind(&counts->kinds[i], result))
		i++;
	if (i == SUMMARY_KINDS_MAX)
		return;
	if (i == counts->kind_count)
		counts->kinds[counts->kind_count++] =
			(struct summary_kind){.stage = result->stage, .status = result->status};
	counts->kinds[i].count++;
}

static void add_lateness(struct summary_counts *counts, uint64_t late_us)
{
	counts->late += late_us > 0;
	if (late_us > counts->late_max_us)
		counts->late_max_us = late_us;
}

bool summary_add(struct summary *summary, const struct summary_attempt *attempt,
		 const struct probe_result *result)
{
	struct outages_moment began = {.us = attempt->began_us, .ms = attempt->began_ms};
	bool has_failed = result->status != STATUS_GREETED;

	summary->counts.attempts++;
	add_lateness(&summary->counts, attempt->late_us);
	if (summary->has_outages)
		outages_add(summary->outages, attempt->number, began, has_failed);
	if (has_failed) {
		add_failure(&summary->counts, result);
		return true;
	}
	summary->counts.successes++;
	return latencies_add(summary->latencies, result->times.end);
}

void summary_end(struct summary *summary, uint64_t now_us, uint64_t now_ms)
{
	outages_end(summary->outages, (struct outages_moment){.us = now_us, .ms = now_ms});
}

/* Returns how many failures have this status, at whatever stage. */
static uint64_t count_failures(const struct summary_counts *counts, enum status status)
{
	uint64_t count = 0;

	for (size_t i = 0; i < counts->kind_count; i++)
		if (counts->kinds[i].status == status)
			count += counts->kinds[i].count;
	return count;
}

enum status summary_status(const struct summary *summary, bool any)
{
	const struct summary_counts *counts = &summary->counts;
	enum status commonest = STATUS_INTERNAL;
	uint64_t most = 0;

	if (counts->successes > 0 && (any || counts->successes == counts->attempts))
		return STATUS_GREETED;
	for (size_t i = 0; i < counts->kind_count; i++) {
		uint64_t count = count_failures(counts, counts->kinds[i].status);
		if (count > most) {
			most = count;
			commonest = counts->kinds[i].status;
		}
	}
	return commonest;
}

const struct summary_counts *summary_counts(const struct summary *summary)
{
	return &summary->counts;
}

const struct outages *summary_outages(const struct summary *summary)
{
	return summary->outages;
}

struct latencies *summary_latencies(const struct summary *summary)
{
	return summary->latencies;
}

void summary_free(struct summary *summary)
{
	if (!summary)
		return;
	latencies_free(summary->latencies);
	outages_free(summary->outages);
	free(summary);
}
