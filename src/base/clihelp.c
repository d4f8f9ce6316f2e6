/* SPDX-License-Identifier: ISC */
/* clihelp: prints --help from the table of a program's options. */
#include "base/clihelp.h"

#include <stdio.h>
#include <string.h>

#include "base/cli.h"
#include "base/standard.h"

/* The column at which --help prints the texts. */
enum { HELP_COLUMN = 30 };

/* Writes the argument as --help shows it, after the option: =TIME, [=TIME], or nothing. */
static void format_argument(const struct cli_option *option, char *text, size_t size)
{
	if (!option->argument)
		text[0] = '\0';
	else if (cli_may_lack_value(option))
		snprintf(text, size, "[=%s", option->argument + 1);
	else
		snprintf(text, size, "=%s", option->argument);
}

static bool print_option(const struct cli_option *option)
{
	char letter[] = "-?,", argument[32], forms[80];
	const char *preset = option->preset;

	letter[1] = (char)option->letter;
	format_argument(option, argument, sizeof argument);
	snprintf(forms, sizeof forms, "  %-3s --%s%s", option->letter ? letter : "", option->name,
		 argument);
	return standard_print("%-*s %s%s%s%s\n", HELP_COLUMN, forms, option->help,
			      preset ? " (" : "", preset ? preset : "", preset ? ")" : "");
}

bool clihelp_print(const struct cli *cli)
{
	bool printed = standard_print("Usage: %s %s\n%s\n", cli->program, cli->synopsis,
				      cli->purpose);

	for (size_t i = 0; printed && i < cli->count; i++)
		printed = print_option(&cli->options[i]);
	return printed && standard_print("\n") && standard_write(cli->more, strlen(cli->more));
}
