/* SPDX-License-Identifier: ISC */
/* rendering: a greeting for one client alone, made piece by piece as the client takes it. */
#ifndef DAEMON_SAY_RENDERING_H
#define DAEMON_SAY_RENDERING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "template.h"

struct evbuffer;

/* A template on its way to one client. The values must stay the same until the last piece. */
struct rendering {
	struct template *template;
	struct template_values values;
	struct template_position position;
	bool is_over; /* every byte has been queued */
};

/* Some of a greeting's bytes, one after the other. */
struct rendering_piece {
	const char *bytes;
	size_t size;
	bool is_shared; /* they are the template's, and live as long */
};

/* Returns how many bytes the pieces that are made may have. */
size_t rendering_room(const struct rendering *rendering);

/*
 * Makes the next piece of a template that is not constant: up to 4 KiB in `space`, which has
 * rendering_room() bytes, or up to SOCKET_AT_ONCE of a long literal where they are. So a client
 * that reads nothing costs little memory, and one that reads fast little time at once.
 */
struct rendering_piece rendering_make(struct rendering *rendering, char *space);

/* Queues a piece from its byte `from` on: a shared one by reference. False: no memory. */
bool rendering_queue_piece(const struct rendering *rendering, struct evbuffer *queue,
			   const struct rendering_piece *piece, size_t from) MUST_CHECK;

/* Makes the next piece and queues it. Sets `size` to its bytes. False: no memory. */
bool rendering_queue(struct rendering *rendering, struct evbuffer *queue, size_t *size) MUST_CHECK;

/* Queues the template's bytes by reference; they keep it alive. False: no memory. */
bool rendering_queue_shared(struct template *template, struct evbuffer *queue, const char *bytes,
			    size_t size) MUST_CHECK;

/*
 * Returns a copy that holds the template, for a client that takes its time. The caller frees it.
 * NULL: no memory.
 */
struct rendering *rendering_keep(const struct rendering *rendering) MUST_CHECK;

/* Frees a copy. NULL is allowed. */
void rendering_free(struct rendering *rendering);

#endif
