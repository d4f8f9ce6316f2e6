/* SPDX-License-Identifier: ISC */
/*
 * datagram: answers datagrams with the greeting (RFC 865), if they are longer than their answer.
 *
 * A sender may put any address on a datagram. An answer that is always shorter than its request
 * makes no flood greater (US-CERT TA14-017A). And two daemons that answer each other fall silent
 * (CVE-2024-2169).
 */
#ifndef DAEMON_SAY_DATAGRAM_H
#define DAEMON_SAY_DATAGRAM_H

#include <stdbool.h>

struct address;
struct datagrams;
struct event_base;
struct greeting;
struct sockets;
struct stats;

/*
 * Starts to answer on all sockets for datagrams. All arguments must outlive it. NULL: no memory or
 * descriptors.
 */
struct datagrams *datagrams_new(struct event_base *base, const struct sockets *sockets,
				struct greeting *greeting, struct stats *stats);

/* Decides whether a datagram from this address is answered, and counts it if not. */
typedef bool datagrams_admits_cb(const struct address *from, void *argument);

/* Has that called for each datagram that could be answered. */
void datagrams_limit(struct datagrams *all, datagrams_admits_cb *admits, void *argument);

/* Stops answering, and frees it. The owner closes the sockets. NULL is allowed. */
void datagrams_free(struct datagrams *all);

#endif
