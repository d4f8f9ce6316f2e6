/* reading: reads what a connected server says, until it ends, falls quiet, or has said enough. */
#include "reading.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/loop.h"

/*
 * A server that goes quiet for so long after its first bytes has said what it
 * has to say: many keep the connection open after their banner (SSH, SMTP).
 */
enum { QUIET_MS = 250 };

struct reading {
	struct reading_request request;
	reading_cb *ended;
	void *argument;
	struct event *input, *quiet;
	size_t length;
};

/* Ends the reading; the callback may free it. */
static void end(struct reading *reading, enum reading_end how, int reason)
{
	struct reading_result result = {.end = how, .length = reading->length, .reason = reason};

	event_del(reading->input);
	evtimer_del(reading->quiet);
	reading->ended(&result, reading->argument);
}

static void quiet_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	end(argument, READING_QUIET, 0);
}

/*
 * Reads what has come. On a reset the kernel hands out what it holds first and
 * the error only then, so no byte is lost to it.
 */
static void input_cb(evutil_socket_t fd, short what, void *argument)
{
	struct reading *reading = argument;
	const struct reading_request *request = &reading->request;
	ssize_t n = recv(fd, request->bytes + reading->length, request->room - reading->length, 0);

	(void)what;
	if (n > 0) {
		reading->length += (size_t)n;
		if (reading->length == request->room)
			end(reading, READING_LIMIT, 0);
		else
			loop_add_timer(reading->quiet, QUIET_MS);
	} else if (n == 0) {
		end(reading, request->is_reset ? READING_BROKEN : READING_STREAM_END, ECONNRESET);
	} else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
		end(reading, READING_BROKEN, errno);
	}
}

struct reading *reading_start(struct event_base *base, const struct reading_request *request,
			      reading_cb *ended, void *argument)
{
	struct reading *reading = calloc(1, sizeof *reading);

	if (!reading)
		return NULL;
	reading->request = *request;
	reading->ended = ended;
	reading->argument = argument;
	reading->quiet = evtimer_new(base, quiet_cb, reading);
	reading->input = event_new(base, request->fd, EV_READ | EV_PERSIST, input_cb, reading);
	if (reading->quiet && reading->input && event_add(reading->input, NULL) == 0)
		return reading;
	reading_free(reading);
	return NULL;
}

size_t reading_length(const struct reading *reading)
{
	return reading->length;
}

void reading_free(struct reading *reading)
{
	if (!reading)
		return;
	loop_free_event(reading->input);
	loop_free_event(reading->quiet);
	free(reading);
}
