/* SPDX-License-Identifier: ISC */
/* optiontable: hailto's options, each with its value, its preset and its help. */
#ifndef CLIENT_OPTIONTABLE_H
#define CLIENT_OPTIONTABLE_H

#include "base/cli.h"

/* For the command line, --help, and the completion in shells, which is generated from it. */
extern const struct cli optiontable;

#endif
