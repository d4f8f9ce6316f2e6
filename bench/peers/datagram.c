/* SPDX-License-Identifier: ISC */
/*
 * datagram [FILE]: what an answer by datagram costs in C alone: many are read in one call, and as
 * many answers sent in one.
 *
 * It answers everyone with the message, whatever the request's length, from whatever address the
 * kernel chooses: neither is safe on a network.
 */
#define _GNU_SOURCE /* for recvmmsg() and sendmmsg() */
#include <stddef.h>
#include <sys/socket.h>

#include "peer.h"

enum { AT_ONCE = 32, REQUEST_MAX = 1024 };

static struct mmsghdr requests[AT_ONCE], answers[AT_ONCE];
static struct iovec places[AT_ONCE], answer;
static struct sockaddr_storage askers[AT_ONCE];
static char bytes[AT_ONCE][REQUEST_MAX];

/* Reads into the i-th place, and answers from the one message. */
static void prepare(size_t i)
{
	places[i] = (struct iovec){.iov_base = bytes[i], .iov_len = REQUEST_MAX};
	requests[i].msg_hdr = (struct msghdr){.msg_name = &askers[i],
					      .msg_namelen = sizeof askers[i],
					      .msg_iov = &places[i],
					      .msg_iovlen = 1};
	answers[i].msg_hdr = (struct msghdr){.msg_name = &askers[i],
					     .msg_namelen = sizeof(struct sockaddr_in),
					     .msg_iov = &answer,
					     .msg_iovlen = 1};
}

int main(int argc, char **argv)
{
	struct message message = peer_message(argc > 1 ? argv[1] : NULL);
	struct sockaddr_in address = peer_address();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	answer = (struct iovec){.iov_base = message.bytes, .iov_len = message.size};
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		peer_die("bind");
	peer_announce(fd);
	for (;;) {
		for (size_t i = 0; i < AT_ONCE; i++)
			prepare(i);
		int count = recvmmsg(fd, requests, AT_ONCE, MSG_WAITFORONE, NULL);
		if (count > 0)
			sendmmsg(fd, answers, (unsigned)count, 0);
	}
}
