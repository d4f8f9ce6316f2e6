/* SPDX-License-Identifier: ISC */
/* pidfd: the number that no other process ever has, where the kernel knows one. */
#include <config.h>

#include "pidfd.h"

#if HAVE_DECL_SYS_PIDFD_OPEN
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/socket.h"

/* The file system of pidfds. Before Linux had it, they all shared one inode, which says nothing. */
enum { PIDFS = 0x50494446 };

/* Returns the inode number of a pidfd; 0: the kernel gives each process none of its own. */
static uint64_t number_of(int fd)
{
	struct statfs system;
	struct stat status;

	/* With 32 bits the kernel shows only half of the number. */
	if (sizeof(long) < sizeof(uint64_t) || fstatfs(fd, &system) < 0 || system.f_type != PIDFS ||
	    fstat(fd, &status) < 0)
		return 0;
	return status.st_ino;
}

uint64_t pidfd_own_number(void)
{
	int fd = (int)syscall(SYS_pidfd_open, (long)getpid(), 0L);
	uint64_t number = fd < 0 ? 0 : number_of(fd);

	if (fd >= 0)
		socket_close(fd);
	return number;
}
#else
uint64_t pidfd_own_number(void)
{
	return 0;
}
#endif
