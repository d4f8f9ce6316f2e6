/* SPDX-License-Identifier: ISC */
/* shells: how each shell is told of a program's options. */
#ifndef COMPLETION_SHELLS_H
#define COMPLETION_SHELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/attributes.h"

struct cli;
struct cli_option;

/* Prints a program's options for a template. offer_find() must know each value. */
typedef void shells_print(FILE *out, const struct cli *cli);

shells_print bash_print;
shells_print fish_print;
shells_print zsh_print;

/* Enough for any help with its preset. */
enum { SHELLS_HELP_MAX = 160 };

/* Writes an option's help as --help has it. Returns `text`. */
const char *shells_format_help(const struct cli_option *option, char *text, size_t size);

/* True if the option may be given more than once. */
bool shells_may_repeat(const struct cli_option *option) MUST_CHECK;

/* True if the option takes a value that cannot be left out, and so may be the next word. */
bool shells_takes_word(const struct cli_option *option) MUST_CHECK;

/* True if the option prints something and ends the program, so that others are in vain. */
bool shells_is_alone(const struct cli_option *option) MUST_CHECK;

#endif
