/* SPDX-License-Identifier: ISC */
/*
 * hasty_client PORT COUNT GREETING...: connects COUNT times as fast as it can, each time from
 * another loopback address, so that ports never run out. In turn it only listens, talks
 * first, ends its own side first, and resets at the end. Anything but one of the greetings,
 * whole, and the end of the stream ends it: one line, exit code 1. After a SIGTERM it ends
 * well. Prints how often it has heard each greeting.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The most greetings that it knows, and the most bytes of one. */
enum { GREETINGS_MAX = 8, LONGEST = 8192 };

enum manner { LISTENS, TALKS_FIRST, ENDS_FIRST, RESETS, MANNERS };

/* Connects to the port, from the i-th of our own addresses. */
static int connect_from(unsigned i, uint16_t port)
{
	uint32_t ours = 127U << 24 | (1 + (uint32_t)getpid() % 250) << 16;
	struct sockaddr_in source = {.sin_family = AF_INET}, server = source;
	struct timeval patience = {.tv_sec = 30};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	source.sin_addr.s_addr = htonl(ours | (i / 250 % 250) << 8 | (1 + i % 250));
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server.sin_port = htons(port);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (bind(fd, (struct sockaddr *)&source, sizeof source) < 0 ||
	    connect(fd, (struct sockaddr *)&server, sizeof server) < 0)
		return -1;
	return fd;
}

/* Reads to the end of the stream; tells which of the greetings that was, or -1. */
static int hear(int fd, char **greetings)
{
	char heard[LONGEST];
	size_t length = 0;
	ssize_t part;

	while ((part = recv(fd, heard + length, sizeof heard - length, 0)) > 0)
		length += (size_t)part;
	for (int i = 0; part == 0 && greetings[i]; i++)
		if (length == strlen(greetings[i]) && memcmp(heard, greetings[i], length) == 0)
			return i;
	return -1;
}

/* Connects once more, with the manner whose turn it is; tells which greeting it heard, or -1. */
static int visit(unsigned i, uint16_t port, char **greetings)
{
	const struct linger reset = {.l_onoff = 1};
	enum manner manner = i % MANNERS;
	int fd = connect_from(i, port), heard = -1;
	bool went_well = fd >= 0;

	if (went_well && manner == TALKS_FIRST)
		went_well = send(fd, "?", 1, MSG_NOSIGNAL) == 1;
	if (went_well && manner == ENDS_FIRST)
		went_well = shutdown(fd, SHUT_WR) == 0;
	if (went_well)
		heard = hear(fd, greetings);
	if (manner == RESETS)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(fd);
	return heard;
}

/* Tells whether SIGTERM, which is blocked, has come. */
static bool is_told_to_end(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, SIGTERM);
}

int main(int count, char **arguments)
{
	unsigned visits = count >= 4 ? (unsigned)strtoul(arguments[2], NULL, 10) : 0;
	unsigned counts[GREETINGS_MAX] = {0};
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	for (unsigned i = 0; i < visits && !is_told_to_end(); i++) {
		int heard = visit(i, (uint16_t)strtoul(arguments[1], NULL, 10), arguments + 3);
		if (heard < 0 || heard >= GREETINGS_MAX) {
			fprintf(stderr, "hasty_client: connection %u of %u", i + 1, visits);
			perror("");
			return 1;
		}
		counts[heard]++;
	}
	for (int i = 0; i < count - 3 && i < GREETINGS_MAX; i++)
		printf("%u\n", counts[i]);
	return visits == 0;
}
