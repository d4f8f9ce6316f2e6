/* SPDX-License-Identifier: ISC */
/* destination: which address a datagram was sent to, as each system reports it. */
#ifndef BASE_DESTINATION_H
#define BASE_DESTINATION_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/attributes.h"

struct address;

/*
 * The most bytes of a kernel's note of it, 40 on Linux, and of others before it, which a service
 * manager may have asked for.
 */
enum { DESTINATION_BYTES = 256 };

/*
 * Asks the kernel to report it for each datagram of the socket, which is or will be bound to
 * `local`. If that means one machine, nothing is asked: no datagram to another address comes, and
 * reports take time. False: errno.
 */
bool destination_want(int fd, const struct address *local) MUST_CHECK;

/* The same for a socket to which its maker may have datagrams to other addresses steered. */
bool destination_want_always(int fd, int family) MUST_CHECK;

/*
 * Overwrites `local`, the address that the socket is bound to, with the one that a datagram was
 * sent to, if the kernel reported it. Turns the datagram's header into that of an answer from
 * there. Returns true if it was sent to a broadcast or multicast address.
 */
bool destination_take(struct msghdr *header, struct address *local) MUST_CHECK;

#endif
