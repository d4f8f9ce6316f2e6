/* SPDX-License-Identifier: ISC */
/* check_addresslist: each address is in the list once, and no family pushes out the other. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "lib/suite.h"

static struct addresslist list;

/* Makes an address; its port is 80. */
static struct address make(const char *host)
{
	struct address address;

	ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, &address), 0);
	address_set_port(&address, 80);
	return address;
}

static void add(const char *host)
{
	struct address address = make(host);

	addresslist_add(&list, &address);
}

/* Asserts the whole list, written as its hosts with blanks between. */
static void assert_list(const char *hosts)
{
	char all[1024] = "", text[ADDRESS_TEXT_MAX], *port;

	for (size_t i = 0; i < list.count; i++) {
		address_format(&list.all[i], text, sizeof text);
		port = strrchr(text, ':');
		ck_assert_str_eq(port, ":80");
		*port = '\0';
		strcat(strcat(all, i > 0 ? " " : ""), text);
	}
	ck_assert_str_eq(all, hosts);
}

START_TEST(order_is_kept)
{
	add("192.0.2.2");
	add("2001:db8::1");
	add("192.0.2.1");
	assert_list("192.0.2.2 [2001:db8::1] 192.0.2.1");
}
END_TEST

START_TEST(each_address_is_in_it_once)
{
	add("192.0.2.1");
	add("2001:db8::1");
	add("192.0.2.1");
	add("2001:db8::1");
	add("192.0.2.2");
	assert_list("192.0.2.1 [2001:db8::1] 192.0.2.2");
}
END_TEST

START_TEST(it_has_what_was_added)
{
	struct address one = make("192.0.2.1");

	add("192.0.2.2");
	ck_assert(!addresslist_has(&list, &one));
	add("192.0.2.1");
	ck_assert(addresslist_has(&list, &one));
	address_set_port(&one, 81);
	ck_assert(!addresslist_has(&list, &one));
}
END_TEST

START_TEST(full_list_takes_no_more)
{
	char host[INET_ADDRSTRLEN];

	for (uint8_t i = 0; i < ADDRESSLIST_MAX + 10; i++) {
		snprintf(host, sizeof host, "192.0.2.%u", i);
		add(host);
		ck_assert(list.is_cut == (i >= ADDRESSLIST_MAX));
	}
	add("192.0.2.0");
	ck_assert_uint_eq(list.count, ADDRESSLIST_MAX);
	ck_assert_uint_eq(list.all[ADDRESSLIST_MAX - 1].length, sizeof(struct sockaddr_in));
	addresslist_clear(&list);
	ck_assert(!list.is_cut);
}
END_TEST

START_TEST(address_that_is_none_is_left_out)
{
	struct address none = {.length = 0};

	addresslist_add(&list, &none);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

static const struct {
	int family;
	const char *added;
} found[] = {
	{AF_UNSPEC, "[::1] 192.0.2.1 [2001:db8::1] 192.0.2.2"},
	{AF_INET, "[::1] 192.0.2.1 192.0.2.2"},
	{AF_INET6, "[::1] [2001:db8::1]"},
	{AF_UNIX, "[::1]"},
};

/* Of the two addresses that are left out, one is there twice, and one is too long. */
START_TEST(found_addresses_of_a_family_are_added)
{
	static const char *const hosts[] = {"192.0.2.1", "2001:db8::1", "192.0.2.1", "2001:db8::2",
					    "192.0.2.2"};
	struct address addresses[COUNT_OF(hosts)];
	struct addrinfo infos[COUNT_OF(hosts)];

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		addresses[i] = make(hosts[i]);
		infos[i] = (struct addrinfo){.ai_family = addresses[i].any.sa_family,
					     .ai_addr = &addresses[i].any,
					     .ai_addrlen = addresses[i].length};
		if (i > 0)
			infos[i - 1].ai_next = &infos[i];
	}
	infos[3].ai_addrlen = sizeof(struct sockaddr_storage) + 1;
	add("::1");
	addresslist_add_found(&list, infos, found[_i].family);
	assert_list(found[_i].added);
}
END_TEST

