/* SPDX-License-Identifier: ISC */
/* clivalue: the values of options: reads each by its kind. */
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

#endif
