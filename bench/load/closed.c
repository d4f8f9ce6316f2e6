/* SPDX-License-Identifier: ISC */
/* closed: the closed loop: whenever a connection ends, the next begins. */
#include <config.h>

#include "connection.h"
#include "loops.h"
#include "options.h"
#include "report.h"
#include "stopwatch.h"

struct loop {
	struct connections *all;
	uint64_t warm, wanted; /* connections: before the clock starts, and with those */
	uint64_t ended;
	struct stopwatch start;
};

/* Ends one connection, and begins the next if one is wanted still. */
static bool take_turns(struct loop *loop, int fd)
{
	connection_close(loop->all, fd);
	if (++loop->ended == loop->warm)
		loop->start = stopwatch_start();
	return loop->all->opened == loop->wanted || connection_open(loop->all) >= 0;
}

/* Waits once, and handles all that has happened. */
static bool turn(struct loop *loop)
{
	int count = connections_wait(loop->all, -1);

	for (int i = 0; i < count; i++) {
		const struct epoll_event *event = &loop->all->events[i];
		enum connection_state state = connection_read(loop->all, event);
		if (state == CONNECTION_FAILED)
			return false;
		if (state == CONNECTION_ENDED && !take_turns(loop, event->data.fd))
			return false;
	}
	return count >= 0;
}

bool closed_run(struct connections *all, const struct options *options)
{
	struct loop loop = {
		.all = all,
		.warm = options->warm,
		.wanted = options->warm + options->count,
		.start = stopwatch_start(),
	};
	struct stopwatch passed;

	while (all->opened < loop.wanted && all->in_flight < options->concurrency)
		if (connection_open(all) < 0)
			return false;
	while (loop.ended < loop.wanted)
		if (!turn(&loop))
			return false;
	passed = stopwatch_since(&loop.start);
	report_greetings(options->count, &passed);
	return true;
}
