/* SPDX-License-Identifier: ISC */
/*
 * pages: a long greeting in memory that sockets share: their buffers refer to it and copy nothing.
 *
 * So a client that does not read costs the machine little, and one that reads is served sooner.
 */
#ifndef DAEMON_SAY_PAGES_H
#define DAEMON_SAY_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

/* A shorter greeting gains nothing (doc/performance.md). */
#define PAGES_LEAST ((size_t)32 * 1024)

/* The most greetings at a time, each with a descriptor: the current one, and some before it. */
enum { PAGES_MOST = 4 };

struct evbuffer;
struct pages;

/* Makes room for a greeting; none is held yet. NULL: no memory. */
struct pages *pages_new(void) MUST_CHECK;

/* NULL is allowed. What has been queued stays. */
void pages_free(struct pages *pages);

/*
 * Holds these bytes from now on, copied. Earlier ones stay for clients to whom they are queued.
 * False: none are held, for want of memory or descriptors, or because the system has no such
 * memory, or all PAGES_MOST are in use.
 */
bool pages_hold(struct pages *pages, const char *bytes, size_t size) MUST_CHECK;

/* Holds nothing from now on. */
void pages_drop(struct pages *pages);

/* Queues what is held, by reference, for a bufferevent to send. False: no memory. */
bool pages_queue(struct pages *pages, struct evbuffer *queue) MUST_CHECK;

/* Sends what is held, as far as the kernel takes it at once. Returns what send(2) does. */
ssize_t pages_send(const struct pages *pages, int fd) MUST_CHECK;

#endif
