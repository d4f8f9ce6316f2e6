/* SPDX-License-Identifier: ISC */
/* check_prefix: which texts are networks, what is wrong with others, and what is in a network. */
#include "base/prefix.h"

#include <string.h>

#include "base/address.h"
#include "lib/suite.h"

static char why[PREFIX_WHY_MAX], shown[PREFIX_TEXT_MAX];

static struct prefix parse(const char *text)
{
	struct prefix prefix;

	ck_assert_msg(prefix_parse(text, &prefix, why), "%s: %s", text, why);
	return prefix;
}

static const struct {
	const char *text, *shown;
} good[] = {
	{"192.0.2.0/24", "192.0.2.0/24"},
	{"192.0.2.1", "192.0.2.1/32"},
	{"192.0.2.1/32", "192.0.2.1/32"},
	{"0.0.0.0/0", "0.0.0.0/0"},
	{"0.0.0.0", "0.0.0.0/32"},
	{"128.0.0.0/1", "128.0.0.0/1"},
	{"255.255.255.254/31", "255.255.255.254/31"},
	{"10.32.0.0/11", "10.32.0.0/11"},
	{"2001:db8::/32", "2001:db8::/32"},
	{"2001:DB8:0:0::/32", "2001:db8::/32"},
	{"2001:db8::1", "2001:db8::1/128"},
	{"::/0", "::/0"},
	{"::", "::/128"},
	{"::1/128", "::1/128"},
	{"8000::/1", "8000::/1"},
	{"fe80::/10", "fe80::/10"},
	{"2001:db8::fffe/127", "2001:db8::fffe/127"},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"},
	{"0000:0000:0000:0000:0000:ffff:192.168.100.100/128", "192.168.100.100/32"},
	{"::ffff:192.0.2.0/120", "192.0.2.0/24"},
	{"::ffff:c000:200/120", "192.0.2.0/24"},
	{"::ffff:192.0.2.1", "192.0.2.1/32"},
	{"::ffff:0:0/96", "0.0.0.0/0"},
	{"::fffe:0:0/95", "::fffe:0:0/95"},
	{"64:ff9b::192.0.2.0/120", "64:ff9b::c000:200/120"},
};

START_TEST(network_is_read)
{
	struct prefix prefix = parse(good[_i].text), again;

	ck_assert_str_eq(prefix_format(&prefix, shown), good[_i].shown);
	again = parse(shown);
	ck_assert_mem_eq(&prefix.bytes, &again.bytes, sizeof prefix.bytes);
	ck_assert_int_eq(prefix.family, again.family);
	ck_assert_uint_eq(prefix.length, again.length);
}
END_TEST

#define EMPTY "the address is empty"
#define DECIMAL "an IPv4 address is four decimal numbers up to 255, without leading zeros"
#define NOT_IPV6 "not an IPv6 address (and a network has no port)"
#define NO_NETWORK                                                                                 \
	"a network is an IPv4 or IPv6 address, such as 192.0.2.1, or has a length, such as "       \
	"192.0.2.0/24"
#define LENGTH_4 "the length of an IPv4 network is a number from 0 to 32, without leading zeros"
#define LENGTH_6 "the length of an IPv6 network is a number from 0 to 128, without leading zeros"

static const struct {
	const char *text, *why;
} bad[] = {
	{"", EMPTY},
	{"/24", EMPTY},
	{"/", EMPTY},
	{"10/8", DECIMAL},
	{"10.0.0/8", DECIMAL},
	{"010.0.0.0/8", DECIMAL},
	{"10.0.0.256", DECIMAL},
	{"10.0.0.0.0", DECIMAL},
	{"1.", DECIMAL},
	{"0x0a.0.0.0/8", NO_NETWORK},
	{"localhost", NO_NETWORK},
	{"*", NO_NETWORK},
	{" 10.0.0.0/8", NO_NETWORK},
	{"10.0.0.0 /8", NO_NETWORK},
	{"unix/path", NO_NETWORK},
	{"10.0.0.0/", LENGTH_4},
	{"10.0.0.0/ 8", LENGTH_4},
	{"10.0.0.0/8 ", LENGTH_4},
	{"10.0.0.0/33", LENGTH_4},
	{"10.0.0.0/-1", LENGTH_4},
	{"10.0.0.0/+8", LENGTH_4},
	{"10.0.0.0/08", LENGTH_4},
	{"10.0.0.0/00", LENGTH_4},
	{"10.0.0.0/8/8", LENGTH_4},
	{"10.0.0.0/255.0.0.0", LENGTH_4},
	{"10.0.0.0/18446744073709551616", LENGTH_4},
	{"10.0.0.0/4294967304", LENGTH_4},
	{"2001:db8::/129", LENGTH_6},
	{"2001:db8::/", LENGTH_6},
	{"2001:db8::/032", LENGTH_6},
	{"::ffff:192.0.2.0/129", LENGTH_6},
	{"192.0.2.1:80", NOT_IPV6},
	{"2001:db8", NOT_IPV6},
	{"2001:db8:::/32", NOT_IPV6},
	{":", NOT_IPV6},
	{"::ffff:192.0.2.01/128", NOT_IPV6},
	{"2001:db8::1111:2222:3333:4444:5555:6666:7777:8888:9999", NOT_IPV6},
	{"fe80::1%eth0/128", "a network has no zone"},
	{"fe80::%1", "a network has no zone"},
	{"[2001:db8::]/32", "a network has no brackets"},
	{"192.0.2.1/24", "192.0.2.1/24 has host bits; its network is 192.0.2.0/24"},
	{"192.0.2.1/0", "192.0.2.1/0 has host bits; its network is 0.0.0.0/0"},
	{"10.16.0.0/11", "10.16.0.0/11 has host bits; its network is 10.0.0.0/11"},
	{"255.255.255.255/31",
	 "255.255.255.255/31 has host bits; its network is 255.255.255.254/31"},
	{"2001:db8::1/32", "2001:db8::1/32 has host bits; its network is 2001:db8::/32"},
	{"2001:DB8:0:0:8000::/64",
	 "2001:db8:0:0:8000::/64 has host bits; its network is 2001:db8::/64"},
	{"::1/127", "::1/127 has host bits; its network is ::/127"},
	{"::ffff:192.0.2.1/120", "192.0.2.1/24 has host bits; its network is 192.0.2.0/24"},
	{"::ffff:0:0/95", "::ffff:0.0.0.0/95 has host bits; its network is ::fffe:0:0/95"},
};

