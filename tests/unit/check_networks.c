/* SPDX-License-Identifier: ISC */
/* check_networks: an address is judged as a look at every single rule judges it. */
#include "daemon/admit/networks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/prefix.h"
#include "daemon/admit/rules.h"
#include "lib/memory.h"
#include "lib/suite.h"

enum { MOST = 600 };

static struct rules rules;
static struct networks *networks;

/* The same rules for the naive judge. */
static struct {
	struct prefix prefix;
	bool is_allowed;
} given[MOST];
static size_t count;

static void setup(void)
{
	rules = (struct rules){.count = 0};
	networks = NULL;
	count = 0;
}

static void teardown(void)
{
	rules_clear(&rules);
	networks_free(networks);
}

static void add(const struct prefix *prefix, bool is_allowed)
{
	ck_assert_uint_lt(count, MOST);
	ck_assert(rules_add(&rules, prefix, is_allowed));
	given[count].prefix = *prefix;
	given[count++].is_allowed = is_allowed;
}

/* Adds rules, each a + or - before its network. */
static void add_rules(const char *const *texts)
{
	char why[PREFIX_WHY_MAX];
	struct prefix prefix;

	for (; *texts; texts++) {
		ck_assert_msg(prefix_parse(*texts + 1, &prefix, why), "%s: %s", *texts, why);
		add(&prefix, **texts == '+');
	}
}
#define RULES(...) add_rules(((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}))

static void compile(void)
{
	networks = networks_new(&rules);
	ck_assert_ptr_nonnull(networks);
}

static bool allows(const char *text)
{
	struct address address;

	ck_assert_int_eq(address_from_literal(text, AF_UNSPEC, &address), 0);
	return networks_allow(networks, &address.any);
}

/* Looks at every rule. */
static bool naively_allows(const struct address *address)
{
	bool is_allowed = true, is_denied = false;
	int longest = -1;

	for (size_t i = 0; i < count; i++)
		is_allowed = is_allowed && !given[i].is_allowed;
	for (size_t i = 0; i < count; i++) {
		int length = (int)given[i].prefix.length;
		if (length < longest || !prefix_has(&given[i].prefix, address))
			continue;
		is_denied = !given[i].is_allowed || (length == longest && is_denied);
		longest = length;
		is_allowed = !is_denied;
	}
	return is_allowed;
}

