/* packets: datagrams, read and written many at a time, each with the address that it was sent to.
 */
#ifndef DAEMON_SAY_PACKETS_H
#define DAEMON_SAY_PACKETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/attributes.h"
#include "daemon/options.h"

/* How many are read at a time. */
enum { PACKETS_MAX = 32 };

/* One byte more than the longest answer: what a request has beyond that makes no difference. */
#define PACKET_BYTES_MAX (OPTIONS_ANSWER_MAX + 1)

/* A request, and then in its place the answer to it. */
struct packet {
	struct address peer, local; /* where it came from, and to which address */
	bool to_many;		    /* it was sent to a broadcast or multicast address */
	size_t size; /* of the request at most PACKET_BYTES_MAX, whatever more it had */
	char bytes[PACKET_BYTES_MAX];
};

struct packets;

/* Makes room for PACKETS_MAX datagrams. NULL: no memory. */
struct packets *packets_new(void);

void packets_free(struct packets *packets);

/*
 * Reads what has come to the non-blocking socket, which is bound to `local`. Returns how many
 * datagrams that are, up to PACKETS_MAX; 0: none, or the kernel has an error to tell.
 */
size_t packets_receive(struct packets *packets, int fd, const struct address *local);

/* The i-th of those read last. */
struct packet *packets_get(struct packets *packets, size_t i);

/* Will have the i-th's bytes, as many as its size says, sent back to where it came from. */
void packets_answer(struct packets *packets, size_t i);

/*
 * Sends all answers, each from the address that was asked, without waiting. Returns how many
 * the kernel did not take.
 */
size_t packets_send(struct packets *packets, int fd);

#endif
