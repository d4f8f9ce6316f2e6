/* standard: the descriptors 0, 1 and 2, which a caller may have closed or filled. */
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
 * The mode is the one that the descriptor is not used in: reading from 0 or
 * writing to 1 and 2 goes on failing with EBADF, and is not silently lost.
 */
bool standard_reserve(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* The lowest free descriptor is the one: all below it are taken by now. */
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) {
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

bool standard_flush(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}

void standard_end_output(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* Without it stderr will do: who waits for the end of the other must not wait for ever. */
	dup2(null < 0 ? STDERR_FILENO : null, STDOUT_FILENO);
	if (null >= 0)
		close(null);
}
