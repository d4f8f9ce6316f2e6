/* SPDX-License-Identifier: ISC */
/* descriptors: how many this process may have open, and how many it has. */
#include "base/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

/* How many descriptors to test one by one, where no folder lists them. */
enum { LOOKED_AT = 65536 };

void descriptors_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	/* macOS refuses "unlimited": the soft limit then stays. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

size_t descriptors_limit(void)
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

size_t descriptors_count_open(size_t limit)
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
