/* SPDX-License-Identifier: ISC */
/*
 * progress: tells on standard error how far a long run is: on a terminal in place, else by a line
 * now and then.
 */
#ifndef CLIENT_PROGRESS_H
#define CLIENT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* How a run goes. Everything in here is up to its owner, but `shown`. */
struct progress {
	bool is_in_place;	  /* on one line of a terminal */
	uint64_t began_us, count; /* of attempts in all; 0: without end */
	uint64_t done, failed;
	bool shown; /* something stands on that line now */
};

/* Begins now. */
void progress_begin(struct progress *progress, uint64_t count);

/* Returns after how many ms it should be shown again. */
unsigned progress_pause(const struct progress *progress);

/* Shows it: so many attempts done, how many each second, failures, and the time that is left. */
void progress_show(struct progress *progress);

/* Removes it from the terminal, so that other lines can follow. */
void progress_hide(struct progress *progress);

#endif
