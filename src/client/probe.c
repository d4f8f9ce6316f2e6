/* SPDX-License-Identifier: ISC */
/* probe: one question to one server, in stages: resolve, then connect and read, or ask. */
#include "probe.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/addresslist.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/number.h"
#include "expect.h"
#include "finding.h"
#include "known.h"
#include "leave.h"
#include "options.h"
#include "outgoing.h"
#include "reading.h"
#include "stageline.h"
#include "stages.h"
#include "trying.h"

struct probe {
	struct event_base *base;
	const struct options *options;
	probe_found_cb *found; /* NULL: nobody wants to know, or any more */
	probe_cb *ended;
	void *argument;
	struct probe_result result;
	struct finding *finding;
	struct reading *reading;
	struct trying *trying;
	struct leave *leave;
	struct stages *stages;
	uint64_t connect_us;
	struct event *over; /* calls back from the loop, never from probe_start() */
	int fd;
};

/* Closes the connection, if there is one. After the end of a stream nothing can be unread. */
static void close_connection(struct probe *probe)
{
	if (probe->fd >= 0 && probe->result.ended_by == ENDED_BY_STREAM_END)
		close(probe->fd);
	else
		leave_close(probe->fd);
	probe->fd = -1;
}

/* Ends the addresses that are still being tried: their times are not later than the probe's. */
static void end_trying(struct probe *probe)
{
	trying_free(probe->trying);
	probe->trying = NULL;
}

/* Ends and closes everything under way; each part may be freed in its own callback. */
static void close_parts(struct probe *probe)
{
	reading_free(probe->reading);
	probe->reading = NULL;
	end_trying(probe);
	finding_free(probe->finding);
	probe->finding = NULL;
	leave_free(probe->leave);
	probe->leave = NULL;
	close_connection(probe);
}

/* Returns the time since the probe began, in us. */
static uint64_t elapsed(const struct probe *probe)
{
	return clock_us() - probe->result.began_us;
}

/* Ends the probe, and makes the loop call back. */
static void end_probe(struct probe *probe)
{
	struct probe_result *result = &probe->result;
	const struct addresslist *known = trying_known(probe->trying);

	/* A failure that concerns no address in particular concerns all. */
	if (result->status != STATUS_GREETED && !result->address[0] && known->count > 0)
		addresslist_format_briefly(known, result->address, sizeof result->address);
	end_trying(probe);
	result->times.end = elapsed(probe);
	stages_stop(probe->stages);
	close_parts(probe);
	event_active(probe->over, EV_TIMEOUT, 0);
}

static void fail(struct probe *probe, enum status status, const char *why)
{
	result_fail(&probe->result, status, stages_now(probe->stages), "%s", why);
	end_probe(probe);
}

/* Hands over the result, after comparing it with what is expected. */
static void over_cb(evutil_socket_t fd, short what, void *argument)
{
	struct probe *probe = argument;

	(void)fd;
	(void)what;
	expect_apply(probe->options, &probe->result);
	result_add_sent(&probe->result, probe->options->talk_first);
	probe->ended(&probe->result, probe->argument);
}

/* Fails because no address could be connected to, or asked. */
static void fail_outgoing(struct probe *probe, const struct attempts_result *failed,
			  const char *besides)
{
	result_fail_outgoing(&probe->result, stages_now(probe->stages), failed->reason,
			     failed->address, &probe->options->source, besides);
	end_probe(probe);
}

/* The time is over without a result of the stage. */
static void fail_late(struct probe *probe, uint64_t limit)
{
	static const char format[] = "; no more addresses from the name service within %s";
	char time[NUMBER_TIME_MAX], besides[sizeof format + sizeof time];
	struct attempts_result failed;

	number_format_time(time, limit);
	snprintf(besides, sizeof besides, format, time);
	if (stages_are_trying(probe->stages) && trying_stands(probe->trying, &failed)) {
		fail_outgoing(probe, &failed, besides);
		return;
	}
	if (stages_began_late(probe->stages))
		result_fail_begun_late(&probe->result, stages_now(probe->stages),
				       probe->options->timeout);
	else
		result_fail_late(&probe->result, stages_now(probe->stages), limit, probe->options);
	end_probe(probe);
}

