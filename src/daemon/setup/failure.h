/* failure: an address that cannot be listened on: why, and what helps, in one line. */
#ifndef DAEMON_SETUP_FAILURE_H
#define DAEMON_SETUP_FAILURE_H

#include <stdbool.h>

struct address;

struct failure {
	const struct address *address; /* IPv4, IPv6 or UNIX, with the port that was wanted */
	int reason;  /* an errno; ENOTSOCK: something is at the path that is no socket */
	bool by_udp; /* TCP has the address, and UDP can't */
	bool shares; /* with --reuse-port */
};

/* What helps where a host is not known for its zone; "" if it has none. */
const char *failure_zone_advice(const char *host);

/* What helps where descriptors are short, for EMFILE or ENFILE; "" for another errno. */
const char *failure_lack_advice(int reason);

/* Says in an error that the address cannot be listened on. */
void failure_complain(const struct failure *failure);

/* Says in a warning that it is left out. */
void failure_warn(const struct failure *failure);

/* Says that the address is in use now, for a check, which that does not fail. */
void failure_note(const struct failure *failure);

#endif
