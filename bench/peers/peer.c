/* SPDX-License-Identifier: ISC */
/* peer: what the servers that haild is compared with share: message, socket, first line. */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

static char usual[] = "Hi from server";

_Noreturn void peer_die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

/* Reads a whole regular file. */
static struct message read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct message message = {0};
	long size;

	if (!file || fseek(file, 0, SEEK_END) < 0 || (size = ftell(file)) < 0)
		peer_die(path);
	rewind(file);
	message.size = (size_t)size;
	message.bytes = malloc(message.size + 1);
	if (!message.bytes || fread(message.bytes, 1, message.size, file) != message.size)
		peer_die(path);
	fclose(file);
	return message;
}

struct message peer_message(const char *path)
{
	return path ? read_file(path) : (struct message){usual, strlen(usual)};
}

struct sockaddr_in peer_address(void)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

int peer_bind(int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = peer_address();

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		peer_die("bind");
	return fd;
}

int peer_listen(int flags, bool is_corked)
{
	int fd = peer_bind(SOCK_STREAM | flags), on = 1;

	if (is_corked && setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on) < 0)
		peer_die("TCP_CORK");
	if (listen(fd, PEER_BACKLOG) < 0)
		peer_die("listen");
	return fd;
}

void peer_announce(int listening)
{
	struct sockaddr_in address;
	socklen_t length = sizeof address;

	if (getsockname(listening, (struct sockaddr *)&address, &length) < 0)
		peer_die("getsockname");
	printf("127.0.0.1:%d\n", ntohs(address.sin_port));
	fclose(stdout);
}

size_t peer_raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		peer_die("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		peer_die("setrlimit");
	return (size_t)limit.rlim_cur;
}
