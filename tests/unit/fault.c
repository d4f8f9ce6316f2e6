/* SPDX-License-Identifier: ISC */
/*
 * fault: makes system calls fail, or late, on demand.
 *
 * These functions take the place of the C library's, for libevent too. No socket header is
 * included: its prototypes differ from one C library to the other, the calls do not.
 */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fault fault_accept, fault_bind, fault_epoll, fault_memfd, fault_sendfile;
void (*fault_before_bind)(void);
void (*fault_before_unlink)(void);

int accept(int fd, void *address, unsigned *length);
int accept4(int fd, void *address, unsigned *length, int flags);
int bind(int fd, const void *address, unsigned length);
int epoll_ctl(int epoll, int operation, int fd, void *event);
int memfd_create(const char *name, unsigned flags);
long sendfile(int to, int from, void *offset, unsigned long size);
long sendfile64(int to, int from, void *offset, unsigned long size);

/* Tells whether this call, of some kind, is to fail, and sets errno. */
static bool fails(struct fault *fault, int kind)
{
	fault->calls++;
	if (fault->times == 0 || (fault->kind != 0 && fault->kind != kind))
		return false;
	if (fault->spared > 0) {
		fault->spared--;
		return false;
	}
	if (fault->times > 0)
		fault->times--;
	errno = fault->reason;
	return true;
}

int accept4(int fd, void *address, unsigned *length, int flags)
{
	return fails(&fault_accept, 0) ? -1 : (int)syscall(SYS_accept4, fd, address, length, flags);
}

int accept(int fd, void *address, unsigned *length)
{
	return accept4(fd, address, length, 0);
}

int bind(int fd, const void *address, unsigned length)
{
	if (fault_before_bind)
		fault_before_bind();
	if (fails(&fault_bind, *(const unsigned short *)address))
		return -1;
	return (int)syscall(SYS_bind, fd, address, length);
}

int epoll_ctl(int epoll, int operation, int fd, void *event)
{
	if (fails(&fault_epoll, operation))
		return -1;
	return (int)syscall(SYS_epoll_ctl, epoll, operation, fd, event);
}

int memfd_create(const char *name, unsigned flags)
{
	return fails(&fault_memfd, 0) ? -1 : (int)syscall(SYS_memfd_create, name, flags);
}

long sendfile(int to, int from, void *offset, unsigned long size)
{
	return fails(&fault_sendfile, 0) ? -1 : syscall(SYS_sendfile, to, from, offset, size);
}

/* The same for files of over 2 GiB, where that is another call. */
long sendfile64(int to, int from, void *offset, unsigned long size)
{
#ifdef SYS_sendfile64
	return fails(&fault_sendfile, 0) ? -1 : syscall(SYS_sendfile64, to, from, offset, size);
#else
	return sendfile(to, from, offset, size);
#endif
}

int unlink(const char *path)
{
	void (*before)(void) = fault_before_unlink;

	fault_before_unlink = NULL;
	if (before)
		before();
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
