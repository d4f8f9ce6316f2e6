/* SPDX-License-Identifier: ISC */
/* series_run: a series of attempts on the stage (stage.h), and what it tells. */
#ifndef UNIT_SERIES_RUN_H
#define UNIT_SERIES_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "client/options.h"
#include "client/series.h"
#include "client/status.h"
#include "stage.h"

/* What was told of an attempt. */
struct told {
	uint64_t serial, late_us, began_ms;
	enum status status;
	char stage[16], reason[240];
};

/* In the order in which they ended. */
extern struct told told[STAGE_ATTEMPTS_MAX];
extern size_t ended;
extern unsigned overs; /* how often it was told that all is over */

extern size_t stop_after; /* the series is stopped when so many have ended; 0: never */
extern struct event_base *base;
extern struct options options;
extern struct series_request request;
extern struct series *series;

/* Prepares four attempts at 127.0.0.1, one after the other, without a pause. */
void series_setup(void);

/* Frees it; no probe may be left. */
void series_teardown(void);

void set_target(const char *host);

/* Starts it. */
void start(void);

/* Goes on until so many attempts have started, or it is over. */
void run_to(size_t attempts);

/* Starts it, and goes on until it is over. */
void run(void);

/* Assert when the first attempts began, and how late those were that ended first. */
void assert_starts(const uint64_t *at_ms, size_t count);
void assert_late(const uint64_t *late_ms, size_t count);

#define STARTED_AT(...) ASSERT_EACH(assert_starts, __VA_ARGS__)
#define WERE_LATE(...) ASSERT_EACH(assert_late, __VA_ARGS__)
#define ASSERT_EACH(what, ...)                                                                     \
	what((const uint64_t[]){__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

#endif
