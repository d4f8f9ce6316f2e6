/* escape: bytes from outside made safe to show, as printable text and \xHH. */
#include "base/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The ranges of Unicode's table 3-7: lead byte, range of the second byte, length. */
static const struct {
	unsigned char lead_first, lead_last, second_first, second_last;
	size_t length;
} utf8_forms[] = {
	{0xC2, 0xC2, 0xA0, 0xBF, 2}, /* 0x80 to 0x9F would be C1 controls */
	{0xC3, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
	{0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
	{0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

/* How many of the `left` bytes at `p` make one well-formed character above ASCII; 0: none. */
static size_t multibyte_length(const unsigned char *p, size_t left)
{
	for (size_t i = 0; i < sizeof utf8_forms / sizeof *utf8_forms; i++) {
		size_t length = utf8_forms[i].length;
		if (*p < utf8_forms[i].lead_first || *p > utf8_forms[i].lead_last)
			continue;
		if (left < length || p[1] < utf8_forms[i].second_first ||
		    p[1] > utf8_forms[i].second_last)
			return 0;
		for (size_t k = 2; k < length; k++)
			if ((p[k] & 0xC0) != 0x80)
				return 0;
		return length;
	}
	return 0;
}

/* What is escaped beside control characters and bytes that are no UTF-8. */
enum {
	LOOKALIKES = 1, /* a backslash that would look like an escape */
	DIRECTIONS = 2, /* what changes the direction of a line, or breaks it */
};

/* Such characters: invisible, and a line that holds one reads as another. */
static const struct {
	uint32_t first, last;
} directions[] = {
	{0x061C, 0x061C}, {0x200E, 0x200F}, /* marks */
	{0x2028, 0x202E},		    /* separators of lines and paragraphs, embeddings */
	{0x2066, 0x206F},		    /* isolates, and others that are deprecated */
	{0xFEFF, 0xFEFF},		    /* the byte order mark */
};

/* True of the well-formed character of `length` bytes if it is one of them; each has 2 or 3. */
static bool is_direction(const unsigned char *p, size_t length)
{
	uint32_t number = length == 2 ? p[0] & 0x1FU : p[0] & 0x0FU;

	if (length != 2 && length != 3)
		return false;
	for (size_t i = 1; i < length; i++)
		number = number << 6 | (p[i] & 0x3FU);
	for (size_t i = 0; i < sizeof directions / sizeof *directions; i++)
		if (number >= directions[i].first && number <= directions[i].last)
			return true;
	return false;
}

static bool is_hex(unsigned char byte)
{
	return byte != '\0' && strchr("0123456789ABCDEFabcdef", byte) != NULL;
}

/* True if the bytes begin with what reads as an escape, in digits of either kind. */
static bool is_lookalike(const unsigned char *p, size_t left)
{
	return left >= 4 && p[0] == '\\' && p[1] == 'x' && is_hex(p[2]) && is_hex(p[3]);
}

/*
 * The bytes at `p` to take together, which are one character or a single byte; `is_shown` if they
 * stay as they are.
 */
static size_t take(const unsigned char *p, size_t left, const char *keep, unsigned rules,
		   bool *is_shown)
{
	size_t length = 1;

	if (*p >= 0x20 && *p < 0x7F) {
		*is_shown = !(rules & LOOKALIKES) || !is_lookalike(p, left);
	} else if (*p < 0x80) {
		*is_shown = *p != '\0' && strchr(keep, *p) != NULL;
	} else {
		length = multibyte_length(p, left);
		*is_shown = length > 0 && !((rules & DIRECTIONS) && is_direction(p, length));
	}
	return length > 0 ? length : 1;
}

static void put_hex(char *out, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";

	*out++ = '\\';
	*out++ = 'x';
	*out++ = digits[byte >> 4];
	*out = digits[byte & 15];
}

/* Escapes `length` bytes, or as many whole characters as fit `room`; returns the bytes written. */
static size_t escape(char *out, size_t room, const unsigned char *p, size_t length,
		     const char *keep, unsigned rules)
{
	char *start = out;

	while (length > 0) {
		bool is_shown;
		size_t taken = take(p, length, keep, rules, &is_shown);
		size_t grown = is_shown ? taken : taken * ESCAPE_GROWTH;
		if (grown > room)
			break;
		if (is_shown)
			memcpy(out, p, taken);
		for (size_t i = 0; i < taken && !is_shown; i++)
			put_hex(out + i * ESCAPE_GROWTH, p[i]);
		out += grown;
		room -= grown;
		p += taken;
		length -= taken;
	}
	return (size_t)(out - start);
}

size_t escape_bytes(char *out, const void *bytes, size_t length, const char *keep)
{
	return escape(out, SIZE_MAX, bytes, length, keep, 0);
}

size_t escape_source(char *out, const void *bytes, size_t length)
{
	return escape(out, SIZE_MAX, bytes, length, "", DIRECTIONS);
}

char *escape_text(char *out, size_t size, const char *text)
{
	size_t used = escape(out, size - 1, (const unsigned char *)text, strlen(text), "",
			     LOOKALIKES | DIRECTIONS);

	out[used] = '\0';
	return out;
}
