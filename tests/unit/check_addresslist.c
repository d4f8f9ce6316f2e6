/* check_addresslist: each address is in the list once, and no family pushes out the other. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "suite.h"

static struct addresslist list;

/* Adds an address; its port is 80. */
static void add(const char *host)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(80)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};

	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		addresslist_add(&list, (struct sockaddr *)&v4, sizeof v4);
		return;
	}
	ck_assert_int_eq(inet_pton(AF_INET6, host, &v6.sin6_addr), 1);
	addresslist_add(&list, (struct sockaddr *)&v6, sizeof v6);
}

/* Asserts the whole list, written as its hosts with blanks between. */
static void assert_list(const char *hosts)
{
	char all[1024] = "", text[ADDRESS_TEXT_MAX], *port;

	for (size_t i = 0; i < list.count; i++) {
		address_format((struct sockaddr *)&list.addresses[i], list.lengths[i], text,
			       sizeof text);
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
	struct sockaddr_in one = {.sin_family = AF_INET, .sin_port = htons(80)};

	one.sin_addr.s_addr = htonl(0xC0000201); /* 192.0.2.1 */
	add("192.0.2.2");
	ck_assert(!addresslist_has(&list, (struct sockaddr *)&one, sizeof one));
	add("192.0.2.1");
	ck_assert(addresslist_has(&list, (struct sockaddr *)&one, sizeof one));
	one.sin_port = htons(81);
	ck_assert(!addresslist_has(&list, (struct sockaddr *)&one, sizeof one));
}
END_TEST

START_TEST(full_list_takes_no_more)
{
	char host[INET_ADDRSTRLEN];

	for (uint8_t i = 0; i < ADDRESSLIST_MAX + 10; i++) {
		snprintf(host, sizeof host, "192.0.2.%u", i);
		add(host);
	}
	ck_assert_uint_eq(list.count, ADDRESSLIST_MAX);
	ck_assert_uint_eq(list.lengths[ADDRESSLIST_MAX - 1], sizeof(struct sockaddr_in));
}
END_TEST

START_TEST(address_that_is_too_long_is_left_out)
{
	struct sockaddr_storage long_one[2] = {{.ss_family = AF_INET}};

	addresslist_add(&list, (struct sockaddr *)long_one, sizeof long_one);
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
	size_t found = 0;

	for (size_t i = 0; i < list.count; i++)
		found += list.addresses[i].ss_family == family;
	return found;
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
		address_format((struct sockaddr *)&list.addresses[i - 1], list.lengths[i - 1], text,
			       sizeof text);
		ck_assert_str_eq(text, expected);
	}
	ck_assert_uint_eq(list.addresses[62].ss_family, AF_INET);
}
END_TEST

START_TEST(one_is_taken_out)
{
	add("192.0.2.1");
	add("::1");
	add("192.0.2.2");
	addresslist_remove(&list, 1);
	assert_list("192.0.2.1 192.0.2.2");
	ck_assert_uint_eq(list.lengths[1], sizeof(struct sockaddr_in));
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

int main(void)
{
	Suite *suite = suite_create("addresslist");
	TCase *adding = suite_case(suite, "adding"), *full = suite_case(suite, "full");
	TCase *rest = suite_case(suite, "rest");

	tcase_add_test(adding, order_is_kept);
	tcase_add_test(adding, each_address_is_in_it_once);
	tcase_add_test(adding, address_that_is_too_long_is_left_out);
	tcase_add_test(adding, lists_are_joined);
	tcase_add_test(full, it_has_what_was_added);
	tcase_add_test(full, full_list_takes_no_more);
	tcase_add_loop_test(full, many_of_one_family_do_not_push_out_the_other, 0, COUNT_OF(many));
	tcase_add_test(full, those_that_came_first_stay);
	tcase_add_test(rest, one_is_taken_out);
	tcase_add_test(rest, list_is_shown);
	return suite_run(suite);
}
