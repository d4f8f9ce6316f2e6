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

/* Tells how many of the `left` bytes at `p` make one well-formed character above ASCII; 0: none. */
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

/* Tells how many of the `left` bytes at `p` may be shown as they are, as one character; 0: none. */
static size_t printable_length(const unsigned char *p, size_t left, const char *keep)
{
	if (*p >= 0x20 && *p < 0x7F)
		return 1;
	if (*p < 0x80)
		return *p != '\0' && strchr(keep, *p) != NULL;
	return multibyte_length(p, left);
}

static char *put_hex(char *out, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";

	*out++ = '\\';
	*out++ = 'x';
	*out++ = digits[byte >> 4];
	*out++ = digits[byte & 15];
	return out;
}

size_t escape_bytes(char *out, const void *bytes, size_t length, const char *keep)
{
	const unsigned char *p = bytes, *end = p + length;
	char *start = out;

	while (p < end) {
		size_t shown = printable_length(p, (size_t)(end - p), keep);
		if (shown == 0) {
			out = put_hex(out, *p++);
			continue;
		}
		memcpy(out, p, shown);
		out += shown;
		p += shown;
	}
	return (size_t)(out - start);
}

char *escape_text(char *out, size_t size, const char *text)
{
	size_t length = strlen(text), used = 0;

	while (length > 0) {
		char one[ESCAPE_GROWTH];
		size_t taken = printable_length((const unsigned char *)text, length, "");
		size_t step = taken ? taken : 1, grown = escape_bytes(one, text, step, "");
		if (used + grown >= size)
			break;
		memcpy(out + used, one, grown);
		used += grown;
		text += step;
		length -= step;
	}
	out[used] = '\0';
	return out;
}
