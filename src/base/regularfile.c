/* SPDX-License-Identifier: ISC */
/* regularfile: opens and reads a regular file, which no writer can hold up. */
#include <config.h>

#include "regularfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Says that it is another kind of file. */
static void refuse_kind(const char *path, const char *role, char *why, size_t size)
{
	snprintf(why, size, "cannot use %s %s: it is not a regular file", role, path);
	errno = 0;
}

/* Says why it cannot be opened, with errno. A sandbox may forbid a folder before that is seen. */
static void refuse(const char *path, const char *role, char *why, size_t size)
{
	int reason = errno;
	struct stat status;

	if (reason == EACCES && stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
		refuse_kind(path, role, why, size);
		return;
	}
	snprintf(why, size, "cannot open %s %s: %s", role, path, strerror(reason));
	errno = reason;
}

int regularfile_open(const char *path, const char *role, struct stat *status, char *why,
		     size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool is_seen;

	if (fd < 0) {
		refuse(path, role, why, size);
		return -1;
	}
	is_seen = fstat(fd, status) == 0;
	if (is_seen && S_ISREG(status->st_mode))
		return fd;
	if (!is_seen)
		snprintf(why, size, "cannot examine %s %s: %s", role, path, strerror(errno));
	close(fd);
	errno = 0;
	if (is_seen)
		refuse_kind(path, role, why, size);
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
