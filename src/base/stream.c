/* stream: stream sockets as an event loop wants them. */
#include "base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int stream_open(int family)
{
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	stream_close(fd);
	return -1;
}

void stream_close(int fd)
{
	int reason = errno;

	close(fd);
	errno = reason;
}
