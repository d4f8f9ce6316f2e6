/* SPDX-License-Identifier: ISC */
/* series_run: a series of attempts on the stage (stage.h), and what it tells. */
#include "series_run.h"

#include <check.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "client/result.h"
#include "lib/capture.h"
#include "lib/scarce.h"

struct told told[STAGE_ATTEMPTS_MAX];
size_t ended, stop_after;
unsigned overs;
struct event_base *base;
struct options options;
struct series_request request;
struct series *series;

static void attempted_cb(const struct series_attempt *attempt, void *argument)
{
	struct told *one = &told[ended++];

	ck_assert_ptr_eq(argument, &overs);
	ck_assert_uint_eq(overs, 0);
	*one = (struct told){
		.serial = attempt->serial,
		.late_us = attempt->late_us,
		.began_ms = attempt->began_ms,
		.status = attempt->result->status,
	};
	snprintf(one->stage, sizeof one->stage, "%s", attempt->result->stage);
	snprintf(one->reason, sizeof one->reason, "%s", attempt->result->reason);
	if (ended == stop_after)
		series_stop(series);
}

static void over_cb(void *argument)
{
	ck_assert_ptr_eq(argument, &overs);
	overs++;
}

void set_target(const char *host)
{
	snprintf(options.target.host, sizeof options.target.host, "%s", host);
}

void series_setup(void)
{
	capture(STDERR_FILENO);
	log_open("hailto", LOG_LEVEL_WARNING);
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	stage_setup();
	options = (struct options){.timeout = 10000, .target.port = 80};
	set_target("127.0.0.1");
	request = (struct series_request){
		.options = &options,
		.count = 4,
		.parallel = 1,
		.attempted = attempted_cb,
		.over = over_cb,
		.argument = &overs,
	};
}

void series_teardown(void)
{
	series_free(series);
	ck_assert_uint_eq(stage_under_way, 0);
	loop_free(base);
}

void start(void)
{
	series = series_start(base, &request);
	ck_assert_ptr_nonnull(series);
	ck_assert_uint_eq(stage_started + overs, 0); /* never from within the call */
}

void run_to(size_t attempts)
{
	while (overs == 0 && stage_started < attempts)
		stage_step();
}

void run(void)
{
	start();
	run_to(STAGE_ATTEMPTS_MAX);
	ck_assert_uint_eq(overs, 1);
	ck_assert(!stage_waits());
	ck_assert_uint_eq(series_under_way(series), 0);
	ck_assert_uint_eq(ended, stage_started);
}

void assert_starts(const uint64_t *at_ms, size_t count)
{
	ck_assert_uint_ge(stage_started, count);
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(stage_seen[i].at_ms == at_ms[i], "%zu began at %ju ms", i + 1,
			      (uintmax_t)stage_seen[i].at_ms);
}

void assert_late(const uint64_t *late_ms, size_t count)
{
	ck_assert_uint_ge(ended, count);
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(told[i].late_us == late_ms[i] * 1000, "%zu was %ju us late", i + 1,
			      (uintmax_t)told[i].late_us);
}
