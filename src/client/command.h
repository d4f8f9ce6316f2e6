/* SPDX-License-Identifier: ISC */
/* command: runs the user's command in place of hailto. */
#ifndef CLIENT_COMMAND_H
#define CLIENT_COMMAND_H

#include "status.h"

struct signals_kept;

/*
 * Becomes the command (with its arguments, ended by NULL), with the signals as they were inherited.
 * Returns only if that fails, with the exit status; it is logged then.
 */
enum status command_run(char **command, const struct signals_kept *kept);

#endif
