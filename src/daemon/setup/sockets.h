/* sockets: the addresses of the options made into sockets that listen, all or none. */
#ifndef DAEMON_SETUP_SOCKETS_H
#define DAEMON_SETUP_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct options;
struct sockets;

/*
 * Opens a listening, non-blocking socket for every address that the options
 * name. NULL, and told, if one of them can't be had: then none is left open.
 */
struct sockets *sockets_open(const struct options *options);

/* Tells, and says in the log, whether sockets_open() could; nobody can connect meanwhile. */
bool sockets_check(const struct options *options) MUST_CHECK;

size_t sockets_count(const struct sockets *sockets);

/* The descriptor for datagrams on the i-th socket's address; -1: there is none. */
int sockets_datagram_descriptor(const struct sockets *sockets, size_t i);

/* The i-th socket's descriptor, and its address as address_format() writes it. */
int sockets_descriptor(const struct sockets *sockets, size_t i);
const char *sockets_address(const struct sockets *sockets, size_t i);

/* Closes the sockets for datagrams: who asks from now on is refused, or is another daemon's. */
void sockets_close_datagrams(struct sockets *sockets);

/* Closes every socket and removes the UNIX sockets' paths, if they are still ours. */
void sockets_close(struct sockets *sockets);

#endif
