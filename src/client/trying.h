/* SPDX-License-Identifier: ISC */
/*
 * trying: tries the addresses of a target as they become known, by connection or by datagram, and
 * logs them for -v.
 */
#ifndef CLIENT_TRYING_H
#define CLIENT_TRYING_H

#include <stdbool.h>

#include "base/attributes.h"
#include "attempts.h"

struct addresslist;
struct event_base;
struct options;
struct probe_result;
struct resolver_news;
struct trying;

/*
 * Prepares; the time of the lookup starts now. The options and `result` are kept, not copied:
 * `result` gets the known addresses, and the bytes of an answer by datagram. NULL: no memory.
 */
struct trying *trying_new(struct event_base *base, const struct options *options,
			  struct probe_result *result, attempts_cb *ended,
			  void *argument) MUST_CHECK;

/* Tries the first addresses; with `more_come`, others will be added. False: no memory. */
bool trying_start(struct trying *trying, const struct addresslist *addresses,
		  bool more_come) MUST_CHECK;

/* True once it has been started. */
bool trying_is_started(const struct trying *trying);

/* Returns the addresses that are known so far. */
const struct addresslist *trying_known(const struct trying *trying);

/*
 * Tries what the news bring, once started. True if there is an address that was not known before.
 */
bool trying_add(struct trying *trying, const struct resolver_news *news) MUST_CHECK;

/*
 * True if all addresses have failed, and only the name service is waited for. Fills in the most
 * telling failure.
 */
bool trying_stands(const struct trying *trying, struct attempts_result *failed) MUST_CHECK;

/* Frees it, and ends what is under way. Allowed in the callback; NULL is allowed. */
void trying_free(struct trying *trying);

#endif
