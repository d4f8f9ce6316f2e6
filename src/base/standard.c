/* SPDX-License-Identifier: ISC */
/* standard: the descriptors 0, 1 and 2, which a caller may have closed or made non-blocking. */
#include "base/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/outlet.h"

enum { PRINT_MAX_BYTES = 1024 };

/*
 * Each is opened in the mode in which it is not used. Reading from 0 or writing to 1 and 2 still
 * fails with EBADF, instead of silently losing data.
 */
bool standard_reserve(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/*
		 * open(2) returns the lowest free descriptor, which is this one: all below are
		 * taken.
		 */
		if (open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC) !=
		    fd) {
			log_error("cannot open /dev/null: %s", strerror(errno));
			return false;
		}
	}
	return true;
}

bool standard_write(const char *bytes, size_t length)
{
	return outlet_write_all(STDOUT_FILENO, bytes, length) == length;
}

bool standard_print(const char *format, ...)
{
	char text[PRINT_MAX_BYTES];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return length >= 0 && standard_write(text, strlen(text));
}

void standard_log_loss(void)
{
	log_error("cannot write to standard output: %s", strerror(errno));
}

bool standard_flush(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}

int standard_take_output(void)
{
	int taken = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), null;

	if (taken < 0)
		return -1;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	/* Without /dev/null, stderr will do: a reader that waits for stdout's end must not hang. */
	dup2(null < 0 ? STDERR_FILENO : null, STDOUT_FILENO);
	if (null >= 0)
		close(null);
	return taken;
}
