/* check_places: which of our own addresses are in each other's way. */
#include "daemon/setup/places.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "suite.h"

/* An address in numbers with port 80, on the link of that number; 0: on none. */
static struct sockaddr_storage make(const char *host, unsigned link)
{
	struct sockaddr_storage address;
	socklen_t length;

	memset(&address, 0, sizeof address);
	ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, &address, &length), 0);
	address_set_port((struct sockaddr *)&address, 80);
	if (address.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&address)->sin6_scope_id = link;
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
	struct sockaddr_storage one = make(cases[_i].host, cases[_i].link);
	struct sockaddr_storage other = make(cases[_i].other, cases[_i].other_link);
	struct places places = {.count = 0};
	struct place *place = places_add(&places, -1);

	ck_assert_ptr_nonnull(place);
	places_name(place, (struct sockaddr *)&one, sizeof one);
	ck_assert_int_eq(places_find_overlap(&places, (struct sockaddr *)&other) != NULL,
			 cases[_i].overlap);
	address_set_port((struct sockaddr *)&other, 81);
	ck_assert_ptr_null(places_find_overlap(&places, (struct sockaddr *)&other));
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