START_TEST(nothing_found_adds_nothing)
{
	addresslist_add_found(&list, NULL, AF_UNSPEC);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

/* Adds so many addresses of a family, from the first on. */
static void add_many(int family, unsigned count)
{
	char host[INET6_ADDRSTRLEN];

	for (unsigned i = 1; i <= count; i++) {
		snprintf(host, sizeof host, family == AF_INET ? "192.0.2.%u" : "2001:db8::%x", i);
		add(host);
	}
}

static size_t count(int family)
{
	size_t counted = 0;

	for (size_t i = 0; i < list.count; i++)
		counted += list.all[i].any.sa_family == family;
	return counted;
}

static const struct {
	unsigned first, then; /* so many are added of one family, and then of the other */
	size_t first_kept, then_kept;
} many[] = {
	{100, 1, 63, 1}, {100, 10, 54, 10}, {100, 100, 32, 32}, {1, 100, 1, 63}, {40, 30, 34, 30},
};

START_TEST(many_of_one_family_do_not_push_out_the_other)
{
	static const int families[][2] = {{AF_INET, AF_INET6}, {AF_INET6, AF_INET}};

	for (size_t i = 0; i < COUNT_OF(families); i++) {
		list.count = 0;
		add_many(families[i][0], many[_i].first);
		add_many(families[i][1], many[_i].then);
		ck_assert_uint_eq(list.count, ADDRESSLIST_MAX);
		ck_assert_uint_eq(count(families[i][0]), many[_i].first_kept);
		ck_assert_uint_eq(count(families[i][1]), many[_i].then_kept);
	}
}
END_TEST

START_TEST(those_that_came_first_stay)
{
	char text[ADDRESS_TEXT_MAX];

	add_many(AF_INET6, 100);
	add_many(AF_INET, 2);
	for (unsigned i = 1; i <= 62; i++) {
		char expected[64];
		snprintf(expected, sizeof expected, "[2001:db8::%x]:80", i);
		address_format(&list.all[i - 1], text, sizeof text);
		ck_assert_str_eq(text, expected);
	}
	ck_assert_uint_eq(list.all[62].any.sa_family, AF_INET);
}
END_TEST

START_TEST(one_is_taken_out)
{
	add("192.0.2.1");
	add("::1");
	add("192.0.2.2");
	addresslist_remove(&list, 1);
	assert_list("192.0.2.1 192.0.2.2");
	ck_assert_uint_eq(list.all[1].length, sizeof(struct sockaddr_in));
	addresslist_remove(&list, 1);
	addresslist_remove(&list, 0);
	assert_list("");
}
END_TEST

START_TEST(lists_are_joined)
{
	struct addresslist more;

	add("192.0.2.1");
	add("::1");
	more = list;
	list.count = 0;
	add("::1");
	addresslist_add_all(&list, &more);
	assert_list("[::1] 192.0.2.1");
	ck_assert(!list.is_cut);
	more.is_cut = true;
	addresslist_add_all(&list, &more);
	ck_assert(list.is_cut);
}
END_TEST

START_TEST(list_is_shown)
{
	char text[ADDRESS_TEXT_MAX], little[20];

	ck_assert_str_eq(addresslist_format(&list, text, sizeof text), "");
	add("::1");
	ck_assert_str_eq(addresslist_format(&list, text, sizeof text), "[::1]:80");
	ck_assert_str_eq(addresslist_format_briefly(&list, text, sizeof text), "[::1]:80");
	add("192.0.2.1");
	add("192.0.2.2");
	ck_assert_str_eq(addresslist_format(&list, text, sizeof text),
			 "[::1]:80, 192.0.2.1:80, 192.0.2.2:80");
	ck_assert_str_eq(addresslist_format_briefly(&list, text, sizeof text),
			 "[::1]:80 and 2 more");
	ck_assert_str_eq(addresslist_format(&list, little, sizeof little), "[::1]:80, 192.0.2.1");
}
END_TEST

START_TEST(fingerprint_tells_lists_apart)
{
	uint64_t none = addresslist_fingerprint(&list), both;

	ck_assert_uint_ne(none, 0);
	add("192.0.2.1");
	ck_assert_uint_ne(addresslist_fingerprint(&list), none);
	add("192.0.2.2");
	both = addresslist_fingerprint(&list);
	addresslist_remove(&list, 0);
	ck_assert_uint_ne(addresslist_fingerprint(&list), both);
	add("192.0.2.1"); /* the same two, in another order */
	ck_assert_uint_eq(addresslist_fingerprint(&list), both);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("addresslist");
	TCase *adding = suite_case(suite, "adding"), *full = suite_case(suite, "full");
	TCase *rest = suite_case(suite, "rest");

	tcase_add_test(adding, order_is_kept);
	tcase_add_test(adding, each_address_is_in_it_once);
	tcase_add_test(adding, address_that_is_none_is_left_out);
	tcase_add_loop_test(adding, found_addresses_of_a_family_are_added, 0, COUNT_OF(found));
	tcase_add_test(adding, nothing_found_adds_nothing);
	tcase_add_test(adding, lists_are_joined);
	tcase_add_test(full, it_has_what_was_added);
	tcase_add_test(full, full_list_takes_no_more);
	tcase_add_loop_test(full, many_of_one_family_do_not_push_out_the_other, 0, COUNT_OF(many));
	tcase_add_test(full, those_that_came_first_stay);
	tcase_add_test(rest, one_is_taken_out);
	tcase_add_test(rest, list_is_shown);
	tcase_add_test(rest, fingerprint_tells_lists_apart);
	return suite_run(suite);
}
