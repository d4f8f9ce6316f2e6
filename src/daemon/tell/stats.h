/* SPDX-License-Identifier: ISC */
/* stats: what haild has counted since it started. */
#ifndef DAEMON_TELL_STATS_H
#define DAEMON_TELL_STATS_H

#include <stdint.h>

/* Each counter once: its name, its kind, and what it counts, in the order of the log. */
#define STATS_ALL(X)                                                                               \
	X(accepted, COUNTER, "connections accepted")                                               \
	X(greeted, COUNTER, "connections that had the whole greeting and our half-close")          \
	X(left, COUNTER, "of these, left without it: counted with -v only")                        \
	X(reset, COUNTER, "connections reset by the peer after the greeting was sent")             \
	X(reset_greeting, COUNTER, "connections reset by the peer before that")                    \
	X(timed_out_greeting, COUNTER, "did not take the greeting in time: closed hard")           \
	X(timed_out_linger, COUNTER, "had it, but did not close in time")                          \
	X(flooded, COUNTER, "sent more than is thrown away")                                       \
	X(evicted, COUNTER, "had it, and made room for others")                                    \
	X(stopped, COUNTER, "still open when the daemon had to end")                               \
	X(failed, COUNTER, "no memory, or a system call failed")                                   \
	X(bytes_sent, COUNTER, "bytes of greetings sent")                                          \
	X(bytes_discarded, COUNTER, "bytes of clients thrown away")                                \
	X(datagrams, COUNTER, "requests that came by UDP")                                         \
	X(datagrams_answered, COUNTER, "requests answered")                                        \
	X(datagrams_too_small, COUNTER, "not answered: not longer than their answer")              \
	X(datagrams_ignored, COUNTER, "not answered: from or to an address of many machines")      \
	X(datagrams_failed, COUNTER, "answers that the kernel did not take")                       \
	X(accept_pauses, COUNTER, "times that accepting stopped for want of room")                 \
	X(open, GAUGE, "connections now, as told when it is asked for")

/* A counter only grows; a gauge is a current value. */
enum stats_kind { STATS_COUNTER, STATS_GAUGE };

#define STATS_FIELD(name, kind, help) uint64_t name;
struct stats {
	STATS_ALL(STATS_FIELD)
};
#undef STATS_FIELD

/*
 * Logs the counters in one line. stats_log() was asked for, so it does whatever the log's level is;
 * stats_log_end() reports a clean end. In JSON each counter is a member under its name.
 */
void stats_log(const struct stats *stats);
void stats_log_end(const struct stats *stats);

#endif
