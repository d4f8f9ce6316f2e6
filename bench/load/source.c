/* SPDX-License-Identifier: ISC */
/* source: the addresses that connections come from, one after the other. */
#include <config.h>

#include "source.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* From 127.1.0.0 on, up to 127.254.255.255. */
enum { FIRST = 127 << 24 | 1 << 16, COUNT = 254 << 16 };

/* Below those that the kernel itself chooses from. */
enum { FIRST_PORT = 1024, PORTS = 30000, PORTS_TO_TRY = 100 };

/* Another process has another port, so that they need not have addresses of their own. */
struct source source_first(void)
{
	return (struct source){.port = (uint16_t)(FIRST_PORT + getpid() % PORTS)};
}

/*
 * All come from one port: the address alone makes a connection another one. Were the
 * port left to the kernel, to say so would be a system call more for each.
 */
bool source_bind(struct source *source, int fd, struct sockaddr_in *address)
{
	*address = (struct sockaddr_in){.sin_family = AF_INET};
	address->sin_addr.s_addr = htonl(FIRST + source->next++ % COUNT);
	for (int i = 0; i < PORTS_TO_TRY; i++) {
		address->sin_port = htons(source->port);
		if (bind(fd, (struct sockaddr *)address, sizeof *address) == 0)
			return true;
		if (errno != EADDRINUSE)
			return false;
		source->port = (uint16_t)(FIRST_PORT + (source->port + 1 - FIRST_PORT) % PORTS);
	}
	return false;
}
