/* SPDX-License-Identifier: ISC */
/* fill: fills in a template, the part of a completion that all programs have. */
#ifndef COMPLETION_FILL_H
#define COMPLETION_FILL_H

#include <stdbool.h>
#include <stdio.h>

#include "base/attributes.h"
#include "shells.h"

struct cli;

/*
 * Copies a template. The line @options@ becomes the options as `print` has them; elsewhere
 * @program@, @operands@, @letters@, @names@, @alone@ and @port@ become what they are called. False,
 * and told on standard error, if nobody knows what to offer for a value, or if reading or writing
 * failed.
 */
bool fill_template(FILE *in, FILE *out, const struct cli *cli, shells_print *print) MUST_CHECK;

#endif
