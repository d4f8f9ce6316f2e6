/* outgoing: sockets towards a server, and which of their failures says something of it. */
#include "outgoing.h"

#include <errno.h>
#include <string.h>

#include "base/socket.h"

/* Binds a socket. A stream's port may still be remembered from before; of datagrams two would mix.
 */
static bool bind_to(int fd, int type, const struct sockaddr *source, socklen_t length)
{
	int on = 1;

	return (type != SOCK_STREAM ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0) &&
	       bind(fd, source, length) == 0;
}

int outgoing_open(int family, int type, const struct sockaddr *source, socklen_t source_length)
{
	int fd = socket_open(family, type);

	if (fd < 0 || source_length == 0 || bind_to(fd, type, source, source_length))
		return fd;
	socket_close(fd);
	return -1;
}

bool outgoing_is_telling(int reason)
{
	return reason != ENETUNREACH && reason != EAFNOSUPPORT && reason != EADDRNOTAVAIL;
}

bool outgoing_is_own_peer(int fd)
{
	struct sockaddr_storage ours = {0}, theirs = {0};
	socklen_t our_length = sizeof ours, their_length = sizeof theirs;

	return getsockname(fd, (struct sockaddr *)&ours, &our_length) == 0 &&
	       getpeername(fd, (struct sockaddr *)&theirs, &their_length) == 0 &&
	       ours.ss_family != AF_UNIX && our_length == their_length &&
	       memcmp(&ours, &theirs, our_length) == 0;
}
