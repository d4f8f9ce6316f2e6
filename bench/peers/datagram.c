/* SPDX-License-Identifier: ISC */
/*
 * datagram [--epoll] [FILE]: what an answer by datagram costs in C alone: many are read in one
 * call, and as many answers sent in one. With --epoll it waits there, as an event-driven program
 * does; else in the call that reads.
 *
 * It answers everyone with the message, whatever the request's length, from whatever address the
 * kernel chooses: neither is safe on a network.
 */
#define _GNU_SOURCE /* for recvmmsg() and sendmmsg() */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "peer.h"

enum { AT_ONCE = 32, REQUEST_MAX = 1024 };

static struct mmsghdr requests[AT_ONCE], answers[AT_ONCE];
static struct iovec places[AT_ONCE], answer;
static struct sockaddr_storage askers[AT_ONCE];
static char bytes[AT_ONCE][REQUEST_MAX];

/* Reads into the i-th place, and answers it with the one message. */
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

/* Returns an epoll that watches a descriptor for input. */
static int watch(int fd)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN};

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		peer_die("epoll");
	return epoll;
}

/* Answers what has come, or comes first. */
static void answer_some(int fd, int how)
{
	int count = recvmmsg(fd, requests, AT_ONCE, how, NULL);

	if (count > 0)
		sendmmsg(fd, answers, (unsigned)count, 0);
	for (int i = 0; i < count; i++)
		requests[i].msg_hdr.msg_namelen = sizeof askers[i];
}

int main(int argc, char **argv)
{
	bool waits_in_epoll = argc > 1 && strcmp(argv[1], "--epoll") == 0;
	int file = waits_in_epoll ? 2 : 1, epoll = -1;
	struct epoll_event event;
	struct message message = peer_message(file < argc ? argv[file] : NULL);
	int fd = peer_bind(SOCK_DGRAM);

	answer = (struct iovec){.iov_base = message.bytes, .iov_len = message.size};
	peer_announce(fd);
	if (waits_in_epoll)
		epoll = watch(fd);
	for (size_t i = 0; i < AT_ONCE; i++)
		prepare(i);
	for (;;) {
		if (waits_in_epoll && epoll_wait(epoll, &event, 1, -1) < 1)
			continue;
		answer_some(fd, waits_in_epoll ? MSG_DONTWAIT : MSG_WAITFORONE);
	}
}
