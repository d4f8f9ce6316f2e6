/* socket: sockets as an event loop wants them. */
#ifndef BASE_SOCKET_H
#define BASE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/attributes.h"

/* Where it is missing (macOS), SIGPIPE is ignored all the same. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/*
 * The most to send or to throw away in one call: about what a socket holds, so that others
 * have their turn. And valgrind looks at each byte that a call may write: 16 MiB take it 35 ms.
 */
#define SOCKET_AT_ONCE ((size_t)256 * 1024)

/*
 * Opens a socket of a type such as SOCK_STREAM: non-blocking, and closed in any program that
 * is started. -1 with errno.
 */
int socket_open(int family, int type) MUST_CHECK;

/*
 * Throws away up to `most` bytes of what has come in by a stream socket, without waiting. Returns
 * as recv(2) does: how many it were, 0 at the end of the stream, -1 with errno.
 */
ssize_t socket_discard(int fd, size_t most);

/*
 * Makes the sockets that the listening socket accepts hold back what is written until they are
 * half-closed, so that the last data and FIN travel in one segment. Accepted sockets inherit this.
 * A kernel that refuses costs one segment more and nothing else.
 */
void socket_hold_back(int listening);

/*
 * Takes that back where it does harm. Under MPTCP, Linux (6.18) lets accepted sockets inherit
 * TCP_CORK, but their shutdown(2) does not flush what is held: it leaves 200 ms later.
 */
void socket_release(int fd);

/* Returns whether a stream socket speaks another protocol than TCP: MPTCP, which `mptcpize run`
 * makes of programs that ask for TCP.
 */
bool socket_is_multipath(int fd);

/*
 * True if accept(2) failed, for that reason, for one connection only: Linux reports here what went
 * wrong on the network before.
 */
bool socket_lost_one(int reason);

/* Closes `fd` and keeps errno, which tells why. */
void socket_close(int fd);

/* Closes a stream socket with a reset: a FIN would pass off what was sent as all there is. */
void socket_reset(int fd);

#endif