START_TEST(what_is_no_network_is_told)
{
	struct prefix prefix = parse("198.51.100.0/24"), before = prefix;

	ck_assert(!prefix_parse(bad[_i].text, &prefix, why));
	ck_assert_str_eq(why, bad[_i].why);
	ck_assert_mem_eq(&prefix, &before, sizeof prefix);
}
END_TEST

static struct address literal(const char *text)
{
	struct address address;

	ck_assert_int_eq(address_from_literal(text, AF_UNSPEC, &address), 0);
	return address;
}

static const struct {
	const char *prefix, *address;
	bool is_in;
} pairs[] = {
	{"192.0.2.0/24", "192.0.2.0", true},
	{"192.0.2.0/24", "192.0.2.255", true},
	{"192.0.2.0/24", "192.0.1.255", false},
	{"192.0.2.0/24", "192.0.3.0", false},
	{"10.32.0.0/11", "10.63.255.255", true},
	{"10.32.0.0/11", "10.64.0.0", false},
	{"10.32.0.0/11", "10.31.255.255", false},
	{"192.0.2.1", "192.0.2.1", true},
	{"192.0.2.1", "192.0.2.2", false},
	{"0.0.0.0/0", "255.255.255.255", true},
	{"0.0.0.0/0", "::ffff:192.0.2.1", true},
	{"192.0.2.0/24", "::ffff:192.0.2.1", true},
	{"192.0.2.0/24", "::ffff:192.0.3.1", false},
	{"0.0.0.0/0", "::1", false},
	{"0.0.0.0/0", "::192.0.2.1", false},
	{"::/0", "0.0.0.0", false},
	{"::/0", "::ffff:192.0.2.1", false},
	{"::fffe:0:0/95", "::ffff:192.0.2.1", false},
	{"::/0", "::", true},
	{"::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true},
	{"2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true},
	{"2001:db8::/32", "2001:db9::", false},
	{"2001:db8::/127", "2001:db8::1", true},
	{"2001:db8::/127", "2001:db8::2", false},
	{"::1", "::1", true},
	{"::1", "::2", false},
};

START_TEST(address_is_in_its_networks_only)
{
	struct prefix prefix = parse(pairs[_i].prefix);
	struct address address = literal(pairs[_i].address);

	ck_assert_int_eq(prefix_has(&prefix, &address), pairs[_i].is_in);
}
END_TEST

START_TEST(socket_without_ip_is_in_no_network)
{
	struct prefix ipv4 = parse("0.0.0.0/0"), ipv6 = parse("::/0");
	struct address path, none = {.length = 0};

	ck_assert(address_from_path("/tmp/socket", &path));
	ck_assert(!prefix_has(&ipv4, &path) && !prefix_has(&ipv6, &path));
	ck_assert(!prefix_has(&ipv4, &none) && !prefix_has(&ipv6, &none));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("prefix");
	TCase *texts = suite_case(suite, "texts"), *addresses = suite_case(suite, "addresses");

	tcase_add_loop_test(texts, network_is_read, 0, COUNT_OF(good));
	tcase_add_loop_test(texts, what_is_no_network_is_told, 0, COUNT_OF(bad));
	tcase_add_loop_test(addresses, address_is_in_its_networks_only, 0, COUNT_OF(pairs));
	tcase_add_test(addresses, socket_without_ip_is_in_no_network);
	return suite_run(suite);
}
