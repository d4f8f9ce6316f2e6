/* SPDX-License-Identifier: ISC */
/* ends: the two ends of a connection, and the proxy that has passed it on. */
#ifndef DAEMON_SAY_ENDS_H
#define DAEMON_SAY_ENDS_H

#include <sys/socket.h>

/* An address that is somebody else's, and is not copied. Length 0: it is not known. */
struct end {
	const struct sockaddr *address;
	socklen_t length;
};

/*
 * What is known of a connection. An end that is not, its socket knows; if the proxy is not, there
 * is none.
 */
struct ends {
	struct end peer, local, proxy;
};

#endif
