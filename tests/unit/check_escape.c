/* SPDX-License-Identifier: ISC */
/* check_escape: what may be shown stays as it is, all else becomes \xHH, and nothing overflows. */
#include <string.h>

#include "base/escape.h"
#include "lib/suite.h"

/* Text that stays: printable ASCII and well-formed UTF-8 at the edges of each form. */
static const char *const shown[] = {
	"",
	" ~",
	"Hi from server",
	"a\\x41b", /* a backslash is a printable character like others */
	"\xC2\xA0",
	"\xDF\xBF",
	"gr\xC3\xBC\xC3\x9F",
	"\xE0\xA0\x80",
	"\xE1\x80\x80",
	"\xEC\xBF\xBF",
	"\xED\x80\x80",
	"\xED\x9F\xBF",
	"\xEE\x80\x80",
	"\xEF\xBF\xBF",
	"\xF0\x90\x80\x80",
	"\xF1\x80\x80\x80",
	"\xF3\xBF\xBF\xBF",
	"\xF4\x8F\xBF\xBF",
};

START_TEST(printable_text_stays)
{
	char out[64];
	size_t length = strlen(shown[_i]);

	ck_assert_uint_eq(escape_bytes(out, shown[_i], length, ""), length);
	ck_assert_mem_eq(out, shown[_i], length);
}
END_TEST

static const struct {
	const char *bytes;
	size_t length;
	const char *keep, *out;
} escaped[] = {
	{"\0", 1, "", "\\x00"},
	{"\0", 1, "\n", "\\x00"},
	{"a\0b", 3, "", "a\\x00b"},
	{"\x01\x1F", 2, "", "\\x01\\x1F"},
	{"\x7F", 1, "", "\\x7F"},
	{"\x1B[31m", 5, "\n\t", "\\x1B[31m"},
	{"\x1B]52;c;aGk=\a", 12, "", "\\x1B]52;c;aGk=\\x07"},
	{"a\nb\tc", 5, "", "a\\x0Ab\\x09c"},
	{"a\nb\tc", 5, "\n\t", "a\nb\tc"},
	{"a\nb\tc", 5, "\t", "a\\x0Ab\tc"},
	{"\r\n", 2, "\n\t", "\\x0D\n"},
	{"\x80", 1, "", "\\x80"},
	{"\xBF", 1, "", "\\xBF"},
	{"\xC2\x80", 2, "", "\\xC2\\x80"}, /* the first and last C1 controls */
	{"\xC2\x9F", 2, "", "\\xC2\\x9F"},
	{"\xC2\x9B", 2, "\x9B", "\\xC2\\x9B"},
	{"\xC0\x80", 2, "", "\\xC0\\x80"}, /* overlong forms */
	{"\xC1\xBF", 2, "", "\\xC1\\xBF"},
	{"\xE0\x9F\xBF", 3, "", "\\xE0\\x9F\\xBF"},
	{"\xF0\x8F\xBF\xBF", 4, "", "\\xF0\\x8F\\xBF\\xBF"},
	{"\xED\xA0\x80", 3, "", "\\xED\\xA0\\x80"},	     /* a surrogate */
	{"\xF4\x90\x80\x80", 4, "", "\\xF4\\x90\\x80\\x80"}, /* above U+10FFFF */
	{"\xF5\x80\x80\x80", 4, "", "\\xF5\\x80\\x80\\x80"},
	{"\xFF\xFE", 2, "", "\\xFF\\xFE"},
	{"\xC3", 1, "", "\\xC3"}, /* cut in the middle */
	{"\xE2\x82", 2, "", "\\xE2\\x82"},
	{"\xF0\x9F\x98", 3, "", "\\xF0\\x9F\\x98"},
	{"\xC3(", 2, "", "\\xC3("}, /* a second byte that is none */
	{"\xE2\x28\xA1", 3, "", "\\xE2(\\xA1"},
	{"\xE2\x82(", 3, "", "\\xE2\\x82("},
	{"\xF0\x9F\x98(", 4, "", "\\xF0\\x9F\\x98("},
	{"\xC3\xC3\xBC", 3, "", "\\xC3\xC3\xBC"},
};

