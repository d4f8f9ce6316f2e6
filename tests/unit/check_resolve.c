/* SPDX-License-Identifier: ISC */
/* check_resolve: which addresses an endpoint stands for, and what is said if there are none. */
#include "daemon/setup/resolve.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "lib/capture.h"
#include "lib/peers.h"
#include "lib/suite.h"

static struct addresslist all;

static void setup(void)
{
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
	all.count = 1; /* of an earlier endpoint; they must not stay */
}

static bool resolve(const char *text)
{
	struct endpoint endpoint;

	ck_assert_ptr_null(endpoint_parse(text, &endpoint));
	return resolve_endpoint(&endpoint, &all);
}

static const struct {
	const char *text, *first, *second; /* second: or NULL */
} good[] = {
	{"127.0.0.1", "127.0.0.1:0", NULL},
	{"192.0.2.1:80", "192.0.2.1:0", NULL}, /* not ours, which bind(2) must find out */
	{"localhost", "127.0.0.1:0", "[::1]:0"},
	{"LocalHost.:80", "127.0.0.1:0", "[::1]:0"},
	{"[2001:db8::1]:80", "[2001:db8::1]:0", NULL},
	{"*", "0.0.0.0:0", "[::]:0"},
	{":80", "0.0.0.0:0", "[::]:0"},
};

START_TEST(addresses_are_found_ipv4_first)
{
	char text[ADDRESS_TEXT_MAX];

	ck_assert(resolve(good[_i].text));
	ck_assert_uint_eq(all.count, good[_i].second ? 2 : 1);
	ck_assert_str_eq(address_format(&all.all[0], text, sizeof text), good[_i].first);
	if (good[_i].second)
		ck_assert_str_eq(address_format(&all.all[1], text, sizeof text), good[_i].second);
	assert_told_nothing();
}
END_TEST

/* A label has 63 characters at most: no name server is asked for this one. */
START_TEST(unknown_name_is_told_with_its_port)
{
	char name[80] = "";

	memset(name, 'x', 70);
	strcpy(name + 70, ":80");
	ck_assert(!resolve(name));
	assert_one_error_line("haild: cannot listen on xxx");
	assert_told("xxx:80: ");
}
END_TEST

START_TEST(unknown_zone_is_told)
{
	ck_assert(!resolve("fe80::1%no-such-zone"));
	assert_one_error_line("haild: cannot listen on [fe80::1%no-such-zone]");
}
END_TEST

/* Without a descriptor every name would be unknown. */
START_TEST(want_of_descriptors_is_told)
{
	char name[80] = "";
	struct rlimit before, scarce;
	bool found;

	memset(name, 'x', 70);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	scarce = before;
	scarce.rlim_cur = (rlim_t)lowest_descriptor();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &scarce), 0);
	found = resolve(name);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert(!found);
	assert_one_error_line("haild: cannot listen on xxx");
	assert_told(" (raise the descriptor limit, ulimit -n)");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("resolve");
	TCase *tests = suite_case(suite, "all");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_loop_test(tests, addresses_are_found_ipv4_first, 0, COUNT_OF(good));
	tcase_add_test(tests, unknown_name_is_told_with_its_port);
	tcase_add_test(tests, unknown_zone_is_told);
	tcase_add_test(tests, want_of_descriptors_is_told);
	return suite_run(suite);
}
