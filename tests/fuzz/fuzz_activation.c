/* SPDX-License-Identifier: ISC */
/*
 * fuzz_activation: whatever LISTEN_FDS and its companions hold, they give descriptors that a
 * process may have, each with a name of its own, or are refused in one harmless line.
 *
 * The input is the values of LISTEN_FDS, LISTEN_PID, LISTEN_PIDFDID and LISTEN_FDNAMES, each with a
 * newline or a NUL behind it; those that are missing are not set.
 */
#include <config.h>

#include "daemon/setup/activation.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "fuzz.h"
#include "world.h"

/* Takes the next value off the text; NULL: none is left. */
static const char *take(char **rest, const char *end)
{
	char *value = *rest;

	if (value >= end)
		return NULL;
	*rest += strcspn(value, "\n");
	*(*rest)++ = '\0';
	return value;
}

/* Checks that the names, taken one by one, are those that were given. */
static void check_names(const struct activation *activation)
{
	const char *rest = activation->names;
	char name[ACTIVATION_NAME_MAX];

	for (size_t i = 0; i < activation->count; i++) {
		size_t length = rest ? strcspn(rest, ":") : 0;
		size_t shown = length < sizeof name ? length : sizeof name - 1;
		activation_name(activation, i, name);
		FUZZ_CHECK(strlen(name) == shown);
		FUZZ_CHECK(shown == 0 || memcmp(name, rest, shown) == 0);
		if (rest)
			rest += length + (i + 1 < activation->count);
	}
	FUZZ_CHECK(!rest || *rest == '\0');
}

/* Checks what is ours. */
static void check_understood(const struct activation_variables *variables,
			     const struct activation_process *process,
			     const struct activation *activation)
{
	FUZZ_CHECK(activation->count <= process->descriptors - ACTIVATION_FIRST);
	if (activation->count == 0)
		return;
	FUZZ_CHECK(strtoul(variables->fds, NULL, 10) == activation->count);
	FUZZ_CHECK(strtoul(variables->pid, NULL, 10) == process->pid ||
		   strtoul(variables->pidfdid, NULL, 10) == process->number);
	check_names(activation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct activation_process process = {.pid = 42,
							  .number = 7000,
							  .descriptors = 1024};
	char *text = fuzz_string(data, size), *rest = text;
	char problem[ACTIVATION_PROBLEM_MAX] = "";
	struct activation_variables variables;
	struct activation activation;

	world_begin();
	log_open("haild", LOG_LEVEL_INFO);
	variables.fds = take(&rest, text + size);
	variables.pid = take(&rest, text + size);
	variables.pidfdid = take(&rest, text + size);
	variables.names = take(&rest, text + size);
	if (activation_parse(&variables, &process, &activation, problem)) {
		FUZZ_CHECK(problem[0] == '\0');
		check_understood(&variables, &process, &activation);
	} else {
		FUZZ_CHECK(activation.count == 0 && problem[0] != '\0');
		log_error("%s", problem);
		fuzz_check_complaint(world.errors.bytes, world.errors.length, "haild");
	}
	free(text);
	return 0;
}
