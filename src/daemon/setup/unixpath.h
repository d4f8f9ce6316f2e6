/* SPDX-License-Identifier: ISC */
/*
 * unixpath: a UNIX socket's path: whether it may be taken, and whose it is at the end.
 *
 * An abstract name is always clear: the kernel alone says whether it is free, and nothing remains.
 */
#ifndef DAEMON_SETUP_UNIXPATH_H
#define DAEMON_SETUP_UNIXPATH_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/attributes.h"

struct account;
struct address;
struct cli_mode;

/* A path that we bound, and what bind() made there. */
struct unixpath {
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* "": none */
	dev_t device;
	ino_t inode;
};

/*
 * Makes the path free for bind(): removes the socket that a dead process left. False, with errno: a
 * living process answers there (EADDRINUSE), it is another kind of file, which is never touched
 * (ENOTSOCK), or another failure.
 */
bool unixpath_clear(const struct address *address) MUST_CHECK;

/* True if unixpath_clear() and bind() would succeed; changes nothing. False: errno. */
bool unixpath_check(const struct address *address) MUST_CHECK;

/* True if both paths are the same name in the same folder, however they are written. */
bool unixpath_is_same(const struct address *one, const struct address *other);

/* What is in the way if the rights for a path are missing. */
enum unixpath_obstacle {
	UNIXPATH_CLEAR,	 /* nothing that we can see */
	UNIXPATH_HIDDEN, /* a folder on the way, which we cannot search */
	UNIXPATH_FOLDER, /* its folder, in which we cannot make or remove anything */
	UNIXPATH_SOCKET, /* a socket that we may not connect to, or not remove */
};

/* Finds what is in the way, after EACCES or EPERM. */
enum unixpath_obstacle unixpath_find_obstacle(const struct address *address);

/*
 * Binds a socket to the path, or abstract name, and stores what that made. If a mode is given, the
 * path never has wider rights; if an account is, it owns the path. False, with errno.
 */
bool unixpath_bind(int fd, const struct address *address, const struct cli_mode *mode,
		   const struct account *account, struct unixpath *made) MUST_CHECK;

/*
 * Removes the path, unless somebody has put something else there since, or the folder is not ours
 * to change any more.
 */
void unixpath_remove(const struct unixpath *noted);

#endif
