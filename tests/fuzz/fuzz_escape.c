/* SPDX-License-Identifier: ISC */
/*
 * fuzz_escape: whatever is escaped is harmless, and says nothing but what was there: each
 * harmless character as it is, each other byte as \xHH.
 *
 * The first byte of the input tells what is kept and where to cut; the others are escaped.
 */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "fuzz.h"

/* Checks that `out` stands for the input, step by step. */
static void check_says_the_same(const char *in, size_t size, const char *out, size_t length,
				const char *keep)
{
	static const char digits[] = "0123456789ABCDEF";

	while (size > 0) {
		char hex[] = {'\\', 'x', digits[(*in >> 4) & 15], digits[*in & 15]};
		size_t taken = fuzz_character(in, size, keep);
		size_t grown = taken ? taken : sizeof hex;
		FUZZ_CHECK(length >= grown && memcmp(out, taken ? in : hex, grown) == 0);
		taken += !taken;
		in += taken;
		size -= taken;
		out += grown;
		length -= grown;
	}
	FUZZ_CHECK(length == 0);
}

/* Checks that it does not matter where the bytes are cut in two, unless within a character. */
static void check_cut(const char *in, size_t size, size_t cut, const char *whole, size_t length,
		      const char *keep)
{
	char *parts = malloc(ESCAPE_GROWTH * size + 1);
	size_t at = 0, used;

	while (at < cut) {
		size_t taken = fuzz_character(in + at, size - at, keep);
		at += taken ? taken : 1;
	}
	FUZZ_CHECK(parts != NULL);
	used = escape_bytes(parts, in, at, keep);
	used += escape_bytes(parts + used, in + at, size - at, keep);
	FUZZ_CHECK(used == length && memcmp(parts, whole, used) == 0);
	free(parts);
}

/*
 * Takes a string back out of its escapes, as a reader of a log does: each \xHH is that byte.
 * Returns the length.
 */
static size_t unescape(char *out, const char *text)
{
	size_t used = 0;

	while (*text) {
		char digits[3] = "";
		if (!fuzz_is_lookalike(text, strlen(text))) {
			out[used++] = *text++;
			continue;
		}
		memcpy(digits, text + 2, 2);
		out[used++] = (char)strtoul(digits, NULL, 16);
		text += 4;
	}
	return used;
}

/* True if nothing in the text changes the direction of a line, or breaks it. */
static bool has_one_direction(const char *text, size_t length)
{
	for (size_t taken; length > 0; text += taken, length -= taken) {
		taken = fuzz_character(text, length, "");
		if (fuzz_is_direction(text, taken))
			return false;
	}
	return true;
}

/*
 * Checks that what comes of a line is harmless, says all of it or as much as fits, and nothing
 * else.
 */
static void check_line(const char *in, size_t size, size_t room)
{
	size_t said, used, taken;
	char *whole = malloc(ESCAPE_GROWTH * size + 1), *out = malloc(room);
	char *back = malloc(ESCAPE_GROWTH * size + 1 + room);

	FUZZ_CHECK(whole && out && back);
	FUZZ_CHECK(escape_line(whole, ESCAPE_GROWTH * size + 1, in, size) == size);
	said = unescape(back, whole);
	FUZZ_CHECK(said == size && memcmp(back, in, size) == 0);
	FUZZ_CHECK(fuzz_is_harmless(whole, strlen(whole), ""));
	FUZZ_CHECK(has_one_direction(whole, strlen(whole)));
	taken = escape_line(out, room, in, size);
	used = strlen(out);
	FUZZ_CHECK(used < room && strncmp(out, whole, used) == 0);
	FUZZ_CHECK(fuzz_is_harmless(out, used, ""));
	FUZZ_CHECK(unescape(back, out) == taken && memcmp(back, in, taken) == 0);
	FUZZ_CHECK(used == strlen(whole) || room - used <= 3 * ESCAPE_GROWTH);
	if (strlen(in) == size)
		FUZZ_CHECK(strcmp(escape_text(back, room, in), out) == 0);
	free(whole);
	free(out);
	free(back);
}

/* Checks that a piece of a source differs from other bytes in what changes its direction alone. */
static void check_source(const char *in, size_t size)
{
	char *plain = malloc(ESCAPE_GROWTH * size + 1), *out = malloc(ESCAPE_GROWTH * size + 1);
	size_t length, used;

	FUZZ_CHECK(plain && out);
	length = escape_bytes(plain, in, size, "");
	used = escape_source(out, in, size);
	FUZZ_CHECK(fuzz_is_harmless(out, used, "") && has_one_direction(out, used));
	FUZZ_CHECK(used >= length);
	FUZZ_CHECK(used > length || memcmp(out, plain, used) == 0);
	FUZZ_CHECK((used == length) == has_one_direction(plain, length));
	free(plain);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const kept[] = {"", "\n\t", "\t", "\x7F\x80\xC2"};
	const char *keep;
	char *in, *out;
	size_t used, cut;

	if (size == 0)
		return 0;
	keep = kept[data[0] & 3];
	cut = (size_t)(data[0] >> 2);
	in = fuzz_string(data + 1, --size);
	out = malloc(ESCAPE_GROWTH * size + 1);
	FUZZ_CHECK(out != NULL);
	used = escape_bytes(out, in, size, keep);
	FUZZ_CHECK(fuzz_is_harmless(out, used, keep));
	check_says_the_same(in, size, out, used, keep);
	check_cut(in, size, cut < size ? cut : size, out, used, keep);
	check_line(in, size, cut + 1);
	check_source(in, size);
	free(in);
	free(out);
	return 0;
}
