/* SPDX-License-Identifier: ISC */
/* check_loopback: which names are localhost, and what its addresses are. */
#include "base/loopback.h"

#include <sys/socket.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "lib/suite.h"

static const char *const local[] = {"localhost", "LOCALHOST", "LocalHost", "localhost.",
				    "Localhost."};
static const char *const others[] = {
	"",	      "localhos",    "localhost2",  "localhost..", ".localhost",
	"xlocalhost", "a.localhost", "localhost.a", "localhost .", "127.0.0.1",
};

START_TEST(localhost_is_known_in_any_case)
{
	ck_assert(loopback_is_named(local[_i]));
}
END_TEST

START_TEST(other_names_are_not)
{
	ck_assert(!loopback_is_named(others[_i]));
}
END_TEST

static const struct {
	int family;
	size_t count;
} cases[] = {{AF_UNSPEC, 2}, {AF_INET, 1}, {AF_INET6, 1}};

START_TEST(addresses_are_those_of_the_family)
{
	struct addresslist list = {.count = 0};
	char text[ADDRESS_TEXT_MAX];

	ck_assert_int_eq(loopback_add(&list, cases[_i].family), 0);
	ck_assert_uint_eq(list.count, cases[_i].count);
	for (size_t i = 0; i < list.count; i++) {
		int family = list.all[i].any.sa_family;
		address_format(&list.all[i], text, sizeof text);
		ck_assert_str_eq(text, family == AF_INET ? "127.0.0.1:0" : "[::1]:0");
		ck_assert(cases[_i].family == AF_UNSPEC || cases[_i].family == family);
	}
}
END_TEST

static const struct {
	const char *host;
	bool is_local;
} hosts[] = {
	{"127.0.0.1", true},
	{"127.255.0.7", true},
	{"126.255.255.255", false},
	{"128.0.0.1", false},
	{"::1", true},
	{"::2", false},
	{"::ffff:127.0.0.1", true},
	{"::ffff:10.0.0.1", false},
	{"::127.0.0.1", false},
	{"2001:db8::1", false},
	{"fe80::1", false},
};

START_TEST(only_loopback_addresses_are_local)
{
	struct address address;

	ck_assert_int_eq(address_from_literal(hosts[_i].host, AF_UNSPEC, &address), 0);
	ck_assert_int_eq(loopback_has(&address), hosts[_i].is_local);
}
END_TEST

START_TEST(unix_sockets_are_local)
{
	struct address address;

	ck_assert(address_from_path("/run/x", &address));
	ck_assert(loopback_has(&address));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loopback");
	TCase *names = suite_case(suite, "names"), *addresses = suite_case(suite, "addresses");

	tcase_add_loop_test(names, localhost_is_known_in_any_case, 0, COUNT_OF(local));
	tcase_add_loop_test(names, other_names_are_not, 0, COUNT_OF(others));
	tcase_add_loop_test(addresses, addresses_are_those_of_the_family, 0, COUNT_OF(cases));
	tcase_add_loop_test(addresses, only_loopback_addresses_are_local, 0, COUNT_OF(hosts));
	tcase_add_test(addresses, unix_sockets_are_local);
	return suite_run(suite);
}
