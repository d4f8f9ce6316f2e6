/* SPDX-License-Identifier: ISC */
/* attempts: tries a server's addresses until one answers (Happy Eyeballs, RFC 8305). */
#include "attempts.h"

#include <errno.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "attempt.h"
#include "lineup.h"
#include "outgoing.h"
#include "stageline.h"
#include "trace.h"

/*
 * The Connection Attempt Delay that RFC 8305, 5 recommends. libevent's own
 * bufferevent_socket_connect_hostname() tries only the first address.
 */
enum { NEXT_ATTEMPT_MS = 250 };

/*
 * More never come: each list is cut to ADDRESSLIST_MAX, one is added for each family, and one
 * settles.
 */
enum { ATTEMPTS_MAX = 3 * ADDRESSLIST_MAX };

struct attempts {
	struct event_base *base;
	const struct attempts_way *way;
	void *data; /* for the way */
	struct address source;
	struct trace *trace;	       /* or NULL */
	const struct options *options; /* likewise */
	uint64_t start_us;
	attempts_cb *ended;
	void *argument;
	size_t count; /* of attempts started */
	size_t under_way;
	struct event *more; /* when the next attempt is due; pending: not yet */
	struct event *over; /* calls back from the loop, never from attempts_start() */
	bool is_over;
	struct attempts_result result; /* so far */
	bool is_doubtful;	       /* an address failed, but somebody may listen there */
	/* From here on nothing is cleared at the start: it is much, and hardly any is used. */
	struct lineup lineup;
	struct attempt all[ATTEMPTS_MAX];
};

bool attempt_open(struct attempt *attempt, int type)
{
	const struct attempts *attempts = attempt->attempts;

	attempt->fd = outgoing_open(attempt->address.any.sa_family, type, &attempts->source);
	return attempt->fd >= 0;
}

void attempt_end(struct attempt *attempt)
{
	if (attempt->news) {
		event_free(attempt->news);
		attempt->news = NULL;
		attempt->attempts->under_way--;
	}
	if (attempt->fd >= 0)
		close(attempt->fd);
	attempt->fd = -1;
}

/* Logs, for -v, an attempt that ends now without an answer, and its time since the first began. */
static void log_attempt(const struct attempt *attempt, const char *words)
{
	const struct attempts *attempts = attempt->attempts;
	char text[ADDRESS_TEXT_MAX], began[32] = "";

	if (attempt != attempts->all)
		snprintf(began, sizeof began, "%.1f to ",
			 (double)(attempt->start_us - attempts->start_us) / 1000);
	stageline_log(attempts->options, "%s: %s: %s (%s%.1f ms)", attempts->way->stage,
		      address_format(&attempt->address, text, sizeof text), words, began,
		      (double)(clock_us() - attempts->start_us) / 1000);
}

/* Records how an attempt ends; only the first end counts. */
static void trace_attempt(const struct attempt *attempt, enum trace_outcome outcome, int reason)
{
	if (attempt->attempts->trace)
		trace_end(attempt->attempts->trace, attempt->trace_number, outcome, reason);
}

/* Ends attempts that are under way, since another one has answered or the time is over. */
static void give_up(struct attempts *attempts)
{
	for (size_t i = 0; i < attempts->count; i++) {
		struct attempt *attempt = &attempts->all[i];
		trace_attempt(attempt, TRACE_LOST, 0);
		if (attempt->news && attempts->result.has_answered && log_shows(LOG_LEVEL_DEBUG) &&
		    attempts->result.address != &attempt->address)
			log_attempt(attempt, "given up");
		attempt_end(attempt);
	}
}

/* Ends all attempts, and makes the loop call back. */
static void finish(struct attempts *attempts)
{
	attempts->is_over = true;
	evtimer_del(attempts->more);
	give_up(attempts);
	event_active(attempts->over, EV_TIMEOUT, 0);
}

static void log_failed_attempt(const struct attempt *attempt, int reason)
{
	char words[160];

	if (!log_shows(LOG_LEVEL_DEBUG))
		return;
	outgoing_describe(reason, &attempt->address, &attempt->attempts->source, words,
			  sizeof words);
	log_attempt(attempt, words);
}

void attempt_fail(struct attempt *attempt, int reason)
{
	struct attempts *attempts = attempt->attempts;
	struct attempts_result *told = &attempts->result;

	reason = outgoing_reason(reason, &attempt->address, &attempts->source);
	log_failed_attempt(attempt, reason);
	trace_attempt(attempt, TRACE_FAILED, reason);
	if (outgoing_is_telling(reason) && !outgoing_is_refusal(reason, &attempt->address))
		attempts->is_doubtful = true;
	if (!told->address || (outgoing_is_telling(reason) && !outgoing_is_telling(told->reason)))
		*told = (struct attempts_result){.reason = reason,
						 .address = &attempt->address,
						 .fd = -1};
	attempt_end(attempt);
}

void attempt_win(struct attempt *attempt, const struct attempts_result *result, bool keeps_socket)
{
	struct attempts *attempts = attempt->attempts;

	trace_attempt(attempt, TRACE_WON, result->reason);
	attempts->result = *result;
	attempts->result.has_answered = true;
	attempts->result.address = &attempt->address;
	attempts->result.fd = -1;
	if (keeps_socket) {
		attempts->result.fd = attempt->fd;
		attempt->fd = -1;
	}
	finish(attempts);
}

