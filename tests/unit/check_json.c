/* SPDX-License-Identifier: ISC */
/* check_json: an object says its values to any parser, is one safe line, and never overflows. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "lib/suite.h"

static struct json json;
static char text[4096];

static const struct {
	const char *value, *written;
} strings[] = {
	{"", ""},
	{"plain text /", "plain text /"},
	{"\"", "\\\""},
	{"\\", "\\\\"},
	{"\\x41\\u0041", "\\\\x41\\\\u0041"},
	{"a\nb\tc\r", "a\\u000ab\\u0009c\\u000d"},
	{"\x01\x1F\x7F", "\\u0001\\u001f\\u007f"},
	{"\xC2\x80\xC2\x9F\xC2\xA0", "\\u0080\\u009f\xC2\xA0"},
	{"gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80", "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"},
	/* What moves the text after it, or breaks the line. */
	{"\xE2\x80\xAE", "\\u202e"},
	{"\xE2\x80\xA8\xE2\x80\xA9\xD8\x9C\xEF\xBB\xBF", "\\u2028\\u2029\\u061c\\ufeff"},
	/* What is no UTF-8: each byte, so that none is lost. */
	{"\xFF", "\\ufffd"},
	{"a\xC3", "a\\ufffd"},
	{"\xE2\x80", "\\ufffd\\ufffd"},
	{"\xC0\x80", "\\ufffd\\ufffd"},
	{"\xED\xA0\x80", "\\ufffd\\ufffd\\ufffd"}, /* a surrogate, which parsers refuse */
	{"\xF4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
	{"\xC3\"", "\\ufffd\\\""}, /* the quotation mark is not swallowed */
	{"\xE2\x80\\", "\\ufffd\\ufffd\\\\"},
};

START_TEST(string_is_escaped_once)
{
	char wanted[100];

	snprintf(wanted, sizeof wanted, "{\"key\":\"%s\"}", strings[_i].written);
	json_begin(&json, text, sizeof text);
	json_string(&json, "key", strings[_i].value);
	ck_assert_uint_eq(json_end(&json), strlen(wanted));
	ck_assert_str_eq(text, wanted);
}
END_TEST

START_TEST(numbers_are_plain)
{
	json_begin(&json, text, sizeof text);
	json_number(&json, "least", 0);
	json_number(&json, "most", UINT64_MAX);
	ck_assert_uint_eq(json_end(&json), strlen(text));
	ck_assert_str_eq(text, "{\"least\":0,\"most\":18446744073709551615}");
}
END_TEST

START_TEST(booleans_are_words)
{
	json_begin(&json, text, sizeof text);
	json_boolean(&json, "no", false);
	json_boolean(&json, "yes", true);
	ck_assert_uint_eq(json_end(&json), strlen(text));
	ck_assert_str_eq(text, "{\"no\":false,\"yes\":true}");
}
END_TEST

static const struct {
	uint64_t value;
	const char *written;
} thousandths[] = {
	{0, "{\"s\":0.000}"},
	{1, "{\"s\":0.001}"},
	{1500, "{\"s\":1.500}"},
	{UINT64_MAX, "{\"s\":18446744073709551.615}"},
};

START_TEST(thousandths_have_three_decimals)
{
	json_begin(&json, text, sizeof text);
	json_thousandths(&json, "s", thousandths[_i].value);
	ck_assert_uint_eq(json_end(&json), strlen(text));
	ck_assert_str_eq(text, thousandths[_i].written);
}
END_TEST

START_TEST(bytes_may_hold_nuls)
{
	json_begin(&json, text, sizeof text);
	json_bytes(&json, "k", "a\0b\0", 4);
	json_bytes(&json, "none", "", 0);
	ck_assert_uint_eq(json_end(&json), strlen(text));
	ck_assert_str_eq(text, "{\"k\":\"a\\u0000b\\u0000\",\"none\":\"\"}");
}
END_TEST

START_TEST(object_may_be_empty)
{
	json_begin(&json, text, sizeof text);
	ck_assert_uint_eq(json_end(&json), 2);
	ck_assert_str_eq(text, "{}");
}
END_TEST

START_TEST(object_may_be_written_in_two_parts)
{
	size_t first;

	json_begin(&json, text, sizeof text);
	json_number(&json, "a", 1);
	first = json_pause(&json);
	ck_assert_str_eq(text, "{\"a\":1");
	json_resume(&json, text + first, sizeof text - first);
	json_string(&json, "b", "2");
	ck_assert_uint_eq(json_end(&json), strlen(",\"b\":\"2\"}"));
	ck_assert_str_eq(text, "{\"a\":1,\"b\":\"2\"}");
}
END_TEST

