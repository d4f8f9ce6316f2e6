/* help: what both programs' --help and --version have to keep. */
#ifndef UNIT_HELP_H
#define UNIT_HELP_H

#include <check.h>
#include <string.h>

#include "capture.h"

/* Asserts that what was printed has each of the names in it, and that nothing was complained of. */
static inline void assert_help_names(const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		ck_assert_msg(strstr(captured(STDOUT_FILENO), names[i]) != NULL, "no %s", names[i]);
	assert_told_nothing();
}

/* Asserts that no line of what was printed is wider than a terminal. */
static inline void assert_help_fits_a_terminal(void)
{
	for (const char *line = captured(STDOUT_FILENO); *line; line += strspn(line, "\n")) {
		size_t width = strcspn(line, "\n");
		ck_assert_msg(width <= 80, "'%.*s' is too wide", (int)width, line);
		line += width;
	}
}

/* Asserts that what was printed is one line, which begins with the program's name. */
static inline void assert_version_of(const char *program)
{
	ck_assert_int_eq(strncmp(captured(STDOUT_FILENO), program, strlen(program)), 0);
	ck_assert_int_eq(occurrences(captured(STDOUT_FILENO), "\n"), 1);
}

#endif
