/* SPDX-License-Identifier: ISC */
/* sockets: makes listening sockets from the options' addresses, all or none. */
#ifndef DAEMON_SETUP_SOCKETS_H
#define DAEMON_SETUP_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct options;
struct sockets;

/*
 * Opens a listening, non-blocking socket for every address that the options name. NULL, and logged,
 * if one cannot be had: then none is left open.
 */
struct sockets *sockets_open(const struct options *options);

/* Returns whether sockets_open() could succeed, and logs why not; nobody can connect meanwhile. */
bool sockets_check(const struct options *options) MUST_CHECK;

size_t sockets_count(const struct sockets *sockets);

/* Returns the descriptor for datagrams on the i-th socket's address, or -1. */
int sockets_datagram_descriptor(const struct sockets *sockets, size_t i);

/* Returns the i-th socket's descriptor, or its address as address_format() writes it. */
int sockets_descriptor(const struct sockets *sockets, size_t i);
const char *sockets_address(const struct sockets *sockets, size_t i);

/* Closes the sockets for datagrams: later requests are refused, or go to another daemon. */
void sockets_close_datagrams(struct sockets *sockets);

/* Closes every socket and removes the UNIX sockets' paths that are still ours. NULL is allowed. */
void sockets_close(struct sockets *sockets);

#endif
