/* SPDX-License-Identifier: ISC */
/* outages: the times in which attempts failed. */
#include "outages.h"

#include <stdlib.h>

enum {
	HALF = OUTAGES_LISTED_MAX / 2,
	WAITING_FIRST = 64, /* a power of two, as the most is */
};

_Static_assert((OUTAGES_WAITING_MAX & (OUTAGES_WAITING_MAX - 1)) == 0, "room doubles up to it");

/* An attempt at its number's place; all zero: it has not ended. */
struct waiting {
	struct outages_moment began;
	bool has_ended, has_failed;
};

struct outages {
	struct waiting *waiting; /* a ring of `room` */
	uint64_t room;
	uint64_t next; /* the number of the first attempt that has not ended or is not settled */
	uint64_t end;  /* one more than the greatest number */
	uint64_t down_since_us;
	struct outage current; /* while it lasts */
	bool is_down;
	uint64_t count, length_us;
	struct outage first[HALF], last[HALF]; /* `last` is a ring of those after the first */
};

struct outages *outages_new(void)
{
	struct outages *outages = calloc(1, sizeof *outages);

	if (!outages)
		return NULL;
	outages->room = WAITING_FIRST;
	outages->waiting = calloc(WAITING_FIRST, sizeof *outages->waiting);
	if (!outages->waiting) {
		free(outages);
		return NULL;
	}
	return outages;
}

static struct waiting *place_of(const struct outages *outages, uint64_t number)
{
	return &outages->waiting[number & (outages->room - 1)];
}

/* Ends the outage that lasts. */
static void close_outage(struct outages *outages, struct outages_moment now, bool is_over)
{
	uint64_t index = outages->count++;
	struct outage *outage = &outages->current;

	outage->to_ms = now.ms;
	outage->length_us = now.us - outages->down_since_us;
	outage->is_over = is_over;
	outages->length_us += outage->length_us;
	outages->is_down = false;
	if (index < HALF)
		outages->first[index] = *outage;
	else
		outages->last[index % HALF] = *outage;
}

/* Takes the next attempt, in order. */
static void settle(struct outages *outages, const struct waiting *attempt)
{
	if (attempt->has_failed && !outages->is_down) {
		outages->is_down = true;
		outages->down_since_us = attempt->began.us;
		outages->current = (struct outage){.from_ms = attempt->began.ms};
	}
	if (attempt->has_failed)
		outages->current.attempts++;
	else if (outages->is_down)
		close_outage(outages, attempt->began, true);
}

/* Settles the first attempt, or passes it over if it has not ended. */
static void pass_first(struct outages *outages)
{
	struct waiting *first = place_of(outages, outages->next++);

	if (first->has_ended)
		settle(outages, first);
	*first = (struct waiting){.has_ended = false};
}

/* Doubles the room. False: no memory, or there is the most. */
static bool grow(struct outages *outages)
{
	uint64_t room = 2 * outages->room;
	struct waiting *waiting;

	if (room > OUTAGES_WAITING_MAX)
		return false;
	waiting = calloc((size_t)room, sizeof *waiting);
	if (!waiting)
		return false;
	for (uint64_t i = outages->next; i < outages->end; i++)
		waiting[i & (room - 1)] = *place_of(outages, i);
	free(outages->waiting);
	outages->waiting = waiting;
	outages->room = room;
	return true;
}

void outages_add(struct outages *outages, uint64_t number, struct outages_moment began,
		 bool has_failed)
{
	if (number < outages->next)
		return; /* it was passed over */
	while (number - outages->next >= outages->room)
		if (!grow(outages))
			pass_first(outages);
	if (number >= outages->end)
		outages->end = number + 1;
	*place_of(outages, number) =
		(struct waiting){.began = began, .has_ended = true, .has_failed = has_failed};
	while (outages->next < outages->end && place_of(outages, outages->next)->has_ended)
		pass_first(outages);
}

void outages_end(struct outages *outages, struct outages_moment now)
{
	while (outages->next < outages->end)
		pass_first(outages);
	if (outages->is_down)
		close_outage(outages, now, false);
}

uint64_t outages_count(const struct outages *outages)
{
	return outages->count;
}

uint64_t outages_length_us(const struct outages *outages)
{
	return outages->length_us;
}

size_t outages_list(const struct outages *outages, struct outage list[OUTAGES_LISTED_MAX])
{
	uint64_t count = outages->count;
	size_t listed = 0;

	for (; listed < HALF && listed < count; listed++)
		list[listed] = outages->first[listed];
	for (uint64_t i = count > OUTAGES_LISTED_MAX ? count - HALF : HALF; i < count; i++)
		list[listed++] = outages->last[i % HALF];
	return listed;
}

void outages_free(struct outages *outages)
{
	if (!outages)
		return;
	free(outages->waiting);
	free(outages);
}
