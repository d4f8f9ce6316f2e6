/* addresslist: the socket addresses of one name, each once. */
#include "base/addresslist.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"

/* How many addresses of the family are in the list. */
static size_t count_of(const struct addresslist *list, int family)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->addresses[i].ss_family == family;
	return count;
}

void addresslist_remove(struct addresslist *list, size_t index)
{
	size_t after = --list->count - index;

	memmove(&list->addresses[index], &list->addresses[index + 1],
		after * sizeof *list->addresses);
	memmove(&list->lengths[index], &list->lengths[index + 1], after * sizeof *list->lengths);
}

/* Makes room in a full list: the last address goes of a family that has more than `family` will. */
static bool make_room(struct addresslist *list, int family)
{
	size_t count = count_of(list, family) + 1;

	for (size_t i = list->count; i-- > 0;) {
		if (count_of(list, list->addresses[i].ss_family) > count) {
			addresslist_remove(list, i);
			return true;
		}
	}
	return false;
}

bool addresslist_has(const struct addresslist *list, const struct sockaddr *address,
		     socklen_t length)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->lengths[i] == length && memcmp(&list->addresses[i], address, length) == 0)
			return true;
	return false;
}

void addresslist_add(struct addresslist *list, const struct sockaddr *address, socklen_t length)
{
	if (length > sizeof *list->addresses || addresslist_has(list, address, length))
		return;
	if (list->count == ADDRESSLIST_MAX && !make_room(list, address->sa_family))
		return;
	memset(&list->addresses[list->count], 0, sizeof *list->addresses);
	memcpy(&list->addresses[list->count], address, length);
	list->lengths[list->count++] = length;
}

void addresslist_add_all(struct addresslist *list, const struct addresslist *more)
{
	for (size_t i = 0; i < more->count; i++)
		addresslist_add(list, (const struct sockaddr *)&more->addresses[i],
				more->lengths[i]);
}

char *addresslist_format(const struct addresslist *list, char *text, size_t size)
{
	char one[ADDRESS_TEXT_MAX];
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < list->count && used < size; i++) {
		address_format((const struct sockaddr *)&list->addresses[i], list->lengths[i], one,
			       sizeof one);
		used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", one);
	}
	return text;
}

char *addresslist_format_briefly(const struct addresslist *list, char *text, size_t size)
{
	size_t used;

	address_format((const struct sockaddr *)list->addresses, *list->lengths, text, size);
	used = strlen(text);
	if (list->count > 1)
		snprintf(text + used, size - used, " and %zu more", list->count - 1);
	return text;
}
