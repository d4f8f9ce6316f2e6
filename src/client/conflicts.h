/* SPDX-License-Identifier: ISC */
/* conflicts: which options contradict each other, or make no sense together. */
#ifndef CLIENT_CONFLICTS_H
#define CLIENT_CONFLICTS_H

#include <stddef.h>

struct endpoint;
struct options;

/* Returns what is wrong with the options as they were given; NULL: nothing. */
const char *conflicts_find(const struct options *options);

/* Returns why several servers, or one many times, cannot be asked so; NULL: they can. */
const char *conflicts_find_of_many(const struct options *options);

/*
 * Returns why that target cannot be asked in the way that the options want, possibly written to
 * `text`; NULL: it can. For any target, ADDRESS_TEXT_MAX and 80 bytes are enough.
 */
const char *conflicts_find_of_target(const struct options *options, const struct endpoint *target,
				     char *text, size_t size);

#endif
