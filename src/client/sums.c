/* SPDX-License-Identifier: ISC */
/* sums: what many attempts add up to, and its report: the summary, the tally, the shares. */
#include "sums.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/standard.h"
#include "base/terminal.h"
#include "options.h"
#include "result.h"
#include "series.h"
#include "shares.h"
#include "sharestext.h"
#include "summary.h"
#include "summarytext.h"
#include "tally.h"
#include "tallytext.h"

/* A run that was held up for longer than that has times that are not the server's. */
enum { BLOCKED_US = 50000 };

struct sums {
	const struct options *options;
	struct summary *summary;
	struct tally *tally; /* NULL: not wanted */
	struct talk talk;
	bool lacks_times;
};

struct sums *sums_new(const struct options *options)
{
	struct sums *sums = calloc(1, sizeof *sums);

	if (!sums)
		return NULL;
	sums->options = options;
	sums->summary = summary_new(options->count == 0, !options->all);
	if (options->tally)
		sums->tally = tally_new();
	if (sums->summary && (sums->tally || !options->tally))
		return sums;
	sums_free(sums);
	return NULL;
}

/* Counts a greeting, wanted or not. */
static void add_greeting(struct sums *sums, const struct probe_result *result)
{
	if (sums->tally)
		tally_add(sums->tally, result->bytes, result->length);
	if (sums->options->shares)
		shares_add(sums->options->shares, result->bytes, result->length);
}

/* Counts what a server has not said, or not to its end, that was talked to first. */
static void add_talk(struct sums *sums, const struct probe_result *result)
{
	if (result->status != STATUS_BROKEN && result->status != STATUS_SILENT)
		return;
	if (result->length == 0)
		sums->talk.without++;
	else
		sums->talk.reset++;
}

void sums_add(struct sums *sums, const struct series_attempt *attempt)
{
	const struct probe_result *result = attempt->result;
	const struct summary_attempt counted = {
		.number = attempt->serial - 1,
		.began_us = result->began_us,
		.began_ms = attempt->began_ms,
		.late_us = attempt->late_us,
	};

	if (!summary_add(sums->summary, &counted, result))
		sums->lacks_times = true;
	if (result->status == STATUS_GREETED || result->status == STATUS_UNEXPECTED)
		add_greeting(sums, result);
	if (sums->options->talk_first > 0)
		add_talk(sums, result);
}

/* Prints the tally. False, with errno: any of it was lost. */
static bool print_tally(const struct sums *sums)
{
	bool is_terminal = terminal_is_possible(STDOUT_FILENO);

	if (!sums->tally || tally_total(sums->tally) == 0)
		return true;
	return sums->options->json
		       ? tallytext_print_json(sums->tally)
		       : tallytext_print(sums->tally,
					 is_terminal ? terminal_width(STDOUT_FILENO) : 0);
}

/* Prints the summary; `status` is the exit status. False, with errno: any of it was lost. */
static bool print_summary(const struct sums *sums, const struct sums_facts *facts,
			  enum status status)
{
	const struct summarytext_facts besides = {
		.blocked_us = facts->blocked_us,
		.talk = sums->options->talk_first > 0 ? &sums->talk : NULL,
	};
	char text[SUMMARYTEXT_MAX];
	size_t length = sums->options->json
				? summarytext_write_json(sums->summary, &besides, status, text)
				: summarytext_write(sums->summary, text);

	return standard_write(text, length);
}

/* Prints what became of those that were talked to first. False, with errno: it was lost. */
static bool print_talk(const struct sums *sums)
{
	if (sums->options->talk_first == 0 || sums->options->json)
		return true;
	return standard_print("talked first: %" PRIu64 " without a greeting, %" PRIu64
			      " reset after some bytes\n",
			      sums->talk.without, sums->talk.reset);
}

/* The verdict on the shares. */
struct verdict {
	bool is_good;
	char words[SHARES_VERDICT_MAX];
};

/* Judges the shares, if that is wanted. Logs the verdict, unless it has an object. */
static void judge_shares(const struct sums *sums, struct verdict *verdict)
{
	const struct options *options = sums->options;

	verdict->is_good = !options->shares || shares_judge(options->shares, verdict->words);
	if (!options->shares || options->quiet || options->json)
		return;
	if (verdict->is_good)
		log_answer("%s", verdict->words);
	else
		log_error("%s", verdict->words);
}

/* Prints the object of the verdict, if there is one. False, with errno: it was lost. */
static bool print_shares(const struct sums *sums, const struct verdict *verdict)
{
	const struct options *options = sums->options;

	return !options->shares || !options->json ||
	       sharestext_print_json(options->shares, verdict->is_good, verdict->words);
}

enum status sums_report(struct sums *sums, const struct sums_facts *facts, bool *written)
{
	enum status status = summary_status(sums->summary, sums->options->any);
	struct verdict verdict;

	summary_end(sums->summary, clock_us(), clock_now_ms());
	if (sums->lacks_times)
		log_warning("there was no memory for some times: the percentiles lack them");
	if (facts->blocked_us > BLOCKED_US && !sums->options->json)
		log_warning("standard output held up the run for %.1f s: times are longer for that",
			    (double)facts->blocked_us / 1000000);
	judge_shares(sums, &verdict);
	if (!verdict.is_good && status == STATUS_GREETED)
		status = STATUS_UNEXPECTED;
	if (facts->lacks_memory && status == STATUS_GREETED)
		status = STATUS_INTERNAL;
	*written = sums->options->quiet || (print_tally(sums) && print_shares(sums, &verdict) &&
					    print_summary(sums, facts, status) && print_talk(sums));
	return status;
}

void sums_free(struct sums *sums)
{
	if (!sums)
		return;
	summary_free(sums->summary);
	tally_free(sums->tally);
	free(sums);
}
