/* SPDX-License-Identifier: ISC */
/* check_httprequest: what is a request by HTTP and what is not, however its bytes are split. */
#include "daemon/serve/httprequest.h"

#include <stdint.h>
#include <string.h>

#include "daemon/serve/prelude.h"
#include "lib/suite.h"

/* More than a line of a test has. */
enum { REQUEST_MAX = 600 };

/* What the parser made of bytes. */
struct outcome {
	enum prelude_verdict verdict;
	size_t used;
	struct httprequest request;
};

/* Gives the parser the bytes, cut before each position whose bit is set. */
static struct outcome parse_cut(const char *bytes, size_t size, const unsigned char *cuts)
{
	struct outcome outcome = {.verdict = PRELUDE_MORE};

	httprequest_kind.begin(&outcome.request);
	while (outcome.used < size && outcome.verdict == PRELUDE_MORE) {
		size_t end = outcome.used + 1, used = SIZE_MAX;
		while (end < size && !cuts[end])
			end++;
		outcome.verdict = httprequest_kind.take(&outcome.request, bytes + outcome.used,
							end - outcome.used, &used);
		ck_assert_uint_le(used, end - outcome.used);
		outcome.used += used;
	}
	return outcome;
}

static struct outcome parse(const char *bytes, size_t size)
{
	static const unsigned char none[HTTPREQUEST_MAX + 1];

	return parse_cut(bytes, size, none);
}

static void assert_same(const struct outcome *one, const struct outcome *other)
{
	ck_assert_int_eq(one->verdict, other->verdict);
	ck_assert_uint_eq(one->used, other->used);
	ck_assert(memcmp(&one->request, &other->request, sizeof one->request) == 0);
}

/* Asserts that it is the same byte by byte, and cut in two or three anywhere. */
static void assert_splits_alike(const char *bytes, size_t size)
{
	unsigned char cuts[REQUEST_MAX];
	struct outcome whole = parse(bytes, size), split;

	ck_assert_uint_lt(size, REQUEST_MAX);
	memset(cuts, 1, sizeof cuts);
	split = parse_cut(bytes, size, cuts);
	assert_same(&whole, &split);
	for (size_t first = 1; first < size; first++) {
		for (size_t second = first; second < size; second++) {
			memset(cuts, 0, sizeof cuts);
			cuts[first] = cuts[second] = 1;
			split = parse_cut(bytes, size, cuts);
			assert_same(&whole, &split);
		}
	}
}

/* Asserts that it is the same in each of the many ways to split it. */
static void assert_all_splits_alike(const char *bytes, size_t size)
{
	unsigned char cuts[REQUEST_MAX] = {0};
	struct outcome whole = parse(bytes, size), split;

	for (unsigned long way = 0; way < 1UL << (size - 1); way++) {
		for (size_t i = 1; i < size; i++)
			cuts[i] = way >> (i - 1) & 1;
		split = parse_cut(bytes, size, cuts);
		assert_same(&whole, &split);
	}
}

#define WHOLE PRELUDE_WHOLE
#define BAD PRELUDE_BAD
#define MORE PRELUDE_MORE

