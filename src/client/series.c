/* SPDX-License-Identifier: ISC */
/* series: asks one target many times, some of them at the same time, by the clock. */
#include "series.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/addresslist.h"
#include "base/clock.h"
#include "base/loop.h"
#include "names.h"
#include "options.h"
#include "probe.h"

/* Between attempts elsewhere, if no interval is wanted: nobody else's server is to be flooded. */
enum { ELSEWHERE_MS = 10 };

/* An attempt that begins this late shows that the clock was not kept, however short its ticks. */
enum { LATE_US = 50000 };

/* How long to pause where there is no memory for an attempt: a moment later there may be some. */
enum { LACK_US = 50000 };

/* One of the attempts that may be under way. */
struct slot {
	struct series *series;
	struct probe *probe; /* NULL: free */
	struct slot *next;   /* that is free */
	bool looks_up;
	struct options options; /* with the attempt's number */
	struct series_attempt attempt;
};

struct series {
	struct event_base *base;
	struct series_request request;
	struct names *names;
	struct event *tick; /* when the next attempt is due, or to begin the first */
	struct slot *free;
	uint64_t begun;
	uint64_t due_us;   /* when the next one is due, by clock_us() */
	uint64_t pause_us; /* none begins before that moment */
	unsigned under_way;
	bool is_over;
	struct slot slots[];
};

/* Returns the time between two attempts, in us; 0: as soon as one has ended. */
static uint64_t interval_us(const struct series *series)
{
	const struct options *options = series->request.options;

	if (series->request.each)
		return 0;
	if (options->interval != OPTIONS_UNSET)
		return options->interval * 1000;
	return names_are_local(series->names) ? 0 : (uint64_t)ELSEWHERE_MS * 1000;
}

/* True if there is another attempt to begin. */
static bool has_more(const struct series *series)
{
	return !series->is_over &&
	       (series->request.count == 0 || series->begun < series->request.count);
}

static void end_series(struct series *series)
{
	if (series->is_over)
		return;
	series->is_over = true;
	evtimer_del(series->tick);
	series->request.over(series->request.argument);
}

/* Gives a slot back; its attempt is over. */
static void free_slot(struct slot *slot)
{
	struct series *series = slot->series;

	probe_free(slot->probe);
	slot->probe = NULL;
	slot->next = series->free;
	series->free = slot;
	series->under_way--;
}

/* Sets when the attempt after this one is due: at the next tick, if this one was in time. */
static void set_next_due(struct series *series, uint64_t now_us)
{
	uint64_t interval = interval_us(series), late = now_us - series->due_us;

	if (interval == 0)
		series->due_us = now_us;
	else
		series->due_us += (late / interval + 1) * interval;
}

/* Returns how late an attempt that begins now is, in us; 0: in time. */
static uint64_t lateness(const struct series *series, uint64_t now_us)
{
	uint64_t late = now_us - series->due_us;

	return options_keep_clock(series->request.options) &&
			       (late > LATE_US || late >= interval_us(series))
		       ? late
		       : 0;
}

/* An attempt is over: it is told. */
static void end_attempt(struct slot *slot, const struct probe_result *result)
{
	struct series *series = slot->series;

	if (slot->looks_up)
		names_looked_up(series->names);
	if (result->status != STATUS_GREETED)
		names_doubt(series->names);
	slot->attempt.result = result;
	series->request.attempted(&slot->attempt, series->request.argument);
	free_slot(slot);
}

/* Tells of an attempt for which there was no memory. */
static void tell_lack(struct slot *slot)
{
	struct probe_result result;

	result_fail_start(&result, "out of memory");
	slot->series->pause_us = clock_us() + LACK_US;
	end_attempt(slot, &result);
}

static void go_on(struct series *series);

static void found_cb(const struct addresslist *addresses, bool is_whole, void *argument)
{
	struct slot *slot = argument;

	names_find(slot->series->names, addresses, is_whole);
	go_on(slot->series);
}

static void ended_cb(const struct probe_result *result, void *argument)
{
	struct slot *slot = argument;
	struct series *series = slot->series;

	if (series->is_over)
		return;
	end_attempt(slot, result);
	go_on(series);
}

