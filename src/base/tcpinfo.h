/* SPDX-License-Identifier: ISC */
/* tcpinfo: what the kernel knows of a TCP connection, where it can be asked. */
#ifndef BASE_TCPINFO_H
#define BASE_TCPINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct tcpinfo {
	uint64_t acked;	      /* our bytes that the peer's kernel acknowledged, counting a FIN */
	uint32_t silent_ms;   /* since the peer was last heard, counting a FIN but not a RST */
	uint32_t rtt_us;      /* the round trip, smoothed; 0: not measured yet */
	uint32_t retransmits; /* segments that were sent again */
};

/* Asks about a socket, which its peer may have reset or closed. False: the system cannot say. */
bool tcpinfo_ask(int fd, struct tcpinfo *info) MUST_CHECK;

#endif
