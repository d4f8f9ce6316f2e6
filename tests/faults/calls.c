/*
 * calls: makes the system calls of a whole program fail, as for want of the kernel's memory.
 *
 * Left out are those that the log is written with: it has to tell. The linker's --wrap brings
 * us what our sources call. No socket header is included, for the reason that unit/fault.c has.
 */
#include <stdarg.h>

#include "fault.h"

/* Takes the place of a system call. */
#define CALL(name, parameters, arguments)                                                          \
	int __real_##name parameters;                                                              \
	int __wrap_##name parameters;                                                              \
	int __wrap_##name parameters                                                               \
	{                                                                                          \
		return fault_hits(FAULT_CALL) ? -1 : __real_##name arguments;                      \
	}

CALL(accept, (int fd, void *address, unsigned *length), (fd, address, length))
CALL(bind, (int fd, const void *address, unsigned length), (fd, address, length))
CALL(connect, (int fd, const void *address, unsigned length), (fd, address, length))
CALL(fstat, (int fd, void *status), (fd, status))
CALL(getpeername, (int fd, void *address, unsigned *length), (fd, address, length))
CALL(getrlimit, (int what, void *limit), (what, limit))
CALL(getsockname, (int fd, void *address, unsigned *length), (fd, address, length))
CALL(getsockopt, (int fd, int level, int name, void *value, unsigned *length),
     (fd, level, name, value, length))

/* It fails with 0, and not for the reason that means "no terminal". */
int __real_isatty(int fd);
int __wrap_isatty(int fd);
int __wrap_isatty(int fd)
{
	return fault_hits(FAULT_CALL) ? 0 : __real_isatty(fd);
}

CALL(listen, (int fd, int backlog), (fd, backlog))
CALL(lstat, (const char *path, void *status), (path, status))
CALL(pipe, (int *ends), (ends))
CALL(setrlimit, (int what, const void *limit), (what, limit))
CALL(setsockopt, (int fd, int level, int name, const void *value, unsigned length),
     (fd, level, name, value, length))
CALL(shutdown, (int fd, int how), (fd, how))
CALL(socket, (int family, int type, int protocol), (family, type, protocol))

/* Our sources create no file: there is no third argument; fortified, there is none at all. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	return fault_hits(FAULT_CALL) ? -1 : __real_open(path, flags);
}

CALL(__open_2, (const char *path, int flags), (path, flags))

/* All that our sources ask of fcntl() takes an int, or nothing. */
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
	va_list arguments;
	int argument;

	va_start(arguments, command);
	argument = va_arg(arguments, int);
	va_end(arguments);
	return fault_hits(FAULT_CALL) ? -1 : __real_fcntl(fd, command, argument);
}

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

long __real_read(int fd, void *bytes, unsigned long size);
long __wrap_read(int fd, void *bytes, unsigned long size);
long __wrap_read(int fd, void *bytes, unsigned long size)
{
	return fault_hits(FAULT_CALL) ? -1 : __real_read(fd, bytes, size);
}
