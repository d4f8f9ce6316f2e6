/* SPDX-License-Identifier: ISC */
/* source: the addresses that connections come from, one after the other. */
#ifndef LOAD_SOURCE_H
#define LOAD_SOURCE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct source {
	uint32_t next;
	uint16_t port;
};

/* Begins with the first address, and a port of this process. */
struct source source_first(void);

/* Gives the socket the next address, and tells it. False, errno set, if that fails. */
bool source_bind(struct source *source, int fd, struct sockaddr_in *address) MUST_CHECK;

#endif
