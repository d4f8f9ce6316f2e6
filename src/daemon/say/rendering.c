/* SPDX-License-Identifier: ISC */
/* rendering: a greeting for one client alone, made piece by piece as the client takes it. */
#include "rendering.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "base/socket.h"

/*
 * The most bytes copied at a time. With the header that libevent puts before them they take 4 KiB,
 * to which it rounds up.
 */
enum { COPIED_MOST = 4096 - 64 };

/* Shorter literals are copied: a reference itself takes 1 KiB of memory. */
enum { SHARED_LEAST = 4096 };

/* A piece that is being made. */
struct making {
	struct rendering_piece piece;
	char *space;
	size_t room;
};

static size_t least(size_t one, size_t other)
{
	return one < other ? one : other;
}

/* Takes a long literal as a piece of its own; of all other bytes, as many as fit. */
static size_t take(void *argument, const char *bytes, size_t size, bool is_kept)
{
	struct making *making = argument;
	struct rendering_piece *piece = &making->piece;
	size_t taken;

	if (piece->is_shared)
		return 0;
	if (is_kept && size >= SHARED_LEAST) {
		if (piece->size > 0)
			return 0;
		*piece = (struct rendering_piece){bytes, least(size, SOCKET_AT_ONCE), true};
		return piece->size;
	}
	taken = least(size, making->room - piece->size);
	memcpy(making->space + piece->size, bytes, taken);
	piece->size += taken;
	return taken;
}

static void unreferenced_cb(const void *bytes, size_t size, void *argument)
{
	(void)bytes;
	(void)size;
	template_release(argument);
}

bool rendering_queue_shared(struct template *template, struct evbuffer *queue, const char *bytes,
			    size_t size)
{
	if (evbuffer_add_reference(queue, bytes, size, unreferenced_cb, template) < 0)
		return false;
	(void)template_hold(template);
	return true;
}

size_t rendering_room(const struct rendering *rendering)
{
	return least(template_longest(rendering->template), COPIED_MOST);
}

struct rendering_piece rendering_make(struct rendering *rendering, char *space)
{
	struct making making = {.piece.bytes = space, .room = rendering_room(rendering)};

	making.space = space;
	rendering->is_over = template_say(rendering->template, &rendering->values,
					  &rendering->position, take, &making);
	return making.piece;
}

bool rendering_queue_piece(const struct rendering *rendering, struct evbuffer *queue,
			   const struct rendering_piece *piece, size_t from)
{
	const char *bytes = piece->bytes + from;
	size_t size = piece->size - from;

	return piece->is_shared ? rendering_queue_shared(rendering->template, queue, bytes, size)
				: evbuffer_add(queue, bytes, size) == 0;
}

bool rendering_queue(struct rendering *rendering, struct evbuffer *queue, size_t *size)
{
	struct evbuffer_iovec space;
	struct rendering_piece piece;

	if (evbuffer_reserve_space(queue, (ev_ssize_t)rendering_room(rendering), &space, 1) < 1)
		return false;
	piece = rendering_make(rendering, space.iov_base);
	*size = piece.size;
	if (piece.is_shared)
		return rendering_queue_piece(rendering, queue, &piece, 0);
	space.iov_len = piece.size;
	return evbuffer_commit_space(queue, &space, 1) == 0;
}

struct rendering *rendering_keep(const struct rendering *rendering)
{
	struct rendering *kept = malloc(sizeof *kept);

	if (!kept)
		return NULL;
	*kept = *rendering;
	(void)template_hold(kept->template);
	return kept;
}

void rendering_free(struct rendering *rendering)
{
	if (!rendering)
		return;
	template_release(rendering->template);
	free(rendering);
}
