/* SPDX-License-Identifier: ISC */
/* expect: compares what was heard with what is expected. */
#ifndef CLIENT_EXPECT_H
#define CLIENT_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

struct options;
struct probe_result;
struct reading_result;

enum expect_state {
	EXPECT_MET,    /* as expected, if nothing follows; or nothing is expected */
	EXPECT_BEGUN,  /* a proper beginning of what is expected */
	EXPECT_MISSED, /* not as expected, whatever follows */
};

/* Returns how the first `length` bytes of a greeting compare with what the options expect. */
enum expect_state expect_judge(const struct options *options, const char *bytes, size_t length);

/* True if the first `length` bytes do not show yet whether the greeting is as the options want. */
bool expect_awaits_more(const struct options *options, const char *bytes, size_t length);

/*
 * Turns a good result into a failure if nothing was heard, or not what is expected. Cuts what was
 * heard to the wanted length. With --invert, turns a refusal into success, and an answer into a
 * failure. Other results stay as they are.
 */
void expect_apply(const struct options *options, struct probe_result *result);

/* Makes it a failure if a connection that was only watched has not lasted. */
void expect_steady(const struct reading_result *reading, struct probe_result *result);

/* Returns how many bytes to read: one more than wanted, with --expect, to see if more comes. */
size_t expect_room(const struct options *options);

#endif
