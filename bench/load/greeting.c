/* SPDX-License-Identifier: ISC */
/* greeting: the bytes that must come, and what came instead. */
#include <config.h>

#include "greeting.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"

static const char placeholder[] = "{peer}";
enum { PLACEHOLDER = sizeof placeholder - 1 };

/* The longest address that takes its place, with a NUL. */
enum { ADDRESS_MAX = sizeof "255.255.255.255:65535" };

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

/* Returns where the placeholder begins; the size of the text if it has none. */
static size_t find_placeholder(const struct greeting *text)
{
	for (size_t at = 0; at + PLACEHOLDER <= text->size; at++)
		if (memcmp(text->bytes + at, placeholder, PLACEHOLDER) == 0)
			return at;
	return text->size;
}

bool greeting_prepare(struct greeting *own, const struct greeting *text)
{
	if (find_placeholder(text) == text->size)
		log_error("--expand: the greeting has no %s", placeholder);
	else if (!(own->bytes = malloc(text->size + ADDRESS_MAX)))
		log_error("out of memory");
	return own->bytes != NULL;
}

void greeting_address(struct greeting *own, const struct greeting *text,
		      const struct sockaddr_in *client)
{
	const unsigned char *part = (const unsigned char *)&client->sin_addr;
	size_t before = find_placeholder(text), after = text->size - before - PLACEHOLDER;
	int length;

	memcpy(own->bytes, text->bytes, before);
	length = snprintf(own->bytes + before, ADDRESS_MAX, "%u.%u.%u.%u:%u", part[0], part[1],
			  part[2], part[3], ntohs(client->sin_port));
	own->size = before + (size_t)length;
	memcpy(own->bytes + own->size, text->bytes + before + PLACEHOLDER, after);
	own->size += after;
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
