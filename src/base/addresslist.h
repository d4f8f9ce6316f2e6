/* addresslist: the socket addresses of one name, each once. */
#ifndef BASE_ADDRESSLIST_H
#define BASE_ADDRESSLIST_H

#include <stddef.h>
#include <sys/socket.h>

/* Names with more addresses than this are told by their first ones. */
#define ADDRESSLIST_MAX 64

struct addresslist {
	struct sockaddr_storage addresses[ADDRESSLIST_MAX];
	socklen_t lengths[ADDRESSLIST_MAX];
	size_t count;
};

/* Appends a copy of the address, unless it is in the list or the list is full. */
void addresslist_add(struct addresslist *list, const struct sockaddr *address, socklen_t length);

/*
 * Puts families in turn, the first address's first, and keeps the order within each
 * (RFC 8305, 4): where one family is broken, every second attempt is of the other.
 */
void addresslist_interleave(struct addresslist *list);

#endif