/* Begins the probe of an attempt; `addresses` as for probe_start(). */
static void start_probe(struct slot *slot, const struct addresslist *addresses)
{
	struct series *series = slot->series;
	const struct probe_request request = {
		.options = &slot->options,
		.addresses = addresses,
		.found = slot->looks_up ? found_cb : NULL,
		.ended = ended_cb,
		.argument = slot,
	};

	slot->probe = probe_start(series->base, &request);
	if (!slot->probe)
		tell_lack(slot);
}

/* Begins the probe of the one address that is this attempt's. */
static void start_probe_of_one(struct slot *slot)
{
	const struct addresslist *each = slot->series->request.each;
	struct addresslist only;

	addresslist_clear(&only);
	addresslist_add(&only, &each->all[slot->attempt.serial - 1]);
	start_probe(slot, &only);
}

/* Begins the next attempt now. */
static void start_attempt(struct series *series, bool looks_up)
{
	struct slot *slot = series->free;
	uint64_t now_us = clock_us();

	series->free = slot->next;
	series->under_way++;
	slot->looks_up = looks_up;
	slot->attempt = (struct series_attempt){
		.serial = ++series->begun,
		.began_ms = clock_now_ms(),
		.late_us = lateness(series, now_us),
	};
	slot->options.serial = slot->attempt.serial;
	set_next_due(series, now_us);
	if (series->request.each)
		start_probe_of_one(slot);
	else
		start_probe(slot, looks_up ? NULL : names_known(series->names));
}

/* True if the next attempt may begin now. Otherwise, if only its time has not come, sets the timer.
 */
static bool is_due(struct series *series)
{
	uint64_t now_us = clock_us();
	uint64_t from_us = series->due_us > series->pause_us ? series->due_us : series->pause_us;

	if (now_us >= from_us)
		return true;
	loop_add_timer_us(series->tick, from_us - now_us);
	return false;
}

/* Begins all attempts that are due and have a slot. */
static void start_due(struct series *series)
{
	while (has_more(series) && series->free && is_due(series)) {
		enum names_advice advice = series->request.each ? NAMES_USE
								: names_advise(series->names);
		if (advice == NAMES_WAIT)
			return;
		start_attempt(series, advice == NAMES_LOOK_UP);
	}
}

/* Begins what is due; or all is over. */
static void go_on(struct series *series)
{
	start_due(series);
	if (!has_more(series) && series->under_way == 0)
		end_series(series);
}

static void tick_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	go_on(argument);
}

/* Makes all slots free. */
static void prepare_slots(struct series *series)
{
	for (unsigned i = 0; i < series->request.parallel; i++) {
		series->slots[i].series = series;
		series->slots[i].options = *series->request.options;
		series->slots[i].next = series->free;
		series->free = &series->slots[i];
	}
}

unsigned series_most_at_once(const struct series_request *request)
{
	return request->count > 0 && request->count < request->parallel ? (unsigned)request->count
									: request->parallel;
}

struct series *series_start(struct event_base *base, const struct series_request *request)
{
	unsigned slots = series_most_at_once(request);
	struct series *series = calloc(1, sizeof *series + slots * sizeof(struct slot));

	if (!series)
		return NULL;
	series->base = base;
	series->request = *request;
	series->request.parallel = slots;
	series->names = names_new(request->options);
	series->tick = evtimer_new(base, tick_cb, series);
	if (!series->names || !series->tick || !loop_add_timer_us(series->tick, 0)) {
		series_free(series);
		return NULL;
	}
	series->due_us = clock_us();
	prepare_slots(series);
	return series;
}

void series_stop(struct series *series)
{
	if (series)
		end_series(series);
}

unsigned series_under_way(const struct series *series)
{
	return series->under_way;
}

void series_free(struct series *series)
{
	if (!series)
		return;
	for (unsigned i = 0; i < series->request.parallel; i++)
		probe_free(series->slots[i].probe);
	names_free(series->names);
	loop_free_event(series->tick);
	free(series);
}
