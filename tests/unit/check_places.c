/* SPDX-License-Identifier: ISC */
/* check_places: which of our own addresses are in each other's way. */
#include "daemon/setup/places.h"

#include <stdlib.h>

#include "base/address.h"
#include "lib/suite.h"

/* An address in numbers with port 80, on the link of that number; 0: on none. */
static struct address make(const char *host, unsigned link)
{
	struct address address;

	ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, &address), 0);
	address_set_port(&address, 80);
	if (address.any.sa_family == AF_INET6)
		address.ipv6.sin6_scope_id = link;
	return address;
}

static const struct {
	const char *host, *other;
	unsigned link, other_link;
	bool overlap;
} cases[] = {
	{"127.0.0.1", "127.0.0.1", 0, 0, true},
	{"127.0.0.1", "127.0.0.2", 0, 0, false},
	{"127.0.0.1", "0.0.0.0", 0, 0, true},
	{"0.0.0.0", "127.0.0.1", 0, 0, true},
	{"::1", "::1", 0, 0, true},
	{"::", "::1", 0, 0, true},
	{"::1", "::", 0, 0, true},
	{"::1", "::2", 0, 0, false},
	{"::", "0.0.0.0", 0, 0, false},
	{"fe80::1", "fe80::1", 1, 1, true},
	{"fe80::1", "fe80::1", 1, 2, false}, /* each link has its own */
	{"::", "fe80::1", 0, 2, true},
};

START_TEST(overlap_is_found)
{
	struct address one = make(cases[_i].host, cases[_i].link);
	struct address other = make(cases[_i].other, cases[_i].other_link);
	struct places places = {.count = 0};
	struct place *place = places_add(&places, -1);

	ck_assert_ptr_nonnull(place);
	places_name(place, &one);
	ck_assert_int_eq(places_find_overlap(&places, &other) != NULL, cases[_i].overlap);
	address_set_port(&other, 81);
	ck_assert_ptr_null(places_find_overlap(&places, &other));
	free(places.all);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("places");
	TCase *tests = suite_case(suite, "all");

	tcase_add_loop_test(tests, overlap_is_found, 0, COUNT_OF(cases));
	return suite_run(suite);
}
