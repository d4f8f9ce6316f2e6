/* SPDX-License-Identifier: ISC */
/*
 * shares: how often each of several greetings is expected to come, and whether it does.
 *
 * It is written as "left:50,right:50": the beginning of a greeting, a colon and its percentage. Of
 * several colons, the last one counts. A text with a comma cannot be written.
 */
#ifndef CLIENT_SHARES_H
#define CLIENT_SHARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/* The most texts. */
#define SHARES_MAX 100

/* Room for a verdict: the log shows all of it, even if each byte of a text is escaped. */
#define SHARES_VERDICT_MAX 2048

/* What is expected: the beginning of a greeting, and how often it comes. */
struct shares_entry {
	const char *text;
	size_t length;
	uint64_t expected; /* in thousandths of a percent */
	uint64_t count;	   /* so many came */
};

/* A chi-square test; all is as expected if the statistic is at most the limit. In thousandths. */
struct shares_test {
	uint64_t statistic, limit;
};

struct shares;

/*
 * Reads what is expected. The percentages are above 0, have at most three decimals, and add up to
 * 100; no text begins with another one. Returns NULL, and sets `shares`, to be freed; or why not:
 * `lacks` says if that is for want of memory.
 */
const char *shares_parse(const char *text, struct shares **shares, bool *lacks) MUST_CHECK;

/* How many texts there are. */
size_t shares_count(const struct shares *shares);

/* Returns the index of the text that a greeting begins with, or else shares_count(). */
size_t shares_find(const struct shares *shares, const void *bytes, size_t length);

/* Returns the text at `index`, below shares_count(); it is the shares'. */
const struct shares_entry *shares_get(const struct shares *shares, size_t index);

/* Counts a greeting. */
void shares_add(struct shares *shares, const void *bytes, size_t length);

/*
 * Judges the greetings that were counted, and writes the verdict as one line without a newline.
 * Texts are raw in it, and cut where they are long; of many, some are left out. True if the shares
 * are as expected, by the chi-square test at 0.1 %: chance alone makes it fail once in a thousand
 * times. False if they are not, if a greeting begins with none of the texts, or if there are too
 * few greetings to judge: each text must be expected at least 5 times.
 */
bool shares_judge(const struct shares *shares, char text[SHARES_VERDICT_MAX]);

/* How many greetings began with none of the texts. */
uint64_t shares_unmatched(const struct shares *shares);

/* Makes the test. False if the verdict needs none: one text, a stranger, or too few greetings. */
bool shares_test(const struct shares *shares, struct shares_test *test) MUST_CHECK;

/* NULL is allowed. */
void shares_free(struct shares *shares);

#endif
