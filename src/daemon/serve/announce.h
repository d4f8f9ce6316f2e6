/* SPDX-License-Identifier: ISC */
/* announce: says where we listen, in the log and on standard output. */
#ifndef DAEMON_SERVE_ANNOUNCE_H
#define DAEMON_SERVE_ANNOUNCE_H

struct event_base;
struct outlet;
struct readiness;
struct sockets;

/* Room for the versions of what drives us, in bytes. */
enum { ANNOUNCE_ENGINE_MAX = 100 };

/*
 * Prepares the lines for standard output, one for each address; those for metrics come last. `base`
 * and `output` must outlive it. NULL: no memory.
 */
struct readiness *announce_prepare(struct event_base *base, const struct outlet *output,
				   const struct sockets *sockets, const struct sockets *metrics);

/* Logs our version, what drives us, and the addresses. */
void announce_log(const char *engine, const struct sockets *sockets, const struct sockets *metrics);

#endif
