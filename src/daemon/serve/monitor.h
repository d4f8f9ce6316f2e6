/* SPDX-License-Identifier: ISC */
/*
 * monitor: answers HTTP on sockets of its own: /metrics, /healthz, /readyz.
 *
 * Its clients take no room from those that are greeted, are not counted with them, and no stop
 * waits for them. It answers until it is freed.
 */
#ifndef DAEMON_SERVE_MONITOR_H
#define DAEMON_SERVE_MONITOR_H

#include <stddef.h>

struct event_base;
struct metrics_facts;
struct monitor;
struct sockets;

/* The most of its clients that may be connected at once. One more takes the place of another. */
enum { MONITOR_ROOM = 16 };

/* Fills in the facts as they are now; called for each answer. */
typedef void monitor_look_cb(struct metrics_facts *facts, void *argument);

/*
 * Accepts on all `sockets`, `room` clients at a time. All arguments must outlive it. NULL: no
 * memory or descriptors.
 */
struct monitor *monitor_new(struct event_base *base, const struct sockets *sockets, size_t room,
			    monitor_look_cb *look, void *argument);

/* Closes its connections, not the sockets. NULL is allowed. */
void monitor_free(struct monitor *monitor);

#endif
