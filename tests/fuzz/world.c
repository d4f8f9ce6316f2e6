/* SPDX-License-Identifier: ISC */
/* world: what a fuzz target finds around it instead of the machine. */
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"

struct world world;

/* What the linker calls the functions here, and those of the C library. */
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_getc(FILE *stream);
struct servent *__wrap_getservbyname(const char *name, const char *protocol);
int __wrap_isatty(int fd);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __real_write(int fd, const void *bytes, size_t size);

void world_begin(void)
{
	world.output.length = world.errors.length = 0;
	world.input = world.input_end = NULL;
	world.is_terminal = world.is_full = false;
}

static void keep(struct world_text *text, const void *bytes, size_t size)
{
	FUZZ_CHECK(size <= sizeof text->bytes - text->length);
	memcpy(text->bytes + text->length, bytes, size);
	text->length += size;
}

/* Tells whether the address is the machine's own. */
static bool is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *ipv4 = (const void *)address;
	const struct sockaddr_in6 *ipv6 = (const void *)address;

	return address->sa_family == AF_INET ? ntohl(ipv4->sin_addr.s_addr) >> 24 == 127
					     : IN6_IS_ADDR_LOOPBACK(&ipv6->sin6_addr);
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t length)
{
	(void)fd;
	(void)length;
	if (is_loopback(address))
		return 0;
	errno = EADDRNOTAVAIL;
	return -1;
}

int __wrap_getc(FILE *stream)
{
	(void)stream;
	return world.input < world.input_end ? *world.input++ : EOF;
}

struct servent *__wrap_getservbyname(const char *name, const char *protocol)
{
	static struct servent http;

	if (strcmp(name, "http") != 0 || strcmp(protocol, "tcp") != 0)
		return NULL;
	http.s_port = htons(80);
	return &http;
}

int __wrap_isatty(int fd)
{
	if (fd <= STDERR_FILENO && world.is_terminal)
		return 1;
	errno = ENOTTY;
	return 0;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)timeout;
	for (nfds_t i = 0; i < count; i++)
		fds[i].revents = fds[i].events;
	return (int)count;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
	if (fd != STDOUT_FILENO && fd != STDERR_FILENO)
		return __real_write(fd, bytes, size);
	if (fd == STDOUT_FILENO && world.is_full) {
		errno = ENOSPC;
		return -1;
	}
	keep(fd == STDOUT_FILENO ? &world.output : &world.errors, bytes, size);
	return (ssize_t)size;
}
