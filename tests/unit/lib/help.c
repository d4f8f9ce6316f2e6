/* SPDX-License-Identifier: ISC */
/* help: what both programs' --help and --version have to keep. */
#include "help.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"

void assert_help_names(const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		ck_assert_msg(strstr(captured(STDOUT_FILENO), names[i]) != NULL, "no %s", names[i]);
	assert_told_nothing();
}

void assert_help_fits_a_terminal(void)
{
	for (const char *line = captured(STDOUT_FILENO); *line; line += strspn(line, "\n")) {
		size_t width = strcspn(line, "\n");
		ck_assert_msg(width <= 80, "'%.*s' is too wide", (int)width, line);
		line += width;
	}
}

void assert_version_of(const char *program)
{
	ck_assert_int_eq(strncmp(captured(STDOUT_FILENO), program, strlen(program)), 0);
	ck_assert_int_eq(occurrences(captured(STDOUT_FILENO), "\n"), 1);
}
