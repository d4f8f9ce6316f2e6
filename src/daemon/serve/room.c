/* SPDX-License-Identifier: ISC */
/* room: how many connections the descriptor limit has room for. */
#include "room.h"

#include <inttypes.h>

#include "base/descriptors.h"
#include "base/log.h"
#include "daemon/options.h"
#include "daemon/say/pages.h"

/* Descriptors kept free for what is not a connection: log, libraries, a queue at a stop. */
enum { RESERVE = 8 };

size_t room_for_others(size_t most, size_t besides)
{
	size_t limit = descriptors_limit();
	size_t needed = descriptors_count_open(limit) + besides + RESERVE + 1;
	size_t left = needed < limit ? limit - needed : 1;

	return left < most ? left : most;
}

size_t room_find(const struct options *options, size_t others)
{
	size_t limit = descriptors_limit(), taken = descriptors_count_open(limit), room = 1;
	/* The greeting of a file may be long, now or after a reload. */
	size_t reserve = RESERVE + (options->message_file ? PAGES_MOST : 0);

	if (taken >= limit)
		return 0;
	if (taken + others + reserve < limit)
		room = limit - taken - others - reserve;
	if (options->max_connections == 0)
		return room;
	if (options->max_connections > room)
		log_warning("--max-connections=%" PRIu64
			    " is more than the descriptor limit of %zu allows: using %zu",
			    options->max_connections, limit, room);
	return options->max_connections < room ? (size_t)options->max_connections : room;
}
