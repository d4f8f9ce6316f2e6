/* SPDX-License-Identifier: ISC */
/*
 * survey: asks a target many times, or each of its addresses, and reports on all attempts: a line
 * for each, and at the end the sums.
 */
#ifndef CLIENT_SURVEY_H
#define CLIENT_SURVEY_H

#include "base/attributes.h"
#include "status.h"

struct event_base;
struct options;
struct survey;

/* Called once, from the loop, when all is over. Must not free the survey. */
typedef void survey_cb(void *argument);

/*
 * Starts it, as the options want it. They are kept, not copied. SIGINT and SIGTERM end it early, as
 * if its time were over. Never calls back before it returns. NULL: no memory.
 */
struct survey *survey_start(struct event_base *base, const struct options *options, survey_cb *over,
			    void *argument) MUST_CHECK;

/* Reports the sums, once all is over. Returns the exit status. */
enum status survey_report(struct survey *survey);

/* NULL is allowed. */
void survey_free(struct survey *survey);

#endif
