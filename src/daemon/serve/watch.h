/* SPDX-License-Identifier: ISC */
/*
 * watch: which of many sockets have input, or have been closed by their peers.
 *
 * Clients that linger are many, and nearly all are silent. On Linux, an epoll of our own keeps them
 * at no cost to us: the loop has one event, for that epoll. Elsewhere each has an event of its own.
 */
#ifndef DAEMON_SERVE_WATCH_H
#define DAEMON_SERVE_WATCH_H

#include <stdbool.h>

#include "base/attributes.h"

struct event_base;
struct watch;

/* Called while a socket has input, or has come to its end, with the owner that it was given. */
typedef void watch_input_cb(void *owner);

/* Makes a watch, of no sockets yet. NULL: no memory or descriptors. */
struct watch *watch_new(struct event_base *base, watch_input_cb *input);

/* Frees a watch that has no sockets left. NULL is allowed. */
void watch_free(struct watch *watch);

/* Watches a socket until one of the two below. False, with errno: no memory, or no more watches. */
bool watch_add(struct watch *watch, int fd, void *owner) MUST_CHECK;

/* Stops watching a socket that stays open. */
void watch_remove(struct watch *watch, int fd, const void *owner);

/* Stops watching a socket that is closed next, which alone makes the kernel forget it. */
void watch_forget(struct watch *watch, int fd, const void *owner);

#endif