/* Starts the attempt whose turn it is; false if there is none now. */
static bool start_next(struct attempts *attempts)
{
	struct attempt *attempt = &attempts->all[attempts->count];
	bool port_is_taken = attempts->under_way > 0 && attempts->way->has_port_to_itself &&
			     address_port(&attempts->source) != 0;
	struct address address;

	if (port_is_taken || attempts->count == ATTEMPTS_MAX ||
	    !lineup_take(&attempts->lineup, &address))
		return false;
	*attempt = (struct attempt){.attempts = attempts,
				    .address = address,
				    .fd = -1,
				    .data = attempts->data};
	attempts->count++;
	attempt->start_us = clock_us();
	if (attempts->trace)
		attempt->trace_number = trace_begin(attempts->trace, &attempt->address);
	attempts->way->start(attempt);
	return true;
}

/* Starts the next attempt, and others as long as they fail at once. Finishes if nothing is left. */
static void go_on(struct attempts *attempts)
{
	size_t before = attempts->under_way;

	while (!attempts->is_over && attempts->under_way == before && start_next(attempts))
		;
	if (attempts->is_over)
		return;
	if (attempts->under_way > before)
		loop_add_timer(attempts->more, NEXT_ATTEMPT_MS);
	else if (attempts->under_way == 0 && lineup_is_over(&attempts->lineup))
		finish(attempts);
}

static void news_cb(evutil_socket_t fd, short what, void *argument)
{
	struct attempt *attempt = argument;
	struct attempts *attempts = attempt->attempts;

	(void)fd;
	attempts->way->news(attempt, (what & EV_TIMEOUT) != 0);
	if (!attempt->news)
		go_on(attempts);
}

/* Makes an attempt wait; `time` may be NULL. */
static void await(struct attempt *attempt, int fd, short what, const struct timeval *time)
{
	attempt->news = event_new(attempt->attempts->base, fd, what, news_cb, attempt);
	if (attempt->news)
		attempt->attempts->under_way++;
	if (!attempt->news || event_add(attempt->news, time) < 0)
		attempt_fail(attempt, ENOMEM);
}

void attempt_await_write(struct attempt *attempt)
{
	await(attempt, attempt->fd, EV_WRITE, NULL);
}

void attempt_await_read(struct attempt *attempt, uint64_t ms)
{
	struct timeval time = loop_time(ms);

	await(attempt, attempt->fd, EV_READ | EV_PERSIST, &time);
}

void attempt_await_time(struct attempt *attempt, uint64_t ms)
{
	struct timeval time = loop_time(ms);

	await(attempt, -1, 0, &time);
}

/* It is time for the next address, unless news came while we were stopped. */
static void more_cb(evutil_socket_t fd, short what, void *argument)
{
	struct attempts *attempts = argument;

	(void)fd;
	(void)what;
	for (size_t i = 0; attempts->way->look && i < attempts->count && !attempts->is_over; i++)
		if (attempts->all[i].news)
			attempts->way->look(&attempts->all[i]);
	go_on(attempts);
}

/* Hands over the result; the callback may free everything. */
static void over_cb(evutil_socket_t fd, short what, void *argument)
{
	struct attempts *attempts = argument;
	struct attempts_result result = attempts->result;

	(void)fd;
	(void)what;
	attempts->result.fd = -1;
	result.is_refused = !result.has_answered && !attempts->is_doubtful &&
			    outgoing_is_refusal(result.reason, result.address);
	attempts->ended(&result, attempts->argument);
}

struct attempts *attempts_start(struct event_base *base, const struct attempts_request *request,
				const struct attempts_way *way, void *data, attempts_cb *ended,
				void *argument)
{
	struct attempts *attempts = malloc(sizeof *attempts);

	if (!attempts)
		return NULL;
	memset(attempts, 0, offsetof(struct attempts, lineup));
	lineup_begin(&attempts->lineup);
	attempts->base = base;
	attempts->way = way;
	attempts->ended = ended;
	attempts->argument = argument;
	attempts->result.fd = -1;
	lineup_add(&attempts->lineup, request->addresses, request->more_come);
	attempts->source = *request->source;
	attempts->trace = request->trace;
	attempts->options = request->options;
	attempts->start_us = clock_us();
	attempts->more = evtimer_new(base, more_cb, attempts);
	attempts->over = evtimer_new(base, over_cb, attempts);
	if (!attempts->more || !attempts->over) {
		attempts_free(attempts);
		return NULL;
	}
	attempts->data = data;
	go_on(attempts);
	return attempts;
}

/* The lineup has changed: an address may be due now, or everything may be over. */
static void look_again(struct attempts *attempts)
{
	if (attempts->under_way == 0 || !evtimer_pending(attempts->more, NULL))
		go_on(attempts);
}

void attempts_add(struct attempts *attempts, const struct addresslist *addresses, bool more_come)
{
	lineup_add(&attempts->lineup, addresses, more_come);
	look_again(attempts);
}

void attempts_settle(struct attempts *attempts, const struct addresslist *addresses)
{
	lineup_settle(&attempts->lineup, addresses);
	look_again(attempts);
}

bool attempts_stand(const struct attempts *attempts, struct attempts_result *result)
{
	*result = attempts->result;
	return attempts->under_way == 0 && !attempts->result.has_answered;
}

void attempts_free(struct attempts *attempts)
{
	if (!attempts)
		return;
	give_up(attempts);
	if (attempts->result.fd >= 0)
		close(attempts->result.fd);
	loop_free_event(attempts->more);
	loop_free_event(attempts->over);
	if (attempts->way->free && attempts->data)
		attempts->way->free(attempts->data);
	free(attempts);
}
