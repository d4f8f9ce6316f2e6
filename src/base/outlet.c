/* SPDX-License-Identifier: ISC */
/* outlet: writes text to a descriptor, patiently or without ever waiting. */
#include <config.h>

#include "base/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/socket.h"
#include "base/terminal.h"

/* How long to leave a terminal alone that polls as writable and takes nothing. */
enum { PATIENCE_MS = 10 };

/* Room for a terminal's path, such as /dev/pts/1000. */
enum { DEVICE_PATH_MAX = 128 };

/* Writes the path that opens the same pipe or terminal again. False: it has none. */
#ifdef HAVE_REOPENING_PROC
static bool find_path(int fd, char *path, size_t size)
{
	snprintf(path, size, "/proc/self/fd/%d", fd);
	return true;
}
#else
/* Where such a path acts as dup(2), or is missing: terminals have a name, and pipes are polled. */
static bool find_path(int fd, char *path, size_t size)
{
	return ttyname_r(fd, path, size) == 0;
}
#endif

/*
 * Reopens the same pipe or terminal in place of `fd`, with that access mode. False if that is
 * impossible: no /proc, no permission (after su(1)), a pipe without a reader. The master side of a
 * terminal is refused: opening it would make another terminal.
 */
static bool open_anew(int fd, int mode)
{
	char path[DEVICE_PATH_MAX];
	int own;
	bool done;

	if (ptsname(fd) || !find_path(fd, path, sizeof path))
		return false;
	own = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0)
		return false;
	done = dup2(own, fd) == fd;
	close(own);
	return done;
}

/*
 * A descriptor that is not open for writing must not become so: it goes on failing. A FIFO that is
 * also open for reading stays so, or it would lack a reader.
 */
void outlet_open(struct outlet *outlet, int fd)
{
	int flags = fcntl(fd, F_GETFL), mode = flags & O_ACCMODE;
	struct stat status;

	*outlet = (struct outlet){.fd = fd, .way = OUTLET_PLAIN};
	if (flags < 0 || mode == O_RDONLY || fstat(fd, &status) < 0 || S_ISREG(status.st_mode))
		return;
	outlet->way = OUTLET_POLLED;
	if (S_ISSOCK(status.st_mode)) {
		int type = SOCK_STREAM;
		socklen_t size = sizeof type;
		outlet->way = OUTLET_SOCKET;
		(void)getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
		outlet->has_records = type != SOCK_STREAM;
	} else if (S_ISFIFO(status.st_mode) ? open_anew(fd, mode)
					    : terminal_is_possible(fd) && open_anew(fd, O_WRONLY)) {
		outlet->way = OUTLET_OWN;
	}
}

/* Writes if poll(2) reports room, which in a pipe is at least OUTLET_WHOLE_MAX. */
static ssize_t write_polled(int fd, const char *bytes, size_t length)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};

	if (poll(&writable, 1, 0) == 1 && writable.revents)
		return write(fd, bytes, length < OUTLET_WHOLE_MAX ? length : OUTLET_WHOLE_MAX);
	errno = EAGAIN;
	return -1;
}

/* Writes as many of the bytes as are taken at once. */
static ssize_t write_some(const struct outlet *outlet, const char *bytes, size_t length)
{
	switch (outlet->way) {
	case OUTLET_SOCKET:
		return send(outlet->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	case OUTLET_POLLED:
		return write_polled(outlet->fd, bytes, length);
	case OUTLET_PLAIN:
	case OUTLET_OWN:
		break;
	}
	return write(outlet->fd, bytes, length);
}

/* A short count does not say what is wrong; the next write does. */
size_t outlet_write_now(const struct outlet *outlet, const char *bytes, size_t length)
{
	size_t taken = 0;

	while (taken < length) {
		ssize_t n = write_some(outlet, bytes + taken, length - taken);
		if (n > 0) {
			taken += (size_t)n;
		} else if (n == 0) { /* do not ask a device again that takes nothing */
			errno = EAGAIN;
			break;
		} else if (errno != EINTR) {
			break;
		}
	}
	return taken;
}

/* Waits for room in a descriptor that we or somebody else made non-blocking. */
static void wait_for_room(int fd, bool again)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};

	(void)poll(&writable, 1, -1);
	if (again)
		(void)poll(NULL, 0, PATIENCE_MS);
}

size_t outlet_write_all(int fd, const char *bytes, size_t length)
{
	size_t taken = 0;
	bool waited = false;

	while (taken < length) {
		ssize_t n = write(fd, bytes + taken, length - taken);
		if (n > 0) {
			taken += (size_t)n;
			waited = false;
		} else if (n == 0 || errno == EAGAIN || errno == EWOULDBLOCK) {
			wait_for_room(fd, waited);
			waited = true;
		} else if (errno != EINTR) {
			break;
		}
	}
	return taken;
}
