/* SPDX-License-Identifier: ISC */
/*
 * stages: the stage that a probe is in, since when, and the time that it has: the stage's own, and
 * that of all stages together.
 */
#ifndef CLIENT_STAGES_H
#define CLIENT_STAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "deadline.h"
#include "result.h"

struct event_base;
struct options;
struct stages;

/* Called from the loop: all_over() when the time of all is over, stage_over() when the stage's is.
 */
struct stages_calls {
	deadline_cb *all_over, *stage_over;
	void *argument;
};

/*
 * Enters the stage `resolve`; the time of all starts now. The options are kept, not copied. NULL:
 * no memory.
 */
struct stages *stages_new(struct event_base *base, const struct options *options,
			  const struct stages_calls *calls) MUST_CHECK;

/* Enters a stage; its own time starts now, if the options give it one. */
void stages_enter(struct stages *stages, enum stage stage);

/* Starts the present stage's own time anew. */
void stages_renew(struct stages *stages);

enum stage stages_now(const struct stages *stages);

/* True in the stages that try addresses. */
bool stages_are_trying(const struct stages *stages);

/* Returns how long the present stage may take by the options, in ms; 0: no time of its own. */
uint64_t stages_limit(const struct stages *stages);

/* Returns how long the present stage has taken, in ms. */
double stages_ms(const struct stages *stages);

/* True if the present stage began only after the time of all was over. */
bool stages_began_late(const struct stages *stages);

/* From now on calls nothing back. */
void stages_stop(struct stages *stages);

/* Allowed in the callbacks; NULL is allowed. */
void stages_free(struct stages *stages);

#endif
