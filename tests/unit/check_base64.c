/* SPDX-License-Identifier: ISC */
/* check_base64: bytes become the text that RFC 4648 wants, with nothing written past it. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "lib/suite.h"

static const struct {
	const char *bytes;
	size_t length;
	const char *text;
} pairs[] = {
	/* RFC 4648, 10. */
	{"", 0, ""},
	{"f", 1, "Zg=="},
	{"fo", 2, "Zm8="},
	{"foo", 3, "Zm9v"},
	{"foob", 4, "Zm9vYg=="},
	{"fooba", 5, "Zm9vYmE="},
	{"foobar", 6, "Zm9vYmFy"},
	/* All bits, and NULs. */
	{"\xFF\xFE\xFD", 3, "//79"},
	{"\xFB\xEF\xBE", 3, "++++"},
	{"\0", 1, "AA=="},
	{"\0\0\0\x80", 4, "AAAAgA=="},
};

/* A sanitizer or valgrind sees what is read or written past the end. */
START_TEST(bytes_become_text)
{
	size_t length = strlen(pairs[_i].text);
	char *bytes = malloc(pairs[_i].length + 1), *text = malloc(length + 1);

	ck_assert(bytes && text);
	memcpy(bytes, pairs[_i].bytes, pairs[_i].length);
	ck_assert_uint_eq(BASE64_LENGTH(pairs[_i].length), length);
	ck_assert_uint_eq(base64_encode(text, bytes, pairs[_i].length), length);
	ck_assert(memcmp(text, pairs[_i].text, length) == 0);
	free(bytes);
	free(text);
}
END_TEST

START_TEST(pieces_of_threes_can_be_joined)
{
	char whole[BASE64_LENGTH(7)], joined[BASE64_LENGTH(7)];
	size_t used;

	ck_assert_uint_eq(base64_encode(whole, "foobarb", 7), sizeof whole);
	used = base64_encode(joined, "foo", 3);
	used += base64_encode(joined + used, "barb", 4);
	ck_assert_uint_eq(used, sizeof whole);
	ck_assert_mem_eq(joined, whole, sizeof whole);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base64");
	TCase *encoding = suite_case(suite, "encoding");

	tcase_add_loop_test(encoding, bytes_become_text, 0, COUNT_OF(pairs));
	tcase_add_test(encoding, pieces_of_threes_can_be_joined);
	return suite_run(suite);
}
