/* SPDX-License-Identifier: ISC */
/* survey: asks a target many times, or each of its addresses, and reports on all attempts. */
#include "survey.h"

#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/addresslist.h"
#include "base/clock.h"
#include "base/descriptors.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/number.h"
#include "base/standard.h"
#include "base/terminal.h"
#include "attemptline.h"
#include "census.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "report_json.h"
#include "result.h"
#include "series.h"
#include "stopper.h"
#include "sums.h"

/* Descriptors for what is no connection: the loop, a lookup, a second address of some. */
enum { RESERVE = 16 };

struct survey {
	struct event_base *base;
	const struct options *options;
	survey_cb *over;
	void *argument;
	struct census *census; /* NULL: the addresses are not needed, or known */
	struct series *series; /* NULL: not begun */
	struct sums *sums;
	struct progress progress;
	struct event *show; /* the progress; NULL: it is not shown */
	struct event *stop; /* a signal wants that */
	struct output output;
	bool cannot_write; /* to standard output */
	struct sums_facts facts;
};

/* True if each attempt has a line: they come one after the other, or are few. */
static bool has_lines(const struct options *options)
{
	return !options->quiet && (options->all || options->verbose > 0 ||
				   (options->parallel == 1 && !options->tally));
}

/* Prints the line of an attempt. */
static void print_line(struct survey *survey, const struct series_attempt *attempt)
{
	char line[ATTEMPTLINE_MAX];

	if (!survey->cannot_write &&
	    !output_write(&survey->output, line, attemptline_format(attempt, line))) {
		standard_log_loss();
		survey->cannot_write = true;
	}
}

/* Prints the object of an attempt. */
static void print_json(struct survey *survey, const struct series_attempt *attempt)
{
	const struct attempt_facts facts = {
		.serial = attempt->serial,
		.began_ms = attempt->began_ms,
		.late_us = attempt->late_us,
	};

	bool written;

	if (survey->cannot_write)
		return;
	if (report_json_attempt(survey->options, attempt->result, &facts, &survey->output,
				&written) != attempt->result->status)
		survey->facts.lacks_memory = true;
	survey->cannot_write = !written;
}

/* An attempt is over. */
static void attempted_cb(const struct series_attempt *attempt, void *argument)
{
	struct survey *survey = argument;
	const struct probe_result *result = attempt->result;

	sums_add(survey->sums, attempt);
	survey->progress.done++;
	survey->progress.failed += result->status != STATUS_GREETED;
	if (survey->options->json)
		print_json(survey, attempt);
	else if (has_lines(survey->options))
		print_line(survey, attempt);
	/* No other attempt could be better. Without a series, whoever calls ends the run. */
	if (survey->cannot_write || result->status == STATUS_USAGE)
		series_stop(survey->series);
}

static void over_cb(void *argument)
{
	struct survey *survey = argument;

	progress_hide(&survey->progress);
	survey->over(survey->argument);
}

/*
 * Returns how many of so many attempts there are descriptors for at the same time, at least one.
 * Warns if those are not all: more would fail at once, one after the other.
 */
static unsigned limit_attempts(unsigned wanted)
{
	size_t limit, taken, possible;

	descriptors_raise_limit();
	limit = descriptors_limit();
	taken = descriptors_count_open(limit) + RESERVE;
	possible = limit > taken ? limit - taken : 1;
	if (wanted <= possible)
		return wanted;
	log_warning("only %zu attempt%s at the same time: %u need more descriptors than the limit "
		    "of %zu (see ulimit -n)",
		    possible, number_plural(possible), wanted, limit);
	return (unsigned)possible;
}

/* Begins the attempts: one for each of the addresses, or as many as the options want. */
static bool start_series(struct survey *survey, const struct addresslist *each)
{
	const struct options *options = survey->options;
	struct series_request request = {
		.options = options,
		.count = options->all ? 1 : options->count,
		.parallel = (unsigned)options->parallel,
		.attempted = attempted_cb,
		.over = over_cb,
		.argument = survey,
	};

	if (each) {
		request.each = each;
		request.count = request.parallel = (unsigned)each->count;
	}
	request.parallel = limit_attempts(series_most_at_once(&request));
	survey->series = series_start(survey->base, &request);
	return survey->series != NULL;
}

/* Tells a failure as an attempt of its own. */
static void tell_failure(struct survey *survey, uint64_t serial, const struct probe_result *failure)
{
	const struct series_attempt attempt = {
		.serial = serial,
		.began_ms = clock_now_ms(),
		.result = failure,
	};

	attempted_cb(&attempt, survey);
}

