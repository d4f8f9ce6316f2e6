/* SPDX-License-Identifier: ISC */
/* fuzz: what the fuzz targets share. */
#include "fuzz.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_check(bool holds, const char *property, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, property);
	abort();
}

char *fuzz_string(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_CHECK(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* How many bytes a character takes that begins with this one; 0: none does. */
static size_t length_of(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >> 5 == 6)
		return 2;
	if (lead >> 4 == 14)
		return 3;
	return lead >> 3 == 30 ? 4 : 0;
}

size_t fuzz_character(const char *text, size_t left, const char *keep)
{
	static const uint32_t first_of_length[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char lead = (unsigned char)*text;
	size_t length = length_of(lead);
	uint32_t number = length > 1 ? lead & (0x7FU >> length) : lead;

	if (length == 0 || length > left)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if (((unsigned char)text[i] & 0xC0) != 0x80)
			return 0;
		number = number << 6 | ((unsigned char)text[i] & 0x3F);
	}
	if (number < first_of_length[length] || number > 0x10FFFF || number >> 11 == 27)
		return 0; /* overlong, too high, a surrogate */
	if (number < 0x20 || (number >= 0x7F && number < 0xA0))
		return number > 0 && number < 0x80 && strchr(keep, (int)number) ? 1 : 0;
	return length;
}

bool fuzz_is_lookalike(const char *text, size_t left)
{
	return left >= 4 && memcmp(text, "\\x", 2) == 0 && isxdigit((unsigned char)text[2]) &&
	       isxdigit((unsigned char)text[3]);
}

bool fuzz_is_direction(const char *text, size_t length)
{
	static const char *const all[] = {
		"\u061C", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A", "\u202B",
		"\u202C", "\u202D", "\u202E", "\u2066", "\u2067", "\u2068", "\u2069",
		"\u206A", "\u206B", "\u206C", "\u206D", "\u206E", "\u206F", "\uFEFF",
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strlen(all[i]) == length && memcmp(all[i], text, length) == 0)
			return true;
	return false;
}

bool fuzz_is_harmless(const char *text, size_t length, const char *keep)
{
	while (length > 0) {
		size_t taken = fuzz_character(text, length, keep);
		if (taken == 0)
			return false;
		text += taken;
		length -= taken;
	}
	return true;
}

void fuzz_check_complaint(const char *text, size_t length, const char *program)
{
	size_t name = strlen(program);

	FUZZ_CHECK(length > name + 2 && memcmp(text, program, name) == 0 &&
		   memcmp(text + name, ": ", 2) == 0);
	FUZZ_CHECK(text[length - 1] == '\n');
	FUZZ_CHECK(fuzz_is_harmless(text, length - 1, ""));
}
