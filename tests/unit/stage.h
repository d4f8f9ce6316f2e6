/* SPDX-License-Identifier: ISC */
/*
 * stage: probes that end as a test wants, in a time of its own that nothing can hold up.
 *
 * For a program that is linked with --wrap for probe_start, probe_free, clock_us, clock_now_ms and
 * loop_add_timer_us. The loop never runs; the module under test has one timer.
 */
#ifndef UNIT_STAGE_H
#define UNIT_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STAGE_ATTEMPTS_MAX = 300, STAGE_NO_MEMORY = -1, STAGE_NEVER = -1 };

/* What becomes of an attempt. */
struct stage_script {
	int end;       /* a status, or STAGE_NO_MEMORY */
	int ms;	       /* how long it takes */
	int found_ms;  /* when its lookup is over, if it makes one; STAGE_NEVER: that fails */
	uint8_t found; /* the last byte of the address that it finds, 127.0.0.x */
};

/* Of each attempt, in the order in which they start. At first each succeeds after 10 ms. */
extern struct stage_script stage_scripts[STAGE_ATTEMPTS_MAX];

/* What was seen of an attempt. */
struct stage_seen {
	uint64_t at_ms;	 /* when it started */
	uint64_t serial; /* that its options have */
	bool looks_up;
	size_t addresses; /* how many it was given */
	uint8_t first;	  /* the last byte of the first of them */
};

extern struct stage_seen stage_seen[STAGE_ATTEMPTS_MAX];
extern size_t stage_started;			     /* attempts */
extern unsigned stage_under_way, stage_most_at_once; /* probes that are not freed */
extern unsigned stage_depth;			     /* the most calls within calls */

/* Begins, at the time 0. */
void stage_setup(void);

/* Returns the time, in ms. */
uint64_t stage_ms(void);

/* Lets time pass in which nobody runs: SIGSTOP, or a busy machine. */
void stage_stall(uint64_t ms);

/* Lets the next thing happen: the timer passes, a lookup is over, or an attempt ends. */
void stage_step(void);

/* True if the timer is set. */
bool stage_waits(void);

#endif
