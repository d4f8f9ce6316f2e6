/* SPDX-License-Identifier: ISC */
/*
 * peers: connected sockets, what their far ends do, and the loop that they are driven by.
 *
 * Nothing here sleeps: the loop runs until a condition holds, or a deadline has passed.
 */
#ifndef UNIT_PEERS_H
#define UNIT_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

struct event_base;

/* What a condition may take at most: far more than it needs, for a slow machine. */
#define PATIENCE_MS 20000

/* The far end of a connection, and what it has received. */
struct peer {
	int fd;
	char *bytes;
	size_t length, room;
	bool ended; /* saw the end of the stream */
	int error;  /* an errno that receiving gave, or 0 */
};

/* The loopback address of the family, with a port. */
struct address loopback(int family, uint16_t port);

/* Binds a socket of that type to a free port of the loopback address; returns it, or -1. */
int bind_on_loopback(int family, int type);

/* Listens on a free port of the loopback address; returns the descriptor, or -1. */
int listen_on_loopback(int family, int backlog);

/* Binds a datagram socket to a free port of the loopback address; returns the descriptor. */
int datagrams_on_loopback(int family);

/* The address that a socket is bound to. */
struct address bound_address(int fd);

/* Connects a new datagram socket to where another one is bound, which it then hears alone. */
int datagrams_to(int fd);

/* Returns whether this machine has IPv6 at all. */
bool ipv6_works(void);

void set_nonblocking(int fd);

/* Connects a new peer to where the descriptor listens; it has happened on return. */
struct peer peer_of_listener(int listener, int receive_buffer);

/* Makes a connection: the peer, and our non-blocking end. With AF_UNIX it is a socketpair. */
struct peer peer_pair(int family, int *ours, int buffers);

/* Receives what is there, `most` bytes at most; returns how many it were. */
size_t peer_receive(struct peer *peer, size_t most);

/* Sends `length` bytes, or as many as go now; returns how many, 0 also if it failed. */
size_t peer_send(struct peer *peer, size_t length);

/* Closes without a reset, unless unread bytes are there. */
void peer_close(struct peer *peer);

/* Closes with a reset. */
void peer_reset(struct peer *peer);

/* Asserts that the peer got these bytes and then the end, as who was served should. */
void assert_greeted(const struct peer *peer, const void *bytes, size_t length);

/*
 * Runs the loop until `done` says so, looking every 2 ms at least, or for `ms` at most.
 * Returns whether it was done. What the peers do, they do in `done`.
 */
bool run_until(struct event_base *base, bool (*done)(void *argument), void *argument, uint64_t ms);

/*
 * Runs the loop for a time, to see that something does not happen. What was due within that time
 * has its consequences, even if this process stood still meanwhile.
 */
void run_for(struct event_base *base, uint64_t ms);

/* The lowest free descriptor: the same again if none was left open meanwhile. */
int lowest_descriptor(void);

#endif
