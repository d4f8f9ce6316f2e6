/* SPDX-License-Identifier: ISC */
/* trace: which addresses an attempt has tried, when, and how each ended. */
#include "trace.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"

/* In place of a number: there was no memory to remember that address. */
#define FORGOTTEN SIZE_MAX

struct trace {
	struct traced *all;
	size_t count, room;
};

struct trace *trace_new(void)
{
	return calloc(1, sizeof(struct trace));
}

/* Makes room for one more. False: no memory. */
static bool make_room(struct trace *trace)
{
	size_t room = trace->room > 0 ? 2 * trace->room : 4;
	struct traced *all;

	if (trace->count < trace->room)
		return true;
	all = realloc(trace->all, room * sizeof *all);
	if (!all)
		return false;
	trace->all = all;
	trace->room = room;
	return true;
}

size_t trace_begin(struct trace *trace, const struct address *address)
{
	if (!make_room(trace))
		return FORGOTTEN;
	trace->all[trace->count] = (struct traced){.address = *address, .began_us = clock_us()};
	return trace->count++;
}

void trace_end(struct trace *trace, size_t number, enum trace_outcome outcome, int reason)
{
	struct traced *traced;

	if (number == FORGOTTEN)
		return;
	traced = &trace->all[number];
	if (traced->outcome != TRACE_UNDER_WAY)
		return;
	traced->ended_us = clock_us();
	traced->outcome = outcome;
	traced->reason = reason;
}

size_t trace_count(const struct trace *trace)
{
	return trace->count;
}

const struct traced *trace_get(const struct trace *trace, size_t i)
{
	return &trace->all[i];
}

void trace_free(struct trace *trace)
{
	if (!trace)
		return;
	free(trace->all);
	free(trace);
}
