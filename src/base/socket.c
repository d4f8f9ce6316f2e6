/* SPDX-License-Identifier: ISC */
/* socket: sockets as an event loop wants them. */
#include <config.h>

#include "base/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#if HAVE_DECL_SOCK_CLOEXEC && HAVE_DECL_SOCK_NONBLOCK
int socket_open(int family, int type)
{
	return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}
#else
int socket_open(int family, int type)
{
	int fd = socket(family, type, 0);

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	socket_close(fd);
	return -1;
}
#endif

bool socket_enable(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

/* Discards input by reading it. */
static ssize_t discard_by_reading(int fd, size_t most)
{
	char waste[16 * 1024];

	return recv(fd, waste, most < sizeof waste ? most : sizeof waste, MSG_DONTWAIT);
}

#ifdef HAVE_DISCARDING_RECV
/* TCP on Linux discards without copying; other sockets there refuse a NULL buffer. */
ssize_t socket_discard(int fd, size_t most)
{
	ssize_t n = recv(fd, NULL, most, MSG_TRUNC | MSG_DONTWAIT);

	return n < 0 && errno == EFAULT ? discard_by_reading(fd, most) : n;
}
#else
ssize_t socket_discard(int fd, size_t most)
{
	return discard_by_reading(fd, most);
}
#endif

/* The option that holds back writes; -1: the system has none. */
#if HAVE_DECL_TCP_CORK
enum { HOLD_BACK = TCP_CORK };
#elif HAVE_DECL_TCP_NOPUSH
enum { HOLD_BACK = TCP_NOPUSH };
#else
enum { HOLD_BACK = -1 };
#endif

static void set_hold_back(int fd, int on)
{
	if (HOLD_BACK >= 0)
		(void)setsockopt(fd, IPPROTO_TCP, HOLD_BACK, &on, sizeof on);
}

void socket_hold_back(int listening)
{
	set_hold_back(listening, 1);
}

void socket_release(int fd)
{
	set_hold_back(fd, 0);
}

bool socket_is_multipath(int fd)
{
#if HAVE_DECL_SO_PROTOCOL
	int protocol;
	socklen_t length = sizeof protocol;

	/* Not compared with MPTCP's number: the headers may lack it. UNIX sockets have 0. */
	return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) == 0 &&
	       protocol != IPPROTO_TCP && protocol != 0;
#else
	(void)fd;
	return false;
#endif
}

bool socket_lost_one(int reason)
{
	static const int transient[] = {
		EINTR,	   ECONNABORTED, ENETDOWN,   EPROTO,	  ENOPROTOOPT,
		EHOSTDOWN, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH,
#ifdef ENONET
		ENONET,
#endif
	};

	for (size_t i = 0; i < sizeof transient / sizeof *transient; i++)
		if (reason == transient[i])
			return true;
	return false;
}

void socket_close(int fd)
{
	int reason = errno;

	close(fd);
	errno = reason;
}

void socket_reset(int fd)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
}
