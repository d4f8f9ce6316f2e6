/* SPDX-License-Identifier: ISC */
/* stages: the stage that a probe is in, since when, and the time that it has. */
#include "stages.h"

#include <stdlib.h>

#include "base/clock.h"
#include "options.h"

struct stages {
	const struct options *options;
	struct deadline *all, *one; /* of all stages, and of the present one alone */
	enum stage now;
	uint64_t began_us, now_began_us; /* the first, and the present one */
};

struct stages *stages_new(struct event_base *base, const struct options *options,
			  const struct stages_calls *calls)
{
	struct stages *stages = calloc(1, sizeof *stages);

	if (!stages)
		return NULL;
	stages->options = options;
	stages->now = STAGE_RESOLVE;
	stages->began_us = stages->now_began_us = clock_us();
	stages->all = deadline_new(base, calls->all_over, calls->argument);
	stages->one = deadline_new(base, calls->stage_over, calls->argument);
	if (stages->all && stages->one && deadline_set(stages->all, options->timeout))
		return stages;
	stages_free(stages);
	return NULL;
}

void stages_enter(struct stages *stages, enum stage stage)
{
	stages->now = stage;
	stages->now_began_us = clock_us();
	stages_renew(stages);
}

void stages_renew(struct stages *stages)
{
	uint64_t limit = stages_limit(stages);

	deadline_clear(stages->one);
	if (limit > 0)
		deadline_set(stages->one, limit);
}

enum stage stages_now(const struct stages *stages)
{
	return stages->now;
}

bool stages_are_trying(const struct stages *stages)
{
	return stages->now == STAGE_CONNECT || stages->now == STAGE_ASK;
}

uint64_t stages_limit(const struct stages *stages)
{
	switch (stages->now) {
	case STAGE_CONNECT:
		return stages->options->connect_timeout;
	case STAGE_READ:
	case STAGE_ASK:
		return stages->options->read_timeout;
	case STAGE_RESOLVE:
	case STAGE_LEAVE:
	case STAGE_EXPECT:
		break;
	}
	return 0;
}

double stages_ms(const struct stages *stages)
{
	return (double)(clock_us() - stages->now_began_us) / 1000;
}

bool stages_began_late(const struct stages *stages)
{
	return stages->now_began_us > stages->began_us + stages->options->timeout * 1000;
}

void stages_stop(struct stages *stages)
{
	deadline_clear(stages->one);
	deadline_clear(stages->all);
}

void stages_free(struct stages *stages)
{
	if (!stages)
		return;
	deadline_free(stages->one);
	deadline_free(stages->all);
	free(stages);
}