/* The time is over: what that means depends on the stage. */
static void time_over(struct probe *probe, uint64_t limit)
{
	if (stages_now(probe->stages) == STAGE_READ)
		reading_stop(probe->reading, limit);
	else if (stages_now(probe->stages) == STAGE_LEAVE)
		end_probe(probe);
	else
		fail_late(probe, limit);
}

static void all_over(void *argument)
{
	struct probe *probe = argument;

	time_over(probe, probe->options->timeout);
}

/* While no address is being tried, the stage does not time out: the name service has the time. */
static void stage_over(void *argument)
{
	struct probe *probe = argument;
	struct attempts_result failed;

	if (!stages_are_trying(probe->stages) || !trying_stands(probe->trying, &failed))
		time_over(probe, stages_limit(probe->stages));
}

static void left_cb(void *argument)
{
	end_probe(argument);
}

/* Only a connection was wanted: that is done, and leaving well is a courtesy. */
static void start_leaving(struct probe *probe)
{
	stages_enter(probe->stages, STAGE_LEAVE);
	probe->leave = leave_start(probe->base, probe->fd, probe->connect_us, left_cb, probe);
	if (!probe->leave)
		end_probe(probe);
}

static void read_cb(const struct reading_result *reading, void *argument)
{
	struct probe *probe = argument;

	result_note_connection(&probe->result, probe->fd, probe->options);
	if (probe->options->zero) {
		expect_steady(reading, &probe->result);
		if (probe->result.status == STATUS_GREETED)
			start_leaving(probe);
		else
			end_probe(probe);
		return;
	}
	result_take_reading(&probe->result, reading);
	if (reading->end == READING_STOPPED && reading->length == 0)
		fail_late(probe, reading->limit);
	else
		end_probe(probe);
}

/* Starts to read from the connected server. */
static void start_reading(struct probe *probe, const struct attempts_result *tried)
{
	const struct options *options = probe->options;
	struct reading_request request = {
		.fd = probe->fd,
		.is_reset = tried->reason == ECONNRESET,
		.connect_us = tried->connect_us,
		.peer = tried->address,
		.options = options,
		.bytes = malloc(expect_room(options)),
		.room = expect_room(options),
	};

	stages_enter(probe->stages, STAGE_READ);
	probe->result.bytes = request.bytes;
	if (request.bytes)
		probe->reading = reading_start(probe->base, &request, read_cb, probe);
	if (!probe->reading)
		fail(probe, STATUS_INTERNAL, "out of memory");
}

/*
 * No more addresses will be known: these are the whole list, or if it is NULL, those known are a
 * part. If the probe has just ended, nothing is known of them.
 */
static void tell_found(struct probe *probe, const struct addresslist *whole)
{
	if (probe->found && probe->trying && trying_is_started(probe->trying))
		probe->found(whole ? whole : trying_known(probe->trying), whole != NULL,
			     probe->argument);
	probe->found = NULL;
}

/* Addresses that come later are not needed any more. */
static void stop_finding(struct probe *probe)
{
	tell_found(probe, NULL);
	finding_free(probe->finding);
	probe->finding = NULL;
}

/* Goes on with the server that is connected. */
static void take_connection(struct probe *probe, const struct attempts_result *tried)
{
	probe->fd = tried->fd;
	probe->connect_us = tried->connect_us;
	probe->result.times.connected = elapsed(probe);
	stageline_log(probe->options, "connect: %s answered (%.1f ms)", probe->result.address,
		      stages_ms(probe->stages));
	if (probe->options->zero && !probe->options->steady)
		start_leaving(probe);
	else
		start_reading(probe, tried);
}

