/* SPDX-License-Identifier: ISC */
/* addresslist: the socket addresses of one name, each once. */
#ifndef BASE_ADDRESSLIST_H
#define BASE_ADDRESSLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* A name with more addresses than this loses some, but never a whole family. */
#define ADDRESSLIST_MAX 64

struct addrinfo;

struct addresslist {
	struct address all[ADDRESSLIST_MAX];
	size_t count;
	bool is_cut; /* there was no room for some */
};

/*
 * Makes it an empty list. Its room stays as it is: a list is big, and most have one address or two.
 */
void addresslist_clear(struct addresslist *list);

/*
 * Appends a copy of the address, unless it is in the list. In a full list it replaces the last one
 * of a family that has more: many of one family cannot push out the other.
 */
void addresslist_add(struct addresslist *list, const struct address *address);

/* Appends all addresses of one family (AF_UNSPEC: any) that getaddrinfo(3) found. */
void addresslist_add_found(struct addresslist *list, const struct addrinfo *found, int family);

/*
 * Appends all addresses of another list, by the rules of addresslist_add(). If that one is cut, so
 * is this one.
 */
void addresslist_add_all(struct addresslist *list, const struct addresslist *more);

/* True if the address is in the list. */
bool addresslist_has(const struct addresslist *list, const struct address *address);

/* Returns a number, not 0, that depends on which addresses are in the list, and not on their order.
 */
uint64_t addresslist_fingerprint(const struct addresslist *list);

/* Removes the address at `index`. */
void addresslist_remove(struct addresslist *list, size_t index);

/* Writes all addresses, as many as fit: "[::1]:80, 127.0.0.1:80". Returns `text`. */
char *addresslist_format(const struct addresslist *list, char *text, size_t size);

/* Writes "[::1]:80 and 2 more"; the list must not be empty. Returns `text`. */
char *addresslist_format_briefly(const struct addresslist *list, char *text, size_t size);

#endif
