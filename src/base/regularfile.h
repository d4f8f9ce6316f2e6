/* SPDX-License-Identifier: ISC */
/* regularfile: opens and reads a regular file, which no writer can hold up. */
#ifndef BASE_REGULARFILE_H
#define BASE_REGULARFILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

struct stat;

/*
 * Opens a regular file to read it, and sets its status; anything else may be endless, or wait for a
 * writer. -1: `why`, of `size` bytes, says so, and calls the file by its role, such as "the deny
 * file"; errno is that of open(2), or 0. The caller closes it.
 */
int regularfile_open(const char *path, const char *role, struct stat *status, char *why,
		     size_t size) MUST_CHECK;

/* Reads up to `room` bytes, or to the end of the file. Returns how many; -1 with errno. */
ssize_t regularfile_read(int fd, char *bytes, size_t room) MUST_CHECK;

#endif