START_TEST(other_bytes_are_escaped)
{
	char out[64] = {0};
	size_t used = escape_bytes(out, escaped[_i].bytes, escaped[_i].length, escaped[_i].keep);

	ck_assert_str_eq(out, escaped[_i].out);
	ck_assert_uint_eq(used, strlen(escaped[_i].out));
}
END_TEST

/* The second byte of a character lies behind the end: it must not be looked at. */
START_TEST(length_bounds_a_character)
{
	char out[8] = {0};

	escape_bytes(out, "\xC3\xBC", 1, "");
	ck_assert_str_eq(out, "\\xC3");
}
END_TEST

START_TEST(each_byte_grows_to_four_at_most)
{
	unsigned char every[256];
	char out[sizeof every * ESCAPE_GROWTH];
	size_t used;

	for (size_t i = 0; i < sizeof every; i++)
		every[i] = (unsigned char)i;
	used = escape_bytes(out, every, sizeof every, "");
	ck_assert_uint_eq(used, 95 + (256 - 95) * ESCAPE_GROWTH);
	for (size_t i = 0; i < used; i++)
		ck_assert_msg(out[i] >= 0x20 && out[i] < 0x7F, "a raw %#x came through",
			      (unsigned)(unsigned char)out[i]);
}
END_TEST

static const struct {
	const char *text;
	size_t size;
	const char *out;
} cut[] = {
	{"abc", 4, "abc"},
	{"abc", 3, "ab"},
	{"abc", 1, ""},
	{"", 1, ""},
	{"a\nb", 7, "a\\x0Ab"},
	{"a\nb", 6, "a\\x0A"},
	{"a\nb", 5, "a"}, /* an escape is never cut */
	{"\n", 4, ""},
	{"a\xC3\xBC", 4, "a\xC3\xBC"},
	{"a\xC3\xBC", 3, "a"}, /* nor is a character */
	{"\xF0\x9F\x98\x80", 5, "\xF0\x9F\x98\x80"},
	{"\xF0\x9F\x98\x80", 4, ""},
	{"\xC3\n", 64, "\\xC3\\x0A"},
	{"C:\\new\\x", 64, "C:\\new\\x"},
	{"a\\x41", 64, "a\\x5Cx41"}, /* it would look like an escape */
	{"a\\x41", 9, "a\\x5Cx41"},
	{"a\\x41", 8, "a\\x5Cx4"},
	{"a\\x41", 5, "a"},
	{"\\xfF", 64, "\\x5CxfF"},
	{"\\x4", 64, "\\x4"},
	{"\\x4\n", 64, "\\x4\\x0A"},
	{"\\x4g\\X41", 64, "\\x4g\\X41"},
	{"\\\\x41", 64, "\\\\x5Cx41"},
	{"\\\n", 64, "\\\\x0A"},
};

START_TEST(text_is_cut_where_it_no_longer_fits)
{
	char out[80];

	memset(out, '#', sizeof out);
	ck_assert_ptr_eq(escape_text(out, cut[_i].size, cut[_i].text), out);
	ck_assert_str_eq(out, cut[_i].out);
	ck_assert_int_eq(out[cut[_i].size], '#');
}
END_TEST

/* Characters that move what stands after them, or end a line; and their neighbours. */
static const struct {
	const char *text, *out;
} lines[] = {
	{"a\nb\t\x1B", "a\\x0Ab\\x09\\x1B"},
	{"C:\\new\\x41", "C:\\new\\x5Cx41"},
	{"\xD8\x9C", "\\xD8\\x9C"}, /* U+061C */
	{"\xD8\x9B\xD8\x9D", "\xD8\x9B\xD8\x9D"},
	{"\xE2\x80\x8D\xE2\x80\x8E", "\xE2\x80\x8D\\xE2\\x80\\x8E"}, /* U+200E */
	{"\xE2\x80\x8F\xE2\x80\x90", "\\xE2\\x80\\x8F\xE2\x80\x90"}, /* U+200F */
	{"\xE2\x80\xA7\xE2\x80\xA8", "\xE2\x80\xA7\\xE2\\x80\\xA8"}, /* U+2028 */
	{"\xE2\x80\xA9", "\\xE2\\x80\\xA9"},
	{"\xE2\x80\xAA", "\\xE2\\x80\\xAA"},
	{"\xE2\x80\xAE\xE2\x80\xAF", "\\xE2\\x80\\xAE\xE2\x80\xAF"}, /* U+202E */
	{"\xE2\x81\xA5\xE2\x81\xA6", "\xE2\x81\xA5\\xE2\\x81\\xA6"}, /* U+2066 */
	{"\xE2\x81\xAF\xE2\x81\xB0", "\\xE2\\x81\\xAF\xE2\x81\xB0"}, /* U+206F */
	{"\xEF\xBB\xBE\xEF\xBB\xBF", "\xEF\xBB\xBE\\xEF\\xBB\\xBF"}, /* U+FEFF */
	{"\xF0\x90\x80\x8E\xF0\x92\x80\xA8", "\xF0\x90\x80\x8E\xF0\x92\x80\xA8"},
	{"\xD7\xA9\xD9\x84\xE2\x80", "\xD7\xA9\xD9\x84\\xE2\\x80"}, /* letters, and a cut */
};

