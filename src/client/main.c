/* main: hailto's steps, in their order. */
#include <stdlib.h>

#include "base/log.h"
#include "base/signals.h"
#include "base/standard.h"
#include "options.h"
#include "probe.h"
#include "prompt.h"
#include "report.h"
#include "status.h"

/* Asks, tells, and returns the exit status. */
static int run(struct options *options)
{
	struct probe_result result;
	int status;

	if ((!options->has_target && !prompt_target(&options->target)) ||
	    !options_suit_target(options))
		return STATUS_USAGE;
	probe_run(options, &result);
	status = (int)report_result(options, &result);
	free(result.bytes);
	return status;
}

int main(int argc, char **argv)
{
	static const int statuses[] = {
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
	return outcome == CLI_GO ? run(&options) : statuses[outcome];
}
