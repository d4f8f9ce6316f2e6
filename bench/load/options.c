/* SPDX-License-Identifier: ISC */
/* options: what the load generator is told by its command line. */
#include <config.h>

#include "options.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/standard.h"

#define FIELD(name) offsetof(struct options, name)
#define ROWS(table) (sizeof(table) / sizeof *(table))

/* An hour is the most, and a million in a second: what is kept of a run fits in memory. */
enum { LONGEST_MS = 60 * 60 * 1000, MOST_A_SECOND = 1000 * 1000 };

/* What every task takes. */
/* clang-format off */
#define COMMON_ROWS \
	{0, "host", "ADDR", CLI_TEXT, FIELD(host), 0, 0, "127.0.0.1", "the server's IPv4 address"}, \
	{0, "port", "PORT", CLI_NUMBER, FIELD(port), 1, UINT16_MAX, NULL, "the server's port"}, \
	{0, "greeting", "FILE", CLI_TEXT, FIELD(greeting_file), 0, 0, NULL, \
	 "holds the bytes that must come, and then the end"}, \
	{0, "core", "N", CLI_NUMBER, FIELD(core), 0, 1023, NULL, "run on this core only"}, \
	{'h', "help", NULL, CLI_HELP, 0, 0, 0, NULL, "print this help"}, \
	{'V', "version", NULL, CLI_VERSION, 0, 0, 0, NULL, "print the version"}
/* clang-format on */

static const struct cli_option closed_table[] = {
	COMMON_ROWS,
	{0, "expand", NULL, CLI_FLAG, FIELD(expands), 0, 0, NULL,
	 "{peer} in it is the client's own address"},
	{0, "count", "N", CLI_NUMBER, FIELD(count), 1, UINT32_MAX, NULL, "connections to count"},
	{0, "warm", "N", CLI_NUMBER, FIELD(warm), 0, UINT32_MAX, "0", "others before them"},
	{0, "concurrency", "N", CLI_NUMBER, FIELD(concurrency), 1, INT_MAX, "64", "at a time"},
	{0, "header", "FILE", CLI_TEXT, FIELD(header_file), 0, 0, NULL,
	 "holds the bytes that each sends first, in one segment"},
};

static const struct cli_option open_table[] = {
	COMMON_ROWS,
	{0, "expand", NULL, CLI_FLAG, FIELD(expands), 0, 0, NULL,
	 "{peer} in it is the client's own address"},
	{0, "rate", "N", CLI_NUMBER, FIELD(rate), 1, MOST_A_SECOND, NULL,
	 "begin so many in a second"},
	{0, "seconds", "TIME", CLI_TIME, FIELD(measured_ms), 1, LONGEST_MS, NULL, "for so long"},
	{0, "warm-seconds", "TIME", CLI_TIME, FIELD(warm_ms), 0, LONGEST_MS, "0s",
	 "and before that, uncounted, for so long"},
};

static const struct cli_option hold_table[] = {
	COMMON_ROWS,
	{0, "count", "N", CLI_NUMBER, FIELD(count), 1, INT_MAX, NULL, "connections to hold"},
	{0, "concurrency", "N", CLI_NUMBER, FIELD(concurrency), 1, INT_MAX, "1024",
	 "so many wait for the server at a time"},
	{0, "mode", "MODE", CLI_TEXT, FIELD(mode_name), 0, 0, "lingering", "how they are held"},
	{0, "rcvbuf", "BYTES", CLI_SIZE, FIELD(receive_buffer), 1, INT_MAX / 2, NULL,
	 "receive buffer of each (the kernel's choice)"},
};

static const struct cli_option datagrams_table[] = {
	COMMON_ROWS,
	{0, "count", "N", CLI_NUMBER, FIELD(count), 1, UINT32_MAX, NULL, "answers to count"},
	{0, "concurrency", "N", CLI_NUMBER, FIELD(concurrency), 1, OPTIONS_MOST_DATAGRAMS, "64",
	 "requests at a time"},
	{0, "size", "BYTES", CLI_SIZE, FIELD(size), 1, UINT16_MAX / 2, "512", "of a request"},
};

