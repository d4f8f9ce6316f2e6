/* SPDX-License-Identifier: ISC */
/* offer: what a shell can offer for an option's value, which follows from the value's name. */
#include "offer.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/cli.h"

/* Every name of a value in the tables of both programs. */
static const struct offer offers[] = {
	{"ADDR", "address", NULL},	/* where to listen */
	{"BITS", "words", NULL},	/* of both families */
	{"CIDR", "words", ""},		/* a network */
	{"FILE", "file", ""},		/* to be read */
	{"FORM", "words", "text json"}, /* of the log */
	{"IP", "ip", ""},		/* of this machine */
	{"K", "words", NULL},		/* a number */
	{"LIST", "words", ""},		/* of shares */
	{"MODE", "words", "600 660 666"},
	{"N", "words", NULL},
	{"NAME", "words", ""},
	{"PORT", "port", NULL},
	{"RATE", "words", ""},
	{"SIZE", "words", NULL},
	{"SRC", "words", "own local"},
	{"TEXT", "words", ""},
	{"TIME", "words", NULL},
	{"USER", "user", ""}, /* maybe with a group */
};

/* True if the option's value is called so, whether or not it may be left out. */
static bool is_called(const struct cli_option *option, const char *argument)
{
	bool may_lack = cli_may_lack_value(option);
	const char *text = option->argument + may_lack;
	size_t length = strlen(argument);

	return strncmp(text, argument, length) == 0 &&
	       strcmp(text + length, may_lack ? "]" : "") == 0;
}

const struct offer *offer_find(const struct cli_option *option)
{
	for (size_t i = 0; option->argument && i < sizeof offers / sizeof *offers; i++)
		if (is_called(option, offers[i].argument))
			return &offers[i];
	return NULL;
}

const char *offer_words(const struct cli_option *option)
{
	const struct offer *offer = offer_find(option);

	if (offer && offer->words)
		return offer->words;
	return offer && option->preset ? option->preset : "";
}