/* Requests: what comes of each, its method (G, H or another), its path, and what is not taken. */
static const struct {
	const char *bytes;
	enum prelude_verdict verdict;
	char method;
	const char *path;
	const char *rest;
} rows[] = {
	{"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", WHOLE, 'G', "/metrics", ""},
	{"GET /metrics HTTP/1.0\r\n\r\n", WHOLE, 'G', "/metrics", ""},
	{"GET /metrics HTTP/1.9\n\n", WHOLE, 'G', "/metrics", ""},
	{"HEAD /healthz HTTP/1.1\r\n\r\n", WHOLE, 'H', "/healthz", ""},
	{"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", WHOLE, '-', "/x", "abc"},
	{"get /x HTTP/1.1\r\n\r\n", WHOLE, '-', "/x", ""},
	{"GETS /x HTTP/1.1\r\n\r\n", WHOLE, '-', "/x", ""},
	{"PROPFINDING /x HTTP/1.1\r\n\r\n", WHOLE, '-', "/x", ""},
	{"OPTIONS * HTTP/1.1\r\n\r\n", WHOLE, '-', "*", ""},
	/* Two in one go: the second is not taken. */
	{"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n", WHOLE, 'G', "/a",
	 "GET /b HTTP/1.1\r\n\r\n"},
	{"GET /a\nGET /b\n", WHOLE, 'G', "/a", "GET /b\n"},
	/* Empty lines may come first. */
	{"\r\n\n\r\nGET / HTTP/1.1\r\n\r\n", WHOLE, 'G', "/", ""},
	/* HTTP/0.9. */
	{"GET /metrics\r\n", WHOLE, 'G', "/metrics", ""},
	{"GET /metrics\n", WHOLE, 'G', "/metrics", ""},
	{"HEAD /metrics\n", BAD, 'H', NULL, ""},
	{"GET \n", BAD, 'G', NULL, ""},
	{"GET\n", BAD, '-', NULL, ""},
	/* Targets. */
	{"GET /a?b=c&d HTTP/1.1\r\n\r\n", WHOLE, 'G', "/a", ""},
	{"GET ? HTTP/1.1\r\n\r\n", BAD, 'G', NULL, "HTTP/1.1\r\n\r\n"},
	{"GET /?? HTTP/1.1\r\n\r\n", WHOLE, 'G', "/", ""},
	{"GET http://a:1/b/c?d HTTP/1.1\r\n\r\n", WHOLE, 'G', "/b/c", ""},
	{"GET HTTP://a HTTP/1.1\r\n\r\n", WHOLE, 'G', "/", ""},
	{"GET /a%62 HTTP/1.1\r\n\r\n", WHOLE, 'G', "/a%62", ""},
	{"GET  / HTTP/1.1\r\n\r\n", BAD, 'G', NULL, "/ HTTP/1.1\r\n\r\n"},
	{"GET /\t HTTP/1.1\r\n\r\n", BAD, 'G', NULL, " HTTP/1.1\r\n\r\n"},
	{"GET /\x80 HTTP/1.1\r\n\r\n", BAD, 'G', NULL, " HTTP/1.1\r\n\r\n"},
	{"GET /\x7F HTTP/1.1\r\n\r\n", BAD, 'G', NULL, " HTTP/1.1\r\n\r\n"},
	/* Versions. */
	{"GET / HTTP/2.0\r\n\r\n", WHOLE, 'G', "/", ""},
	{"GET / HTTP/0.9\r\n\r\n", WHOLE, 'G', "/", ""},
	{"GET / HTTP/1.10\r\n\r\n", BAD, 'G', NULL, "\r\n\r\n"},
	{"GET / HTTP/1.\r\n\r\n", BAD, 'G', NULL, "\r\n"},
	{"GET / HTTP/1,1\r\n\r\n", BAD, 'G', NULL, "\r\n"},
	{"GET / HTTP/a.1\r\n\r\n", BAD, 'G', NULL, "\r\n"},
	{"GET / HTTP/1.a\r\n\r\n", BAD, 'G', NULL, "\r\n"},
	{"GET / http/1.1\r\n\r\n", BAD, 'G', NULL, "\r\n"},
	{"GET / \r\n\r\n", BAD, 'G', NULL, "\r\n"},
	/* Fields. */
	{"GET / HTTP/1.1\r\na:\r\nb: \tc \xFF~\r\n\r\n", WHOLE, 'G', "/", ""},
	{"GET / HTTP/1.1\r\na\r\n\r\n", BAD, 'G', NULL, "\r\n"},
	{"GET / HTTP/1.1\r\n: b\r\n\r\n", BAD, 'G', NULL, " b\r\n\r\n"},
	{"GET / HTTP/1.1\r\na : b\r\n\r\n", BAD, 'G', NULL, ": b\r\n\r\n"},
	{"GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n", BAD, 'G', NULL, "c\r\n\r\n"},
	{"GET / HTTP/1.1\r\na: \x01\r\n\r\n", BAD, 'G', NULL, "\r\n\r\n"},
	{"GET / HTTP/1.1\r\n(: b\r\n\r\n", BAD, 'G', NULL, ": b\r\n\r\n"},
	/* Carriage returns. */
	{"GET / HTTP/1.1\r\r\n\r\n", BAD, 'G', NULL, "\n\r\n"},
	{"GET /\rHTTP/1.1\r\n\r\n", BAD, 'G', NULL, "TTP/1.1\r\n\r\n"},
	{"\rGET / HTTP/1.1\r\n\r\n", BAD, '-', NULL, "ET / HTTP/1.1\r\n\r\n"},
	/* No HTTP at all. */
	{" GET / HTTP/1.1\r\n\r\n", BAD, '-', NULL, "GET / HTTP/1.1\r\n\r\n"},
	{"\x16\x03\x01", BAD, '-', NULL, "\x03\x01"},
	{"Hi from server", MORE, '-', NULL, ""},
	{"Hi from server\n", BAD, '-', NULL, ""},
	/* Not over yet. */
	{"", MORE, '-', NULL, ""},
	{"\r\n", MORE, '-', NULL, ""},
	{"GET / HTTP/1.1\r\n\r", MORE, 'G', NULL, ""},
	{"GET / HTTP/1.1\r\na: b\r\n", MORE, 'G', NULL, ""},
};

