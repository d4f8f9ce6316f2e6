/* SPDX-License-Identifier: ISC */
/* result: a probe's outcome, and the words for its failures. */
#ifndef CLIENT_RESULT_H
#define CLIENT_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/attributes.h"
#include "base/escape.h"
#include "base/number.h"
#include "base/tcpinfo.h"
#include "status.h"

struct endpoint;
struct options;
struct reading_result;
struct resolver_news;
struct trace;

/* The stages of a probe, in their order. */
enum stage { STAGE_RESOLVE, STAGE_CONNECT, STAGE_READ, STAGE_ASK, STAGE_LEAVE, STAGE_EXPECT };

/* What ended the greeting, or the wait for it. */
enum ended_by {
	ENDED_BY_NOTHING, /* nothing was read, or the failure was another one */
	ENDED_BY_STREAM_END,
	ENDED_BY_QUIET,	   /* the server kept the connection open */
	ENDED_BY_LIMIT,	   /* the most bytes that the options want */
	ENDED_BY_DEADLINE, /* of the options */
	ENDED_BY_ERROR,	   /* a reset, or another error of the socket */
	ENDED_BY_DATAGRAM, /* one is a whole greeting */
};

/* In place of a time: that did not happen. */
#define TIME_NEVER UINT64_MAX

/* When things happened: in us since the probe began, or TIME_NEVER. */
struct probe_times {
	uint64_t resolved;   /* the first addresses were known */
	uint64_t connected;  /* or the datagram was answered */
	uint64_t first_byte; /* of the greeting had come */
	uint64_t end;	     /* the result was there */
};

struct probe_result {
	enum status status;
	const char *stage;		/* that failed, or "start" before the first; else "" */
	enum stage reached;		/* the same, to compare; STAGE_RESOLVE before the first */
	char reason[240];		/* in words */
	char address[ADDRESS_TEXT_MAX]; /* that answered or failed, or the known ones; or "" */
	bool is_refused;    /* each address that could be tried refuses: nobody listens */
	bool is_late;	    /* the time was over before there was another failure */
	bool is_final;	    /* asking again would be useless */
	uint64_t addresses; /* a fingerprint of those that are known; 0: none */
	char *bytes;	    /* what was heard; result_free() frees it */
	size_t length;
	uint64_t sent; /* bytes that --talk-first has sent */
	enum ended_by ended_by;
	struct probe_times times;
	uint64_t began_us;    /* the probe, by clock_us() */
	struct address local; /* our end of the connection; length 0: unknown */
	struct tcpinfo tcp;   /* of the connection */
	bool has_tcp;
	struct trace *trace; /* the addresses tried; NULL: not wanted; result_free() frees it */
};

/* Makes it the result of a probe that begins now: a good one, unless something fails. */
void result_begin(struct probe_result *result);

/* Makes it remember the addresses tried, if the options want to know. False: no memory. */
bool result_prepare_trace(struct probe_result *result, const struct options *options) MUST_CHECK;

/* Frees what the result holds. */
void result_free(struct probe_result *result);

/* Room for the line below: a target with each byte escaped, and the words. */
#define RESULT_LAST_WORDS_MAX (ADDRESS_TEXT_MAX * ESCAPE_GROWTH + NUMBER_TIME_MAX + 90)

/*
 * Writes the line to show if a lookup can only be ended with the program: the name service did not
 * answer within `ms`.
 */
void result_write_last_words(const struct endpoint *target, uint64_t ms,
			     char text[RESULT_LAST_WORDS_MAX]);

/* Makes it the result of a probe that could not begin. */
void result_fail_start(struct probe_result *result, const char *why);

/* Makes it a failure of a stage, with these words. */
void result_fail(struct probe_result *result, enum status status, enum stage stage,
		 const char *format, ...) PRINTF_LIKE(4, 5);

/* Appends to the reason. */
void result_append(struct probe_result *result, const char *words);

/*
 * Makes it a failure to connect, or to ask. `reason` is an errno, and `address` the one that
 * failed; `source` is as for outgoing_describe(). `besides` is appended.
 */
void result_fail_outgoing(struct probe_result *result, enum stage stage, int reason,
			  const struct address *address, const struct address *source,
			  const char *besides);

/* Makes it a failure to start the lookup, for that reason of errno. */
void result_fail_lookup(struct probe_result *result, int reason);

/* Makes it a failure of the lookup, for addresses of `family` (AF_UNSPEC: any). */
void result_fail_resolving(struct probe_result *result, const struct resolver_news *news,
			   int family);

/* Takes what was read, how it ended, and if it was broken, that as a failure. */
void result_take_reading(struct probe_result *result, const struct reading_result *reading);

/* Takes what the kernel knows of a connection, if that is wanted for a report. */
void result_note_connection(struct probe_result *result, int fd, const struct options *options);

/* Makes it a failure of a stage without a result within `ms`, with advice that fits the options. */
void result_fail_late(struct probe_result *result, enum stage stage, uint64_t ms,
		      const struct options *options);

/* Adds to a failure that the wait of `ms` was given up, after so many attempts. */
void result_add_wait(struct probe_result *result, uint64_t ms, uint64_t attempts);

/* Adds to a failure of the server how much was sent first, of so many bytes; 0: nothing to add. */
void result_add_sent(struct probe_result *result, uint64_t bytes);

/* Makes it a failure of a stage that began only after the `ms` were over. */
void result_fail_begun_late(struct probe_result *result, enum stage stage, uint64_t ms);

#endif
