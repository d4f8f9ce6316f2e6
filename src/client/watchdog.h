/* watchdog: ends the program in time, though it is in a call that nothing else can end. */
#ifndef CLIENT_WATCHDOG_H
#define CLIENT_WATCHDOG_H

#include <stdint.h>

/*
 * Unless watchdog_stop() comes first, ends the program after `ms` with `last_words` (kept by
 * reference; "" for none) on standard error, and with the exit status. Takes SIGALRM, unless a
 * parent's alarm(2) ends the program before. One at a time: it is set for a call that blocks, and
 * stopped after it, so that no other can begin meanwhile.
 */
void watchdog_start(uint64_t ms, const char *last_words, int status);

/* Lets the program live, and gives SIGALRM back, with what is left of a parent's alarm. */
void watchdog_stop(void);

#endif
