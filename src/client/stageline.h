/* SPDX-License-Identifier: ISC */
/* stageline: the lines of -v about a probe's stages: with several servers, each names its own. */
#ifndef CLIENT_STAGELINE_H
#define CLIENT_STAGELINE_H

#include "base/attributes.h"

struct options;

/* Logs a line for -v, after the target if the options have several. NULL: there is only one. */
void stageline_log(const struct options *options, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
