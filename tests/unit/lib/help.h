/* SPDX-License-Identifier: ISC */
/* help: what both programs' --help and --version have to keep. */
#ifndef UNIT_HELP_H
#define UNIT_HELP_H

/* Asserts that what was printed has each of the names in it, and that nothing was complained of. */
void assert_help_names(const char *const *names, int count);

/* Asserts that no line of what was printed is wider than a terminal. */
void assert_help_fits_a_terminal(void);

/* Asserts that what was printed is one line, which begins with the program's name. */
void assert_version_of(const char *program);

#endif
