/* SPDX-License-Identifier: ISC */
/* rules: which networks are allowed and which denied, as they were given. */
#include "rules.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/prefix.h"

enum { ROOM_FIRST = 64 /* rules */ };

/* Makes room for more rules. False: no memory. */
static bool grow(struct rules *rules)
{
	size_t room = rules->room > 0 ? 2 * rules->room : ROOM_FIRST;
	struct rule *all = NULL;

	if (room <= SIZE_MAX / sizeof *all)
		all = realloc(rules->all, room * sizeof *all);
	if (!all)
		return false;
	rules->all = all;
	rules->room = room;
	return true;
}

bool rules_add(struct rules *rules, const struct prefix *prefix, bool is_allowed)
{
	if (rules->count == rules->room && !grow(rules))
		return false;
	rules->all[rules->count++] = (struct rule){
		.first = point_of(prefix->bytes),
		.length = (uint8_t)prefix->length,
		.is_ipv6 = prefix->family == AF_INET6,
		.is_allowed = is_allowed,
	};
	return true;
}

void rules_truncate(struct rules *rules, size_t count)
{
	rules->count = count;
}

bool rules_allow_any(const struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->all[i].is_allowed)
			return true;
	return false;
}

static int compare(const void *one, const void *other)
{
	const struct rule *left = one, *right = other;
	int order = point_compare(left->first, right->first);

	if (left->is_ipv6 != right->is_ipv6)
		return left->is_ipv6 - right->is_ipv6;
	if (order != 0)
		return order;
	if (left->length != right->length)
		return left->length - right->length;
	return left->is_allowed - right->is_allowed;
}

void rules_sort(struct rules *rules)
{
	if (rules->count > 0)
		qsort(rules->all, rules->count, sizeof *rules->all, compare);
}

void rules_clear(struct rules *rules)
{
	free(rules->all);
	*rules = (struct rules){.count = 0};
}
