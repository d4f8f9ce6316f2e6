/* terminal: whether a descriptor may be one. */
#include "base/terminal.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * isatty(3) asks by an ioctl(2), which may fail for reasons of its own: an emulator or a
 * sandbox does not know it, or the terminal has hung up. Only ENOTTY answers the question,
 * and what is no character device is no terminal either.
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
