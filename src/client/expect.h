/* expect: holds what was heard against what is expected. */
#ifndef CLIENT_EXPECT_H
#define CLIENT_EXPECT_H

#include <stddef.h>

struct options;
struct probe_result;

enum expect_state {
	EXPECT_MET,    /* as expected, if nothing follows; or nothing is expected */
	EXPECT_BEGUN,  /* a proper beginning of what is expected */
	EXPECT_MISSED, /* whatever follows */
};

/* How the first `length` bytes of a greeting stand to what the options expect. */
enum expect_state expect_judge(const struct options *options, const char *bytes, size_t length);

/*
 * Makes a failure of a good result if nothing was heard, or not what is expected; and cuts that to
 * the length that is wanted. Other results stay as they are.
 */
void expect_apply(const struct options *options, struct probe_result *result);

/* How many bytes to read: one more than is wanted shows whether the greeting ended there. */
size_t expect_room(const struct options *options);

#endif
