/* SPDX-License-Identifier: ISC */
/* clihelp: prints --help from the table of a program's options. */
#ifndef BASE_CLIHELP_H
#define BASE_CLIHELP_H

#include <stdbool.h>

#include "base/attributes.h"

struct cli;

/* Prints the help on standard output. False, with errno, if it could not all be printed. */
bool clihelp_print(const struct cli *cli) MUST_CHECK;

#endif
