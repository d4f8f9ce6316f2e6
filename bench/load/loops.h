/* SPDX-License-Identifier: ISC */
/* loops: what the generator can do, each in a file of its name. */
#ifndef LOAD_LOOPS_H
#define LOAD_LOOPS_H

#include <stdbool.h>

#include "base/attributes.h"

struct connections;
struct options;

/* Each runs to its end and reports. False, and told, if anything went wrong. */

/* As many connections at a time as asked for: whenever one ends, the next begins. */
bool closed_run(struct connections *all, const struct options *options) MUST_CHECK;

/* Connections begin when it is time, whatever became of those before. */
bool open_run(struct connections *all, const struct options *options) MUST_CHECK;

/* Connections are opened, and held until standard input ends. */
bool hold_run(struct connections *all, const struct options *options) MUST_CHECK;

#endif