START_TEST(line_keeps_its_order)
{
	char out[80];

	ck_assert_ptr_eq(escape_text(out, sizeof out, lines[_i].text), out);
	ck_assert_str_eq(out, lines[_i].out);
}
END_TEST

START_TEST(line_is_cut_before_what_no_longer_fits)
{
	char out[16];

	escape_text(out, 13, "\xE2\x80\xAE!");
	ck_assert_str_eq(out, "\\xE2\\x80\\xAE");
	escape_text(out, 12, "\xE2\x80\xAE!");
	ck_assert_str_eq(out, "");
}
END_TEST

/* A text for -e says the same by \x41 as by A; it must stay what was written. */
START_TEST(line_may_hold_nuls)
{
	char out[32];

	ck_assert_uint_eq(escape_line(out, sizeof out, "a\0b\\x41", 7), 7);
	ck_assert_str_eq(out, "a\\x00b\\x5Cx41");
	ck_assert_uint_eq(escape_line(out, 6, "a\0b", 3), 2);
	ck_assert_str_eq(out, "a\\x00");
	ck_assert_uint_eq(escape_line(out, 5, "a\0b", 3), 1);
	ck_assert_str_eq(out, "a");
	ck_assert_uint_eq(escape_line(out, 1, "a", 1), 0);
	ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(backslashes_of_a_source_stay)
{
	static const char text[] = "\\x41\\n\n\xE2\x80\xAE";
	static const char wanted[] = "\\x41\\n\\x0A\\xE2\\x80\\xAE";
	char out[80] = {0};

	ck_assert_uint_eq(escape_source(out, text, sizeof text - 1), sizeof wanted - 1);
	ck_assert_str_eq(out, wanted);
}
END_TEST

/* Each byte is tried in each place. Escaping may leave a backslash, but depends on what follows. */
START_TEST(plain_is_what_always_stays)
{
	char bytes[] = "before . after", out[ESCAPE_GROWTH * sizeof bytes];

	ck_assert(escape_is_plain("", 0));
	for (int place = 0; place < (int)sizeof bytes - 1; place++)
		for (int byte = 0; byte < 256; byte++) {
			memcpy(bytes, "before . after", sizeof bytes);
			bytes[place] = (char)byte;
			escape_line(out, sizeof out, bytes, sizeof bytes - 1);
			ck_assert_int_eq(escape_is_plain(bytes, sizeof bytes - 1),
					 strcmp(out, bytes) == 0 && byte != '\\' && byte != 0);
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("escape");
	TCase *bytes = suite_case(suite, "bytes"), *text = suite_case(suite, "text");

	tcase_add_loop_test(bytes, printable_text_stays, 0, COUNT_OF(shown));
	tcase_add_loop_test(bytes, other_bytes_are_escaped, 0, COUNT_OF(escaped));
	tcase_add_test(bytes, length_bounds_a_character);
	tcase_add_test(bytes, each_byte_grows_to_four_at_most);
	tcase_add_test(bytes, plain_is_what_always_stays);
	tcase_add_loop_test(text, text_is_cut_where_it_no_longer_fits, 0, COUNT_OF(cut));
	tcase_add_loop_test(text, line_keeps_its_order, 0, COUNT_OF(lines));
	tcase_add_test(text, line_is_cut_before_what_no_longer_fits);
	tcase_add_test(text, line_may_hold_nuls);
	tcase_add_test(text, backslashes_of_a_source_stay);
	return suite_run(suite);
}
