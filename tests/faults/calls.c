/* SPDX-License-Identifier: ISC */
/*
 * calls: makes the system calls of a whole program fail, as for want of the kernel's memory.
 *
 * Left out are those that the log is written with: it has to tell. The linker's --wrap brings
 * us what our sources call. No socket header is included, for the reason that unit/fault.c has.
 */
#include <config.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fault.h"

/* So many signals libevent reads at a time, and nothing of ours so much of a pipe. */
enum { SIGNALS = 1024 };

/* Takes the place of a system call. */
#define CALL(name, parameters, arguments)                                                          \
	int __real_##name parameters;                                                              \
	int __wrap_##name parameters;                                                              \
	int __wrap_##name parameters                                                               \
	{                                                                                          \
		return fault_hits(FAULT_CALL) ? -1 : __real_##name arguments;                      \
	}

CALL(accept4, (int fd, void *address, unsigned *length, int flags), (fd, address, length, flags))
CALL(accept, (int fd, void *address, unsigned *length), (fd, address, length))
CALL(bind, (int fd, const void *address, unsigned length), (fd, address, length))
CALL(connect, (int fd, const void *address, unsigned length), (fd, address, length))
CALL(fstat, (int fd, void *status), (fd, status))
CALL(fstatfs, (int fd, void *status), (fd, status))
CALL(getpeername, (int fd, void *address, unsigned *length), (fd, address, length))
CALL(getrlimit, (int what, void *limit), (what, limit))
CALL(getsockname, (int fd, void *address, unsigned *length), (fd, address, length))
CALL(getsockopt, (int fd, int level, int name, void *value, unsigned *length),
     (fd, level, name, value, length))

CALL(getresgid, (unsigned *real, unsigned *effective, unsigned *saved), (real, effective, saved))
CALL(getresuid, (unsigned *real, unsigned *effective, unsigned *saved), (real, effective, saved))
CALL(initgroups, (const char *user, unsigned group), (user, group))

/* It fails with 0, and not for the reason that means "no terminal". */
int __real_isatty(int fd);
int __wrap_isatty(int fd);
int __wrap_isatty(int fd)
{
	return fault_hits(FAULT_CALL) ? 0 : __real_isatty(fd);
}

CALL(listen, (int fd, int backlog), (fd, backlog))
CALL(lstat, (const char *path, void *status), (path, status))
CALL(memfd_create, (const char *name, unsigned flags), (name, flags))
CALL(pipe, (int *ends), (ends))
CALL(setegid, (unsigned group), (group))
CALL(seteuid, (unsigned user), (user))
CALL(setgid, (unsigned group), (group))
CALL(setgroups, (unsigned long count, const unsigned *groups), (count, groups))
CALL(setrlimit, (int what, const void *limit), (what, limit))
CALL(setsockopt, (int fd, int level, int name, const void *value, unsigned length),
     (fd, level, name, value, length))
CALL(setuid, (unsigned user), (user))
CALL(shutdown, (int fd, int how), (fd, how))
CALL(socket, (int family, int type, int protocol), (family, type, protocol))

/* Our sources create no file: there is no third argument; fortified, there is none at all. */
#define OPEN(name)                                                                                 \
	int __real_##name(const char *path, int flags, ...);                                       \
	int __wrap_##name(const char *path, int flags, ...);                                       \
	int __wrap_##name(const char *path, int flags, ...)                                        \
	{                                                                                          \
		return fault_hits(FAULT_CALL) ? -1 : __real_##name(path, flags);                   \
	}

OPEN(open)
#ifdef HAVE___OPEN_2
CALL(__open_2, (const char *path, int flags), (path, flags))
#endif

/* All that our sources ask of fcntl() takes an int, or nothing. */
#define FCNTL(name)                                                                                \
	int __real_##name(int fd, int command, ...);                                               \
	int __wrap_##name(int fd, int command, ...);                                               \
	int __wrap_##name(int fd, int command, ...)                                                \
	{                                                                                          \
		va_list arguments;                                                                 \
		int argument;                                                                      \
                                                                                                   \
		va_start(arguments, command);                                                      \
		argument = va_arg(arguments, int);                                                 \
		va_end(arguments);                                                                 \
		return fault_hits(FAULT_CALL) ? -1 : __real_##name(fd, command, argument);         \
	}

