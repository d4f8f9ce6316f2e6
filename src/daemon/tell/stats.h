/* SPDX-License-Identifier: ISC */
/* stats: what haild has counted since it started. */
#ifndef DAEMON_TELL_STATS_H
#define DAEMON_TELL_STATS_H

#include <stdint.h>

/*
 * Each counter once: its name, its kind, and what it counts, in the order of the log. The last is
 * also the help that Prometheus shows, except for an ENDING (metrics.c).
 */
#define STATS_ALL(X)                                                                               \
	X(accepted, COUNTER, "connections accepted")                                               \
	X(greeted, COUNTER, "connections that had the whole greeting and our half-close")          \
	X(left, ENDING, "of these, left without it: counted with -v only")                         \
	X(reset, ENDING, "connections reset by the peer after the greeting was sent")              \
	X(reset_greeting, ENDING, "connections reset by the peer before that")                     \
	X(timed_out_greeting, ENDING, "did not take the greeting in time: closed hard")            \
	X(timed_out_linger, ENDING, "had it, but did not close in time")                           \
	X(flooded, ENDING, "sent more than is thrown away")                                        \
	X(evicted, ENDING, "had it, and made room for others")                                     \
	X(stopped, ENDING, "still open when the daemon had to end")                                \
	X(failed, ENDING, "no memory, or a system call failed")                                    \
	X(header_left, ENDING, "left or reset before their PROXY header was read, as checks do")   \
	X(header_missing, ENDING, "no whole PROXY header in time")                                 \
	X(header_bad, ENDING, "PROXY header malformed")                                            \
	X(proxied, COUNTER, "connections that a proxy has passed on")                              \
	X(proxied_local, COUNTER, "a proxy's own connections, such as health checks")              \
	X(distrusted, ENDING, "connections of who may not send a PROXY header: closed")            \
	X(denied, ENDING, "connections from networks that may not come")                           \
	X(too_many, ENDING, "connections refused: their source has too many open")                 \
	X(too_often, ENDING, "connections refused: their source came too often")                   \
	X(bytes_sent, COUNTER, "bytes of greetings sent, of connections that have ended")          \
	X(bytes_discarded, COUNTER, "bytes of clients thrown away")                                \
	X(datagrams, COUNTER, "datagrams that came")                                               \
	X(datagrams_answered, COUNTER, "datagrams answered")                                       \
	X(datagrams_too_small, COUNTER, "datagrams not answered: not longer than their answer")    \
	X(datagrams_ignored, COUNTER,                                                              \
	  "datagrams not answered because of the address they came from or went to")               \
	X(datagrams_denied, COUNTER, "datagrams from networks that may not come")                  \
	X(datagrams_too_often, COUNTER, "datagrams not answered: their source sent too many")      \
	X(datagrams_failed, COUNTER, "answers to datagrams that the kernel did not take")          \
	X(accept_pauses, COUNTER, "times that accepting stopped for want of room")                 \
	X(open, GAUGE, "connections open now")

/* A counter only grows, also that of an ending of connections; a gauge is a current value. */
enum stats_kind { STATS_COUNTER, STATS_ENDING, STATS_GAUGE };

/*
 * The lives of connections are counted by their length, in ms: up to each of these, and beyond the
 * last. Clients that close at once are seen up to 40 ms later (patience.h), so most are in the
 * first two.
 */
enum { STATS_LIVES = 11, STATS_SHORT_LIFE = 10, STATS_USUAL_LIFE = 50 };
extern const uint32_t stats_lives[STATS_LIVES];

#define STATS_FIELD(name, kind, help) uint64_t name;
struct stats {
	STATS_ALL(STATS_FIELD)
	uint64_t lives[STATS_LIVES + 1]; /* connections that have ended, by length of life */
	uint64_t lives_ms;		 /* how long they lived, together */
	uint64_t refused_open; /* those of `open` that are refused, which count as ended */
};
#undef STATS_FIELD

/* Counts a connection that has ended after so many ms. */
void stats_count_life(struct stats *stats, uint32_t ms);

/* The same, fast for most: each greeting calls it. */
static inline void stats_count_usual_life(struct stats *stats, uint32_t ms)
{
	if (ms <= STATS_USUAL_LIFE) {
		stats->lives[ms > STATS_SHORT_LIFE]++;
		stats->lives_ms += ms;
	} else {
		stats_count_life(stats, ms);
	}
}

/*
 * Logs the counters in one line. stats_log() was asked for, so it does whatever the log's level is;
 * stats_log_end() reports a clean end. In JSON each counter is a member under its name.
 */
void stats_log(const struct stats *stats);
void stats_log_end(const struct stats *stats);

#endif
