/* SPDX-License-Identifier: ISC */
/* check_operands: which words are one server and its port, and which are several servers. */
#include "client/operands.h"

#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/log.h"
#include "client/options.h"
#include "lib/capture.h"
#include "lib/suite.h"

enum { WORDS_MAX = 4 };

static struct options options;

static void setup(void)
{
	capture(STDERR_FILENO);
	log_open("hailto", LOG_LEVEL_WARNING);
}

static void teardown(void)
{
	options_free(&options);
}

/* Reads the words, which end with NULL. */
static enum cli_outcome read_words(const char *const *given)
{
	char words[WORDS_MAX][100], *list[WORDS_MAX];
	size_t count = 0;

	for (; count < WORDS_MAX && given[count]; count++)
		list[count] = strcpy(words[count], given[count]);
	return operands_read(&options, list, count);
}

static const struct {
	const char *words[WORDS_MAX], *shown;
} good[] = {
	{{"host"}, "host:12345"},
	{{"host", "80"}, "host:80"},
	{{"::1", "80"}, "[::1]:80"},
	{{"a:1", "b:2"}, "a:1 b:2"},
	{{"a:1", "unix:/b"}, "a:1 unix:/b"},
	{{"unix:/a", "unix:/b"}, "unix:/a unix:/b"},
	{{"[::1]:1", "[::2]:2", "127.0.0.1:3"}, "[::1]:1 [::2]:2 127.0.0.1:3"},
	{{"a:1", "a:1", "unix:./@b"}, "a:1 a:1 unix:./@b"},
};

START_TEST(words_are_servers)
{
	char text[ADDRESS_TEXT_MAX], all[4 * ADDRESS_TEXT_MAX] = "";

	ck_assert_int_eq(read_words(good[_i].words), CLI_GO);
	ck_assert(options.has_target);
	for (size_t i = 0; i < options_target_count(&options); i++) {
		strcat(all, i ? " " : "");
		strcat(all, endpoint_format(options_target(&options, i), text, sizeof text));
	}
	ck_assert_str_eq(all, good[_i].shown);
	assert_told_nothing();
}
END_TEST

START_TEST(no_word_is_no_server)
{
	ck_assert_int_eq(operands_read(&options, NULL, 0), CLI_GO);
	ck_assert(!options.has_target);
}
END_TEST

static const struct {
	const char *words[WORDS_MAX], *told;
} bad[] = {
	{{"host", "80", "81"},
	 "bad address 'host': each of several servers needs its port: HOST:PORT"},
	{{"host", "b:81"}, "bad address 'host': each of several"},
	{{"a:1", "::1"}, "bad address '::1': each of several"},
	{{"a:1", "b:2", "c"}, "bad address 'c': each of several"},
	{{"a:1", "b:2", "3"}, "bad address '3': a number is not a host"},
	{{"a:1", "b:0"}, "bad address 'b:0': port 0 cannot be connected to"},
	{{"a:1", ":2"}, "bad address ':2': a host is missing"},
	{{"a:1", "80"}, "bad port '80': the port is given twice"},
	{{"a", "b"}, "bad port 'b'"},
	{{""}, "bad address ''"},
};

START_TEST(words_are_refused_in_one_line)
{
	ck_assert_int_eq(read_words(bad[_i].words), CLI_BAD);
	assert_one_error_line("hailto: ");
	assert_told(bad[_i].told);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("operands");
	TCase *tests = suite_case(suite, "operands");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, words_are_servers, 0, COUNT_OF(good));
	tcase_add_test(tests, no_word_is_no_server);
	tcase_add_loop_test(tests, words_are_refused_in_one_line, 0, COUNT_OF(bad));
	return suite_run(suite);
}
