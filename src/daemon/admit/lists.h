/* SPDX-License-Identifier: ISC */
/* lists: the networks of the options and of their files, ready to judge by. */
#ifndef DAEMON_ADMIT_LISTS_H
#define DAEMON_ADMIT_LISTS_H

#include "base/attributes.h"
#include "networkfile.h"

struct networks;
struct options;

/* Room for why there are no networks. */
#define LISTS_WHY_MAX NETWORKFILE_WHY_MAX

/* The reason if it is want of memory. */
#define LISTS_NO_MEMORY NETWORKFILE_NO_MEMORY

/* Makes the networks whose PROXY headers are believed. NULL: no memory. */
struct networks *lists_make_trusted(const struct options *options) MUST_CHECK;

/*
 * Makes the networks that may come, or may not, and reads the files for that. NULL: no memory, or
 * an invalid file; `why` says so, for a line of the log.
 */
struct networks *lists_make_admitted(const struct options *options,
				     char why[LISTS_WHY_MAX]) MUST_CHECK;

#endif