FCNTL(fcntl)

/* All that our sources ask of prctl() has four arguments more. */
int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);
int __wrap_prctl(int option, ...)
{
	unsigned long given[4];
	va_list arguments;

	va_start(arguments, option);
	for (int i = 0; i < 4; i++)
		given[i] = va_arg(arguments, unsigned long);
	va_end(arguments);
	return fault_hits(FAULT_CALL)
		       ? -1
		       : __real_prctl(option, given[0], given[1], given[2], given[3]);
}

/*
 * Those without a function of their own: pidfd_open(2), capget(2) and capset(2), and Landlock's.
 * None has more than four arguments, each in a register; those that a call does not have are not
 * used.
 */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	va_list arguments;
	long given[4];

	va_start(arguments, number);
	for (int i = 0; i < 4; i++)
		given[i] = va_arg(arguments, long);
	va_end(arguments);
	return fault_hits(FAULT_CALL)
		       ? -1
		       : __real_syscall(number, given[0], given[1], given[2], given[3]);
}

/* glibc's other names of these, for files of over 2 GiB, which not every C library has. */
#pragma weak __real___open64_2
#pragma weak __real_fcntl64
#pragma weak __real_fstat64
#pragma weak __real_fstatfs
#pragma weak __real_fstatfs64
#pragma weak __real_getrlimit64
#pragma weak __real_lstat64
#pragma weak __real_open64
#pragma weak __real_sendfile64
#pragma weak __real_setrlimit64
CALL(__open64_2, (const char *path, int flags), (path, flags))
CALL(fstat64, (int fd, void *status), (fd, status))
CALL(fstatfs64, (int fd, void *status), (fd, status))
CALL(getrlimit64, (int what, void *limit), (what, limit))
CALL(lstat64, (const char *path, void *status), (path, status))
CALL(setrlimit64, (int what, const void *limit), (what, limit))
OPEN(open64)
FCNTL(fcntl64)

long __real_recv(int fd, void *bytes, unsigned long size, int flags);
long __wrap_recv(int fd, void *bytes, unsigned long size, int flags);
long __wrap_recv(int fd, void *bytes, unsigned long size, int flags)
{
	return fault_hits(FAULT_CALL) ? -1 : __real_recv(fd, bytes, size, flags);
}

CALL(recvmmsg, (int fd, void *messages, unsigned count, int flags, void *timeout),
     (fd, messages, count, flags, timeout))
CALL(sendmmsg, (int fd, void *messages, unsigned count, int flags), (fd, messages, count, flags))

long __real_send(int fd, const void *bytes, unsigned long size, int flags);
long __wrap_send(int fd, const void *bytes, unsigned long size, int flags);
long __wrap_send(int fd, const void *bytes, unsigned long size, int flags)
{
	return fault_hits(FAULT_CALL) ? -1 : __real_send(fd, bytes, size, flags);
}

#define SENDFILE(name)                                                                             \
	long __real_##name(int to, int from, void *offset, unsigned long size);                    \
	long __wrap_##name(int to, int from, void *offset, unsigned long size);                    \
	long __wrap_##name(int to, int from, void *offset, unsigned long size)                     \
	{                                                                                          \
		return fault_hits(FAULT_CALL) ? -1 : __real_##name(to, from, offset, size);        \
	}

SENDFILE(sendfile)
SENDFILE(sendfile64)

/*
 * True if libevent reads its pipe of signals. In a static program that call comes to us as well,
 * and a signal that it loses is not our sources' fault.
 */
static bool is_for_signals(int fd, unsigned long size)
{
	struct stat status;

	return size == SIGNALS && __real_fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

long __real_read(int fd, void *bytes, unsigned long size);
long __wrap_read(int fd, void *bytes, unsigned long size);
long __wrap_read(int fd, void *bytes, unsigned long size)
{
	if (!is_for_signals(fd, size) && fault_hits(FAULT_CALL))
		return -1;
	return __real_read(fd, bytes, size);
}

/* What read() becomes where glibc's headers know the size of the room. */
long __wrap___read_chk(int fd, void *bytes, unsigned long size, unsigned long room);
long __wrap___read_chk(int fd, void *bytes, unsigned long size, unsigned long room)
{
	if (size > room)
		abort();
	return __wrap_read(fd, bytes, size);
}
