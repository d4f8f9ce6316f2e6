/* SPDX-License-Identifier: ISC */
/* clivalue: the values of options: reads each by its kind, and tells which words look like one. */
#ifndef BASE_CLIVALUE_H
#define BASE_CLIVALUE_H

#include <stdbool.h>

#include "base/attributes.h"

struct cli_option;

/*
 * Sets the option's field from `text`, which is NULL for a kind that takes none; errors call its
 * origin `source`. False, and logged, if the value is bad.
 */
bool clivalue_set(const struct cli_option *option, void *fields, const char *source,
		  const char *text) MUST_CHECK;

/* True if its values are numbers, sizes or times. */
bool clivalue_is_ranged(const struct cli_option *option);

/* True if `text` is a number, size or time as the option has it; of other kinds, the preset. */
bool clivalue_looks_like(const struct cli_option *option, const char *text);

#endif
