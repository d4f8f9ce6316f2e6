/* SPDX-License-Identifier: ISC */
/* bash: a row for each option, which the template looks up. bash shows no help for an option. */
#include "shells.h"

#include "base/cli.h"
#include "offer.h"

/* Prints -l --listen, how it takes a value, how often it may come, and what to offer. */
static void print_row(FILE *out, const struct cli_option *option)
{
	const struct offer *offer = offer_find(option);
	const char *words = offer_words(option);

	fprintf(out, "\t'-%c --%s %s %s %s%s%s'\n", option->letter ? option->letter : '-',
		option->name,
		shells_takes_word(option) ? "needs"
		: option->argument	  ? "may"
					  : "no",
		shells_is_alone(option)	    ? "alone"
		: shells_may_repeat(option) ? "often"
					    : "once",
		offer ? offer->kind : "nothing", *words ? " " : "", words);
}

void bash_print(FILE *out, const struct cli *cli)
{
	for (size_t i = 0; i < cli->count; i++)
		print_row(out, &cli->options[i]);
}