static const struct cli tasks[TASKS] = {
	[TASK_CLOSED] = {.program = "load",
			 .version = PACKAGE_VERSION,
			 .synopsis = "closed --port=PORT --greeting=FILE --count=N [OPTION]...",
			 .purpose = "Connects anew whenever a greeting has ended.\n",
			 .more = "",
			 .options = closed_table,
			 .count = ROWS(closed_table)},
	[TASK_OPEN] = {.program = "load",
		       .version = PACKAGE_VERSION,
		       .synopsis = "open --port=PORT --greeting=FILE --rate=N --seconds=TIME "
				   "[OPTION]...",
		       .purpose = "Connects when it is time, whatever became of those before.\n",
		       .more = "TIME: 500ms, 1.5s, 2m, or a number of seconds.\n",
		       .options = open_table,
		       .count = ROWS(open_table)},
	[TASK_HOLD] =
		{.program = "load",
		 .version = PACKAGE_VERSION,
		 .synopsis = "hold --port=PORT --greeting=FILE --count=N [OPTION]...",
		 .purpose = "Opens connections, and holds them until standard input ends.\n",
		 .more = "MODE: lingering: held once all is read, and the server has ended its side\n"
			 "      idle:      held once all is read\n"
			 "      silent:    held once something has come; nothing is read\n",
		 .options = hold_table,
		 .count = ROWS(hold_table)},
	[TASK_DATAGRAMS] =
		{.program = "load",
		 .version = PACKAGE_VERSION,
		 .synopsis = "datagrams --port=PORT --greeting=FILE --count=N [OPTION]...",
		 .purpose = "Asks by UDP, anew whenever an answer has come.\n",
		 .more = "What is not answered in 200 ms counts as lost, and is asked again.\n",
		 .options = datagrams_table,
		 .count = ROWS(datagrams_table)},
};

static const char *const task_names[TASKS] = {"closed", "open", "hold", "datagrams"};
static const char *const mode_names[MODES] = {"lingering", "idle", "silent"};

/* The place of a name among others, or their count if it is none of them. */
static size_t place_of(const char *name, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count && strcmp(name, names[i]) != 0; i++)
		;
	return i;
}

/* Says what there is to choose from. */
static enum cli_outcome print_tasks(void)
{
	for (size_t i = 0; i < TASKS; i++)
		printf("%s load %s\n", i == 0 ? "Usage:" : "   or:", tasks[i].synopsis);
	return standard_flush() ? CLI_END : CLI_FAILED;
}

/* Finds an option that the task cannot do without, and that was not given. */
static const char *missing(const struct options *options)
{
	if (options->port == 0)
		return "--port";
	if (!options->greeting_file)
		return "--greeting";
	if (options->task != TASK_OPEN && options->count == 0)
		return "--count";
	if (options->task == TASK_OPEN && options->rate == 0)
		return "--rate";
	if (options->task == TASK_OPEN && options->measured_ms == 0)
		return "--seconds";
	return NULL;
}

/* Understands what is left when each option is set. */
static enum cli_outcome complete(struct options *options, const char *operand)
{
	const char *absent = missing(options);

	if (options->mode_name)
		options->mode = (enum options_mode)place_of(options->mode_name, mode_names, MODES);
	if (operand)
		log_error("unexpected argument '%s'", operand);
	else if (absent)
		log_error("%s is missing", absent);
	else if (options->mode == MODES)
		log_error("--mode: '%s' is not lingering, idle or silent", options->mode_name);
	else
		return CLI_GO;
	return CLI_BAD;
}

enum cli_outcome options_read(struct options *options, int argc, char **argv)
{
	enum cli_outcome outcome;
	const char *name = argc > 1 ? argv[1] : "";
	int operands;

	*options = (struct options){
		.task = (enum options_task)place_of(name, task_names, TASKS),
		.core = OPTIONS_ANY_CORE,
	};
	if (strcmp(name, "--help") == 0)
		return print_tasks();
	if (options->task == TASKS) {
		log_error("'%s' is not closed, open, hold or datagrams (see 'load --help')", name);
		return CLI_BAD;
	}
	options->host = cli_preset(&tasks[options->task], "host");
	options->mode_name = cli_preset(&tasks[options->task], "mode");
	outcome = cli_parse(&tasks[options->task], options, argc - 1, argv + 1, &operands);
	return outcome == CLI_GO ? complete(options, argv[1 + operands]) : outcome;
}
