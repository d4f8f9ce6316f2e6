/* SPDX-License-Identifier: ISC */
/* check_admission: what the options about who may come are read as, and how each is refused. */
#include "daemon/admission.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/options.h"
#include "lib/capture.h"
#include "lib/suite.h"
#include "lib/words.h"

static struct options options;

static void setup(void)
{
	argv_copy[0] = strdup("haild");
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
}

static void teardown(void)
{
	options_free(&options);
	free_words();
}

START_TEST(defaults)
{
	ck_assert_int_eq(READ(), CLI_GO);
	ck_assert_uint_eq(options.proxy_from.count, 0);
	ck_assert_uint_eq(options.allow.count + options.deny.count + options.deny_files.count, 0);
	ck_assert_ptr_null(options.refusal);
	ck_assert_uint_eq(options.max_per_source, 0);
	ck_assert_uint_eq(options.rate_per_source.count, 0);
	ck_assert_uint_eq(options.datagram_rate.count, 100);
	ck_assert_uint_eq(options.datagram_rate.ms, 1000);
	ck_assert_uint_eq(options.source_prefix.ipv4, 32);
	ck_assert_uint_eq(options.source_prefix.ipv6, 64);
	assert_told_nothing();
}
END_TEST

START_TEST(all_are_read)
{
	ck_assert_int_eq(READ("--proxy-from=192.0.2.0/24", "--allow=::/0", "--allow=192.0.2.1",
			      "--deny=0.0.0.0/0", "--deny-file=one", "--deny-file=two",
			      "--refusal=no", "--max-per-source=2147483647",
			      "--rate-per-source=10/1m", "--source-prefix=0:128"),
			 CLI_GO);
	ck_assert_uint_eq(options.proxy_from.count, 1);
	ck_assert_str_eq(options.proxy_from.texts[0], "192.0.2.0/24");
	ck_assert_uint_eq(options.allow.count, 2);
	ck_assert_uint_eq(options.deny.count, 1);
	ck_assert_uint_eq(options.deny_files.count, 2);
	ck_assert_str_eq(options.deny_files.texts[1], "two");
	ck_assert_str_eq(options.refusal, "no");
	ck_assert_uint_eq(options.max_per_source, 2147483647);
	ck_assert_uint_eq(options.rate_per_source.count, 10);
	ck_assert_uint_eq(options.rate_per_source.ms, 60000);
	ck_assert_uint_eq(options.source_prefix.ipv4, 0);
	ck_assert_uint_eq(options.source_prefix.ipv6, 128);
	assert_told_nothing();
}
END_TEST

START_TEST(rate_holds_for_datagrams_too)
{
	ck_assert_int_eq(READ("--rate-per-source=7/1s"), CLI_GO);
	ck_assert_uint_eq(options.datagram_rate.count, 7);
	ck_assert_uint_eq(options.datagram_rate.ms, 1000);
}
END_TEST

START_TEST(rate_of_0_is_no_limit)
{
	ck_assert_int_eq(READ("--rate-per-source=0"), CLI_GO);
	ck_assert_uint_eq(options.rate_per_source.count, 0);
	ck_assert_uint_eq(options.datagram_rate.count, 0);
}
END_TEST

#define RATE "neither 0 nor a number from 1 to 1000000, a slash, and a time from 1ms to 86400s"
#define PAIR "not two prefix lengths, for IPv4 from 0 to 32 and for IPv6 from 0 to 128"

/* Options with a bad value, and how they are refused. */
static const struct {
	const char *word, *told;
} bad[] = {
	{"--proxy-from=", "--proxy-from: bad network '': "},
	{"--proxy-from=localhost", "--proxy-from: bad network 'localhost': "},
	{"--proxy-from=fe80::1%lo", "--proxy-from: bad network 'fe80::1%lo': "},
	{"--allow=192.0.2.1/24", "--allow: bad network '192.0.2.1/24': "},
	{"--allow=192.0.2.0/33", "--allow: bad network '192.0.2.0/33': "},
	{"--allow=::/129", "--allow: bad network '::/129': "},
	{"--allow=192.0.2", "--allow: bad network '192.0.2': "},
	{"--deny=192.0.2.0/", "--deny: bad network '192.0.2.0/': "},
	{"--deny=/24", "--deny: bad network '/24': "},
	{"--deny=unix:/run/x", "--deny: bad network 'unix:/run/x': "},
	{"--deny=192.0.2.0/24,198.51.100.0/24", "--deny: bad network '192.0.2.0/24,"},
	{"--deny= 192.0.2.1", "--deny: bad network ' 192.0.2.1': "},
	{"--rate-per-source=", "--rate-per-source: '' is " RATE},
	{"--rate-per-source=10", "--rate-per-source: '10' is " RATE},
	{"--rate-per-source=00", "--rate-per-source: '00' is " RATE},
	{"--rate-per-source=0/1s", "--rate-per-source: '0/1s' is " RATE},
	{"--rate-per-source=-1/1s", "--rate-per-source: '-1/1s' is " RATE},
	{"--rate-per-source=1/0", "--rate-per-source: '1/0' is " RATE},
	{"--rate-per-source=1000001/1s", "--rate-per-source: '1000001/1s' is " RATE},
	{"--rate-per-source=1/86401s", "--rate-per-source: '1/86401s' is " RATE},
	{"--source-prefix=", "--source-prefix: '' is " PAIR},
	{"--source-prefix=32", "--source-prefix: '32' is " PAIR},
	{"--source-prefix=33:64", "--source-prefix: '33:64' is " PAIR},
	{"--source-prefix=32:129", "--source-prefix: '32:129' is " PAIR},
	{"--source-prefix=32:64:1", "--source-prefix: '32:64:1' is " PAIR},
	{"--max-per-source=0", "--max-per-source"},
	{"--max-per-source=2147483648", "--max-per-source"},
};

START_TEST(bad_value_is_refused)
{
	ck_assert_int_eq(READ(bad[_i].word), CLI_BAD);
	assert_one_error_line("haild: ");
	assert_told(bad[_i].told);
}
END_TEST

/* The first of several that is bad is told. */
START_TEST(each_of_a_list_is_judged)
{
	ck_assert_int_eq(READ("--deny=192.0.2.1", "--deny=x", "--deny=y"), CLI_BAD);
	assert_one_error_line("haild: --deny: bad network 'x': ");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("admission");
	TCase *reading = suite_case(suite, "reading");

	tcase_add_checked_fixture(reading, setup, teardown);
	tcase_add_test(reading, defaults);
	tcase_add_test(reading, all_are_read);
	tcase_add_test(reading, rate_holds_for_datagrams_too);
	tcase_add_test(reading, rate_of_0_is_no_limit);
	tcase_add_loop_test(reading, bad_value_is_refused, 0, COUNT_OF(bad));
	tcase_add_test(reading, each_of_a_list_is_judged);
	return suite_run(suite);
}
