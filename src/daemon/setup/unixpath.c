/* SPDX-License-Identifier: ISC */
/* unixpath: a UNIX socket's path: whether it may be taken, and whose it is at the end. */
#include <config.h>

#include "unixpath.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "base/abstract.h"
#include "base/address.h"
#include "base/cli.h"
#include "base/log.h"
#include "base/socket.h"

/* How often, and at what interval, to try for a lock that another process has: for 1 s in all. */
enum { LOCK_TRIES = 100, LOCK_STEP_NS = 10 * 1000 * 1000 };

enum { ALL_RIGHTS = 0777 };

enum holder { HOLDER_NONE, HOLDER_DEAD, HOLDER_UNCLEAR };

/*
 * Asks, without a trace, if a process has a socket at the path. Returns EPROTOTYPE if one has,
 * ECONNREFUSED if none, or another errno. A datagram socket cannot connect to a stream socket
 * (EPROTOTYPE), but only where there is one. A real connect would be greeted and counted, and would
 * use up -n 1.
 */
static int ask(const struct address *address)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), reason;

	if (fd < 0)
		return errno;
	reason = connect(fd, &address->any, address->length) == 0 ? EPROTOTYPE : errno;
	close(fd);
	return reason;
}

/* Finds the path's holder; for HOLDER_UNCLEAR, errno says why it must not be taken. */
static enum holder find_holder(const struct address *address)
{
	struct stat status;
	int reason;

	if (lstat(address->path.sun_path, &status) < 0)
		return errno == ENOENT ? HOLDER_NONE : HOLDER_UNCLEAR;
	reason = S_ISSOCK(status.st_mode) ? ask(address) : ENOTSOCK;
	if (reason == ECONNREFUSED)
		return HOLDER_DEAD;
	errno = reason == EPROTOTYPE ? EADDRINUSE : reason;
	return HOLDER_UNCLEAR;
}

/* Linux allows a path without a NUL at its end. */
enum { PATH_SIZE = sizeof((struct sockaddr_un *)NULL)->sun_path + 1 };

/* Copies the path, with a NUL at its end. */
static char *copy_path(const struct address *address, char copy[PATH_SIZE])
{
	memcpy(copy, address->path.sun_path, PATH_SIZE - 1);
	copy[PATH_SIZE - 1] = '\0';
	return copy;
}

/* Returns the path's folder; its text is in `copy`. */
static const char *folder_of(const struct address *address, char copy[PATH_SIZE])
{
	return dirname(copy_path(address, copy));
}

/*
 * Locks the path's folder until the returned descriptor is closed; -1: nothing to close. Without
 * the lock we go on. A folder may be unreadable, a file system may have no locks, and a stranger
 * may keep that of /tmp forever.
 */
