/* addresslist: the socket addresses of one name, each once. */
#include "base/addresslist.h"

#include <stdbool.h>
#include <string.h>

void addresslist_add(struct addresslist *list, const struct sockaddr *address, socklen_t length)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->lengths[i] == length && memcmp(&list->addresses[i], address, length) == 0)
			return;
	if (list->count == ADDRESSLIST_MAX || length > sizeof *list->addresses)
		return;
	memset(&list->addresses[list->count], 0, sizeof *list->addresses);
	memcpy(&list->addresses[list->count], address, length);
	list->lengths[list->count++] = length;
}

/* Finds the first address at or behind `from` whose being of `family` is `wanted`. */
static size_t find(const struct addresslist *list, size_t from, int family, bool wanted)
{
	while (from < list->count && (list->addresses[from].ss_family == family) != wanted)
		from++;
	return from;
}

void addresslist_interleave(struct addresslist *list)
{
	const struct addresslist given = *list;
	int family = given.count > 0 ? given.addresses[0].ss_family : AF_UNSPEC;
	size_t next[2] = {find(&given, 0, family, false), find(&given, 0, family, true)};
	bool first = true;

	for (list->count = 0; list->count < given.count; first = !first) {
		size_t *i = &next[first];
		if (*i == given.count)
			continue;
		list->addresses[list->count] = given.addresses[*i];
		list->lengths[list->count++] = given.lengths[*i];
		*i = find(&given, *i + 1, family, first);
	}
}
