/* SPDX-License-Identifier: ISC */
/* reading: reads what a connected server says, until it ends, goes quiet, or has said enough. */
#include "reading.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/number.h"
#include "expect.h"
#include "options.h"
#include "stageline.h"
#include "talking.h"

/*
 * A server that is quiet for this long after its first bytes has said everything: many keep the
 * connection open after their banner (SSH, SMTP). A lost segment comes again after 200 ms and up to
 * 3.4 round trips, one of two after up to 4.6. (Seen from Linux, with round trips of 1 to 300 ms.)
 */
enum { QUIET_LEAST_MS = 250, QUIET_BASE_MS = 200, QUIET_ROUND_TRIPS = 5 };

/*
 * With -z and --wait, a connection that lasts for this long is one to a server. A proxy closes it
 * as soon as it has found none, which takes a round trip between the two if it does not try again.
 */
enum { STEADY_MS = 250 };

/*
 * A connect that took longer than over a satellite is not one round trip. Its first packet was lost
 * and sent again after a second (RFC 6298, 2.1), or we were stopped.
 */
enum { ROUND_TRIP_MOST_US = 600000 };

/* A timer this late shows that we were stopped, and perhaps the server with us. */
enum { LATE_MS = 50 };

struct reading {
	struct reading_request request;
	reading_cb *ended;
	void *argument;
	struct event *input, *quiet;
	struct talking *talking; /* NULL: we say nothing */
	int broken;		 /* an errno of the socket that it will not report again, or 0 */
	size_t length;
	uint64_t start_us, first_byte_us;
	uint64_t quiet_ms, quiet_at_ms; /* how long it must last, and when it will have */
};

/* Logs how it ended, for -v. */
static void log_end(const struct reading *reading, const struct reading_result *result)
{
	const struct options *options = reading->request.options;
	double ms = (double)(clock_us() - reading->start_us) / 1000;
	size_t most = (size_t)options->bytes;
	char limit[NUMBER_TIME_MAX];

	if (options->steady && result->end == READING_FULL)
		stageline_log(options, "read: it speaks (%.1f ms)", ms);
	else if (result->end == READING_STREAM_END)
		stageline_log(options, "read: %zu bytes, end of stream (%.1f ms)", result->length,
			      ms);
	else if (result->end == READING_QUIET)
		stageline_log(options, "read: %zu bytes, then quiet for %" PRIu64 " ms (%.1f ms)",
			      result->length, reading->quiet_ms, ms);
	else if (result->end == READING_FULL && result->length > most)
		stageline_log(options, "read: %zu bytes, and more than the limit of -b (%.1f ms)",
			      most, ms);
	else if (result->end == READING_FULL)
		stageline_log(options, "read: %zu bytes, then the limit of -b (%.1f ms)",
			      result->length, ms);
	else if (result->end == READING_STOPPED && result->length > 0)
		stageline_log(options, "read: %zu bytes, then the deadline of %s (%.1f ms)",
			      result->length, number_format_time(limit, result->limit), ms);
}

/* Ends the reading; the callback may free it. */
static void end_reading(struct reading *reading, struct reading_result result)
{
	result.length = reading->length;
	result.first_byte_us = reading->first_byte_us;
	result.sent = talking_sent(reading->talking);
	event_del(reading->input);
	evtimer_del(reading->quiet);
	talking_stop(reading->talking);
	log_end(reading, &result);
	reading->ended(&result, reading->argument);
}

static void end_broken(struct reading *reading, int reason)
{
	end_reading(reading, (struct reading_result){.end = READING_BROKEN, .reason = reason});
}

static void wait_for_quiet(struct reading *reading)
{
	reading->quiet_at_ms = clock_ms() + reading->quiet_ms;
	loop_add_timer(reading->quiet, reading->quiet_ms);
}

/* What a look at the socket has brought. */
enum look { LOOK_NOTHING, LOOK_BYTES, LOOK_END };

/* Handles the bytes that have come: there may be more, or these were the last. */
static enum look take_bytes(struct reading *reading)
{
	const struct reading_request *request = &reading->request;

