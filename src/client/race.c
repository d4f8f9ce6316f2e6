/* SPDX-License-Identifier: ISC */
/* race: tries a list of addresses by connecting: the first one connected wins. */
#include "race.h"

#include <errno.h>

#include "base/clock.h"
#include "attempt.h"
#include "outgoing.h"

/* How soon to retry a UNIX socket with a full queue: there connect(2) does not wait, but fails. */
enum { QUEUE_FULL_MS = 20 };

/* The kernel has decided on an attempt: `reason` is 0, or why it failed. */
static void decide(struct attempt *attempt, int reason)
{
	/*
	 * A failed connect is refused with ECONNREFUSED: one that was reset had succeeded. EPIPE
	 * means that the reset came after the end of the stream, which makes it harmless.
	 */
	if (reason == EPIPE)
		reason = 0;
	if (reason == 0 || reason == ECONNRESET) {
		struct attempts_result won = {.reason = reason,
					      .connect_us = clock_us() - attempt->start_us};
		attempt_win(attempt, &won, true);
	} else {
		attempt_fail(attempt, reason);
	}
}

/* The attempt is connected: to the server, unless that is ourselves. */
static void take_peer(struct attempt *attempt, enum outgoing_peer peer)
{
	decide(attempt, peer == OUTGOING_OWN_PEER ? ECONNREFUSED : 0);
}

/*
 * Waits for the kernel's decision, unless it has decided already: within this machine the handshake
 * is over when connect(2) returns, although it says EINPROGRESS.
 */
static void await_connect(struct attempt *attempt)
{
	enum outgoing_peer peer = outgoing_find_peer(attempt->fd);

	if (peer == OUTGOING_NO_PEER)
		attempt_await_write(attempt);
	else
		take_peer(attempt, peer);
}

/* Begins to connect. */
static void start_connect(struct attempt *attempt)
{
	const struct address *address = &attempt->address;
	bool is_open = attempt_open(attempt, SOCK_STREAM);

	attempt->start_us = clock_us();
	if (is_open && connect(attempt->fd, &address->any, address->length) == 0)
		take_peer(attempt, outgoing_find_peer(attempt->fd));
	else if (is_open && (errno == EINPROGRESS || errno == EINTR))
		await_connect(attempt);
	else if (is_open && errno == EAGAIN && address->any.sa_family == AF_UNIX)
		attempt_await_time(attempt, QUEUE_FULL_MS);
	else
		attempt_fail(attempt, errno);
}

/* The kernel has news of the connect, or it is time to retry a full queue. */
static void connect_news(struct attempt *attempt, bool is_time)
{
	int reason = 0;
	socklen_t length = sizeof reason;

	if (is_time) {
		attempt_end(attempt);
		start_connect(attempt);
		return;
	}
	if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &reason, &length) < 0)
		reason = errno;
	if (reason == 0)
		take_peer(attempt, outgoing_find_peer(attempt->fd));
	else
		decide(attempt, reason);
}

struct attempts *race_start(struct event_base *base, const struct attempts_request *request,
			    attempts_cb *ended, void *argument)
{
	static const struct attempts_way way = {
		.stage = "connect",
		.start = start_connect,
		.news = connect_news,
	};

	return attempts_start(base, request, &way, NULL, ended, argument);
}
