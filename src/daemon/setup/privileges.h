/* SPDX-License-Identifier: ISC */
/* privileges: gives up root's rights for those of an account, and proves that none is left. */
#ifndef DAEMON_SETUP_PRIVILEGES_H
#define DAEMON_SETUP_PRIVILEGES_H

#include <stdbool.h>

#include "base/attributes.h"

struct account;

/* True if we are that account already, or are root and so can become it. Logs if not. */
bool privileges_check(const struct account *account) MUST_CHECK;

/*
 * Becomes the account for good, and gives up all capabilities; root stays root. False, and logged:
 * the process is then in no state to serve.
 */
bool privileges_drop(const struct account *account) MUST_CHECK;

/*
 * Gives up the capabilities that an ordinary user was given for the start, such as for a low port;
 * root keeps all. False, and logged, if that fails.
 */
bool privileges_drop_given(void) MUST_CHECK;

/* Warns if we have more rights than serving needs: we are root, and not only in a namespace. */
void privileges_warn(void);

#endif
