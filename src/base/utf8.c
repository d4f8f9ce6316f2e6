/* SPDX-License-Identifier: ISC */
/* utf8: the characters of a text, one by one, and which of them are safe to show in a line. */
#include "base/utf8.h"

/* The ranges of Unicode's table 3-7: lead byte, range of the second byte, length. */
static const struct {
	unsigned char lead_first, lead_last, second_first, second_last;
	size_t length;
} forms[] = {
	{0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
	{0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
	{0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static const struct {
	uint32_t first, last;
} directions[] = {
	{0x061C, 0x061C}, {0x200E, 0x200F}, /* marks */
	{0x2028, 0x202E},		    /* separators of lines and paragraphs, embeddings */
	{0x2066, 0x206F},		    /* isolates, and deprecated ones */
	{0xFEFF, 0xFEFF},		    /* the byte order mark */
};

/* The length that the first two bytes announce; 0: they begin no character. */
static size_t promised_length(const unsigned char *p)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (*p >= forms[i].lead_first && *p <= forms[i].lead_last)
			return p[1] >= forms[i].second_first && p[1] <= forms[i].second_last
				       ? forms[i].length
				       : 0;
	return 0;
}

size_t utf8_read(const void *bytes, size_t left, uint32_t *number)
{
	const unsigned char *p = bytes;
	size_t length;

	*number = *p;
	if (*p < 0x80)
		return 1;
	length = left > 1 ? promised_length(p) : 0;
	if (length == 0 || length > left)
		return 0;
	*number &= 0x7FU >> length;
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		*number = *number << 6 | (p[i] & 0x3FU);
	}
	return length;
}

bool utf8_is_valid(const void *bytes, size_t length)
{
	const char *next = bytes;
	uint32_t number;

	while (length > 0) {
		size_t taken = utf8_read(next, length, &number);
		if (taken == 0)
			return false;
		next += taken;
		length -= taken;
	}
	return true;
}

bool utf8_is_control(uint32_t number)
{
	return number < 0x20 || (number >= 0x7F && number < 0xA0);
}

bool utf8_is_direction(uint32_t number)
{
	for (size_t i = 0; i < sizeof directions / sizeof *directions; i++)
		if (number >= directions[i].first && number <= directions[i].last)
			return true;
	return false;
}
