/* SPDX-License-Identifier: ISC */
/*
 * capture: what a module writes to standard error or output, kept in a file for the test to read.
 *
 * A test runs in a process of its own, so nothing is put back, but at its exit:
 * a sanitizer's report must not end in the file.
 */
#ifndef UNIT_CAPTURE_H
#define UNIT_CAPTURE_H

/* Sends what is written to `fd` (1 or 2) to a new file without a name. */
void capture(int fd);

/* All that was written to `fd` until now, as a string that lives until the next call. */
const char *captured(int fd);

/* Forgets what was written to `fd` until now. */
void capture_clear(int fd);

/* How often `part` stands in `text`. */
int occurrences(const char *text, const char *part);

/* Asserts that standard error holds one line, which begins with the program's name. */
void assert_one_error_line(const char *prefix);

/* Asserts that standard error holds `part`. */
void assert_told(const char *part);

void assert_told_nothing(void);

#endif
