/* SPDX-License-Identifier: ISC */
/* datagrams: so many requests are under way at a time, and each answer is followed by another
 * request. */
#include <config.h>

#include "datagrams.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"
#include "greeting.h"
#include "options.h"
#include "report.h"
#include "stopwatch.h"

/* How many may be under way, and how long an answer is waited for before it counts as lost. */
enum { MOST = OPTIONS_MOST_DATAGRAMS, PATIENCE_MS = 200 };

/* A server that has lost so many times more than it has answered is gone. */
enum { LOST_AND_GONE = 50 };

struct datagrams {
	int fd;
	struct greeting greeting;
	struct mmsghdr requests[MOST], answers[MOST];
	struct iovec request, parts[MOST];
	char *bytes; /* where answers are read to */
	uint64_t answered, lost;
};

/* Connects to the server, and waits for it no longer than PATIENCE_MS. */
static bool reach(struct datagrams *all, const struct options *options)
{
	struct sockaddr_in server = {.sin_family = AF_INET,
				     .sin_port = htons((uint16_t)options->port)};
	struct timeval patience = {.tv_usec = PATIENCE_MS * 1000};

	all->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (all->fd >= 0 && inet_pton(AF_INET, options->host, &server.sin_addr) == 1 &&
	    setsockopt(all->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
	    connect(all->fd, (struct sockaddr *)&server, sizeof server) == 0)
		return true;
	log_error("cannot ask %s: %s", options->host, strerror(errno));
	return false;
}

/* Prepares what is sent and read: a request is as long as asked for, and an answer is shorter. */
static bool prepare(struct datagrams *all, const struct options *options)
{
	size_t size = (size_t)options->size;

	all->request.iov_len = size;
	all->request.iov_base = calloc(1, size);
	all->bytes = malloc(MOST * size);
	if (!all->request.iov_base || !all->bytes) {
		log_error("out of memory");
		return false;
	}
	for (size_t i = 0; i < MOST; i++) {
		all->parts[i] = (struct iovec){.iov_base = all->bytes + i * size, .iov_len = size};
		all->requests[i].msg_hdr = (struct msghdr){.msg_iov = &all->request,
							   .msg_iovlen = 1};
		all->answers[i].msg_hdr = (struct msghdr){.msg_iov = &all->parts[i],
							  .msg_iovlen = 1};
	}
	return greeting_load(&all->greeting, options->greeting_file);
}

/* Sends so many requests. */
static bool send_requests(struct datagrams *all, unsigned count)
{
	while (count > 0) {
		int sent = sendmmsg(all->fd, all->requests, count, 0);
		if (sent < 0) {
			log_error("cannot send: %s", strerror(errno));
			return false;
		}
		count -= (unsigned)sent;
	}
	return true;
}

/* Tells whether the answers that came are the greeting, whole and nothing else. */
static bool check_answers(const struct datagrams *all, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		size_t size = all->answers[i].msg_len;
		if (size != all->greeting.size ||
		    greeting_match(&all->greeting, 0, all->parts[i].iov_base, size) != size) {
			log_error("an answer of %zu bytes is not the greeting", size);
			return false;
		}
	}
	return true;
}

/* Waits for answers; with none in time all that are under way are lost. Returns how many ended, 0:
 * failed. */
static unsigned take_answers(struct datagrams *all, unsigned under_way)
{
	int count = recvmmsg(all->fd, all->answers, under_way, MSG_WAITFORONE, NULL);

	if (count > 0) {
		all->answered += (unsigned)count;
		return check_answers(all, (unsigned)count) ? (unsigned)count : 0;
	}
	if (errno != EAGAIN && errno != EWOULDBLOCK) {
		log_error("cannot receive: %s", strerror(errno));
		return 0;
	}
	all->lost += under_way;
	if (all->lost <= all->answered + LOST_AND_GONE * under_way)
		return under_way;
	log_error("no answers come any more");
	return 0;
}

/* Asks until there are as many answers as wanted. */
static bool ask(struct datagrams *all, const struct options *options)
{
	unsigned under_way = (unsigned)options->concurrency;
	struct stopwatch start = stopwatch_start(), passed;

	if (!send_requests(all, under_way))
		return false;
	while (all->answered < options->count) {
		unsigned ended = take_answers(all, under_way);
		if (ended == 0 || !send_requests(all, ended))
			return false;
	}
	passed = stopwatch_since(&start);
	report_greetings(all->answered, &passed);
	report_count("lost", all->lost);
	return true;
}

bool datagrams_run(const struct options *options)
{
	struct datagrams *all = calloc(1, sizeof *all);
	bool went_well = all && prepare(all, options) && reach(all, options) && ask(all, options);

	if (all) {
		if (all->fd > 0)
			close(all->fd);
		greeting_free(&all->greeting);
		free(all->request.iov_base);
		free(all->bytes);
	}
	free(all);
	return went_well;
}
