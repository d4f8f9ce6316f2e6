/* SPDX-License-Identifier: ISC */
/* terminal: whether a descriptor may be a terminal. */
#include "base/terminal.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * isatty(3) asks by an ioctl(2), which may also fail because an emulator or a sandbox does not know
 * it, or the terminal has hung up. Only ENOTTY answers the question. What is not a character device
 * is not a terminal either.
 */
bool terminal_is_possible(int fd)
{
	int before = errno;
	struct stat status;
	bool is_possible = isatty(fd) ||
			   (errno != ENOTTY && (fstat(fd, &status) < 0 || S_ISCHR(status.st_mode)));

	errno = before;
	return is_possible;
}