START_TEST(members_may_have_members)
{
	json_begin(&json, text, sizeof text);
	json_open_object(&json, "outer");
	json_number(&json, "a", 1);
	json_open_object(&json, "inner");
	json_close(&json);
	json_null(&json, "b");
	json_close(&json);
	json_string(&json, "c", NULL);
	ck_assert_uint_eq(json_end(&json), strlen(text));
	ck_assert_str_eq(text, "{\"outer\":{\"a\":1,\"inner\":{},\"b\":null},\"c\":null}");
}
END_TEST

START_TEST(arrays_hold_values_without_keys)
{
	json_begin(&json, text, sizeof text);
	json_open_array(&json, "none");
	json_close(&json);
	json_open_array(&json, "all");
	json_number(&json, NULL, 1);
	json_string(&json, NULL, "two");
	json_open_object(&json, NULL);
	json_boolean(&json, "three", true);
	json_close(&json);
	json_open_array(&json, NULL);
	json_null(&json, NULL);
	json_close(&json);
	json_close(&json);
	ck_assert_uint_eq(json_end(&json), strlen(text));
	ck_assert_str_eq(text, "{\"none\":[],\"all\":[1,\"two\",{\"three\":true},[null]]}");
}
END_TEST

START_TEST(unknown_number_is_null)
{
	json_begin(&json, text, sizeof text);
	json_number_or_null(&json, "known", UINT64_MAX, true);
	json_number_or_null(&json, "unknown", 5, false);
	ck_assert_uint_eq(json_end(&json), strlen(text));
	ck_assert_str_eq(text, "{\"known\":18446744073709551615,\"unknown\":null}");
}
END_TEST

static const struct {
	const char *bytes;
	size_t length;
	const char *written;
} heard[] = {
	{"", 0, "{\"text\":\"\",\"base64\":null}"},
	{"Hi\n\0", 4, "{\"text\":\"Hi\\u000a\\u0000\",\"base64\":null}"},
	{"gr\xC3\xBC\xC3\x9F", 6, "{\"text\":\"gr\xC3\xBC\xC3\x9F\",\"base64\":null}"},
	{"gr\xC3\xBC\xC3", 5, "{\"text\":null,\"base64\":\"Z3LDvMM=\"}"},
	{"\xFF\xFE\xFD", 3, "{\"text\":null,\"base64\":\"//79\"}"},
	{NULL, 0, "{\"text\":null,\"base64\":null}"},
};

START_TEST(bytes_that_are_no_text_are_base64)
{
	json_begin(&json, text, sizeof text);
	json_bytes_or_base64(&json, "text", "base64", heard[_i].bytes, heard[_i].length);
	ck_assert_uint_eq(json_end(&json), strlen(text));
	ck_assert_str_eq(text, heard[_i].written);
}
END_TEST

/* They are written in pieces. */
START_TEST(long_base64_has_no_seams)
{
	enum { COUNT = 3 * 700 + 1 };
	char bytes[COUNT], wanted[BASE64_LENGTH(COUNT)];
	const char *before = "{\"t\":null,\"b\":\"";

	for (size_t i = 0; i < COUNT; i++)
		bytes[i] = (char)(i * 7);
	base64_encode(wanted, bytes, COUNT);
	json_begin(&json, text, sizeof text);
	json_bytes_or_base64(&json, "t", "b", bytes, COUNT);
	ck_assert_uint_eq(json_end(&json), strlen(before) + sizeof wanted + strlen("\"}"));
	ck_assert_mem_eq(text + strlen(before), wanted, sizeof wanted);
}
END_TEST

/* Writes an object with so many arrays within each other; returns its length. */
static size_t write_deep(size_t arrays)
{
	json_begin(&json, text, sizeof text);
	for (size_t i = 0; i < arrays; i++)
		json_open_array(&json, i == 0 ? "deep" : NULL);
	for (size_t i = 0; i < arrays; i++)
		json_close(&json);
	return json_end(&json);
}

