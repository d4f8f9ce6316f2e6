/* SPDX-License-Identifier: ISC */
/* peer: what the servers that haild is compared with share: message, socket, first line. */
#ifndef BENCH_PEERS_PEER_H
#define BENCH_PEERS_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

/* As many may wait as with haild. */
#define PEER_BACKLOG 4096

struct message {
	char *bytes;
	size_t size;
};

/* Ends the program with one line that says what failed, and errno's reason. */
_Noreturn void peer_die(const char *what);

/* The bytes of a file, or the usual greeting if path is NULL. Like all here it dies if it can't. */
struct message peer_message(const char *path);

/* 127.0.0.1, with a port that the kernel is to choose. */
struct sockaddr_in peer_address(void);

/* Opens a socket of that type, with flags as for socket(2), bound to that address. */
int peer_bind(int type);

/* Opens a listening TCP socket; accepted ones inherit the cork. `flags` are as for socket(2). */
int peer_listen(int flags, bool is_corked);

/* Prints the address of a listening socket: the server is ready. */
void peer_announce(int listening);

/* Lets the process have as many descriptors as it may, and returns how many. */
size_t peer_raise_descriptor_limit(void);

#endif
