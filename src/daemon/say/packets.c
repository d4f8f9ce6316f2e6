/* SPDX-License-Identifier: ISC */
/* packets: reads and writes datagrams, many at a time, each with the address it was sent to. */
#include <config.h>

#include "packets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/destination.h"

#ifndef HAVE_STRUCT_MMSGHDR
/* Linux's type for many, for systems that move one datagram a call. */
struct mmsghdr {
	struct msghdr msg_hdr;
	unsigned msg_len;
};
#endif

/* Room for the kernel's note beside a datagram: the address that it was sent to. */
union beside {
	struct cmsghdr align;
	char bytes[DESTINATION_BYTES];
};

struct packets {
	struct packet all[PACKETS_MAX];
	struct iovec parts[PACKETS_MAX];
	union beside beside[PACKETS_MAX];
	struct mmsghdr messages[PACKETS_MAX]; /* for reading */
	struct mmsghdr answers[PACKETS_MAX];
	unsigned answer_count;
	size_t changed;	    /* how many places must be prepared again */
	size_t beside_size; /* msg_controllen in the others */
};

void packets_free(struct packets *packets)
{
	free(packets);
}

/* Says where the i-th datagram goes. */
static void place(struct packets *packets, size_t i)
{
	struct packet *packet = &packets->all[i];

	packets->parts[i] = (struct iovec){packet->bytes, sizeof packet->bytes};
	packets->messages[i].msg_hdr = (struct msghdr){
		.msg_name = &packet->peer.any,
		.msg_namelen = sizeof packet->peer.room,
		.msg_iov = &packets->parts[i],
		.msg_iovlen = 1,
		.msg_control = packets->beside[i].bytes,
		.msg_controllen = packets->beside_size,
	};
}

/* Prepares to read: few datagrams come at a time, and only what they have changed is set again. */
static void prepare(struct packets *packets, size_t beside_size)
{
	if (packets->beside_size != beside_size)
		packets->changed = PACKETS_MAX;
	packets->beside_size = beside_size;
	for (size_t i = 0; i < packets->changed; i++)
		place(packets, i);
	packets->answer_count = 0;
}

struct packets *packets_new(void)
{
	struct packets *packets = calloc(1, sizeof *packets);

	if (packets)
		packets->changed = PACKETS_MAX;
	return packets;
}

/* Reads up to PACKETS_MAX datagrams. Returns how many, or -1 with errno. */
static int receive_all(struct packets *packets, int fd)
{
#ifdef HAVE_RECVMMSG
	return recvmmsg(fd, packets->messages, PACKETS_MAX, MSG_DONTWAIT, NULL);
#else
	int count = 0;

	for (; count < PACKETS_MAX; count++) {
		struct mmsghdr *message = &packets->messages[count];
		ssize_t n = recvmsg(fd, &message->msg_hdr, MSG_DONTWAIT);
		if (n < 0)
			return count > 0 ? count : -1;
		message->msg_len = (unsigned)n;
	}
	return count;
#endif
}

/* Sends answers from `first` on. Returns how many the kernel took, or -1 with errno. */
static int send_from(struct packets *packets, int fd, unsigned first)
{
#ifdef HAVE_SENDMMSG
	return sendmmsg(fd, packets->answers + first, packets->answer_count - first, MSG_DONTWAIT);
#else
	return sendmsg(fd, &packets->answers[first].msg_hdr, MSG_DONTWAIT) < 0 ? -1 : 1;
#endif
}

/* Stores what the kernel reported of a datagram to a socket that is bound to `local`. */
static void take(struct packet *packet, struct mmsghdr *message, const struct address *local)
{
	struct msghdr *header = &message->msg_hdr;

	packet->peer.length = header->msg_namelen;
	packet->size = message->msg_len;
	packet->local = local;
	packet->to_many = false;
	/* Most sockets are bound to one address, and nothing is reported of it. */
	if (header->msg_controllen > 0) {
		packet->reported = *local;
		packet->local = &packet->reported;
		packet->to_many = destination_take(header, &packet->reported);
	}
}

size_t packets_receive(struct packets *packets, int fd, const struct address *local)
{
	/* Descriptors may come beside a UNIX datagram: without room, the kernel closes them. */
	size_t beside_size = local->any.sa_family == AF_UNIX ? 0 : sizeof(union beside);
	int count;

	prepare(packets, beside_size);
	count = receive_all(packets, fd);
	for (int i = 0; i < count; i++)
		take(&packets->all[i], &packets->messages[i], local);
	packets->changed = count > 0 ? (size_t)count : 0;
	return packets->changed;
}

struct packet *packets_get(struct packets *packets, size_t i)
{
	return &packets->all[i];
}

void packets_answer(struct packets *packets, size_t i, const char *bytes, size_t size)
{
	struct iovec *part = &packets->parts[i];

	/* An iovec is for reading as well, and knows no const. */
	memcpy(&part->iov_base, &bytes, sizeof bytes);
	part->iov_len = size;
	packets->answers[packets->answer_count++] = packets->messages[i];
}

size_t packets_send(struct packets *packets, int fd)
{
	size_t failed = 0;
	unsigned sent = 0;

	while (sent < packets->answer_count) {
		int count = send_from(packets, fd, sent);
		if (count < 0 && errno == EINTR)
			continue;
		/*
		 * The first is refused; the others may pass. So they may if there is no room for
		 * it: a UNIX socket has room for each peer apart.
		 */
		failed += count < 0;
		sent += count > 0 ? (unsigned)count : 1;
	}
	return failed;
}
