/* SPDX-License-Identifier: ISC */
/* main: hailto's steps, in order. */
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/signals.h"
#include "base/standard.h"
#include "command.h"
#include "options.h"
#include "prompt.h"
#include "report.h"
#include "report_json.h"
#include "result.h"
#include "rounds.h"
#include "status.h"
#include "survey.h"

/* What asking each target until it answers needs to know. */
struct inquiry {
	struct event_base *base;
	uint64_t serial; /* of the attempt that ended last */
	enum status status;
	bool cannot_write; /* to standard output */
};

static void rounds_over_cb(void *argument)
{
	const struct inquiry *inquiry = argument;

	loop_stop(inquiry->base);
}

/* Reports an attempt as JSON. Returns its status. False as `written`, and logged: it is lost. */
static enum status report_attempt(const struct options *options, const struct probe_result *result,
				  uint64_t serial, bool *written)
{
	const struct attempt_facts facts = {
		.serial = serial,
		.began_ms = clock_now_ms() - (clock_us() - result->began_us) / 1000,
	};

	return report_json_attempt(options, result, &facts, NULL, written);
}

/* Reports an attempt. If nobody can know of the others, all is over. */
static void attempted_cb(const struct options *options, const struct probe_result *result,
			 void *argument)
{
	struct inquiry *inquiry = argument;
	bool written;

	if (inquiry->cannot_write)
		return;
	if (report_attempt(options, result, ++inquiry->serial, &written) != result->status)
		inquiry->status = STATUS_INTERNAL;
	if (!written) {
		inquiry->cannot_write = true;
		inquiry->status = STATUS_INTERNAL;
		loop_stop(inquiry->base);
	}
}

/* Reports that the machine failed us before there was a result. Returns the exit status. */
static enum status fail_without_result(const struct options *options, const char *why)
{
	struct probe_result result;
	bool written;

	result_fail_start(&result, why);
	return options->json ? report_attempt(options, &result, 1, &written)
			     : report_result(options, &result);
}

/*
 * Reports the results in the order of the targets, unless each attempt was reported. Returns the
 * status of the first failure.
 */
static enum status report_all(const struct options *options, const struct rounds *rounds)
{
	enum status all = STATUS_GREETED;

	for (size_t i = 0; i < options_target_count(options); i++) {
		const struct probe_result *result = rounds_result(rounds, i);
		enum status one = STATUS_GREETED;
		if (result)
			one = options->json ? result->status
					    : report_result(rounds_options(rounds, i), result);
		if (all == STATUS_GREETED)
			all = one;
	}
	return all;
}

/* Returns a seed that differs from that of other programs that start now. */
static uint64_t make_seed(void)
{
	return clock_us() ^ (uint64_t)getpid() << 32;
}

/* Asks, reports, and returns the exit status. */
static enum status ask_targets(const struct options *options, struct event_base *base)
{
	struct inquiry inquiry = {.base = base, .status = STATUS_GREETED};
	const struct rounds_request request = {
		.options = options,
		.seed = make_seed(),
		.attempted = options->json ? attempted_cb : NULL,
		.over = rounds_over_cb,
		.argument = &inquiry,
	};
	struct rounds *rounds = rounds_start(base, &request);
	enum status status;

	if (!rounds)
		status = fail_without_result(options, "out of memory");
	else if (loop_run(base) != 0)
		status = fail_without_result(options, "the event loop failed");
	else
		status = report_all(options, rounds);
	rounds_free(rounds);
	return inquiry.status == STATUS_GREETED ? status : inquiry.status;
}

static void survey_over_cb(void *base)
{
	loop_stop(base);
}

/* Asks one target many times, reports, and returns the exit status. */
static enum status ask_many(const struct options *options, struct event_base *base)
{
	struct survey *survey = survey_start(base, options, survey_over_cb, base);
	enum status status;

	if (!survey)
		status = fail_without_result(options, "out of memory");
	else if (loop_run(base) != 0)
		status = fail_without_result(options, "the event loop failed");
	else
		status = survey_report(survey);
	survey_free(survey);
	return status;
}

/* Makes the loop, and asks. Returns the exit status. */
static enum status run(const struct options *options)
{
	struct event_base *base = options_keep_clock(options) ? loop_new_precise() : loop_new();
	enum status status;

	if (!base)
		status = fail_without_result(options, "cannot make the event loop");
	else if (options_want_many(options))
		status = ask_many(options, base);
	else
		status = ask_targets(options, base);
	loop_free(base);
	return status;
}

/* Finds out what the user wants, and from whom. Logs what is wrong with that. */
static enum cli_outcome learn(struct options *options, int argc, char **argv)
{
	enum cli_outcome outcome = options_read(options, argc, argv);

	if (options->verbose)
		log_open("hailto", LOG_LEVEL_DEBUG);
	if (outcome == CLI_GO && ((!options->has_target && !prompt_target(&options->target)) ||
				  !options_suit_targets(options)))
		return CLI_BAD;
	if (options->quiet)
		log_open("hailto", LOG_LEVEL_ERROR);
	return outcome;
}

/* The exit status if nothing is asked. */
static const enum status statuses[] = {
	[CLI_END] = STATUS_GREETED,
	[CLI_BAD] = STATUS_USAGE,
	[CLI_FAILED] = STATUS_INTERNAL,
};

/* The same; what is wrong becomes an object as well, if --json came before it. */
static enum cli_outcome learn_or_report(struct options *options, int argc, char **argv)
{
	char why[REPORT_JSON_REASON_MAX];
	enum cli_outcome outcome;

	log_keep_error(why, sizeof why);
	outcome = learn(options, argc, argv);
	log_keep_error(NULL, 0);
	if (options->json && (outcome == CLI_BAD || outcome == CLI_FAILED))
		report_json_error(statuses[outcome], why);
	return outcome;
}

int main(int argc, char **argv)
{
	static const int none[] = {0};
	struct signals_kept kept;
	struct options options;
	enum cli_outcome outcome;
	enum status status;

	log_open("hailto", LOG_LEVEL_WARNING);
	signals_keep(&kept);
	signals_begin(none);
	if (!standard_reserve())
		return STATUS_INTERNAL;
	outcome = learn_or_report(&options, argc, argv);
	status = outcome == CLI_GO ? run(&options) : statuses[outcome];
	if (outcome == CLI_GO && status == STATUS_GREETED && options.command)
		status = command_run(options.command, &kept);
	options_free(&options);
	return (int)status;
}
