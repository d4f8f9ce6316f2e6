/* SPDX-License-Identifier: ISC */
/*
 * multipath: to be preloaded: has each TCP socket of the real daemon speak MPTCP, as `mptcpize run`
 * of Debian's mptcpize does, which a machine may lack.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Takes the place of the C library's. */
int socket(int family, int type, int protocol)
{
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);

	if ((family == AF_INET || family == AF_INET6) && kind == SOCK_STREAM &&
	    (protocol == 0 || protocol == IPPROTO_TCP))
		protocol = IPPROTO_MPTCP;
	return (int)syscall(SYS_socket, family, type, protocol);
}
