/* SPDX-License-Identifier: ISC */
/*
 * stopper: lets SIGINT and SIGTERM end a run once, whatever it waits for; the next one ends the
 * program.
 */
#ifndef CLIENT_STOPPER_H
#define CLIENT_STOPPER_H

#include "base/attributes.h"

/*
 * From now on the first of these signals makes a descriptor readable, and interrupts a system call
 * that waits. One that comes more than 200 ms later has the action that it had before. Signals that
 * are ignored stay ignored. Returns the descriptor, which stays the stopper's; -1, with errno: none
 * was to be had. Not to be called again before stopper_end().
 */
int stopper_begin(void) MUST_CHECK;

/*
 * Closes the descriptor. If no signal has come, the first one now has the action that it had
 * before.
 */
void stopper_end(void);

#endif
