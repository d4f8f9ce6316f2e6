/* SPDX-License-Identifier: ISC */
/* capabilities: Linux' pieces of root's rights; elsewhere there are none. */
#ifndef DAEMON_SETUP_CAPABILITIES_H
#define DAEMON_SETUP_CAPABILITIES_H

#include <stdbool.h>

#include "base/attributes.h"

/* Empties the set that bounds what execve(2) could give, as far as we are allowed to. */
void capabilities_bound(void);

/* Gives up all that we have or could pass on. False, with errno. */
bool capabilities_drop(void) MUST_CHECK;

/* True if the kernel tells that we have none. */
bool capabilities_are_none(void);

#endif
