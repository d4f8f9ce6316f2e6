/* SPDX-License-Identifier: ISC */
/* entries: the entries of the list of sockets, while it is being made and when it ends. */
#include "entries.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/abstract.h"
struct socket_entry *entries_add(struct entries *entries, int fd, enum socket_kind kind)
{
	struct socket_entry *all = realloc(entries->all, (entries->count + 1) * sizeof *all);

	if (!all) {
		if (fd >= 0)
			close(fd);
		errno = ENOMEM;
		return NULL;
	}
	entries->all = all;
	all += entries->count++;
	memset(all, 0, sizeof *all);
	all->fd = fd;
	all->kind = kind;
	return all;
}

void entries_name(struct socket_entry *entry, const struct address *address)
{
	entry->address = *address;
	address_format(address, entry->text, sizeof entry->text);
}

static bool is_overlapping_ipv4(const struct address *one, const struct address *other)
{
	in_addr_t a = one->ipv4.sin_addr.s_addr, b = other->ipv4.sin_addr.s_addr;

	return a == b || a == htonl(INADDR_ANY) || b == htonl(INADDR_ANY);
}

static bool is_overlapping_ipv6(const struct address *one, const struct address *other)
{
	const struct sockaddr_in6 *a = &one->ipv6, *b = &other->ipv6;

	return IN6_IS_ADDR_UNSPECIFIED(&a->sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&b->sin6_addr) ||
	       (IN6_ARE_ADDR_EQUAL(&a->sin6_addr, &b->sin6_addr) &&
		a->sin6_scope_id == b->sin6_scope_id);
}

static bool is_overlapping(const struct socket_entry *entry, enum socket_kind kind,
			   const struct address *other)
{
	const struct address *one = &entry->address;
	int family = one->any.sa_family;
	bool has_family = family == other->any.sa_family;

	/* The kernel keeps abstract names apart by kind; a path is one file for all. */
	if (has_family && family == AF_UNIX)
		return unixpath_is_same(one, other) && (entry->kind == kind || !abstract_is(one));
	if (entry->kind != kind || address_port(one) != address_port(other) ||
	    address_port(one) == 0)
		return false;
	if (!has_family)
		return entry->takes_ipv4 && other->any.sa_family == AF_INET;
	return family == AF_INET ? is_overlapping_ipv4(one, other)
				 : is_overlapping_ipv6(one, other);
}

const struct socket_entry *entries_find_overlap(const struct entries *entries,
						enum socket_kind kind,
						const struct address *address)
{
	for (size_t i = 0; i < entries->count; i++)
		if (is_overlapping(&entries->all[i], kind, address))
			return &entries->all[i];
	return NULL;
}

static void close_socket(struct socket_entry *entry)
{
	if (entry->fd >= 0)
		close(entry->fd);
	entry->fd = -1;
}

void entries_truncate(struct entries *entries, size_t count)
{
	while (entries->count > count)
		close_socket(&entries->all[--entries->count]);
}

bool entries_split(struct entries *entries, enum socket_role role, struct entries *split)
{
	size_t kept = 0;

	split->all = calloc(entries->count + 1, sizeof *split->all);
	if (!split->all)
		return false;
	for (size_t i = 0; i < entries->count; i++) {
		struct entries *to = entries->all[i].role == role ? split : entries;
		to->all[to == split ? split->count++ : kept++] = entries->all[i];
	}
	entries->count = kept;
	return true;
}

void entries_close_datagrams(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		if (entries->all[i].kind == SOCKET_DATAGRAM)
			close_socket(&entries->all[i]);
}

void entries_let_go(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		if (entries->all[i].inherited && entries->all[i].kind == SOCKET_STREAM)
			close_socket(&entries->all[i]);
}

void entries_free(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		unixpath_remove(&entries->all[i].path);
	entries_truncate(entries, 0);
	free(entries->all);
	entries->all = NULL;
}
