/* SPDX-License-Identifier: ISC */
/* terminal: whether a descriptor may be a terminal. */
#include "base/terminal.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USUAL_WIDTH = 80 };

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

/* POSIX has tcgetwinsize() only since 2024; all systems have had this request for decades. */
unsigned terminal_width(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : USUAL_WIDTH;
}
