/* SPDX-License-Identifier: ISC */
/*
 * errnoname: the name of an errno, such as ECONNREFUSED, for programs to compare.
 *
 * The table has what POSIX lets the calls on sockets fail with. strerrorname_np() knows all names,
 * but only glibc has it, from 2.32 on.
 */
#include "errnoname.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

static const struct {
	int reason;
	char name[ERRNONAME_MAX];
} names[] = {
	{EACCES, "EACCES"},
	{EADDRINUSE, "EADDRINUSE"},
	{EADDRNOTAVAIL, "EADDRNOTAVAIL"},
	{EAFNOSUPPORT, "EAFNOSUPPORT"},
	{EAGAIN, "EAGAIN"},
	{EALREADY, "EALREADY"},
	{EBADF, "EBADF"},
	{ECONNABORTED, "ECONNABORTED"},
	{ECONNREFUSED, "ECONNREFUSED"},
	{ECONNRESET, "ECONNRESET"},
	{EDESTADDRREQ, "EDESTADDRREQ"},
	{EHOSTUNREACH, "EHOSTUNREACH"},
	{EINPROGRESS, "EINPROGRESS"},
	{EINTR, "EINTR"},
	{EINVAL, "EINVAL"},
	{EIO, "EIO"},
	{EISCONN, "EISCONN"},
	{ELOOP, "ELOOP"},
	{EMFILE, "EMFILE"},
	{EMSGSIZE, "EMSGSIZE"},
	{ENAMETOOLONG, "ENAMETOOLONG"},
	{ENETDOWN, "ENETDOWN"},
	{ENETRESET, "ENETRESET"},
	{ENETUNREACH, "ENETUNREACH"},
	{ENFILE, "ENFILE"},
	{ENOBUFS, "ENOBUFS"},
	{ENODEV, "ENODEV"},
	{ENOENT, "ENOENT"},
	{ENOMEM, "ENOMEM"},
	{ENOPROTOOPT, "ENOPROTOOPT"},
	{ENOTCONN, "ENOTCONN"},
	{ENOTDIR, "ENOTDIR"},
	{ENOTSOCK, "ENOTSOCK"},
	{EOPNOTSUPP, "EOPNOTSUPP"},
	{EPERM, "EPERM"},
	{EPIPE, "EPIPE"},
	{EPROTO, "EPROTO"},
	{EPROTONOSUPPORT, "EPROTONOSUPPORT"},
	{EPROTOTYPE, "EPROTOTYPE"},
	{ETIMEDOUT, "ETIMEDOUT"},
};

char *errnoname_write(int reason, char *text)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (names[i].reason == reason) {
			snprintf(text, ERRNONAME_MAX, "%s", names[i].name);
			return text;
		}
	}
	snprintf(text, ERRNONAME_MAX, "E%d", reason);
	return text;
}
