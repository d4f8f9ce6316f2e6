/* SPDX-License-Identifier: ISC */
/* packets: reads and writes datagrams, many at a time, each with the address it was sent to. */
#ifndef DAEMON_SAY_PACKETS_H
#define DAEMON_SAY_PACKETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/attributes.h"
#include "daemon/options.h"

/* The most datagrams read at a time. */
enum { PACKETS_MAX = 32 };

/* One byte more than the longest answer: a request's further bytes make no difference. */
#define PACKET_BYTES_MAX (OPTIONS_ANSWER_MAX + 1)

/* A request. Its bytes may be replaced by its answer's. */
struct packet {
	struct address peer;	     /* where it came from */
	const struct address *local; /* the address it was sent to */
	size_t size;		     /* at most PACKET_BYTES_MAX, even if it was longer */
	bool to_many;		     /* it was sent to a broadcast or multicast address */
	char bytes[PACKET_BYTES_MAX];
	struct address reported; /* by the kernel, as that address; else unused */
};

struct packets;

/* Makes room for PACKETS_MAX datagrams. NULL: no memory. */
struct packets *packets_new(void);

void packets_free(struct packets *packets);

/*
 * Reads what has come to the non-blocking socket, which is bound to `local`; that must stay until
 * the next call. Returns the number of datagrams, up to PACKETS_MAX; 0: none, or the kernel reports
 * an error.
 */
size_t packets_receive(struct packets *packets, int fd, const struct address *local);

/* Returns the i-th datagram of the last read. */
struct packet *packets_get(struct packets *packets, size_t i);

/*
 * Adds an answer for packets_send(), which is sent back to where the i-th packet came from. The
 * bytes must stay until then, and are not changed.
 */
void packets_answer(struct packets *packets, size_t i, const char *bytes, size_t size);

/*
 * Sends all answers, each from the address that was asked, without waiting. Returns how many the
 * kernel did not take.
 */
size_t packets_send(struct packets *packets, int fd);

#endif
