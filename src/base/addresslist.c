/* SPDX-License-Identifier: ISC */
/* addresslist: the socket addresses of one name, each once. */
#include "base/addresslist.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

void addresslist_clear(struct addresslist *list)
{
	list->count = 0;
	list->is_cut = false;
}

/* How many addresses of the family are in the list. */
static size_t count_of(const struct addresslist *list, int family)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->all[i].any.sa_family == family;
	return count;
}

void addresslist_remove(struct addresslist *list, size_t index)
{
	size_t after = --list->count - index;

	memmove(&list->all[index], &list->all[index + 1], after * sizeof *list->all);
}

/* Makes room for one of `family` in a full list: drops the last of a family that has more. */
static bool make_room(struct addresslist *list, int family)
{
	size_t count = count_of(list, family) + 1;

	for (size_t i = list->count; i-- > 0;) {
		if (count_of(list, list->all[i].any.sa_family) > count) {
			addresslist_remove(list, i);
			return true;
		}
	}
	return false;
}

bool addresslist_has(const struct addresslist *list, const struct address *address)
{
	for (size_t i = 0; i < list->count; i++)
		if (address_is_same(&list->all[i], address))
			return true;
	return false;
}

void addresslist_add(struct addresslist *list, const struct address *address)
{
	if (address->length == 0 || addresslist_has(list, address))
		return;
	if (list->count == ADDRESSLIST_MAX) {
		list->is_cut = true;
		if (!make_room(list, address->any.sa_family))
			return;
	}
	list->all[list->count++] = *address;
}

void addresslist_add_found(struct addresslist *list, const struct addrinfo *found, int family)
{
	struct address address;

	for (; found; found = found->ai_next) {
		if (family != AF_UNSPEC && found->ai_family != family)
			continue;
		address_set(&address, found->ai_addr, found->ai_addrlen);
		addresslist_add(list, &address);
	}
}

void addresslist_add_all(struct addresslist *list, const struct addresslist *more)
{
	for (size_t i = 0; i < more->count; i++)
		addresslist_add(list, &more->all[i]);
	list->is_cut |= more->is_cut;
}

/* Returns the FNV-1a hash of an address. */
static uint64_t hash(const struct address *address)
{
	const unsigned char *bytes = (const unsigned char *)&address->any;
	uint64_t value = 0xCBF29CE484222325;

	for (socklen_t i = 0; i < address->length; i++)
		value = (value ^ bytes[i]) * 0x100000001B3;
	return value;
}

uint64_t addresslist_fingerprint(const struct addresslist *list)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < list->count; i++)
		sum += hash(&list->all[i]);
	return sum | 1;
}

char *addresslist_format(const struct addresslist *list, char *text, size_t size)
{
	char one[ADDRESS_TEXT_MAX];
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < list->count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "",
					 address_format(&list->all[i], one, sizeof one));
	return text;
}

char *addresslist_format_briefly(const struct addresslist *list, char *text, size_t size)
{
	size_t used;

	address_format(list->all, text, size);
	used = strlen(text);
	if (list->count > 1)
		snprintf(text + used, size - used, " and %zu more", list->count - 1);
	return text;
}
