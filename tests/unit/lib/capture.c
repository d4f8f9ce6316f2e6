/* SPDX-License-Identifier: ISC */
/*
 * capture: what a module writes to standard error or output, kept in a file for the test to read.
 *
 * A test runs in a process of its own, so nothing is put back, but at its exit:
 * a sanitizer's report must not end in the file.
 */
#include "capture.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { CAPTURE_MAX = 16384 };

/* The descriptors as they were, by their number; 0: not captured. */
static int capture_saved[3];

static void capture_end(void)
{
	fflush(NULL);
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (capture_saved[fd] > 0)
			dup2(capture_saved[fd], fd);
}

void capture(int fd)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	fflush(NULL);
	capture_saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	ck_assert_int_ge(capture_saved[fd], 10);
	ck_assert_int_eq(dup2(fileno(file), fd), fd);
	fclose(file);
	atexit(capture_end);
}

const char *captured(int fd)
{
	static char text[CAPTURE_MAX];
	ssize_t length;

	fflush(NULL);
	length = pread(fd, text, sizeof text - 1, 0);
	ck_assert_int_ge(length, 0);
	text[length] = '\0';
	return text;
}

void capture_clear(int fd)
{
	fflush(NULL);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
}

int occurrences(const char *text, const char *part)
{
	int count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

void assert_one_error_line(const char *prefix)
{
	const char *text = captured(STDERR_FILENO);

	ck_assert_msg(strncmp(text, prefix, strlen(prefix)) == 0, "'%s' does not begin '%s'", text,
		      prefix);
	ck_assert_msg(occurrences(text, "\n") == 1 && text[strlen(text) - 1] == '\n',
		      "'%s' is not one line", text);
}

void assert_told(const char *part)
{
	const char *text = captured(STDERR_FILENO);

	ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in '%s'", part, text);
}

void assert_told_nothing(void)
{
	ck_assert_str_eq(captured(STDERR_FILENO), "");
}
