/* SPDX-License-Identifier: ISC */
/* main: the load generator's steps, in their order. */
#include <config.h>

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/standard.h"
#include "connection.h"
#include "datagrams.h"
#include "loops.h"
#include "options.h"

/* Stays on the core that was asked for, if one was. */
static bool pin(uint64_t core)
{
	cpu_set_t only;

	if (core == OPTIONS_ANY_CORE)
		return true;
	CPU_ZERO(&only);
	CPU_SET((size_t)core, &only);
	if (sched_setaffinity(0, sizeof only, &only) == 0)
		return true;
	log_error("cannot run on core %d: %s", (int)core, strerror(errno));
	return false;
}

/* Does what the options ask for. */
static bool run(const struct options *options)
{
	static bool (*const loops[TASKS])(struct connections *, const struct options *) = {
		[TASK_CLOSED] = closed_run,
		[TASK_OPEN] = open_run,
		[TASK_HOLD] = hold_run,
	};
	struct connections *all;
	bool went_well;

	if (!pin(options->core))
		return false;
	if (options->task == TASK_DATAGRAMS)
		return datagrams_run(options);
	all = connections_new(options);
	went_well = all && loops[options->task](all, options);
	if (all)
		connections_free(all);
	return went_well;
}

int main(int argc, char **argv)
{
	struct options options;
	enum cli_outcome outcome;

	log_open("load", LOG_LEVEL_INFO);
	if (!standard_reserve())
		return EXIT_FAILURE;
	outcome = options_read(&options, argc, argv);
	if (outcome == CLI_END)
		return EXIT_SUCCESS;
	if (outcome != CLI_GO || !run(&options))
		return EXIT_FAILURE;
	if (standard_flush())
		return EXIT_SUCCESS;
	log_error("cannot write to standard output: %s", strerror(errno));
	return EXIT_FAILURE;
}
