/* SPDX-License-Identifier: ISC */
/*
 * standstill: this process is stopped for a while, and finds its timers passed before it has looked
 * at its sockets. A child does it, with SIGSTOP and SIGCONT.
 */
#ifndef UNIT_STANDSTILL_H
#define UNIT_STANDSTILL_H

#include <sys/types.h>

/*
 * Lets a child stop this process as soon as it waits, call `meanwhile`, and let it go on after
 * `ms`; then it calls `afterwards`, `later_ms` later. Either may be NULL. Returns the child, to be
 * given to standstill_end().
 */
pid_t standstill_begin(int ms, void (*meanwhile)(void), int later_ms, void (*afterwards)(void));

void standstill_end(pid_t child);

#endif
