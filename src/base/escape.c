/* SPDX-License-Identifier: ISC */
/* escape: makes bytes from outside safe to show, as printable text and \xHH. */
#include "base/escape.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

/* What is escaped besides control characters and invalid UTF-8. */
enum {
	LOOKALIKES = 1, /* a backslash that would look like an escape */
	DIRECTIONS = 2, /* characters that change a line's direction, or break it */
};

/* True if a byte stays as it is, whatever is around it, as nearly all that is logged does. */
static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7F && byte != '\\';
}

static bool is_hex(unsigned char byte)
{
	return byte != '\0' && strchr("0123456789ABCDEFabcdef", byte) != NULL;
}

/* True if the bytes begin with what looks like an escape, its hex digits of either case. */
static bool is_lookalike(const unsigned char *p, size_t left)
{
	return left >= 4 && p[0] == '\\' && p[1] == 'x' && is_hex(p[2]) && is_hex(p[3]);
}

/*
 * Returns how many bytes at `p` to take together: one character, or a single byte. Sets `is_shown`
 * if they stay as they are.
 */
static size_t take(const unsigned char *p, size_t left, const char *keep, unsigned rules,
		   bool *is_shown)
{
	uint32_t number;
	size_t length;

	*is_shown = true;
	if (is_plain(*p))
		return 1;
	length = utf8_read(p, left, &number);
	*is_shown = length > 0;
	if (length == 0)
		return 1;
	if (utf8_is_control(number))
		*is_shown = number > 0 && number < 0x80 && strchr(keep, (int)number) != NULL;
	else if (number == '\\')
		*is_shown = !(rules & LOOKALIKES) || !is_lookalike(p, left);
	else if (rules & DIRECTIONS)
		*is_shown = !utf8_is_direction(number);
	return length;
}

static void put_hex(char *out, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";

	*out++ = '\\';
	*out++ = 'x';
	*out++ = digits[byte >> 4];
	*out = digits[byte & 15];
}

/*
 * Escapes `length` bytes, or the whole characters that fit in `room`; the rest is left. Returns the
 * bytes written.
 */
static size_t escape(char *out, size_t room, const unsigned char *p, size_t *length,
		     const char *keep, unsigned rules)
{
	char *start = out;

	while (*length > 0) {
		bool is_shown;
		size_t taken = take(p, *length, keep, rules, &is_shown);
		size_t grown = is_shown ? taken : taken * ESCAPE_GROWTH;
		if (grown > room)
			break;
		for (size_t i = 0; i < taken; i++)
			if (is_shown)
				out[i] = (char)p[i];
			else
				put_hex(out + i * ESCAPE_GROWTH, p[i]);
		out += grown;
		room -= grown;
		p += taken;
		*length -= taken;
	}
	return (size_t)(out - start);
}

bool escape_is_plain(const char *bytes, size_t length)
{
	for (const char *end = bytes + length; bytes < end; bytes++)
		if (!is_plain((unsigned char)*bytes))
			return false;
	return true;
}

size_t escape_bytes(char *out, const void *bytes, size_t length, const char *keep)
{
	return escape(out, SIZE_MAX, bytes, &length, keep, 0);
}

size_t escape_source(char *out, const void *bytes, size_t length)
{
	return escape(out, SIZE_MAX, bytes, &length, "", DIRECTIONS);
}

size_t escape_line(char *out, size_t size, const void *bytes, size_t length)
{
	size_t left = length;
	size_t used = escape(out, size - 1, bytes, &left, "", LOOKALIKES | DIRECTIONS);

	out[used] = '\0';
	return length - left;
}

char *escape_text(char *out, size_t size, const char *text)
{
	escape_line(out, size, text, strlen(text));
	return out;
}
