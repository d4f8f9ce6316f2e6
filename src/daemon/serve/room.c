/* SPDX-License-Identifier: ISC */
/* room: how many connections the descriptor limit has room for. */
#include "room.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/log.h"
#include "daemon/options.h"

/* Descriptors kept free for what is not a connection: log, libraries, a queue at a stop. */
enum { RESERVE = 8 };

/* How many descriptors to test one by one, where no folder lists them. */
enum { LOOKED_AT = 65536 };

void room_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	/* macOS refuses "unlimited": the soft limit then stays. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The descriptor limit. */
static size_t find_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return FOPEN_MAX;
	return limit.rlim_cur > INT32_MAX ? INT32_MAX : (size_t)limit.rlim_cur;
}

/* Counts the open descriptors below the limit, testing one by one. */
static size_t count_by_asking(size_t limit)
{
	size_t count = 0;

	for (int fd = 0; fd < LOOKED_AT && (size_t)fd < limit; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/*
 * Counts the open descriptors below the limit. They may be anywhere: a parent can leave us some
 * high up, and those beyond the limit take no room.
 */
static size_t count_open(size_t limit)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	size_t count = 0;

	if (!folder)
		return errno == EMFILE ? limit : count_by_asking(limit);
	while ((entry = readdir(folder))) {
		char *end;
		unsigned long fd = strtoul(entry->d_name, &end, 10);
		if (end != entry->d_name && *end == '\0' && fd < limit)
			count++;
	}
	closedir(folder);
	return count > 0 ? count - 1 : 0; /* not the folder itself */
}

size_t room_for_others(size_t most)
{
	size_t limit = find_limit(), needed = count_open(limit) + RESERVE + 1;
	size_t left = needed < limit ? limit - needed : 1;

	return left < most ? left : most;
}

size_t room_find(const struct options *options, size_t others)
{
	size_t limit = find_limit(), taken = count_open(limit), room = 1;

	if (taken >= limit)
		return 0;
	if (taken + others + RESERVE < limit)
		room = limit - taken - others - RESERVE;
	if (options->max_connections == 0)
		return room;
	if (options->max_connections > room)
		log_warning("--max-connections=%" PRIu64
			    " is more than the descriptor limit of %zu allows: using %zu",
			    options->max_connections, limit, room);
	return options->max_connections < room ? (size_t)options->max_connections : room;
}