/* A datagram has come, and nothing more is awaited. */
static void take_datagram(struct probe *probe, const struct attempts_result *tried)
{
	probe->result.length = tried->length;
	probe->result.ended_by = ENDED_BY_DATAGRAM;
	probe->result.times.connected = probe->result.times.first_byte = elapsed(probe);
	stageline_log(probe->options, "ask: %s answered, %zu bytes (%.1f ms)",
		      probe->result.address, tried->length, stages_ms(probe->stages));
	end_probe(probe);
}

static void tried_cb(const struct attempts_result *tried, void *argument)
{
	struct probe *probe = argument;

	stop_finding(probe);
	probe->result.is_refused = tried->is_refused;
	if (!tried->has_answered) {
		fail_outgoing(probe, tried, "");
		return;
	}
	address_format(tried->address, probe->result.address, sizeof probe->result.address);
	if (stages_now(probe->stages) == STAGE_ASK)
		take_datagram(probe, tried);
	else
		take_connection(probe, tried);
}

/* Tries the first addresses that are known. */
static void try_first(struct probe *probe, const struct addresslist *addresses, bool more_come)
{
	const struct options *options = probe->options;

	probe->result.times.resolved = elapsed(probe);
	stages_enter(probe->stages, options->udp ? STAGE_ASK : STAGE_CONNECT);
	if (!trying_start(probe->trying, addresses, more_come))
		fail(probe, STATUS_INTERNAL, "out of memory");
}

/* Returns all addresses of the name, or NULL if the last news do not tell. */
static const struct addresslist *whole_list(const struct probe *probe,
					    const struct resolver_news *news)
{
	if (news->is_settled)
		return news->addresses;
	return news->is_whole && probe->trying ? trying_known(probe->trying) : NULL;
}

static void found_cb(const struct resolver_news *news, void *argument)
{
	struct probe *probe = argument;

	if (news->failure) {
		result_fail_resolving(&probe->result, news, options_family(probe->options));
		end_probe(probe);
		return;
	}
	if (!trying_is_started(probe->trying))
		try_first(probe, news->addresses, news->more_come);
	else if (trying_add(probe->trying, news))
		stages_renew(probe->stages); /* new addresses get all of it */
	if (!news->more_come)
		tell_found(probe, whole_list(probe, news));
}

/* Starts to look the target up. */
static void start_finding(struct probe *probe)
{
	probe->finding = finding_start(probe->base, probe->options, found_cb, probe);
	if (!probe->finding) {
		result_fail_lookup(&probe->result, errno);
		end_probe(probe);
	}
}

/* Starts with what the target says, and looks it up if need be. */
static void try_target(struct probe *probe)
{
	const struct endpoint *target = &probe->options->target;
	struct addresslist addresses;

	addresslist_clear(&addresses);
	if (known_addresses(target, options_family(probe->options), &addresses))
		try_first(probe, &addresses, false);
	else if (target->kind == ENDPOINT_UNIX)
		fail(probe, STATUS_USAGE, "the path is too long for a UNIX socket");
	else
		start_finding(probe);
}

struct probe *probe_start(struct event_base *base, const struct probe_request *request)
{
	const struct options *options = request->options;
	struct probe *probe = calloc(1, sizeof *probe);
	const struct stages_calls calls = {
		.all_over = all_over,
		.stage_over = stage_over,
		.argument = probe,
	};

	if (!probe)
		return NULL;
	probe->base = base;
	probe->options = options;
	probe->found = request->found;
	probe->ended = request->ended;
	probe->argument = request->argument;
	result_begin(&probe->result);
	probe->fd = -1;
	probe->over = evtimer_new(base, over_cb, probe);
	probe->stages = stages_new(base, options, &calls);
	probe->trying = trying_new(base, options, &probe->result, tried_cb, probe);
	if (!probe->over || !probe->stages || !probe->trying ||
	    !result_prepare_trace(&probe->result, options)) {
		probe_free(probe);
		return NULL;
	}
	if (request->addresses)
		try_first(probe, request->addresses, false);
	else
		try_target(probe);
	return probe;
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	close_parts(probe);
	stages_free(probe->stages);
	loop_free_event(probe->over);
	result_free(&probe->result);
	free(probe);
}
