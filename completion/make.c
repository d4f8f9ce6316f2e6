/* SPDX-License-Identifier: ISC */
/*
 * make: makes the completion of a program in a shell from the shell's template.
 *
 * It is compiled once for each program, in whose folder optiontable.h is then found.
 */
#include <stdio.h>
#include <string.h>

#include "base/cli.h"
#include "optiontable.h"
#include "shells.h"
#include "fill.h"

static const struct {
	const char *name;
	shells_print *print;
} shells[] = {
	{"bash", bash_print},
	{"fish", fish_print},
	{"zsh", zsh_print},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof shells / sizeof *shells; i++)
		if (strcmp(argv[1], shells[i].name) == 0)
			return fill_template(stdin, stdout, &optiontable, shells[i].print) ? 0 : 1;
	fputs("usage: make_PROGRAM bash|fish|zsh <TEMPLATE\n", stderr);
	return 2;
}
