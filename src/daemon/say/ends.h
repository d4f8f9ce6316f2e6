/* SPDX-License-Identifier: ISC */
/* ends: the two ends of a connection, and the proxy that has passed it on. */
#ifndef DAEMON_SAY_ENDS_H
#define DAEMON_SAY_ENDS_H

#include "base/address.h"

/* An address of length 0: the socket knows it; of the proxy: there is none. */
struct ends {
	struct address peer, local, proxy;
};

#endif
