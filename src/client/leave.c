/* SPDX-License-Identifier: ISC */
/* leave: parts from a server that is not read, without a reset if a moment is enough. */
#include "leave.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/socket.h"
#include "deadline.h"

/*
 * The greeting of a server that speaks first comes one round trip after the connect. So does the
 * end of its stream, in answer to ours. The server gets this much more, for its work.
 */
enum { WORK_MS = 10 };

struct leave {
	struct event *input;
	struct deadline *deadline;
	leave_cb *left;
	void *argument;
};

/* There is nothing more to wait for, or no more time. */
static void end_leave(void *argument)
{
	struct leave *leave = argument;

	event_del(leave->input);
	deadline_clear(leave->deadline);
	leave->left(leave->argument);
}

static void input_cb(evutil_socket_t fd, short what, void *argument)
{
	ssize_t n = socket_discard(fd, SOCKET_AT_ONCE);

	(void)what;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
		end_leave(argument);
}

struct leave *leave_start(struct event_base *base, int fd, uint64_t connect_us, leave_cb *left,
			  void *argument)
{
	struct leave *leave = calloc(1, sizeof *leave);

	if (!leave)
		return NULL;
	leave->left = left;
	leave->argument = argument;
	leave->input = event_new(base, fd, EV_READ | EV_PERSIST, input_cb, leave);
	leave->deadline = deadline_new(base, end_leave, leave);
	if (!leave->input || event_add(leave->input, NULL) < 0 || !leave->deadline ||
	    !deadline_set(leave->deadline, connect_us / 1000 + WORK_MS)) {
		leave_free(leave);
		return NULL;
	}
	/* If that fails, the connection has already ended, which the socket will report. */
	shutdown(fd, SHUT_WR);
	return leave;
}

void leave_free(struct leave *leave)
{
	if (!leave)
		return;
	loop_free_event(leave->input);
	deadline_free(leave->deadline);
	free(leave);
}

void leave_close(int fd)
{
	if (fd < 0)
		return;
	socket_discard(fd, SOCKET_AT_ONCE);
	close(fd);
}
