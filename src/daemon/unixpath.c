/* unixpath: the path of a UNIX socket: whether it may be taken, and whose it is at the end. */
#include "unixpath.h"

#include <errno.h>
#include <libgen.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum holder { HOLDER_NONE, HOLDER_DEAD, HOLDER_UNCLEAR };

/*
 * Tells whether some process has a socket at the path, without a trace there: a
 * datagram socket cannot connect to a stream socket (EPROTOTYPE), but only where
 * there is one. A real connect would be greeted and counted, and -n 1 be over.
 */
static int ask(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), reason;

	if (fd < 0)
		return errno;
	reason = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? EPROTOTYPE
										     : errno;
	close(fd);
	return reason;
}

/* Finds out who has the path; HOLDER_UNCLEAR leaves the reason not to take it in errno. */
static enum holder find_holder(const struct sockaddr_un *address)
{
	struct stat status;
	int reason;

	if (lstat(address->sun_path, &status) < 0)
		return errno == ENOENT ? HOLDER_NONE : HOLDER_UNCLEAR;
	reason = S_ISSOCK(status.st_mode) ? ask(address) : ENOTSOCK;
	if (reason == ECONNREFUSED)
		return HOLDER_DEAD;
	errno = reason == EPROTOTYPE ? EADDRINUSE : reason;
	return HOLDER_UNCLEAR;
}

bool unixpath_clear(const struct sockaddr_un *address)
{
	enum holder holder = find_holder(address);

	return holder == HOLDER_NONE || (holder == HOLDER_DEAD && unlink(address->sun_path) == 0);
}

bool unixpath_check(const struct sockaddr_un *address)
{
	char copy[sizeof address->sun_path];

	if (find_holder(address) == HOLDER_UNCLEAR)
		return false;
	memcpy(copy, address->sun_path, sizeof copy);
	return access(dirname(copy), W_OK | X_OK) == 0;
}

void unixpath_note(struct unixpath *noted, const struct sockaddr_un *address)
{
	struct stat status;

	if (lstat(address->sun_path, &status) < 0)
		return;
	memcpy(noted->path, address->sun_path, sizeof noted->path);
	noted->device = status.st_dev;
	noted->inode = status.st_ino;
}

void unixpath_remove(const struct unixpath *noted)
{
	struct stat status;

	if (noted->path[0] && lstat(noted->path, &status) == 0 && status.st_dev == noted->device &&
	    status.st_ino == noted->inode)
		unlink(noted->path);
}
