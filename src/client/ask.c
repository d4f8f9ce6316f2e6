/* SPDX-License-Identifier: ISC */
/* ask: tries a list of addresses by datagram: the first answer wins. */
#include "ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "outgoing.h"

/* How often one address is asked, and the longest time between: datagrams get lost. */
enum { TRIES = 3, AGAIN_MS = 1000 };

struct ask {
	struct ask_terms terms;
	uint64_t again_ms; /* after how long an address is asked again */
	char bytes[];	   /* of the request */
};

/* Sends the request once more. False, with errno, if the address cannot be asked. */
static bool send_request(struct attempt *attempt)
{
	const struct ask *ask = attempt->data;

	attempt->tries++;
	return send(attempt->fd, ask->bytes, ask->terms.size, 0) >= 0 || errno == EAGAIN ||
	       errno == EWOULDBLOCK || errno == ENOBUFS || errno == EINTR;
}

/* Takes the answer, or the news that there will be none. False if neither has come. */
static bool take_answer(struct attempt *attempt)
{
	const struct ask *ask = attempt->data;
	ssize_t n = recv(attempt->fd, ask->terms.answer, ask->terms.room, 0);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return false;
	if (n < 0) {
		attempt_fail(attempt, errno);
	} else {
		struct attempts_result won = {.length = (size_t)n};
		attempt_win(attempt, &won, false);
	}
	return true;
}

static void look_for_answer(struct attempt *attempt)
{
	(void)take_answer(attempt);
}

/* There is news, or it is time to ask again. Looks first, because we may have been stopped. */
static void asking_news(struct attempt *attempt, bool is_time)
{
	if (!take_answer(attempt) && is_time && attempt->tries < TRIES && !send_request(attempt))
		attempt_fail(attempt, errno);
}

/* Opens a socket to ask an address. False, with errno, if it cannot be asked. */
static bool connect_to(struct attempt *attempt)
{
	/* A connected socket hears that address alone, and its refusals. */
	if (!attempt_open(attempt, SOCK_DGRAM) ||
	    connect(attempt->fd, &attempt->address.any, attempt->address.length) < 0)
		return false;
	errno = ECONNREFUSED;
	return outgoing_find_peer(attempt->fd) != OUTGOING_OWN_PEER;
}

/* Asks an address for the first time. */
static void start_asking(struct attempt *attempt)
{
	const struct ask *ask = attempt->data;

	if (connect_to(attempt) && send_request(attempt))
		attempt_await_read(attempt, ask->again_ms);
	else
		attempt_fail(attempt, errno);
}

/* Makes the request: blanks, which need no escape anywhere. NULL: no memory. */
static struct ask *ask_new(const struct ask_terms *terms)
{
	struct ask *ask = malloc(sizeof *ask + terms->size);

	if (!ask)
		return NULL;
	ask->terms = *terms;
	ask->again_ms = terms->patience / TRIES < AGAIN_MS ? terms->patience / TRIES : AGAIN_MS;
	memset(ask->bytes, ' ', terms->size);
	return ask;
}

struct attempts *ask_start(struct event_base *base, const struct attempts_request *request,
			   const struct ask_terms *terms, attempts_cb *ended, void *argument)
{
	static const struct attempts_way way = {
		.stage = "ask",
		.has_port_to_itself = true,
		.start = start_asking,
		.news = asking_news,
		.look = look_for_answer,
		.free = free,
	};
	struct ask *ask = ask_new(terms);
	struct attempts *attempts = ask ? attempts_start(base, request, &way, ask, ended, argument)
					: NULL;

	if (!attempts)
		free(ask);
	return attempts;
}
