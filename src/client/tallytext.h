/* SPDX-License-Identifier: ISC */
/* tallytext: prints a tally: in columns, or as JSON objects. */
#ifndef CLIENT_TALLYTEXT_H
#define CLIENT_TALLYTEXT_H

#include <stdbool.h>

#include "base/attributes.h"

struct tally;

/*
 * Prints a line for each greeting, and last one for the others, to standard output. A greeting is
 * escaped as escape_text() does, and cut where it is too long: then it ends in "...". The others
 * are "(others)"; a greeting that is just that is written with an escape.
 *
 * For a terminal of `width` columns: count, share, a bar as long as the share, and the greeting.
 * If `width` is 0: "count<TAB>share%<TAB>greeting", with three decimals and at most 4 KiB of the
 * greeting. False, with errno: any of it was lost.
 */
bool tallytext_print(struct tally *tally, unsigned width) MUST_CHECK;

/*
 * Prints an object for each greeting, in a line each: the whole greeting, as text or in base64, and
 * its share in thousandths of a percent. Of the last one both are null: it is for the others.
 * False, with errno: any of it was lost.
 */
bool tallytext_print_json(struct tally *tally) MUST_CHECK;

#endif
