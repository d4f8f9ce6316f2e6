/* SPDX-License-Identifier: ISC */
/* stageline: the lines of -v about a probe's stages: each names its attempt, or its server. */
#ifndef CLIENT_STAGELINE_H
#define CLIENT_STAGELINE_H

#include "base/attributes.h"

struct options;

/*
 * Logs a line for -v. One of many attempts begins it with its number, and one of several servers
 * with the server. NULL: it is the only one.
 */
void stageline_log(const struct options *options, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
