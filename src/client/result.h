/* result: what came of a probe, and how its failures are put in words. */
#ifndef CLIENT_RESULT_H
#define CLIENT_RESULT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/attributes.h"
#include "base/escape.h"
#include "base/number.h"
#include "status.h"

struct endpoint;

/* The stages of a probe. */
enum stage { STAGE_RESOLVE, STAGE_CONNECT, STAGE_READ, STAGE_ASK, STAGE_LEAVE, STAGE_EXPECT };

struct probe_result {
	enum status status;
	const char *stage;		/* that failed: resolve, connect, read, ask or expect */
	char reason[160];		/* in words */
	char address[ADDRESS_TEXT_MAX]; /* that answered or failed; "" if none was tried */
	char *bytes;			/* what was heard; its owner frees it */
	size_t length;
};

/* Room for the line below: a target of which each byte is escaped, and the words. */
#define RESULT_LAST_WORDS_MAX (ADDRESS_TEXT_MAX * ESCAPE_GROWTH + NUMBER_TIME_MAX + 90)

/*
 * Writes the line that is shown of a lookup which nothing else can end: the name service did not
 * answer within `ms`.
 */
void result_write_last_words(const struct endpoint *target, uint64_t ms,
			     char text[RESULT_LAST_WORDS_MAX]);

/* Makes it a failure of a stage, in these words. */
void result_fail(struct probe_result *result, enum status status, enum stage stage,
		 const char *format, ...) PRINTF_LIKE(4, 5);

/*
 * Nobody could be connected to, or asked: `reason` is an errno, and `address` whose it is; `source`
 * is as for outgoing_describe(). `besides` stands at the end.
 */
void result_fail_outgoing(struct probe_result *result, enum stage stage, int reason,
			  const struct address *address, const struct address *source,
			  const char *besides);

/* Nothing came of the stage in `ms`. `bytes` is how many were asked with, by datagram. */
void result_fail_late(struct probe_result *result, enum stage stage, uint64_t ms, uint64_t bytes);

/* Nor could anything: the stage began only after the `ms` were over. */
void result_fail_begun_late(struct probe_result *result, enum stage stage, uint64_t ms);

#endif
