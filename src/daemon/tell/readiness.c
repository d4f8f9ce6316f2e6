/* SPDX-License-Identifier: ISC */
/* readiness: writes the addresses to standard output once all are listening, then ends it. */
#include "readiness.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/outlet.h"
#include "base/standard.h"

/* How long to leave an output alone that polls as writable and takes nothing. */
enum { PATIENCE_MS = 100 };

struct readiness {
	struct outlet output; /* its descriptor is ours; -1: the output has ended */
	struct event *writable, *later;
	char *lines; /* NULL: none yet */
	size_t length, taken;
};

/* Ends standard output: a reader that waits for its end then knows that this was all. */
static void end_output(struct readiness *readiness)
{
	if (readiness->output.fd >= 0)
		close(readiness->output.fd);
	readiness->output.fd = -1;
}

/*
 * Writes what is taken at once, and returns how many bytes that was; after the last one, ends the
 * output.
 */
static size_t write_some(struct readiness *readiness)
{
	size_t n = outlet_write_now(&readiness->output, readiness->lines + readiness->taken,
				    readiness->length - readiness->taken);

	readiness->taken += n;
	if (readiness->taken == readiness->length) {
		end_output(readiness);
	} else if (errno != EAGAIN && errno != EWOULDBLOCK) {
		/* A reader that has gone is no reason not to serve; a closed output is meant. */
		if (errno != EBADF)
			log_warning("cannot print the addresses on standard output: %s",
				    strerror(errno));
		end_output(readiness);
	}
	return n;
}

/* Waits until standard output takes more; where that cannot be watched, tries later. */
static void wait_for_room(struct readiness *readiness)
{
	if (event_add(readiness->writable, NULL) < 0)
		loop_add_timer(readiness->later, PATIENCE_MS);
}

/* A terminal may poll as writable and take nothing: watching it would spin. */
static void writable_cb(evutil_socket_t fd, short what, void *argument)
{
	struct readiness *readiness = argument;
	size_t n = write_some(readiness);

	(void)fd;
	(void)what;
	if (readiness->output.fd < 0)
		return;
	if (n > 0)
		wait_for_room(readiness);
	else
		loop_add_timer(readiness->later, PATIENCE_MS);
}

static void later_cb(evutil_socket_t fd, short what, void *argument)
{
	struct readiness *readiness = argument;

	(void)fd;
	(void)what;
	(void)write_some(readiness);
	if (readiness->output.fd >= 0)
		wait_for_room(readiness);
}

struct readiness *readiness_new(struct event_base *base, const struct outlet *output)
{
	struct readiness *readiness = calloc(1, sizeof *readiness);

	if (!readiness)
		return NULL;
	readiness->output = (struct outlet){.fd = standard_take_output(), .way = output->way};
	readiness->writable = event_new(base, readiness->output.fd, EV_WRITE, writable_cb,
					readiness);
	readiness->later = evtimer_new(base, later_cb, readiness);
	if (readiness->output.fd >= 0 && readiness->writable && readiness->later)
		return readiness;
	readiness_free(readiness);
	return NULL;
}

bool readiness_add(struct readiness *readiness, const char *text)
{
	size_t size = ESCAPE_GROWTH * strlen(text) + 1;
	char *lines = realloc(readiness->lines, readiness->length + size + 1);

	if (!lines)
		return false;
	readiness->lines = lines;
	escape_text(lines + readiness->length, size, text);
	readiness->length += strlen(lines + readiness->length);
	lines[readiness->length++] = '\n';
	return true;
}

void readiness_tell(struct readiness *readiness)
{
	(void)write_some(readiness);
	if (readiness->output.fd >= 0)
		wait_for_room(readiness);
}

void readiness_free(struct readiness *readiness)
{
	if (!readiness)
		return;
	loop_free_event(readiness->later);
	loop_free_event(readiness->writable);
	end_output(readiness);
	free(readiness->lines);
	free(readiness);
}
