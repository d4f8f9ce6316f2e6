/* check_addresslist: each address is in the list once, and families take turns. */
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

static const struct {
	const char *given[7], *interleaved;
} cases[] = {
	{{NULL}, ""},
	{{"192.0.2.1"}, "192.0.2.1"},
	{{"192.0.2.1", "192.0.2.2"}, "192.0.2.1 192.0.2.2"},
	{{"::1", "192.0.2.1"}, "[::1] 192.0.2.1"},
	{{"::1", "::2", "192.0.2.1", "192.0.2.2"}, "[::1] 192.0.2.1 [::2] 192.0.2.2"},
	{{"192.0.2.1", "192.0.2.2", "::1", "::2"}, "192.0.2.1 [::1] 192.0.2.2 [::2]"},
	{{"::1", "::2", "::3", "::4", "192.0.2.1"}, "[::1] 192.0.2.1 [::2] [::3] [::4]"},
	{{"::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"}, "[::1] 192.0.2.1 192.0.2.2 192.0.2.3"},
};

START_TEST(families_take_turns)
{
	for (int i = 0; cases[_i].given[i]; i++)
		add(cases[_i].given[i]);
	addresslist_interleave(&list);
	assert_list(cases[_i].interleaved);
	for (size_t i = 0; i < list.count; i++)
		ck_assert_uint_eq(list.lengths[i], list.addresses[i].ss_family == AF_INET
							   ? sizeof(struct sockaddr_in)
							   : sizeof(struct sockaddr_in6));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("addresslist");
	TCase *adding = suite_case(suite, "adding"), *order = suite_case(suite, "order");

	tcase_add_test(adding, order_is_kept);
	tcase_add_test(adding, each_address_is_in_it_once);
	tcase_add_test(adding, full_list_takes_no_more);
	tcase_add_test(adding, address_that_is_too_long_is_left_out);
	tcase_add_loop_test(order, families_take_turns, 0, COUNT_OF(cases));
	return suite_run(suite);
}