/* The lookup failed, or there is no memory for the attempts: that is the only one. */
static void fail(struct survey *survey, const struct probe_result *failure)
{
	tell_failure(survey, 1, failure);
	over_cb(survey);
}

/* Warns if there are more addresses than can be asked. */
static void warn_of_many(const struct survey *survey, const struct addresslist *addresses)
{
	char target[ADDRESS_TEXT_MAX];

	if (!addresses->is_cut)
		return;
	log_warning("%s has more than %zu addresses, and only these are asked",
		    endpoint_format(&survey->options->target, target, sizeof target),
		    addresses->count);
}

/* All addresses are known; with a failure, so many as are known are asked, and it is told. */
static void counted_cb(const struct addresslist *addresses, const struct probe_result *failure,
		       void *argument)
{
	struct survey *survey = argument;
	struct probe_result lack;

	if (addresses->count == 0) {
		fail(survey, failure);
		return;
	}
	warn_of_many(survey, addresses);
	if (!start_series(survey, addresses)) {
		result_fail_start(&lack, "out of memory");
		fail(survey, &lack);
	} else if (failure) {
		tell_failure(survey, addresses->count + 1, failure);
	}
}

/* Begins with the lookup, if all addresses are wanted. False: no memory. */
static bool start_asking(struct survey *survey)
{
	const struct options *options = survey->options;

	if (!options->all || options->target.kind == ENDPOINT_UNIX)
		return start_series(survey, NULL);
	survey->census = census_start(survey->base, options, counted_cb, survey);
	return survey->census != NULL;
}

static void show_cb(evutil_socket_t fd, short what, void *argument)
{
	struct survey *survey = argument;

	(void)fd;
	(void)what;
	progress_show(&survey->progress);
	loop_add_timer(survey->show, progress_pause(&survey->progress));
}

/* True if nothing else shows how the run goes, and nothing else writes to the same terminal. */
static bool shows_progress(const struct options *options)
{
	if (options->json)
		return !terminal_is_possible(STDOUT_FILENO);
	return !options->quiet && !has_lines(options);
}

/* Shows how the run goes, if that is to be. False: no memory. */
static bool prepare_progress(struct survey *survey)
{
	const struct options *options = survey->options;

	progress_begin(&survey->progress, options->all ? 0 : options->count);
	if (!shows_progress(options))
		return true;
	survey->show = evtimer_new(survey->base, show_cb, survey);
	return survey->show && loop_add_timer(survey->show, progress_pause(&survey->progress));
}

/* A signal ends the run early: what was done is reported. */
static void stop_cb(evutil_socket_t fd, short what, void *argument)
{
	struct survey *survey = argument;

	(void)fd;
	(void)what;
	if (survey->series)
		series_stop(survey->series);
	else
		over_cb(survey);
}

/* Has signals end the run, also while it waits for the reader of its output. False: no memory. */
static bool end_by_signals(struct survey *survey)
{
	int stop = stopper_begin();

	output_begin(&survey->output, stop);
	if (stop < 0)
		return false;
	survey->stop = event_new(survey->base, stop, EV_READ, stop_cb, survey);
	return survey->stop && event_add(survey->stop, NULL) == 0;
}

/* From now on signals end the program: nobody may read the report, either. */
static void end_stopper(struct survey *survey)
{
	loop_free_event(survey->stop);
	survey->stop = NULL;
	stopper_end();
}

struct survey *survey_start(struct event_base *base, const struct options *options, survey_cb *over,
			    void *argument)
{
	struct survey *survey = calloc(1, sizeof *survey);

	if (!survey)
		return NULL;
	survey->base = base;
	survey->options = options;
	survey->over = over;
	survey->argument = argument;
	survey->sums = sums_new(options);
	if (!survey->sums || !end_by_signals(survey) || !prepare_progress(survey) ||
	    !start_asking(survey)) {
		survey_free(survey);
		return NULL;
	}
	return survey;
}

enum status survey_report(struct survey *survey)
{
	bool written = false;
	enum status status;

	end_stopper(survey);
	if (survey->cannot_write)
		return STATUS_INTERNAL;
	survey->facts.blocked_us = survey->output.blocked_us;
	status = sums_report(survey->sums, &survey->facts, &written);
	if (written)
		return status;
	standard_log_loss();
	return STATUS_INTERNAL;
}

void survey_free(struct survey *survey)
{
	if (!survey)
		return;
	series_free(survey->series);
	census_free(survey->census);
	sums_free(survey->sums);
	loop_free_event(survey->show);
	end_stopper(survey);
	free(survey);
}
