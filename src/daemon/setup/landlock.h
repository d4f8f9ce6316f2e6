/* SPDX-License-Identifier: ISC */
/* landlock: has the kernel deny us all files but a few, new TCP connections, and signals (Linux).
 */
#ifndef DAEMON_SETUP_LANDLOCK_H
#define DAEMON_SETUP_LANDLOCK_H

#include <stdbool.h>

#include "base/attributes.h"

struct options;

/* Returns the version that the kernel has; 0, with errno: none. */
int landlock_version(void);

/*
 * Gives up, for good, whatever that version lets us give up and these options do not need. With
 * `only_check` that is prepared and then dropped. False, with errno: the step that failed is in
 * `step`.
 */
bool landlock_enter(const struct options *options, int version, bool only_check,
		    const char **step) MUST_CHECK;

#endif
