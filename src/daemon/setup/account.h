/* SPDX-License-Identifier: ISC */
/* account: the user and group that haild is to run as, found by name or number. */
#ifndef DAEMON_SETUP_ACCOUNT_H
#define DAEMON_SETUP_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/attributes.h"

/* Room for the name of a user or group, with a NUL. */
#define ACCOUNT_NAME_MAX 256

struct account {
	const char *text; /* as it was given; kept, not copied */
	uid_t user;
	gid_t group;
	char name[ACCOUNT_NAME_MAX]; /* whose other groups it has as well; "": none */
};

/*
 * Finds the account that `text` names, USER or USER:GROUP. False, and logged: there is none, or
 * root's rights are a part of it; `status` is the exit code.
 */
bool account_find(struct account *account, const char *text, int *status) MUST_CHECK;

/* True if it is root itself, who stays that. */
bool account_is_root(const struct account *account);

#endif
