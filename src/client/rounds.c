/* SPDX-License-Identifier: ISC */
/* rounds: asks servers until each has answered, or the time to wait is over. */
#include "rounds.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/number.h"
#include "backoff.h"
#include "options.h"
#include "probe.h"

/* A pause that ends this late shows that we were stopped; then an attempt may take this much. */
enum { LATE_MS = 50, LATE_ATTEMPT_MOST_MS = 1000 };

/* A server, and the attempts to get its answer, one after the other. */
struct round {
	struct rounds *rounds;
	struct options options; /* of the attempt: this target, and the time it may take */
	struct probe *probe;	/* of the attempt; NULL: it is the one that is told */
	struct probe *told;	/* that has the result, and owns its bytes; NULL: none yet */
	struct probe_result result;
	struct backoff backoff;
	uint64_t attempts;   /* so many were begun */
	struct event *again; /* when the next attempt is due */
	uint64_t again_ms;   /* the same, by clock_ms() */
	uint64_t addresses;  /* as the result has it, of an earlier attempt; 0: none */
	bool is_over, is_abandoned;
};

struct rounds {
	struct event_base *base;
	const struct options *options;
	rounds_attempt_cb *attempted; /* or NULL */
	rounds_cb *over;
	void *argument;
	uint64_t end_ms; /* of the wait; 0: each target is asked once */
	size_t count, open;
	struct round all[];
};

/* Returns how much of the wait is left, in ms. */
static uint64_t time_left(const struct rounds *rounds)
{
	uint64_t now_ms = clock_ms();

	return rounds->end_ms > now_ms ? rounds->end_ms - now_ms : 0;
}

/* There will be no other attempt at this target. */
static void end_round(struct round *round)
{
	struct rounds *rounds = round->rounds;

	round->is_over = true;
	if (--rounds->open == 0)
		rounds->over(rounds->argument);
}

/* There is no time for another attempt. */
static void give_up(struct round *round)
{
	uint64_t wait = round->rounds->options->wait;

	if (wait > 0)
		result_add_wait(&round->result, wait, round->attempts);
	end_round(round);
}

/* Ends the wait for all the others, which can't succeed any more. */
static void abandon_others(struct round *round)
{
	struct rounds *rounds = round->rounds;

	for (size_t i = 0; i < rounds->count; i++) {
		struct round *other = &rounds->all[i];
		if (other == round || other->is_over)
			continue;
		evtimer_del(other->again);
		probe_free(other->probe);
		other->probe = NULL;
		other->is_over = other->is_abandoned = true;
		rounds->open--;
	}
}

/* Logs, for -v, why a target is asked again, and when. */
static void log_pause(const struct round *round, uint64_t pause)
{
	char target[ADDRESS_TEXT_MAX], time[NUMBER_TIME_MAX];

	if (!log_shows(LOG_LEVEL_DEBUG))
		return;
	log_debug("wait: %s: %s: %s; again in %s",
		  endpoint_format(&round->options.target, target, sizeof target),
		  round->result.stage, round->result.reason, number_format_time(time, pause));
}

/* Makes the loop try again after a pause. False: there is no time left. */
static bool pause_round(struct round *round)
{
	uint64_t pause = backoff_pause(&round->backoff, time_left(round->rounds));

	if (pause == 0 || !loop_add_timer(round->again, pause))
		return false;
	round->again_ms = clock_ms() + pause;
	log_pause(round, pause);
	return true;
}

/* Logs, for -v, if the name has other addresses than in an attempt before. */
static void note_addresses(struct round *round)
{
	uint64_t now = round->result.addresses;

	if (now == 0)
		return;
	if (round->addresses != 0 && now != round->addresses) {
		char target[ADDRESS_TEXT_MAX];
		log_debug("wait: %s: its addresses have changed",
			  endpoint_format(&round->options.target, target, sizeof target));
	}
	round->addresses = now;
}

/* An attempt has failed: is there another one? */
static void take_failure(struct round *round)
{
	bool is_final = round->result.is_final || round->result.status == STATUS_USAGE;

	if (is_final) {
		if (round->rounds->end_ms > 0)
			abandon_others(round);
		end_round(round);
	} else if (!pause_round(round)) {
		give_up(round);
	}
}

/*
 * True if an attempt failed only because the end of the wait has cut it short, and came no further
 * than an earlier one, which then says more.
 */
static bool is_cut_short(const struct round *round, const struct probe_result *result)
{
	return round->told && result->is_late && result->reached <= round->result.reached &&
	       round->options.timeout < round->rounds->options->timeout;
}

