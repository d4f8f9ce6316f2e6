/* SPDX-License-Identifier: ISC */
/* ranges: the addresses of a family, divided where the verdict of the rules changes. */
#include "ranges.h"

#include <stdint.h>
#include <stdlib.h>

#include "rules.h"

/* How many networks may contain each other: one of each length. */
enum { DEPTH_MAX = 129 };

static const struct point last_point = {UINT64_MAX, UINT64_MAX};

/* A network in which the sweep is. */
struct surrounding {
	struct point last;
	bool is_allowed;
};

/* Goes through the rules in order, which is that of the addresses. */
struct sweep {
	struct ranges *ranges;
	struct surrounding around[DEPTH_MAX + 1]; /* the first is the whole family */
	struct surrounding *innermost;
};

bool ranges_is_allowed(const struct ranges *ranges, size_t i)
{
	return ranges->is_first_allowed == (i % 2 == 0);
}

/* Sets the verdict from an address on. It is called for addresses in their order. */
static void begin_range(struct ranges *ranges, struct point start, bool is_allowed)
{
	if (ranges->count > 0 && point_compare(ranges->starts[ranges->count - 1], start) == 0)
		ranges->count--;
	if (ranges->count == 0)
		ranges->is_first_allowed = is_allowed;
	else if (ranges_is_allowed(ranges, ranges->count - 1) == is_allowed)
		return;
	ranges->starts[ranges->count++] = start;
}

/* Leaves the networks that end before an address. */
static void leave(struct sweep *sweep, struct point here)
{
	while (point_compare(sweep->innermost->last, here) < 0) {
		struct point after = point_after(sweep->innermost->last);
		sweep->innermost--;
		begin_range(sweep->ranges, after, sweep->innermost->is_allowed);
	}
}

/* Enters the network of a rule. */
static void enter(struct sweep *sweep, const struct rule *rule)
{
	leave(sweep, rule->first);
	*++sweep->innermost = (struct surrounding){
		.last = point_last(rule->first, rule->length),
		.is_allowed = rule->is_allowed,
	};
	begin_range(sweep->ranges, rule->first, rule->is_allowed);
}

static bool is_same_network(const struct rule *one, const struct rule *other)
{
	return one->length == other->length && point_compare(one->first, other->first) == 0;
}

bool ranges_make(struct ranges *ranges, const struct rule *rules, size_t count,
		 bool is_rest_allowed)
{
	struct sweep sweep = {
		.ranges = ranges,
		.around = {{.last = last_point, .is_allowed = is_rest_allowed}},
	};

	/* The rules are in memory, so twice their number is no overflow. */
	*ranges = (struct ranges){.starts = calloc(2 * count + 1, sizeof *ranges->starts)};
	if (!ranges->starts)
		return false;
	sweep.innermost = sweep.around;
	begin_range(ranges, (struct point){0, 0}, is_rest_allowed);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !is_same_network(&rules[i], &rules[i - 1]))
			enter(&sweep, &rules[i]);
	leave(&sweep, last_point);
	return true;
}

void ranges_free(struct ranges *ranges)
{
	free(ranges->starts);
	*ranges = (struct ranges){.starts = NULL};
}
