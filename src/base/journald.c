/* SPDX-License-Identifier: ISC */
/* journald: whether a descriptor leads to systemd's journal, which understands priorities. */
#include "base/journald.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Room for two numbers of 64 bits, a colon and a NUL. */
enum { NAME_MAX_BYTES = 48 };

bool journald_reads(int fd, const char *stream)
{
	char name[NAME_MAX_BYTES];
	struct stat status;
	int saved = errno;
	bool is_known = stream && fstat(fd, &status) == 0;

	errno = saved;
	if (!is_known)
		return false;
	snprintf(name, sizeof name, "%" PRIu64 ":%" PRIu64, (uint64_t)status.st_dev,
		 (uint64_t)status.st_ino);
	return strcmp(stream, name) == 0;
}
