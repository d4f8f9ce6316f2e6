/* SPDX-License-Identifier: ISC */
/* main: hailto's steps, in order. */
#include <stdio.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/signals.h"
#include "base/standard.h"
#include "options.h"
#include "probe.h"
#include "prompt.h"
#include "report.h"
#include "status.h"

/* What the probe's callback leaves for the steps after it. */
struct outcome {
	struct event_base *base;
	const struct probe_result *result; /* NULL: none yet */
};

static void ended_cb(const struct probe_result *result, void *argument)
{
	struct outcome *outcome = argument;

	outcome->result = result;
	loop_stop(outcome->base);
}

/* Reports that the machine failed us before there was a result. Returns the exit status. */
static enum status fail_without_result(const struct options *options, const char *why)
{
	struct probe_result result = {.status = STATUS_INTERNAL, .stage = "start"};

	snprintf(result.reason, sizeof result.reason, "%s", why);
	return report_result(options, &result);
}

/* Asks, reports, and returns the exit status. */
static enum status ask_target(const struct options *options, struct event_base *base)
{
	struct outcome outcome = {.base = base};
	struct probe *probe = probe_start(base, options, ended_cb, &outcome);
	enum status status;

	if (!probe)
		status = fail_without_result(options, "out of memory");
	else if (loop_run(base) != 0 || !outcome.result)
		status = fail_without_result(options, "the event loop failed");
	else
		status = report_result(options, outcome.result);
	probe_free(probe);
	return status;
}

/* Finds out whom to ask, makes the loop, and asks. Returns the exit status. */
static enum status run(struct options *options)
{
	struct event_base *base;
	enum status status;

	if ((!options->has_target && !prompt_target(&options->target)) ||
	    !options_suit_target(options))
		return STATUS_USAGE;
	base = loop_new();
	status = base ? ask_target(options, base)
		      : fail_without_result(options, "cannot make the event loop");
	loop_free(base);
	return status;
}

int main(int argc, char **argv)
{
	static const enum status statuses[] = {
		[CLI_END] = STATUS_GREETED,
		[CLI_BAD] = STATUS_USAGE,
		[CLI_FAILED] = STATUS_INTERNAL,
	};
	static const int none[] = {0};
	struct options options;
	enum cli_outcome outcome;

	log_open("hailto", LOG_LEVEL_WARNING);
	signals_begin(none);
	if (!standard_reserve())
		return STATUS_INTERNAL;
	outcome = options_read(&options, argc, argv);
	if (options.verbose)
		log_open("hailto", LOG_LEVEL_DEBUG);
	return (int)(outcome == CLI_GO ? run(&options) : statuses[outcome]);
}
