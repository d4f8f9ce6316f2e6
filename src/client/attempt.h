/* SPDX-License-Identifier: ISC */
/* attempt: one address being tried, for race.c and ask.c, the two ways to try one. */
#ifndef CLIENT_ATTEMPT_H
#define CLIENT_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/attributes.h"
#include "attempts.h"

struct event;

/* An address, and how far its attempt has come. A way changes only the last two fields. */
struct attempt {
	struct attempts *attempts;
	struct address address;
	int fd;		    /* closed at the end, unless it wins and keeps it; -1: none */
	struct event *news; /* NULL: not under way */
	void *data;	    /* the way's, from attempts_start() */
	size_t trace_number;
	uint64_t start_us; /* when it began; the way may set it anew */
	unsigned tries;	   /* set by the way: how often it was asked */
};

/*
 * How an address is tried. Each function ends an attempt by attempt_win() or attempt_fail(), or
 * makes it wait by one of the attempt_await functions.
 */
struct attempts_way {
	const char *stage;	 /* its name in the log */
	bool has_port_to_itself; /* attempts cannot share a fixed local port: the next one waits */
	void (*start)(struct attempt *attempt);
	/* What it waited for has come, or its time is over. */
	void (*news)(struct attempt *attempt, bool is_time);
	/*
	 * Looks for news before the next address is tried, because we may have been stopped; or
	 * NULL.
	 */
	void (*look)(struct attempt *attempt);
	void (*free)(void *data); /* NULL: nothing to free */
};

/*
 * Starts to try. `way` is kept, not copied. NULL: no memory; then `data` is still the caller's.
 * Otherwise attempts_free() frees `data` by the way's function.
 */
struct attempts *attempts_start(struct event_base *base, const struct attempts_request *request,
				const struct attempts_way *way, void *data, attempts_cb *ended,
				void *argument) MUST_CHECK;

/* Opens its socket, of a type such as SOCK_STREAM, bound to the source. False, with errno. */
bool attempt_open(struct attempt *attempt, int type) MUST_CHECK;

/*
 * Wait until its socket is writable; until it is readable, with news each `ms` as well; or for a
 * time alone. They may end the attempt, for want of memory.
 */
void attempt_await_write(struct attempt *attempt);
void attempt_await_read(struct attempt *attempt, uint64_t ms);
void attempt_await_time(struct attempt *attempt, uint64_t ms);

/* Ends it without a result: it may be started again. */
void attempt_end(struct attempt *attempt);

/* Ends it as a failure, which is logged; `reason` is an errno. */
void attempt_fail(struct attempt *attempt, int reason);

/*
 * Ends all attempts: this one has answered. Of `result`, only the reason, the time and the length
 * are used. The socket is handed over if `keeps_socket`.
 */
void attempt_win(struct attempt *attempt, const struct attempts_result *result, bool keeps_socket);

#endif