START_TEST(row)
{
	const char *bytes = rows[_i].bytes;
	size_t size = strlen(bytes);
	struct outcome outcome = parse(bytes, size);

	ck_assert_str_eq(bytes + outcome.used, rows[_i].rest);
	ck_assert_int_eq(outcome.verdict, rows[_i].verdict);
	ck_assert(outcome.request.is_get == (rows[_i].method == 'G'));
	ck_assert(outcome.request.is_head == (rows[_i].method == 'H'));
	if (rows[_i].path)
		ck_assert_str_eq(httprequest_path(&outcome.request), rows[_i].path);
	assert_splits_alike(bytes, size);
}
END_TEST

/* Short ones, in each of the ways to split them. */
static const char *const short_ones[] = {
	"GET /a\r\n",		"\r\nGET /\n",	    "G / HTTP/1.0\n\n",
	"G / HTTP/1.0\r\n\r\n", "G / HTTP/9.0\n\n", "G / HTTP/1.1\r\r",
};

START_TEST(every_split_is_alike)
{
	assert_all_splits_alike(short_ones[_i], strlen(short_ones[_i]));
}
END_TEST

START_TEST(zero_byte_is_bad)
{
	static const char bytes[] = "GET /\0 HTTP/1.1\r\n\r\n";
	static const char first[] = "\0GET / HTTP/1.1\r\n\r\n";
	static const char last[] = "GET / HTTP/1.1\r\na: \0\r\n\r\n";

	ck_assert_int_eq(parse(bytes, sizeof bytes - 1).verdict, BAD);
	ck_assert_int_eq(parse(first, sizeof first - 1).verdict, BAD);
	ck_assert_int_eq(parse(last, sizeof last - 1).verdict, BAD);
}
END_TEST

START_TEST(versions_are_told_apart)
{
	ck_assert(parse("GET /\n", 6).request.is_simple);
	ck_assert(!parse("GET / HTTP/1.0\n\n", 16).request.is_simple);
	ck_assert(!parse("GET / HTTP/1.0\n\n", 16).request.is_foreign);
	ck_assert(parse("GET / HTTP/2.0\n\n", 16).request.is_foreign);
	ck_assert(parse("GET / HTTP/0.9\n\n", 16).request.is_foreign);
}
END_TEST

/* A request with a target of that length. */
static struct outcome parse_target(size_t length)
{
	char bytes[2 * HTTPREQUEST_TARGET_MAX + 40] = "GET /";

	memset(bytes + 5, 'a', length - 1);
	memcpy(bytes + 4 + length, " HTTP/1.1\r\n\r\n", 14);
	return parse(bytes, strlen(bytes));
}

START_TEST(long_target_is_no_path)
{
	struct outcome outcome = parse_target(HTTPREQUEST_TARGET_MAX);

	ck_assert_int_eq(outcome.verdict, WHOLE);
	ck_assert_uint_eq(strlen(httprequest_path(&outcome.request)), HTTPREQUEST_TARGET_MAX);
	outcome = parse_target(HTTPREQUEST_TARGET_MAX + 1);
	ck_assert_int_eq(outcome.verdict, WHOLE);
	ck_assert_str_eq(httprequest_path(&outcome.request), "");
	ck_assert_int_eq(parse_target(2 * HTTPREQUEST_TARGET_MAX).verdict, WHOLE);
}
END_TEST

START_TEST(long_query_is_left_out)
{
	char bytes[HTTPREQUEST_MAX];
	struct outcome outcome;

	memset(bytes, 'a', sizeof bytes);
	memcpy(bytes, "GET /metrics?", 13);
	memcpy(bytes + 3000, " HTTP/1.1\r\n\r\n", 13);
	outcome = parse(bytes, 3013);
	ck_assert_int_eq(outcome.verdict, WHOLE);
	ck_assert_str_eq(httprequest_path(&outcome.request), "/metrics");
}
END_TEST

START_TEST(bounds_are_stated)
{
	ck_assert_uint_eq(httprequest_kind.most, 4096);
	ck_assert_uint_eq(httprequest_kind.ms, 5000);
	ck_assert_uint_eq(httprequest_kind.size, sizeof(struct httprequest));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("httprequest");
	TCase *tests = suite_case(suite, "httprequest");

	tcase_add_loop_test(tests, row, 0, COUNT_OF(rows));
	tcase_add_loop_test(tests, every_split_is_alike, 0, COUNT_OF(short_ones));
	tcase_add_test(tests, zero_byte_is_bad);
	tcase_add_test(tests, versions_are_told_apart);
	tcase_add_test(tests, long_target_is_no_path);
	tcase_add_test(tests, long_query_is_left_out);
	tcase_add_test(tests, bounds_are_stated);
	return suite_run(suite);
}
