/* SPDX-License-Identifier: ISC */
/* open: the open loop: connections begin when it is time, whatever became of those before. */
#include <config.h>

#include <stdlib.h>

#include "base/log.h"
#include "connection.h"
#include "loops.h"
#include "options.h"
#include "report.h"
#include "stopwatch.h"

enum { NS_PER_MS = 1000 * 1000 };

struct loop {
	struct connections *all;
	uint64_t rate;
	uint64_t warm, wanted; /* connections: before those that are measured, and with those */
	uint64_t begin_ns;
	uint64_t late, in_flight_max;
	uint64_t idle_ns; /* went by in looking for something to do */
	uint64_t *latencies_ns;
	size_t measured; /* latencies so far */
	struct stopwatch start;
};

/* When the connection of that number, from 0, is to begin. */
static uint64_t intended(const struct loop *loop, uint64_t number)
{
	return loop->begin_ns + number / loop->rate * 1000 * NS_PER_MS +
	       number % loop->rate * 1000 * NS_PER_MS / loop->rate;
}

/* Begins the next connection, which was to begin at `when`. */
static bool begin(struct loop *loop, uint64_t when)
{
	struct connections *all = loop->all;
	int fd;

	if (all->opened == loop->warm) {
		loop->start = stopwatch_start();
		/* However late it is: the last one is measured from its time, too. */
		loop->start.wall_ns = when;
		loop->idle_ns = 0;
	}
	if (all->opened >= loop->warm && stopwatch_now() > when + NS_PER_MS)
		loop->late++;
	fd = connection_open(all);
	if (fd < 0)
		return false;
	all->table[fd].intended_ns = when;
	if (all->in_flight > loop->in_flight_max)
		loop->in_flight_max = all->in_flight;
	return true;
}

/* Begins all that are due now: those that a stall has held up are many. */
static bool begin_due(struct loop *loop, uint64_t now)
{
	while (loop->all->opened < loop->wanted) {
		uint64_t when = intended(loop, loop->all->opened);
		if (when > now)
			break;
		if (!begin(loop, when))
			return false;
	}
	return true;
}

/* Ends a connection, and notes its latency. */
static void finish(struct loop *loop, int fd)
{
	const struct connection *connection = &loop->all->table[fd];

	if (connection->number > loop->warm)
		loop->latencies_ns[loop->measured++] = stopwatch_now() - connection->intended_ns;
	connection_close(loop->all, fd);
}

/* Handles all that has happened to connections. */
static bool handle(struct loop *loop, int count)
{
	for (int i = 0; i < count; i++) {
		const struct epoll_event *event = &loop->all->events[i];
		enum connection_state state = connection_read(loop->all, event);
		if (state == CONNECTION_FAILED)
			return false;
		if (state == CONNECTION_ENDED)
			finish(loop, event->data.fd);
	}
	return count >= 0;
}

/*
 * How long may be slept, in ms: not into the last one before the next start, for a
 * timer comes late, and so does a process that it wakes. There it spins instead.
 */
static int may_sleep(const struct loop *loop, uint64_t now)
{
	uint64_t next;

	if (loop->all->opened == loop->wanted)
		return -1;
	next = intended(loop, loop->all->opened);
	return next < now + NS_PER_MS ? 0 : (int)((next - now) / NS_PER_MS) - 1;
}

/* Runs until every connection has begun and ended. */
static bool run(struct loop *loop)
{
	while (loop->all->opened < loop->wanted || loop->all->in_flight > 0) {
		uint64_t opened = loop->all->opened, now = stopwatch_now();
		int timeout, count;
		if (!begin_due(loop, now))
			return false;
		timeout = may_sleep(loop, stopwatch_now());
		count = connections_wait(loop->all, timeout);
		if (!handle(loop, count))
			return false;
		if (timeout == 0 && count == 0 && loop->all->opened == opened)
			loop->idle_ns += stopwatch_now() - now;
	}
	return true;
}

/* Reports, without the time in which it only looked for something to do. */
static void report(struct loop *loop)
{
	struct stopwatch passed = stopwatch_since(&loop->start);

	passed.cpu_ns -= loop->idle_ns < passed.cpu_ns ? loop->idle_ns : passed.cpu_ns;
	report_greetings(loop->measured, &passed);
	report_latencies(loop->latencies_ns, loop->measured);
	report_count("late", loop->late);
	report_count("in_flight_max", loop->in_flight_max);
}

bool open_run(struct connections *all, const struct options *options)
{
	uint64_t warm = options->rate * options->warm_ms / 1000;
	uint64_t measured = options->rate * options->measured_ms / 1000;
	struct loop loop = {.all = all, .rate = options->rate, .warm = warm};
	bool went_well;

	loop.wanted = warm + measured;
	if (measured <= SIZE_MAX / sizeof *loop.latencies_ns)
		loop.latencies_ns = malloc((size_t)measured * sizeof *loop.latencies_ns);
	if (!loop.latencies_ns || measured == 0) {
		log_error(measured ? "out of memory" : "no connection begins in that time");
		free(loop.latencies_ns);
		return false;
	}
	/* Touched now, so that the kernel need not find the pages while times are taken. */
	for (uint64_t i = 0; i < measured; i++)
		loop.latencies_ns[i] = UINT64_MAX;
	loop.begin_ns = stopwatch_now();
	went_well = run(&loop);
	if (went_well)
		report(&loop);
	free(loop.latencies_ns);
	return went_well;
}
