/* SPDX-License-Identifier: ISC */
/* operands: the servers to ask, as the command line names them. */
#ifndef CLIENT_OPERANDS_H
#define CLIENT_OPERANDS_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/cli.h"

struct options;

/*
 * Reads the servers into the options: none, HOST, HOST PORT, or several that each have their port.
 * What is wrong is logged.
 */
enum cli_outcome operands_read(struct options *options, char **words, size_t count) MUST_CHECK;

#endif
