/* SPDX-License-Identifier: ISC */
/* check_source: which addresses are one source, and which none. */
#include "daemon/admit/source.h"

#include "base/address.h"
#include "base/prefixpair.h"
#include "lib/suite.h"

/* Makes the key of a numeric address. */
static struct source_key key_of(const char *host, struct prefixpair prefix)
{
	struct source_masks masks = source_masks(&prefix);
	struct address address;

	ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, &address), 0);
	ck_assert(source_has_key(&address.any));
	return source_key(&address.any, &masks);
}

static const struct {
	const char *one, *other;
	struct prefixpair prefix;
	bool are_same;
} pairs[] = {
	{"192.0.2.1", "192.0.2.1", {32, 64}, true},
	{"192.0.2.1", "192.0.2.2", {32, 64}, false},
	{"192.0.2.1", "192.0.2.2", {31, 64}, false},
	{"192.0.2.2", "192.0.2.3", {31, 64}, true},
	{"192.0.2.1", "192.0.2.255", {24, 64}, true},
	{"192.0.2.1", "192.0.3.1", {24, 64}, false},
	{"127.255.255.255", "128.0.0.0", {1, 64}, false},
	{"0.0.0.0", "127.255.255.255", {1, 64}, true},
	{"192.0.2.1", "10.0.0.1", {0, 64}, true},
	{"192.0.2.1", "::ffff:192.0.2.1", {32, 64}, true},
	{"192.0.2.1", "::ffff:192.0.2.2", {32, 64}, false},
	{"192.0.2.1", "::ffff:192.0.2.2", {24, 128}, true},
	{"192.0.2.1", "::ffff:10.0.0.1", {32, 0}, false},
	{"192.0.2.1", "::192.0.2.1", {32, 128}, false},
	{"0.0.0.0", "::", {32, 64}, false},
	{"0.0.0.0", "::", {0, 0}, false},
	{"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", {32, 64}, true},
	{"2001:db8::1", "2001:db8:0:1::1", {32, 64}, false},
	{"2001:db8::1", "2001:db8:0:1::2", {32, 63}, true},
	{"2001:db8::1", "2001:db8::2", {32, 128}, false},
	{"2001:db8::2", "2001:db8::3", {32, 128}, false},
	{"2001:db8::2", "2001:db8::3", {32, 127}, true},
	{"2001:db8::", "2001:db8::8000:0:0:0", {32, 65}, false},
	{"2001:db8::8000:0:0:0", "2001:db8::ffff:0:0:0", {32, 65}, true},
	{"2001:db8::1", "2001:db9::1", {32, 31}, true},
	{"2001:db8::ffff:192.0.2.1", "2001:db9::ffff:192.0.2.1", {32, 64}, false},
	{"2001:db8::ffff:192.0.2.1", "192.0.2.1", {32, 64}, false},
	{"::1", "fe80::1", {32, 0}, true},
	{"7fff::", "8000::", {32, 1}, false},
};

START_TEST(prefix_decides)
{
	struct source_key one = key_of(pairs[_i].one, pairs[_i].prefix);
	struct source_key other = key_of(pairs[_i].other, pairs[_i].prefix);

	ck_assert((one.high == other.high && one.low == other.low) == pairs[_i].are_same);
}
END_TEST

START_TEST(port_and_zone_make_no_difference)
{
	struct address address;
	struct source_masks masks = source_masks(&(struct prefixpair){32, 128});
	struct source_key one, other;

	ck_assert_int_eq(address_from_literal("fe80::1", AF_INET6, &address), 0);
	one = source_key(&address.any, &masks);
	address.ipv6.sin6_scope_id = 7;
	address_set_port(&address, 12345);
	other = source_key(&address.any, &masks);
	ck_assert_mem_eq(&one, &other, sizeof one);
}
END_TEST

START_TEST(unix_socket_is_none)
{
	struct address path, none = {.length = 0};

	ck_assert(address_from_path("/run/x.sock", &path));
	ck_assert(!source_has_key(&path.any));
	ck_assert(!source_has_key(&none.any));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("source");
	TCase *tests = suite_case(suite, "source");

	tcase_add_loop_test(tests, prefix_decides, 0, COUNT_OF(pairs));
	tcase_add_test(tests, port_and_zone_make_no_difference);
	tcase_add_test(tests, unix_socket_is_none);
	return suite_run(suite);
}
