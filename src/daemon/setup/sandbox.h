/* SPDX-License-Identifier: ISC */
/* sandbox: gives up what serving does not need, so that a daemon that is taken over can do little.
 */
#ifndef DAEMON_SETUP_SANDBOX_H
#define DAEMON_SETUP_SANDBOX_H

#include <stdbool.h>

#include "base/attributes.h"

struct options;

/*
 * Enters the sandbox, as far as the kernel has one, and logs how far that is. Call it once all is
 * ready to serve: from then on the log waits for nobody. False, and logged: it has failed on the
 * way, and we must not serve.
 */
bool sandbox_enter(const struct options *options) MUST_CHECK;

/* True once we are in it, if it hides files. */
bool sandbox_hides_files(void);

/* True if sandbox_enter() would succeed; gives up nothing. False: logged. */
bool sandbox_check(const struct options *options) MUST_CHECK;

#endif