	if (reading->length == request->room) {
		end_reading(reading, (struct reading_result){.end = READING_FULL});
		return LOOK_END;
	}
	if (expect_awaits_more(request->options, request->bytes, reading->length))
		evtimer_del(reading->quiet);
	else
		wait_for_quiet(reading);
	return LOOK_BYTES;
}

/*
 * Reads what has come. On a reset the kernel first hands out what it holds, and only then the
 * error, so no byte is lost.
 */
static enum look look(struct reading *reading)
{
	const struct reading_request *request = &reading->request;
	ssize_t n = recv(request->fd, request->bytes + reading->length,
			 request->room - reading->length, 0);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return LOOK_NOTHING;
	if (n > 0) {
		if (reading->length == 0)
			reading->first_byte_us = clock_us();
		reading->length += (size_t)n;
		return take_bytes(reading);
	}
	if (n == 0 && reading->broken == 0)
		end_reading(reading, (struct reading_result){.end = READING_STREAM_END});
	else
		end_broken(reading, n == 0 ? reading->broken : errno);
	return LOOK_END;
}

static void input_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	/* The end of the stream often comes with the bytes. */
	if (look(argument) == LOOK_BYTES)
		look(argument);
}

/* Believes the timer only if nothing has come, and if it is on time. */
static void quiet_cb(evutil_socket_t fd, short what, void *argument)
{
	struct reading *reading = argument;
	bool late = clock_ms() > reading->quiet_at_ms + LATE_MS;

	(void)fd;
	(void)what;
	if (look(reading) != LOOK_NOTHING)
		return;
	if (late)
		wait_for_quiet(reading);
	else
		end_reading(reading, (struct reading_result){.end = READING_QUIET});
}

/*
 * The server takes no more of what we say. What it has said before is still there, and read first.
 * EPIPE means that its stream had ended by then, or that the socket will report more.
 */
static void talk_broken_cb(int reason, void *argument)
{
	struct reading *reading = argument;

	if (reason != EPIPE)
		reading->broken = reason;
}

/* Says what there is to say, if anybody can hear it. False: no memory. */
static bool start_talking(struct reading *reading, struct event_base *base)
{
	const struct reading_request *request = &reading->request;

	if (!request->peer || request->is_reset ||
	    (request->options->talk_first == 0 && request->options->proxy_version == 0))
		return true;
	reading->talking = talking_start(base, request->fd, request->options, request->peer,
					 talk_broken_cb, reading);
	return reading->talking != NULL;
}

/* Returns how long, in ms, a server must be silent until its greeting counts as complete. */
static uint64_t quiet_after(uint64_t connect_us)
{
	uint64_t us = connect_us < ROUND_TRIP_MOST_US ? connect_us : ROUND_TRIP_MOST_US;
	uint64_t ms = QUIET_BASE_MS + QUIET_ROUND_TRIPS * us / 1000;

	return ms > QUIET_LEAST_MS ? ms : QUIET_LEAST_MS;
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
	reading->start_us = clock_us();
	reading->broken = request->is_reset ? ECONNRESET : 0;
	reading->quiet_ms = quiet_after(request->connect_us);
	reading->quiet = evtimer_new(base, quiet_cb, reading);
	reading->input = event_new(base, request->fd, EV_READ | EV_PERSIST, input_cb, reading);
	if (!reading->quiet || !reading->input || event_add(reading->input, NULL) != 0 ||
	    !start_talking(reading, base)) {
		reading_free(reading);
		return NULL;
	}
	if (request->options->steady) {
		reading->quiet_ms = STEADY_MS;
		wait_for_quiet(reading);
	}
	return reading;
}

void reading_stop(struct reading *reading, uint64_t limit)
{
	end_reading(reading, (struct reading_result){.end = READING_STOPPED, .limit = limit});
}

void reading_free(struct reading *reading)
{
	if (!reading)
		return;
	loop_free_event(reading->input);
	loop_free_event(reading->quiet);
	talking_free(reading->talking);
	free(reading);
}
