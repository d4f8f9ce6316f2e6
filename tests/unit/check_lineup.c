/* SPDX-License-Identifier: ISC */
/* check_lineup: families take turns, and it is over when none waits and none will come. */
#include "client/lineup.h"

#include <string.h>

#include "base/address.h"
#include "lib/suite.h"

static struct lineup lineup;
static struct addresslist list;

/* Adds an address to the list, without a port. */
static void add(const char *host)
{
	struct address address;

	ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, &address), 0);
	addresslist_add(&list, &address);
}

/* Takes `most` addresses, or as many as there are, and asserts which. */
static void assert_taken(unsigned most, const char *expected)
{
	char all[1024] = "", text[ADDRESS_TEXT_MAX];
	struct address address;

	for (unsigned i = 0; i < most && lineup_take(&lineup, &address); i++) {
		ck_assert_uint_eq(address.length, address.any.sa_family == AF_INET
							  ? sizeof address.ipv4
							  : sizeof address.ipv6);
		address_format_host(&address, text, sizeof text);
		strcat(strcat(all, i > 0 ? " " : ""), text);
	}
	ck_assert_str_eq(all, expected);
}

static const struct {
	const char *given[7], *taken;
} cases[] = {
	{{NULL}, ""},
	{{"192.0.2.1"}, "192.0.2.1"},
	{{"192.0.2.1", "192.0.2.2"}, "192.0.2.1 192.0.2.2"},
	{{"::1", "192.0.2.1"}, "::1 192.0.2.1"},
	{{"::1", "::2", "192.0.2.1", "192.0.2.2"}, "::1 192.0.2.1 ::2 192.0.2.2"},
	{{"192.0.2.1", "192.0.2.2", "::1", "::2"}, "192.0.2.1 ::1 192.0.2.2 ::2"},
	{{"::1", "::2", "::3", "::4", "192.0.2.1"}, "::1 192.0.2.1 ::2 ::3 ::4"},
	{{"::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"}, "::1 192.0.2.1 192.0.2.2 192.0.2.3"},
};

START_TEST(families_take_turns)
{
	for (int i = 0; cases[_i].given[i]; i++)
		add(cases[_i].given[i]);
	lineup_add(&lineup, &list, false);
	assert_taken(100, cases[_i].taken);
	ck_assert(lineup_is_over(&lineup));
}
END_TEST

START_TEST(family_that_comes_later_is_next)
{
	add("::1");
	add("::2");
	add("::3");
	lineup_add(&lineup, &list, true);
	assert_taken(2, "::1 ::2");
	list.count = 0;
	add("192.0.2.1");
	add("192.0.2.2");
	lineup_add(&lineup, &list, false);
	assert_taken(100, "192.0.2.1 ::3 192.0.2.2");
}
END_TEST

START_TEST(it_is_over_when_no_more_come)
{
	ck_assert(lineup_is_over(&lineup));
	add("::1");
	lineup_add(&lineup, &list, true);
	assert_taken(1, "::1");
	assert_taken(1, "");
	ck_assert(!lineup_is_over(&lineup));
	lineup_add(&lineup, NULL, false);
	ck_assert(lineup_is_over(&lineup));
	lineup_add(&lineup, &list, false);
	ck_assert(!lineup_is_over(&lineup));
}
END_TEST

START_TEST(what_is_settled_holds)
{
	add("::1");
	add("::2");
	add("192.0.2.1");
	lineup_add(&lineup, &list, true);
	assert_taken(1, "::1");
	list.count = 0;
	add("192.0.2.2");
	add("::1");
	add("192.0.2.1");
	lineup_settle(&lineup, &list);
	assert_taken(100, "192.0.2.2 192.0.2.1");
	ck_assert(lineup_is_over(&lineup));
}
END_TEST

START_TEST(none_may_be_settled)
{
	add("::1");
	lineup_add(&lineup, &list, true);
	lineup_settle(&lineup, NULL);
	ck_assert(lineup_is_over(&lineup));
	assert_taken(1, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lineup");
	TCase *turns = suite_case(suite, "turns"), *end = suite_case(suite, "end");

	tcase_add_loop_test(turns, families_take_turns, 0, COUNT_OF(cases));
	tcase_add_test(turns, family_that_comes_later_is_next);
	tcase_add_test(end, it_is_over_when_no_more_come);
	tcase_add_test(end, what_is_settled_holds);
	tcase_add_test(end, none_may_be_settled);
	return suite_run(suite);
}
