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

/* The next piece: copied bytes, or else shared ones. */
struct piece {
	char *copied;
	size_t copied_size, room;
	const char *shared;
	size_t shared_size;
};

static size_t least(size_t one, size_t other)
{
	return one < other ? one : other;
}

/* Takes a long literal as a piece of its own; of all other bytes, as many as fit. */
static size_t take(void *argument, const char *bytes, size_t size, bool is_kept)
{
	struct piece *piece = argument;
	size_t taken;

	if (piece->shared)
		return 0;
	if (is_kept && size >= SHARED_LEAST) {
		if (piece->copied_size > 0)
			return 0;
		piece->shared = bytes;
		piece->shared_size = least(size, SOCKET_AT_ONCE);
		return piece->shared_size;
	}
	taken = least(size, piece->room - piece->copied_size);
	memcpy(piece->copied + piece->copied_size, bytes, taken);
	piece->copied_size += taken;
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

bool rendering_queue(struct rendering *rendering, struct evbuffer *queue, size_t *size)
{
	size_t room = least(template_longest(rendering->template), COPIED_MOST);
	struct evbuffer_iovec space;
	struct piece piece = {.room = room};

	if (evbuffer_reserve_space(queue, (ev_ssize_t)room, &space, 1) < 1)
		return false;
	piece.copied = space.iov_base;
	rendering->is_over = template_say(rendering->template, &rendering->values,
					  &rendering->position, take, &piece);
	*size = piece.shared ? piece.shared_size : piece.copied_size;
	if (piece.shared)
		return rendering_queue_shared(rendering->template, queue, piece.shared, *size);
	space.iov_len = *size;
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
