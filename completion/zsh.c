/* SPDX-License-Identifier: ISC */
/* zsh: specifications of options for _arguments, as arguments that the template passes on. */
#include "shells.h"

#include <string.h>

#include "base/cli.h"
#include "offer.h"

/*
 * Prints a text that stands in single quotes, and in a specification, where the characters
 * `special` have a meaning.
 */
static void print_escaped(FILE *out, const char *text, const char *special)
{
	for (; *text; text++) {
		if (strchr(special, *text))
			fputc('\\', out);
		fprintf(out, *text == '\'' ? "'\\''" : "%c", *text);
	}
}

/* Prints which options exclude it, before it: itself, unless it may be repeated; or all. */
static void print_exclusion(FILE *out, const struct cli_option *option)
{
	if (shells_is_alone(option))
		fputs("(- *)", out);
	else if (shells_may_repeat(option))
		fputs("*", out);
	else if (option->letter)
		fprintf(out, "(-%c --%s)", option->letter, option->name);
}

static void print_help(FILE *out, const struct cli_option *option)
{
	char help[SHELLS_HELP_MAX];

	fputc('[', out);
	print_escaped(out, shells_format_help(option, help, sizeof help), "[]\\");
	fputc(']', out);
}

/* Prints what the value is called, and what is offered for it. */
static void print_value(FILE *out, const struct cli *cli, const struct cli_option *option)
{
	const struct offer *offer = offer_find(option);
	const char *words = offer_words(option);

	fprintf(out, "%s%s:", cli_may_lack_value(option) ? "::" : ":", offer->argument);
	if (strcmp(offer->kind, "file") == 0) {
		fputs("_files", out);
	} else if (strcmp(offer->kind, "words") != 0) {
		/* The blank before it keeps its arguments as they are. */
		fprintf(out, " _%s_%s%s%s", cli->program, offer->kind, *words ? " " : "", words);
	} else if (*words) {
		fputc('(', out);
		print_escaped(out, words, ":\\");
		fputc(')', out);
	} else {
		/* Nothing is offered, but the name is shown. */
		fputc(' ', out);
	}
}

/* Prints one form of an option, which takes its value as `how` says. */
static void print_form(FILE *out, const struct cli *cli, const struct cli_option *option,
		       const char *form, const char *how)
{
	fputs("\t'", out);
	print_exclusion(out, option);
	fprintf(out, "%s%s", form, how);
	print_help(out, option);
	if (*how)
		print_value(out, cli, option);
	fputs("'\n", out);
}

static void print_row(FILE *out, const struct cli *cli, const struct cli_option *option)
{
	char form[64];
	bool takes_word = shells_takes_word(option);

	if (option->letter) {
		snprintf(form, sizeof form, "-%c", option->letter);
		print_form(out, cli, option, form, takes_word ? "+" : "");
	}
	snprintf(form, sizeof form, "--%s", option->name);
	print_form(out, cli, option, form, takes_word ? "=" : option->argument ? "=-" : "");
}

void zsh_print(FILE *out, const struct cli *cli)
{
	for (size_t i = 0; i < cli->count; i++)
		print_row(out, cli, &cli->options[i]);
}
