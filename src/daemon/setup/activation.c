/* SPDX-License-Identifier: ISC */
/* activation: what a service manager says of the descriptors that it passes. */
#include "activation.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

/* So much of a value is shown in a complaint. */
enum { SHOWN_MAX = 64 };

static bool is_set(const char *value)
{
	return value && *value;
}

/* Reads a number. False, and writes the problem, if it is none. */
static bool read_number(const char *name, const char *value, uint64_t *number, char *problem)
{
	if (number_parse(value, number))
		return true;
	snprintf(problem, ACTIVATION_PROBLEM_MAX, "%s is '%.*s', which is no number", name,
		 SHOWN_MAX, value);
	return false;
}

/*
 * Decides whether the descriptors are for this process. The variables are left behind in the
 * environment of whatever a manager's process starts. A PID may be used again; the number is not,
 * so it decides where the kernel knows ours.
 */
static bool find_owner(const struct activation_variables *variables,
		       const struct activation_process *process, bool *is_ours, char *problem)
{
	uint64_t pid, number = 0;

	if (!is_set(variables->pid)) {
		snprintf(problem, ACTIVATION_PROBLEM_MAX,
			 "LISTEN_FDS is set without LISTEN_PID, which says whose descriptors they "
			 "are");
		return false;
	}
	if (!read_number("LISTEN_PID", variables->pid, &pid, problem) ||
	    (is_set(variables->pidfdid) &&
	     !read_number("LISTEN_PIDFDID", variables->pidfdid, &number, problem)))
		return false;
	*is_ours = number > 0 && process->number > 0 ? number == process->number
						     : pid == process->pid;
	return true;
}

static size_t count_names(const char *names)
{
	size_t count = 1;

	for (; (names = strchr(names, ':')); names++)
		count++;
	return count;
}

/* Judges the count and the names, once it is clear that they are ours. */
static bool check(const struct activation_variables *variables,
		  const struct activation_process *process, uint64_t count, char *problem)
{
	if (count > process->descriptors || count + ACTIVATION_FIRST > process->descriptors) {
		snprintf(problem, ACTIVATION_PROBLEM_MAX,
			 "LISTEN_FDS is %" PRIu64 ", but the descriptor limit is %" PRIu64, count,
			 process->descriptors);
		return false;
	}
	if (is_set(variables->names) && count_names(variables->names) != count) {
		snprintf(problem, ACTIVATION_PROBLEM_MAX,
			 "LISTEN_FDS is %" PRIu64
			 ", but the number of names in LISTEN_FDNAMES is %zu",
			 count, count_names(variables->names));
		return false;
	}
	return true;
}

bool activation_parse(const struct activation_variables *variables,
		      const struct activation_process *process, struct activation *activation,
		      char *problem)
{
	uint64_t count;
	bool is_ours;

	*activation = (struct activation){.count = 0};
	if (!is_set(variables->fds) || strcmp(variables->fds, "0") == 0)
		return true;
	if (!find_owner(variables, process, &is_ours, problem))
		return false;
	if (!is_ours)
		return true;
	if (!read_number("LISTEN_FDS", variables->fds, &count, problem) ||
	    (count > 0 && !check(variables, process, count, problem)))
		return false;
	activation->count = (size_t)count;
	activation->names = is_set(variables->names) ? variables->names : NULL;
	return true;
}

void activation_name(const struct activation *activation, size_t i, char *name)
{
	const char *from = activation->names;

	*name = '\0';
	if (!from)
		return;
	for (; i > 0; i--)
		from += strcspn(from, ":") + 1;
	snprintf(name, ACTIVATION_NAME_MAX, "%.*s", (int)strcspn(from, ":"), from);
}
