/* SPDX-License-Identifier: ISC */
/* systemcalls: has the kernel allow us only the system calls that serving needs (seccomp, Linux).
 */
#ifndef DAEMON_SETUP_SYSTEMCALLS_H
#define DAEMON_SETUP_SYSTEMCALLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct options;

/* Returns NULL if they can be limited here, or why not. */
const char *systemcalls_obstacle(void);

/*
 * Allows from now on only the calls that serving with these options needs; `count` is how many
 * kinds those are. With `only_check` that is prepared and then dropped. False, with errno: the step
 * that failed is in `step`.
 */
bool systemcalls_enter(const struct options *options, bool only_check, size_t *count,
		       const char **step) MUST_CHECK;

#endif
