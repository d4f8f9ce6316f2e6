/* SPDX-License-Identifier: ISC */
/* excerpt: the part of a line around a place in a text, for an error that points there. */
#include "base/excerpt.h"

#include <stdbool.h>
#include <string.h>

#include "base/escape.h"

/* How many bytes are shown before the place, and from it on. */
enum { BEFORE = 40, BEHIND = 30 };

/* True if a byte continues a UTF-8 character that began before it. */
static bool continues(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80;
}

/* Returns where the excerpt begins: at the start of the line, or BEFORE bytes before the place. */
static size_t find_begin(const char *text, size_t position)
{
	size_t begin = position;

	while (begin > 0 && position - begin < BEFORE && text[begin - 1] != '\n')
		begin--;
	while (begin < position && continues(text[begin]))
		begin++;
	return begin;
}

static size_t find_end(const char *text, size_t size, size_t position)
{
	size_t end = position;

	while (end < size && end - position < BEHIND && text[end] != '\n')
		end++;
	while (end > position && end < size && continues(text[end]))
		end--;
	return end;
}

size_t excerpt_format(char *line, const char *text, size_t size, size_t position)
{
	size_t begin = find_begin(text, position), end = find_end(text, size, position);
	size_t before = escape_source(line, text + begin, position - begin);
	size_t used = before + escape_source(line + before, text + position, end - position);
	size_t column = 0;

	line[used] = '\0';
	for (size_t i = 0; i < before; i++)
		column += !continues(line[i]);
	return column;
}