static int lock_folder(const struct address *address)
{
	const struct timespec step = {.tv_nsec = LOCK_STEP_NS};
	char copy[PATH_SIZE];
	int fd = open(folder_of(address, copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			break;
		nanosleep(&step, NULL);
	}
	return fd;
}

/*
 * Removes what a dead process left, if it is still there. When several daemons start at once,
 * another may bind its socket there between our look and our unlink(). So only one at a time does
 * both, under the lock. Nobody can bind to the path before someone has removed it.
 */
static bool remove_dead(const struct address *address)
{
	int lock = lock_folder(address);
	enum holder holder = find_holder(address);
	bool is_free = holder == HOLDER_NONE ||
		       (holder == HOLDER_DEAD && unlink(address->path.sun_path) == 0);

	if (lock >= 0)
		socket_close(lock);
	return is_free;
}

bool unixpath_clear(const struct address *address)
{
	enum holder holder;

	if (abstract_is(address))
		return true;
	holder = find_holder(address);
	return holder == HOLDER_NONE || (holder == HOLDER_DEAD && remove_dead(address));
}

/*
 * True if the folder lets us remove what is at the path; a sticky one lets only the owner. False:
 * errno.
 */
static bool may_remove(const struct address *address)
{
	char copy[PATH_SIZE];
	struct stat folder, status;
	uid_t user = geteuid();

	if (stat(folder_of(address, copy), &folder) < 0 ||
	    lstat(address->path.sun_path, &status) < 0)
		return false;
	errno = EPERM;
	return !(folder.st_mode & S_ISVTX) || user == 0 || user == folder.st_uid ||
	       user == status.st_uid;
}

bool unixpath_check(const struct address *address)
{
	char copy[PATH_SIZE];
	enum holder holder = find_holder(address);

	return holder != HOLDER_UNCLEAR &&
	       faccessat(AT_FDCWD, folder_of(address, copy), W_OK | X_OK, AT_EACCESS) == 0 &&
	       (holder == HOLDER_NONE || may_remove(address));
}

bool unixpath_is_same(const struct address *one, const struct address *other)
{
	char copy[PATH_SIZE], name[PATH_SIZE];
	struct stat folder, other_folder;

	if (abstract_is(one) || abstract_is(other))
		return address_is_same(one, other);
	if (stat(folder_of(one, copy), &folder) < 0 ||
	    stat(folder_of(other, copy), &other_folder) < 0)
		return false;
	return folder.st_dev == other_folder.st_dev && folder.st_ino == other_folder.st_ino &&
	       strcmp(basename(copy_path(one, name)), basename(copy_path(other, copy))) == 0;
}

enum unixpath_obstacle unixpath_find_obstacle(const struct address *address)
{
	char copy[PATH_SIZE];
	struct stat status;
	bool is_there = lstat(address->path.sun_path, &status) == 0;

	if (abstract_is(address))
		return UNIXPATH_CLEAR;
	if (!is_there && errno != ENOENT)
		return UNIXPATH_HIDDEN;
	if (faccessat(AT_FDCWD, folder_of(address, copy), W_OK | X_OK, AT_EACCESS) < 0)
		return UNIXPATH_FOLDER;
	return is_there ? UNIXPATH_SOCKET : UNIXPATH_CLEAR;
}

/* Binds with the rights of the mode and no others, also for a moment. False, with errno. */
static bool bind_within(int fd, const struct address *address, const struct cli_mode *mode)
{
	mode_t before = 0;
	bool bound;

	if (mode->is_given)
		before = umask((mode_t)(~mode->bits & ALL_RIGHTS));
	bound = bind(fd, &address->any, address->length) == 0;
	if (mode->is_given)
		umask(before);
	return bound;
}

/*
 * Sets the mode if bind() has made another: the folder may have a default ACL, and some systems
 * ignore the umask here. Never through a link, which somebody may have put there since.
 */
static bool set_mode(const char *path, const struct stat *status, const struct cli_mode *mode)
{
	return !mode->is_given || (status->st_mode & ALL_RIGHTS) == mode->bits ||
	       fchmodat(AT_FDCWD, path, (mode_t)mode->bits, AT_SYMLINK_NOFOLLOW) == 0;
}

/* True if that is the socket that bind() made, and has no other name. */
static bool is_ours(const struct unixpath *made, const struct stat *status)
{
	return S_ISSOCK(status->st_mode) && status->st_nlink == 1 &&
	       status->st_dev == made->device && status->st_ino == made->inode;
}

#if HAVE_DECL_O_PATH && HAVE_DECL_AT_EMPTY_PATH

/* Gives away what was opened and seen to be ours, whatever is put at the path meanwhile. */
static bool change_owner(const struct unixpath *made, const struct account *account)
{
	int fd = open(made->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	bool is_changed = false;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0) {
		errno = EADDRINUSE;
		is_changed = is_ours(made, &status) &&
			     fchownat(fd, "", account->user, account->group, AT_EMPTY_PATH) == 0;
	}
	socket_close(fd);
	return is_changed;
}

#else

/* A link is never followed, but between the look and the change the path may be replaced. */
static bool change_owner(const struct unixpath *made, const struct account *account)
{
	struct stat status;

	if (lstat(made->path, &status) < 0)
		return false;
	errno = EADDRINUSE;
	return is_ours(made, &status) && fchownat(AT_FDCWD, made->path, account->user,
						  account->group, AT_SYMLINK_NOFOLLOW) == 0;
}

#endif

/* Gives the socket to those that will serve it, if they are not root. False: errno. */
static bool give(const struct unixpath *made, const struct account *account)
{
	return !account || account_is_root(account) || change_owner(made, account);
}

bool unixpath_bind(int fd, const struct address *address, const struct cli_mode *mode,
		   const struct account *account, struct unixpath *made)
{
	const char *path = address->path.sun_path;
	struct stat status;

	if (!bind_within(fd, address, mode))
		return false;
	if (abstract_is(address) || lstat(path, &status) < 0)
		return true;
	memcpy(made->path, path, sizeof made->path);
	made->device = status.st_dev;
	made->inode = status.st_ino;
	return set_mode(path, &status, mode) && give(made, account);
}

void unixpath_remove(const struct unixpath *noted)
{
	struct stat status;

	if (noted->path[0] && lstat(noted->path, &status) == 0 && status.st_dev == noted->device &&
	    status.st_ino == noted->inode && unlink(noted->path) < 0)
		log_debug("unix:%s stays: %s; the next start replaces it", noted->path,
			  strerror(errno));
}
