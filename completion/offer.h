/* SPDX-License-Identifier: ISC */
/* offer: what a shell can offer for an option's value, which follows from the value's name. */
#ifndef COMPLETION_OFFER_H
#define COMPLETION_OFFER_H

#include "base/attributes.h"

struct cli_option;

struct offer {
	const char *argument; /* what the table calls the value */
	const char *kind;     /* the part of the template that knows it; "words": those below */
	const char *words;    /* with blanks between, maybe none; NULL: the preset */
};

/* Returns what to offer for an option's value; NULL: it takes none, or one of an unknown name. */
const struct offer *offer_find(const struct cli_option *option) MUST_CHECK;

/* Returns the words to offer; "" if there are none. */
const char *offer_words(const struct cli_option *option) MUST_CHECK;

#endif
