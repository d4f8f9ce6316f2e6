/* SPDX-License-Identifier: ISC */
/*
 * ranges: the addresses of a family, divided where the verdict of the rules changes.
 *
 * Each range goes up to where the next one starts, and the last up to the last address. They are
 * allowed and denied in turn.
 */
#ifndef DAEMON_ADMIT_RANGES_H
#define DAEMON_ADMIT_RANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "point.h"

struct rule;

struct ranges {
	struct point *starts; /* ascending, the first is 0 */
	size_t count;	      /* 1 to 2 * rules + 1 */
	bool is_first_allowed;
};

/*
 * Divides a family's addresses by its rules, which must be in the order of rules_sort(); those
 * without a rule are allowed if `is_rest_allowed`. Takes time in proportion to the rules. False: no
 * memory.
 */
bool ranges_make(struct ranges *ranges, const struct rule *rules, size_t count,
		 bool is_rest_allowed) MUST_CHECK;

/* True if range `i` is allowed. */
bool ranges_is_allowed(const struct ranges *ranges, size_t i);

void ranges_free(struct ranges *ranges);

#endif
