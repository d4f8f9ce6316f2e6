/* SPDX-License-Identifier: ISC */
/* failure: an address that cannot be listened on: why, and what helps, in one line. */
#ifndef DAEMON_SETUP_FAILURE_H
#define DAEMON_SETUP_FAILURE_H

#include <stdbool.h>

struct address;

struct failure {
	const struct address *address; /* IPv4, IPv6 or UNIX, with the port wanted */
	int reason;  /* an errno; ENOTSOCK: something that is not a socket is at the path */
	bool by_udp; /* TCP has the address, but UDP failed */
	bool shares; /* with --reuse-port */
};

/* Returns advice for a host that is unknown because of its zone; "" if it has none. */
const char *failure_zone_advice(const char *host);

/* Returns advice for want of descriptors, EMFILE or ENFILE; "" for another errno. */
const char *failure_lack_advice(int reason);

/* Logs an error: the address cannot be listened on. */
void failure_complain(const struct failure *failure);

/* Logs a warning: the address is left out. */
void failure_warn(const struct failure *failure);

/* Logs that the address is in use now, which does not fail a check. */
void failure_note(const struct failure *failure);

#endif
