/* SPDX-License-Identifier: ISC */
/* greeting: the bytes that must come, and what came instead. */
#include <config.h>

#include "greeting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"

bool greeting_load(struct greeting *greeting, const char *path)
{
	FILE *file = fopen(path, "re");
	struct stat status;
	bool whole = false;

	*greeting = (struct greeting){0};
	if (file && fstat(fileno(file), &status) == 0) {
		greeting->size = (size_t)status.st_size;
		greeting->bytes = malloc(greeting->size + 1);
		whole = greeting->bytes &&
			fread(greeting->bytes, 1, greeting->size, file) == greeting->size;
	}
	if (!whole)
		log_error("cannot read '%s': %s", path, strerror(errno));
	if (file)
		fclose(file);
	return whole;
}

void greeting_free(struct greeting *greeting)
{
	free(greeting->bytes);
}

size_t greeting_match(const struct greeting *greeting, size_t position, const char *bytes,
		      size_t size)
{
	size_t rest = greeting->size - position, same = 0;

	if (size < rest)
		rest = size;
	if (memcmp(greeting->bytes + position, bytes, rest) == 0)
		return rest;
	while (greeting->bytes[position + same] == bytes[same])
		same++;
	return same;
}
