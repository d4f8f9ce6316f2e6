/* SPDX-License-Identifier: ISC */
/* talking: says something to a connected server before it has spoken. */
#include "talking.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/socket.h"
#include "options.h"
#include "proxyheader.h"
#include "stageline.h"

/* No protocol's command, and no letters that a terminal or a parser takes for anything else. */
static const char line[] = "hailto speaks before it listens\n";

/* The length of that line; and of the buffer that holds it over and over, to be sent over and over.
 */
enum { LINE = sizeof line - 1, LINES = 2048 * LINE };

struct talking {
	struct event *output;
	const struct options *options;
	talking_cb *broken;
	void *argument;
	uint64_t start_us;
	uint64_t whole, sent; /* bytes, with the header */
	size_t header;	      /* its length */
	size_t room;	      /* bytes in the buffer: the header and whole lines */
	int fd;
	bool is_over;
	char bytes[];
};

/* Logs how much was sent, for -v; `how` says what ended it. */
static void end_talking(struct talking *talking, const char *how)
{
	double ms = (double)(clock_us() - talking->start_us) / 1000;

	if (talking->is_over)
		return;
	talking->is_over = true;
	event_del(talking->output);
	if (talking->whole > talking->header)
		stageline_log(talking->options,
			      "talk: %" PRIu64 " of %" PRIu64 " bytes sent%s (%.1f ms)",
			      talking_sent(talking), talking->whole - talking->header, how, ms);
}

/* Sends the next piece. Returns what send(2) does. */
static ssize_t send_piece(struct talking *talking)
{
	uint64_t left = talking->whole - talking->sent;
	size_t at = talking->sent < talking->header
			    ? (size_t)talking->sent
			    : talking->header + (size_t)(talking->sent - talking->header) % LINE;
	size_t piece = talking->room - at;

	return send(talking->fd, talking->bytes + at, left < piece ? (size_t)left : piece,
		    MSG_NOSIGNAL);
}

static void break_off(struct talking *talking, int reason)
{
	end_talking(talking, reason == EPIPE ? ", then the server took no more" : ", then failed");
	talking->broken(reason, talking->argument);
}

/* Sends what fits, but leaves the loop time for what the server says. */
static void send_on(struct talking *talking)
{
	uint64_t enough = talking->sent + SOCKET_AT_ONCE;

	while (talking->sent < talking->whole && talking->sent < enough) {
		ssize_t n = send_piece(talking);
		if (n >= 0) {
			talking->sent += (uint64_t)n;
		} else if (errno != EINTR) {
			if (errno != EAGAIN && errno != EWOULDBLOCK)
				break_off(talking, errno);
			return;
		}
	}
	if (talking->sent == talking->whole)
		end_talking(talking, "");
}

static void output_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	send_on(argument);
}

/* Logs, for -v, what the header says. */
static void log_header(const struct options *options, const struct address *source,
		       const struct address *peer)
{
	char from[ADDRESS_TEXT_MAX] = "no client", to[ADDRESS_TEXT_MAX];

	if (source && source->any.sa_family != AF_UNIX)
		address_format(source, from, sizeof from);
	stageline_log(options, "proxy: version %u, from %s to %s", options->proxy_version, from,
		      address_format(peer, to, sizeof to));
}

/* Writes the PROXY header that the options want. Returns its length; 0: none. */
static size_t write_header(int fd, const struct options *options, const struct address *peer,
			   char header[PROXYHEADER_MAX])
{
	struct address own = {.length = sizeof own.room};
	const struct address *source = NULL;

	if (options->proxy_version == 0)
		return 0;
	if (options->proxy_source.length > 0)
		source = &options->proxy_source;
	else if (!options->proxy_is_local && getsockname(fd, &own.any, &own.length) == 0)
		source = &own;
	log_header(options, source, peer);
	return proxyheader_write(options->proxy_version == 1 ? PROXYHEADER_V1 : PROXYHEADER_V2,
				 source, peer, header);
}

struct talking *talking_start(struct event_base *base, int fd, const struct options *options,
			      const struct address *peer, talking_cb *broken, void *argument)
{
	struct talking *talking = calloc(1, sizeof *talking + PROXYHEADER_MAX + LINES);

	if (!talking)
		return NULL;
	talking->fd = fd;
	talking->options = options;
	talking->broken = broken;
	talking->argument = argument;
	talking->start_us = clock_us();
	talking->header = write_header(fd, options, peer, talking->bytes);
	talking->whole = talking->header + options->talk_first;
	talking->room = talking->header + LINES;
	for (size_t at = talking->header; at < talking->room; at += LINE)
		memcpy(talking->bytes + at, line, LINE);
	talking->output = event_new(base, fd, EV_WRITE | EV_PERSIST, output_cb, talking);
	if (!talking->output || event_add(talking->output, NULL) < 0) {
		talking_free(talking);
		return NULL;
	}
	send_on(talking);
	return talking;
}

uint64_t talking_sent(const struct talking *talking)
{
	return talking && talking->sent > talking->header ? talking->sent - talking->header : 0;
}

void talking_stop(struct talking *talking)
{
	if (talking)
		end_talking(talking, "");
}

void talking_free(struct talking *talking)
{
	if (!talking)
		return;
	loop_free_event(talking->output);
	free(talking);
}
