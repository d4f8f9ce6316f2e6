/* SPDX-License-Identifier: ISC */
/* socket: sockets as an event loop wants them. */
#ifndef BASE_SOCKET_H
#define BASE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/attributes.h"

/* Where it is missing (macOS), ignoring SIGPIPE is enough. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/*
 * The most to send or discard in one call: about what a socket holds, so that others have their
 * turn. Also, valgrind checks each byte that a call may write: 16 MiB take it 35 ms.
 */
#define SOCKET_AT_ONCE ((size_t)256 * 1024)

/*
 * Opens a socket of a type such as SOCK_STREAM: non-blocking, and closed on exec(3). -1 with errno.
 */
int socket_open(int family, int type) MUST_CHECK;

/* Turns a socket option on, such as SO_REUSEADDR at SOL_SOCKET. False, with errno. */
bool socket_enable(int fd, int level, int option);

/*
 * Discards up to `most` bytes of a stream socket's input, without waiting. Returns what recv(2)
 * does: how many, 0 at the end of the stream, -1 with errno.
 */
ssize_t socket_discard(int fd, size_t most);

/*
 * Makes every socket accepted from this one hold back its writes until it is half-closed: the last
 * data and FIN travel in one segment. Accepted sockets inherit this. If the kernel refuses, the
 * only cost is one more segment.
 */
void socket_hold_back(int listening);

/*
 * Undoes socket_hold_back() on an accepted socket where it does harm. Under MPTCP, Linux (6.18)
 * lets accepted sockets inherit TCP_CORK. But their shutdown(2) does not flush what is held: it
 * leaves 200 ms later.
 */
void socket_release(int fd);

/*
 * Returns whether a stream socket speaks a protocol other than TCP: MPTCP, which `mptcpize run`
 * gives to programs that ask for TCP.
 */
bool socket_is_multipath(int fd);

/*
 * True if accept(2) failed, with that errno, for one connection only: here Linux reports earlier
 * network errors of that connection.
 */
bool socket_lost_one(int reason);

/* Closes `fd` and keeps errno, which says why. */
void socket_close(int fd);

/* Closes a stream socket with a reset: a FIN would pass off what was sent as the whole. */
void socket_reset(int fd);

#endif
