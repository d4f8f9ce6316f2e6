/* SPDX-License-Identifier: ISC */
/* watchdog: ends the program in time, even in a call that nothing else can end. */
#ifndef CLIENT_WATCHDOG_H
#define CLIENT_WATCHDOG_H

#include <stdint.h>

/*
 * Unless watchdog_stop() comes first, ends the program after `ms`, with `last_words` (kept, not
 * copied; "": none) on standard error and the exit status. Takes SIGALRM, unless a parent's
 * alarm(2) ends the program earlier. One at a time: it is set for a call that blocks, and stopped
 * after it, so no other can start meanwhile.
 */
void watchdog_start(uint64_t ms, const char *last_words, int status);

/* Cancels it, and gives SIGALRM back, with what is left of a parent's alarm. */
void watchdog_stop(void);

#endif
