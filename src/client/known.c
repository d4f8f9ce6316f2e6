/* SPDX-License-Identifier: ISC */
/* known: the addresses of targets that need no lookup: numbers, localhost, UNIX sockets. */
#include "known.h"

#include "base/address.h"
#include "base/addresslist.h"
#include "base/endpoint.h"
#include "base/loopback.h"

static bool add_path(const char *path, struct addresslist *list)
{
	struct address address;

	if (!address_from_path(path, &address))
		return false;
	addresslist_add(list, &address);
	return true;
}

static bool add_literal(const char *host, int family, struct addresslist *list)
{
	struct address address;

	if (address_from_literal(host, family, &address) != 0)
		return false;
	addresslist_add(list, &address);
	return true;
}

bool known_addresses(const struct endpoint *target, int family, struct addresslist *list)
{
	if (target->kind == ENDPOINT_UNIX)
		return add_path(target->host, list);
	if (loopback_is_named(target->host) ? loopback_add(list, family) != 0
					    : !add_literal(target->host, family, list))
		return false;
	for (size_t i = 0; i < list->count; i++)
		address_set_port(&list->all[i], target->port);
	return true;
}