START_TEST(without_rules_all_are_allowed)
{
	compile();
	ck_assert(allows("0.0.0.0") && allows("255.255.255.255") && allows("192.0.2.1"));
	ck_assert(allows("::") && allows("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
	ck_assert(allows("::ffff:192.0.2.1"));
}
END_TEST

START_TEST(what_is_denied_is_refused_and_no_more)
{
	RULES("-192.0.2.0/24", "-2001:db8::/32");
	compile();
	ck_assert(!allows("192.0.2.0") && !allows("192.0.2.255"));
	ck_assert(allows("192.0.1.255") && allows("192.0.3.0"));
	ck_assert(!allows("2001:db8::") && !allows("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
	ck_assert(allows("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff") && allows("2001:db9::"));
}
END_TEST

START_TEST(with_an_allowed_network_all_others_are_refused)
{
	RULES("+192.0.2.0/24");
	compile();
	ck_assert(allows("192.0.2.1") && !allows("192.0.3.1"));
	ck_assert(!allows("::1"));
}
END_TEST

START_TEST(longest_prefix_wins_in_any_order)
{
	RULES("-10.1.2.0/24", "+10.0.0.0/8", "+10.1.2.3", "-10.1.0.0/16", "+10.1.2.128/25");
	compile();
	ck_assert(allows("10.0.0.1") && allows("10.2.0.0"));
	ck_assert(!allows("10.1.0.0") && !allows("10.1.2.2") && !allows("10.1.2.4"));
	ck_assert(allows("10.1.2.3") && allows("10.1.2.128") && allows("10.1.2.255"));
	ck_assert(!allows("10.1.3.0"));
}
END_TEST

START_TEST(of_the_same_network_the_denied_one_counts)
{
	RULES("+192.0.2.0/24", "-192.0.2.0/24", "+192.0.2.0/24", "+198.51.100.0/24");
	RULES("-2001:db8::/32", "+2001:db8::/32");
	compile();
	ck_assert(!allows("192.0.2.1") && allows("198.51.100.1") && !allows("2001:db8::1"));
}
END_TEST

START_TEST(mapped_address_is_judged_as_ipv4)
{
	RULES("-192.0.2.0/24", "-::/0");
	compile();
	ck_assert(!allows("::ffff:192.0.2.1") && allows("::ffff:192.0.3.1"));
	ck_assert(!allows("::fffe:192.0.3.1") && !allows("::192.0.3.1"));
}
END_TEST

START_TEST(whole_families_may_be_denied_apart)
{
	RULES("-0.0.0.0/0", "+::/0", "-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	compile();
	ck_assert(!allows("0.0.0.0") && !allows("255.255.255.255"));
	ck_assert(allows("::") && allows("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"));
	ck_assert(!allows("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}
END_TEST

START_TEST(unix_socket_is_always_allowed)
{
	struct address path, none = {.length = 0};

	RULES("-0.0.0.0/0", "-::/0", "+192.0.2.1");
	compile();
	ck_assert(address_from_path("/tmp/socket", &path));
	ck_assert(networks_allow(networks, &path.any) && networks_allow(networks, &none.any));
}
END_TEST

START_TEST(rules_can_be_forgotten)
{
	RULES("-192.0.2.0/24", "+198.51.100.0/24");
	rules_truncate(&rules, 1);
	compile();
	ck_assert(!allows("192.0.2.1") && allows("198.51.100.1") && allows("203.0.113.1"));
}
END_TEST

/* Returns the next number of a sequence without order (splitmix64). */
static uint64_t state;
static uint64_t random_number(void)
{
	uint64_t x = state += 0x9E3779B97F4A7C15;

	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
	x = (x ^ x >> 27) * 0x94D049BB133111EB;
	return x ^ x >> 31;
}

/* Sets all bits from `length` on to the same. */
static void fill(uint8_t *bytes, unsigned length, unsigned bits, bool is_set)
{
	for (unsigned i = length; i < bits; i++)
		bytes[i / 8] = (uint8_t)((bytes[i / 8] & ~(0x80 >> i % 8)) |
					 (is_set ? 0x80 >> i % 8 : 0));
}

static unsigned bits_of(const struct prefix *prefix)
{
	return prefix->family == AF_INET ? 32 : 128;
}

/*
 * Returns a random network. Its bits differ in a few places only, so that many contain or touch
 * each other, or are the same.
 */
static struct prefix random_network(void)
{
	static const uint8_t shapes[] = {0x00, 0xFF, 0x80, 0x7F, 0x01, 0xFE};
	struct prefix prefix = {.family = random_number() % 2 ? AF_INET : AF_INET6};
	unsigned bits = bits_of(&prefix), edge = random_number() % 3 ? bits : 8;

	for (unsigned i = 0; i < bits / 8; i++)
		prefix.bytes[i] = random_number() % 3 ? 0 : shapes[random_number() % sizeof shapes];
	prefix.length = (unsigned)(random_number() % (edge + 1));
	fill(prefix.bytes, prefix.length, bits, false);
	if (prefix.family == AF_INET6 && prefix.length >= 96)
		prefix.bytes[0] |= 1; /* never IPv4-mapped */
	return prefix;
}

/* Moves an address by one, in either direction; at either end of the family to the other end. */
static void step(uint8_t *bytes, unsigned bits, int by)
{
	for (unsigned i = bits / 8; i-- > 0;) {
		bytes[i] = (uint8_t)(bytes[i] + by);
		if (bytes[i] != (by > 0 ? 0 : 0xFF))
			break;
	}
}

static struct address address_of(int family, const uint8_t *bytes)
{
	struct address address = {.any.sa_family = (sa_family_t)family};

	if (family == AF_INET)
		memcpy(&address.ipv4.sin_addr, bytes, sizeof address.ipv4.sin_addr);
	else
		memcpy(&address.ipv6.sin6_addr, bytes, sizeof address.ipv6.sin6_addr);
	return address;
}

/* Asserts that both judges agree, also on an IPv4 address that is mapped. */
static void assert_agreed(int family, const uint8_t *bytes)
{
	uint8_t mapped[16] = {[10] = 0xFF, [11] = 0xFF};
	struct address address = address_of(family, bytes);
	bool is_allowed = naively_allows(&address);
	char shown[ADDRESS_TEXT_MAX];

	if (networks_allow(networks, &address.any) != is_allowed)
		ck_abort_msg("%s of %zu rules", address_format(&address, shown, sizeof shown),
			     count);
	if (family == AF_INET6)
		return;
	memcpy(mapped + 12, bytes, 4);
	address = address_of(AF_INET6, mapped);
	ck_assert_int_eq(networks_allow(networks, &address.any), is_allowed);
}

/* Asserts it for the first and last address of a network, and for those beside them. */
static void assert_agreed_at(const struct prefix *prefix)
{
	unsigned bits = bits_of(prefix);

	for (int at_end = 0; at_end <= 1; at_end++) {
		uint8_t bytes[sizeof prefix->bytes];
		memcpy(bytes, prefix->bytes, sizeof bytes);
		fill(bytes, prefix->length, bits, at_end);
		step(bytes, bits, -1);
		for (int i = 0; i < 3; i++) {
			assert_agreed(prefix->family, bytes);
			step(bytes, bits, 1);
		}
	}
}

/* How many rules there are, and how many of a hundred allow. */
static const struct {
	size_t count;
	unsigned allowed;
} mixes[] = {
	{1, 0},	 {1, 100},  {2, 50},   {3, 50},	  {4, 30},   {5, 0},	 {7, 50},
	{8, 50}, {9, 50},   {15, 50},  {16, 20},  {17, 50},  {31, 50},	 {32, 0},
	{33, 5}, {100, 50}, {100, 10}, {300, 50}, {300, 90}, {MOST, 50}, {MOST, 0},
};

START_TEST(edges_are_judged_as_naively)
{
	for (uint64_t round = 0; round < 3 + 100 / mixes[_i].count; round++) {
		setup();
		state = round << 32 | (uint64_t)_i;
		while (count < mixes[_i].count) {
			struct prefix prefix = random_network();
			add(&prefix, random_number() % 100 < mixes[_i].allowed);
		}
		compile();
		for (size_t i = 0; i < count; i++)
			assert_agreed_at(&given[i].prefix);
		for (int i = 0; i < 300; i++)
			assert_agreed(AF_INET6, random_network().bytes);
		teardown();
	}
	setup();
}
END_TEST

/* All lengths of one family, each network in the one before: the deepest nesting there can be. */
START_TEST(networks_of_all_lengths_contain_each_other)
{
	static const int both[] = {AF_INET, AF_INET6};
	struct prefix prefix = {.family = both[_i / 2]};
	unsigned bits = bits_of(&prefix);

	for (unsigned length = 0; length <= bits; length++) {
		memset(prefix.bytes, _i % 2 ? 0xFF : 0, bits / 8);
		prefix.length = bits - length;
		fill(prefix.bytes, prefix.length, bits, false);
		add(&prefix, length % 2);
	}
	compile();
	for (size_t i = 0; i < count; i++)
		assert_agreed_at(&given[i].prefix);
}
END_TEST

START_TEST(no_memory_for_a_rule_is_told)
{
	struct prefix prefix = {.family = AF_INET, .length = 0};
	bool is_added;

	memory_grants = 0;
	is_added = rules_add(&rules, &prefix, false);
	memory_grants = -1;
	ck_assert(!is_added);
	ck_assert_uint_eq(rules.count, 0);
	RULES("-192.0.2.0/24");
	compile();
	ck_assert(!allows("192.0.2.1") && allows("198.51.100.1"));
}
END_TEST

/* The set itself; for each family its ranges and an index; an array of IPv4, and three of IPv6. */
enum { ALLOCATIONS = 9 };

START_TEST(no_memory_for_a_set_is_told)
{
	RULES("-192.0.2.0/24", "-2001:db8::/32");
	memory_grants = _i;
	networks = networks_new(&rules);
	memory_grants = -1;
	if (_i < ALLOCATIONS)
		ck_assert_ptr_null(networks);
	else
		ck_assert_ptr_nonnull(networks);
}
END_TEST

START_TEST(nothing_is_freed)
{
	networks_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("networks");
	TCase *rule = suite_case(suite, "rules"), *naive = suite_case(suite, "naive");
	TCase *memory = suite_case(suite, "memory");

	tcase_add_checked_fixture(rule, setup, teardown);
	tcase_add_test(rule, without_rules_all_are_allowed);
	tcase_add_test(rule, what_is_denied_is_refused_and_no_more);
	tcase_add_test(rule, with_an_allowed_network_all_others_are_refused);
	tcase_add_test(rule, longest_prefix_wins_in_any_order);
	tcase_add_test(rule, of_the_same_network_the_denied_one_counts);
	tcase_add_test(rule, mapped_address_is_judged_as_ipv4);
	tcase_add_test(rule, whole_families_may_be_denied_apart);
	tcase_add_test(rule, unix_socket_is_always_allowed);
	tcase_add_test(rule, rules_can_be_forgotten);
	tcase_add_checked_fixture(naive, setup, teardown);
	tcase_add_loop_test(naive, edges_are_judged_as_naively, 0, COUNT_OF(mixes));
	tcase_add_loop_test(naive, networks_of_all_lengths_contain_each_other, 0, 4);
	tcase_add_checked_fixture(memory, setup, teardown);
	tcase_add_test(memory, no_memory_for_a_rule_is_told);
	tcase_add_loop_test(memory, no_memory_for_a_set_is_told, 0, ALLOCATIONS + 1);
	tcase_add_test(memory, nothing_is_freed);
	return suite_run(suite);
}