START_TEST(depth_has_a_limit)
{
	ck_assert_uint_eq(write_deep(JSON_DEPTH_MAX - 1), strlen("{\"deep\":[[[[[[[]]]]]]]}"));
	ck_assert_uint_eq(write_deep(JSON_DEPTH_MAX), 0);
	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(write_deep(2 * JSON_DEPTH_MAX), 0);
}
END_TEST

static void close_too_often(void)
{
	json_close(&json);
}

static void leave_open(void)
{
	json_open_object(&json, "k");
}

static void leave_out_the_key(void)
{
	json_number(&json, NULL, 1);
}

static void name_an_item(void)
{
	json_open_array(&json, "k");
	json_number(&json, "item", 1);
	json_close(&json);
}

static void (*const faults[])(void) = {close_too_often, leave_open, leave_out_the_key,
				       name_an_item};

START_TEST(object_nested_wrongly_is_none)
{
	json_begin(&json, text, sizeof text);
	faults[_i]();
	ck_assert_uint_eq(json_end(&json), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(object_paused_within_a_member_is_none)
{
	json_begin(&json, text, sizeof text);
	leave_open();
	ck_assert_uint_eq(json_pause(&json), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

/* Writes an object with all kinds of members; returns its length. */
static size_t write_all(char *out, size_t size)
{
	json_begin(&json, out, size);
	json_string(&json, "path", "\x1B\xFF\"\xC3\xA9");
	json_number(&json, "port", 12345);
	json_boolean(&json, "yes", true);
	json_thousandths(&json, "s", 12345);
	json_open_array(&json, "items");
	json_number(&json, NULL, 1);
	json_open_object(&json, NULL);
	json_null(&json, "n");
	json_close(&json);
	json_close(&json);
	json_string(&json, "x", "");
	return json_end(&json);
}

/* A sanitizer or valgrind sees what is written past the room. */
START_TEST(object_that_does_not_fit_is_none)
{
	size_t whole = write_all(text, sizeof text);

	for (size_t size = 1; size <= whole; size++) {
		char *out = malloc(size);
		ck_assert_uint_eq(write_all(out, size), 0);
		ck_assert_str_eq(out, "");
		free(out);
	}
	ck_assert_uint_eq(write_all(text, whole + 1), whole);
}
END_TEST

/* What fits again after something that did not is left out all the same. */
START_TEST(member_after_one_that_does_not_fit_is_left_out)
{
	json_begin(&json, text, 16);
	json_string(&json, "long", "0123456789");
	json_number(&json, "b", 1);
	ck_assert_uint_eq(json_end(&json), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(each_byte_grows_to_six_at_most)
{
	char value[2] = "";

	for (int byte = 1; byte < 256; byte++) {
		value[0] = (char)byte;
		json_begin(&json, text, sizeof text);
		json_string(&json, "k", value);
		ck_assert_uint_le(json_end(&json), strlen("{\"k\":\"\"}") + JSON_GROWTH);
		for (char *p = text; *p; p++)
			ck_assert_int_ge(*p, 0x20);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json");
	TCase *members = suite_case(suite, "members"), *bounds = suite_case(suite, "bounds");
	TCase *nesting = suite_case(suite, "nesting");

	tcase_add_loop_test(members, string_is_escaped_once, 0, COUNT_OF(strings));
	tcase_add_test(members, numbers_are_plain);
	tcase_add_test(members, booleans_are_words);
	tcase_add_loop_test(members, thousandths_have_three_decimals, 0, COUNT_OF(thousandths));
	tcase_add_test(members, bytes_may_hold_nuls);
	tcase_add_test(members, object_may_be_empty);
	tcase_add_test(members, object_may_be_written_in_two_parts);
	tcase_add_test(members, unknown_number_is_null);
	tcase_add_loop_test(members, bytes_that_are_no_text_are_base64, 0, COUNT_OF(heard));
	tcase_add_test(members, long_base64_has_no_seams);
	tcase_add_test(nesting, members_may_have_members);
	tcase_add_test(nesting, arrays_hold_values_without_keys);
	tcase_add_test(nesting, depth_has_a_limit);
	tcase_add_loop_test(nesting, object_nested_wrongly_is_none, 0, COUNT_OF(faults));
	tcase_add_test(nesting, object_paused_within_a_member_is_none);
	tcase_add_test(bounds, object_that_does_not_fit_is_none);
	tcase_add_test(bounds, member_after_one_that_does_not_fit_is_left_out);
	tcase_add_test(bounds, each_byte_grows_to_six_at_most);
	return suite_run(suite);
}