/* Logs, for -v, that an attempt does not count. */
static void log_cut_short(const struct round *round, const struct probe_result *result)
{
	char target[ADDRESS_TEXT_MAX];

	log_debug("wait: %s: %s: %s; the end of the wait cut that short, so the failure before it "
		  "counts",
		  endpoint_format(&round->options.target, target, sizeof target), result->stage,
		  result->reason);
}

/* Tells of an attempt that has ended. */
static void tell_attempt(const struct round *round, const struct probe_result *result)
{
	const struct rounds *rounds = round->rounds;

	if (rounds->attempted)
		rounds->attempted(&round->options, result, rounds->argument);
}

static void ended_cb(const struct probe_result *result, void *argument)
{
	struct round *round = argument;

	tell_attempt(round, result);
	if (is_cut_short(round, result)) {
		log_cut_short(round, result);
	} else {
		probe_free(round->told);
		round->told = round->probe;
		round->probe = NULL;
		round->result = *result;
		note_addresses(round);
	}
	if (result->status == STATUS_GREETED)
		end_round(round);
	else
		take_failure(round);
}

/* Asks the target, for at most the time of one attempt. False: no memory. */
static bool start_attempt(struct round *round, uint64_t most_ms)
{
	struct rounds *rounds = round->rounds;
	struct probe_request request = {
		.options = &round->options,
		.ended = ended_cb,
		.argument = round,
	};

	round->attempts++;
	probe_free(round->probe);
	round->options.timeout = rounds->options->timeout;
	if (most_ms < round->options.timeout)
		round->options.timeout = most_ms;
	round->probe = probe_start(rounds->base, &request);
	return round->probe != NULL;
}

/*
 * Returns how long, in ms, the attempt that is due may take; 0: the wait is over. If it ended while
 * we were stopped, the server may have come up meanwhile, and is asked once more.
 */
static uint64_t attempt_time(const struct round *round)
{
	uint64_t left = time_left(round->rounds), now_ms = clock_ms();

	if (left > 0 || now_ms <= round->again_ms + LATE_MS)
		return left;
	return now_ms - round->again_ms < LATE_ATTEMPT_MOST_MS ? now_ms - round->again_ms
							       : LATE_ATTEMPT_MOST_MS;
}

static void again_cb(evutil_socket_t fd, short what, void *argument)
{
	struct round *round = argument;
	uint64_t left = attempt_time(round);

	(void)fd;
	(void)what;
	if (left == 0) {
		give_up(round);
	} else if (!start_attempt(round, left)) {
		result_fail_start(&round->result, "out of memory");
		tell_attempt(round, &round->result);
		take_failure(round);
	}
}

/* Prepares the i-th target, and asks it for the first time. False: no memory. */
static bool start_round(struct rounds *rounds, size_t i, uint64_t seed)
{
	const struct options *options = rounds->options;
	struct round *round = &rounds->all[i];

	round->rounds = rounds;
	round->options = *options;
	round->options.target = *options_target(options, i);
	backoff_begin(&round->backoff, seed + i);
	round->again = evtimer_new(rounds->base, again_cb, round);
	return round->again &&
	       start_attempt(round, options->wait > 0 ? options->wait : options->timeout);
}

struct rounds *rounds_start(struct event_base *base, const struct rounds_request *request)
{
	const struct options *options = request->options;
	size_t count = options_target_count(options);
	struct rounds *rounds = calloc(1, sizeof *rounds + count * sizeof *rounds->all);

	if (!rounds)
		return NULL;
	rounds->base = base;
	rounds->options = options;
	rounds->attempted = request->attempted;
	rounds->over = request->over;
	rounds->argument = request->argument;
	rounds->end_ms = options->wait > 0 ? clock_ms() + options->wait : 0;
	rounds->count = rounds->open = count;
	for (size_t i = 0; i < count; i++) {
		if (start_round(rounds, i, request->seed))
			continue;
		rounds_free(rounds);
		return NULL;
	}
	return rounds;
}

const struct probe_result *rounds_result(const struct rounds *rounds, size_t i)
{
	return rounds->all[i].is_abandoned ? NULL : &rounds->all[i].result;
}

const struct options *rounds_options(const struct rounds *rounds, size_t i)
{
	return &rounds->all[i].options;
}

void rounds_free(struct rounds *rounds)
{
	if (!rounds)
		return;
	for (size_t i = 0; i < rounds->count; i++) {
		probe_free(rounds->all[i].probe);
		probe_free(rounds->all[i].told);
		loop_free_event(rounds->all[i].again);
	}
	free(rounds);
}
