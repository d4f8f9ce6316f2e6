/* SPDX-License-Identifier: ISC */
/* expect: compares what was heard with what is expected. */
#ifndef CLIENT_EXPECT_H
#define CLIENT_EXPECT_H

#include <stddef.h>

struct options;
struct probe_result;

enum expect_state {
	EXPECT_MET,    /* as expected, if nothing follows; or nothing is expected */
	EXPECT_BEGUN,  /* a proper beginning of what is expected */
	EXPECT_MISSED, /* not as expected, whatever follows */
};

/* Returns how the first `length` bytes of a greeting compare with what the options expect. */
enum expect_state expect_judge(const struct options *options, const char *bytes, size_t length);

/*
 * Turns a good result into a failure if nothing was heard, or not what is expected. Cuts what was
 * heard to the wanted length. Other results stay as they are.
 */
void expect_apply(const struct options *options, struct probe_result *result);

/* Returns how many bytes to read: one more than wanted, with --expect, to see if more comes. */
size_t expect_room(const struct options *options);

#endif
