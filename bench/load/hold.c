/* SPDX-License-Identifier: ISC */
/* hold: opens connections and holds them, so that the server has to. */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/standard.h"
#include "connection.h"
#include "loops.h"
#include "options.h"
#include "report.h"

struct held {
	struct connections *all;
	enum options_mode mode;
	uint64_t wanted, held;
};

/* Tells whether a connection is now where it is to stay. */
static bool has_arrived(const struct held *held, int fd, enum connection_state state)
{
	switch (held->mode) {
	case MODE_LINGERING:
		return state == CONNECTION_ENDED;
	case MODE_IDLE:
		return held->all->table[fd].received == held->all->greeting.size;
	case MODE_SILENT:
	case MODES:
		break;
	}
	return true;
}

/* Handles all that has happened to connections, and counts those that are held from now on. */
static bool handle(struct held *held, int count)
{
	for (int i = 0; i < count; i++) {
		const struct epoll_event *event = &held->all->events[i];
		struct connection *connection = &held->all->table[event->data.fd];
		enum connection_state state = connection_look(held->all, event);
		/* Who is held must not be reset, not even behind the end of the stream. */
		if (state == CONNECTION_FAILED)
			return false;
		if (held->mode != MODE_SILENT)
			state = connection_read(held->all, event);
		if (state == CONNECTION_FAILED)
			return false;
		if (connection->is_held || !has_arrived(held, event->data.fd, state))
			continue;
		connection->is_held = true;
		held->held++;
	}
	return true;
}

/* Opens all, never more at a time than the server has room for in its backlog. */
static bool open_all(struct held *held, uint64_t concurrency)
{
	while (held->held < held->wanted) {
		int count;
		while (held->all->opened < held->wanted &&
		       held->all->opened - held->held < concurrency)
			if (connection_open(held->all) < 0)
				return false;
		count = connections_wait(held->all, -1);
		if (count < 0 || !handle(held, count))
			return false;
	}
	return true;
}

/* Waits for the end of standard input; a connection that is lost until then fails the run. */
static bool keep_all(struct held *held)
{
	struct pollfd waits[] = {{.fd = STDIN_FILENO, .events = POLLIN},
				 {.fd = held->all->epoll, .events = POLLIN}};
	char ignored[4096];

	for (;;) {
		if (poll(waits, 2, -1) < 0) {
			log_error("poll: %s", strerror(errno));
			return false;
		}
		if (waits[1].revents && !handle(held, connections_wait(held->all, 0)))
			return false;
		if (waits[0].revents && read(STDIN_FILENO, ignored, sizeof ignored) <= 0)
			return true;
	}
}

bool hold_run(struct connections *all, const struct options *options)
{
	struct held held = {.all = all, .mode = options->mode, .wanted = options->count};

	if (!open_all(&held, options->concurrency))
		return false;
	report_count("held", held.held);
	return standard_flush() && keep_all(&held);
}
