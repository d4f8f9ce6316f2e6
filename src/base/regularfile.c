/* SPDX-License-Identifier: ISC */
/* regularfile: opens and reads a regular file, which no writer can hold up. */
#include <config.h>

#include "regularfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int regularfile_open(const char *path, const char *role, struct stat *status, char *why,
		     size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		int reason = errno;
		snprintf(why, size, "cannot open %s %s: %s", role, path, strerror(reason));
		errno = reason;
		return -1;
	}
	if (fstat(fd, status) < 0)
		snprintf(why, size, "cannot examine %s %s: %s", role, path, strerror(errno));
	else if (!S_ISREG(status->st_mode))
		snprintf(why, size, "cannot use %s %s: it is not a regular file", role, path);
	else
		return fd;
	close(fd);
	errno = 0;
	return -1;
}

ssize_t regularfile_read(int fd, char *bytes, size_t room)
{
	size_t size = 0;

	while (size < room) {
		ssize_t n = read(fd, bytes + size, room - size);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			size += (size_t)n;
	}
	return (ssize_t)size;
}
