/* SPDX-License-Identifier: ISC */
/* fish: a call of complete for each option. */
#include "shells.h"

#include <string.h>

#include "base/cli.h"
#include "offer.h"

/* Prints a text in single quotes. */
static void print_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++)
		fprintf(out, strchr("'\\", *text) ? "\\%c" : "%c", *text);
	fputc('\'', out);
}

/* Prints when the option is offered: unless it was given already, or one beside which it is vain.
 */
static void print_condition(FILE *out, const struct cli *cli, const struct cli_option *option)
{
	fprintf(out, " -n '__%s_takes", cli->program);
	if (!shells_may_repeat(option) && option->letter)
		fprintf(out, " %c", option->letter);
	if (!shells_may_repeat(option))
		fprintf(out, " %s", option->name);
	fputc('\'', out);
}

/* Prints what is offered for the value. */
static void print_value(FILE *out, const struct cli *cli, const struct cli_option *option)
{
	const struct offer *offer = offer_find(option);
	const char *words = offer_words(option);

	if (strcmp(offer->kind, "file") == 0) {
		fputs(" -r -F", out);
		return;
	}
	/* A value that may be left out is no word of its own. */
	if (shells_takes_word(option))
		fputs(" -x", out);
	if (strcmp(offer->kind, "words") != 0)
		fprintf(out, " -a '(__%s_%s%s%s)'", cli->program, offer->kind, *words ? " " : "",
			words);
	else if (*words)
		fprintf(out, " -a '%s'", words);
}

static void print_row(FILE *out, const struct cli *cli, const struct cli_option *option)
{
	char help[SHELLS_HELP_MAX];

	fprintf(out, "complete -c %s", cli->program);
	print_condition(out, cli, option);
	if (option->letter)
		fprintf(out, " -s %c", option->letter);
	fprintf(out, " -l %s", option->name);
	if (option->argument)
		print_value(out, cli, option);
	fputs(" -d ", out);
	print_quoted(out, shells_format_help(option, help, sizeof help));
	fputc('\n', out);
}

void fish_print(FILE *out, const struct cli *cli)
{
	for (size_t i = 0; i < cli->count; i++)
		print_row(out, cli, &cli->options[i]);
}
