/* stats: what haild has counted since it started. */
#ifndef DAEMON_TELL_STATS_H
#define DAEMON_TELL_STATS_H

#include <stdint.h>

struct stats {
	uint64_t accepted;	     /* connections */
	uint64_t greeted;	     /* of these, had the whole greeting and our half-close */
	uint64_t left;		     /* of these, left without it: counted with -v only */
	uint64_t reset;		     /* reset by the peer after the greeting was sent */
	uint64_t reset_greeting;     /* reset by the peer before that */
	uint64_t timed_out_greeting; /* did not take the greeting in time: closed hard */
	uint64_t timed_out_linger;   /* had it, but did not close in time */
	uint64_t flooded;	     /* sent more than we throw away */
	uint64_t evicted;	     /* had it, and made room for others */
	uint64_t stopped;	     /* still open when the daemon had to end */
	uint64_t failed;	     /* no memory, or a system call failed */
	uint64_t bytes_sent;
	uint64_t bytes_discarded;
	uint64_t datagrams; /* requests that came by UDP */
	uint64_t datagrams_answered;
	uint64_t datagrams_too_small; /* not answered: not longer than their answer */
	uint64_t datagrams_ignored; /* not answered: from or to an address that is not one machine's
				     */
	uint64_t datagrams_failed;  /* answers that the kernel did not take */
	uint64_t accept_pauses;	    /* times that accepting stopped for want of room */
	uint64_t open;		    /* connections now; who asks for room goes by it */
};

/* Logs the counters in one line, whatever the log's level. */
void stats_log(const struct stats *stats);

#endif
