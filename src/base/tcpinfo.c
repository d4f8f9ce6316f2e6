/* SPDX-License-Identifier: ISC */
/* tcpinfo: what the kernel knows of a TCP connection, where it can be asked. */
#include <config.h>

#include "base/tcpinfo.h"

#include <sys/socket.h>

#ifdef HAVE_STRUCT_TCP_INFO_TCPI_BYTES_ACKED
/* The kernel's own header: the C library's struct ends before the bytes. */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>

bool tcpinfo_ask(int fd, struct tcpinfo *info)
{
	struct tcp_info told;
	socklen_t length = sizeof told;

	/* An older kernel returns less; on a socket that is not TCP the call fails. */
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &told, &length) < 0 ||
	    length < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof told.tcpi_bytes_acked)
		return false;
	info->acked = told.tcpi_bytes_acked;
	info->silent_ms = told.tcpi_last_ack_recv;
	info->rtt_us = told.tcpi_rtt;
	info->retransmits = told.tcpi_total_retrans;
	return true;
}
#else
bool tcpinfo_ask(int fd, struct tcpinfo *info)
{
	(void)fd;
	(void)info;
	return false;
}
#endif
