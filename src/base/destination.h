/* destination: the address that a datagram was sent to, as each system tells it. */
#ifndef BASE_DESTINATION_H
#define BASE_DESTINATION_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/attributes.h"

struct address;

/* The most bytes that a kernel says of it; of IPv6, whose addresses are the longest, 40 on Linux.
 */
enum { DESTINATION_BYTES = 64 };

/* Has the kernel tell it for each datagram of the socket, before that is bound. False: errno. */
bool destination_want(int fd, int family) MUST_CHECK;

/*
 * Writes over `local`, the address that the socket is bound to, where a datagram was sent to, as
 * far as the kernel has told. Makes its header that of an answer from there. Returns true if it was
 * sent to a broadcast or multicast address.
 */
bool destination_take(struct msghdr *header, struct address *local) MUST_CHECK;

#endif
