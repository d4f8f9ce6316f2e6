/* SPDX-License-Identifier: ISC */
/* lists: the networks of the options and of their files, ready to judge by. */
#ifndef DAEMON_ADMIT_LISTS_H
#define DAEMON_ADMIT_LISTS_H

#include <stdbool.h>

#include "base/attributes.h"

struct networks;
struct options;

/* Makes the networks whose PROXY headers are believed. NULL: no memory; logged. */
struct networks *lists_make_trusted(const struct options *options) MUST_CHECK;

/*
 * Makes the networks that may come, or may not, and reads the files for that. NULL: no memory, or
 * an invalid file, then sets `is_bad`; logged.
 */
struct networks *lists_make_admitted(const struct options *options, bool *is_bad) MUST_CHECK;

#endif
