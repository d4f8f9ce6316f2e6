/* SPDX-License-Identifier: ISC */
/* process: closes our process to others, and to what it might become. */
#ifndef DAEMON_SETUP_PROCESS_H
#define DAEMON_SETUP_PROCESS_H

#include <stdbool.h>

/*
 * Gives up, for good, what a daemon that is taken over could use: to gain rights by execve(2), and
 * to leave its memory to others of the same user, in a core or by a debugger. With `is_open` the
 * memory stays open. A change of user undoes a part of this, so call it after that.
 */
void process_close(bool is_open);

#endif
