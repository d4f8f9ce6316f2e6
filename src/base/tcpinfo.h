/* tcpinfo: what the kernel remembers of a TCP connection, where it can be asked. */
#ifndef BASE_TCPINFO_H
#define BASE_TCPINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct tcpinfo {
	uint64_t acked;	    /* bytes of ours that the peer's kernel has taken, a FIN among them */
	uint32_t silent_ms; /* since the peer was last heard, a FIN included, a RST not */
};

/* Asks about a socket; it may have been reset or closed by its peer. False: the system can't tell.
 */
bool tcpinfo_ask(int fd, struct tcpinfo *info) MUST_CHECK;

#endif
