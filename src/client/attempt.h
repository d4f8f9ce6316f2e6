/* attempt: one address being tried, for race.c and ask.c, which are the ways to try one. */
#ifndef CLIENT_ATTEMPT_H
#define CLIENT_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/attributes.h"
#include "attempts.h"

struct event;

/* An address, and how far it has come. A way changes the last two fields only. */
struct attempt {
	struct attempts *attempts;
	struct address address;
	int fd;		    /* closed at the end, unless it has won; -1: none */
	struct event *news; /* NULL: not under way */
	void *data;	    /* that attempts_start() was given */
	uint64_t start_us;  /* the way's: when it began */
	unsigned tries;	    /* the way's: how often it was asked */
};

/*
 * How an address is tried. Each function ends an attempt by attempt_win() or attempt_fail(), or has
 * it wait by one of the attempt_await functions.
 */
struct attempts_way {
	const char *stage;	 /* its name in the log */
	bool has_port_to_itself; /* two attempts cannot share a local port: the next one waits */
	void (*start)(struct attempt *attempt);
	/* What it waited for has come, or its time. */
	void (*news)(struct attempt *attempt, bool is_time);
	/* Looks for news before the next address is tried, for we may have been stopped; or NULL.
	 */
	void (*look)(struct attempt *attempt);
	void (*free)(void *data); /* NULL: nothing to free */
};

/*
 * Starts to try; `way` is kept by reference. NULL: no memory. `data` is freed by the way, in
 * attempts_free(), and not if NULL is returned.
 */
struct attempts *attempts_start(struct event_base *base, const struct attempts_request *request,
				const struct attempts_way *way, void *data, attempts_cb *ended,
				void *argument) MUST_CHECK;

/* Opens its socket, of a type such as SOCK_STREAM, bound to the source. False, with errno. */
bool attempt_open(struct attempt *attempt, int type) MUST_CHECK;

/* Wait until its socket can be written to; or read, and again each `ms`; or for a time alone. */
void attempt_await_write(struct attempt *attempt);
void attempt_await_read(struct attempt *attempt, uint64_t ms);
void attempt_await_time(struct attempt *attempt, uint64_t ms);

/* Ends it without a result: it may be started anew. */
void attempt_end(struct attempt *attempt);

/* Ends it as a failure, which is logged; `reason` is an errno. */
void attempt_fail(struct attempt *attempt, int reason);

/*
 * Ends all: this one has answered. Of `result` only the reason, the time and the length are taken;
 * its socket is handed over if `keeps_socket`.
 */
void attempt_win(struct attempt *attempt, const struct attempts_result *result, bool keeps_socket);

#endif
