/* SPDX-License-Identifier: ISC */
/* check_proxyv2: PROXY headers of version 2, good and bad ones. */
#include "daemon/serve/proxyv2.h"

#include <string.h>

#include "lib/draft.h"
#include "lib/proxied.h"
#include "lib/suite.h"

#define IPV4 "\xC0\0\2\1\xC6\x33\x64\2\x12\x34\0\x50"
#define IPV6 "\x20\1\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x12\x34\0\x50"
#define MAPPED                                                                                     \
	"\0\0\0\0\0\0\0\0\0\0\xFF\xFF\xC0\0\2\1\0\0\0\0\0\0\0\0\0\0\xFF\xFF\xC6\x33\x64\2\x12\x34" \
	"\0\x50"

enum { IPV4_SIZE = 12, IPV6_SIZE = 36, UNIX_SIZE = 216 };

/* Asserts that a draft is a whole header, with bytes of the client after it. */
static struct proxied assert_good(struct draft *draft)
{
	size_t size = draft->size;
	struct proxied proxied = proxied_whole(draft->bytes, size, size);

	draft_add(draft, "GET / HTTP/1.1", 14);
	proxied = proxied_whole(draft->bytes, size + 14, size);
	draft->size = size;
	ck_assert_uint_eq(proxied.header.version, 2);
	return proxied;
}

/* Asserts that a draft is bad from its byte number `used` on. */
static void assert_bad(const struct draft *draft, size_t used, const char *why)
{
	proxied_bad(draft->bytes, draft->size, used, why);
}

/* Each family and transport with PROXY: how many bytes the addresses take, and what they are. */
static const struct {
	unsigned family;
	const char *bytes;
	size_t size;
	const char *peer, *destination;
} families[] = {
	{0x11, IPV4, IPV4_SIZE, "192.0.2.1:4660", "198.51.100.2:80"},
	{0x12, IPV4, IPV4_SIZE, "192.0.2.1:4660", "198.51.100.2:80"},
	{0x21, IPV6, IPV6_SIZE, "[2001:db8::1]:4660", "[::1]:80"},
	{0x22, IPV6, IPV6_SIZE, "[2001:db8::1]:4660", "[::1]:80"},
	{0x21, MAPPED, IPV6_SIZE, "192.0.2.1:4660", "198.51.100.2:80"},
	{0x31, NULL, UNIX_SIZE, NULL, NULL},
	{0x32, NULL, UNIX_SIZE, NULL, NULL},
};

/* Begins a header of that row. */
static void begin_family(struct draft *draft, int row)
{
	static const char path[UNIX_SIZE] = "/run/client.sock";
	const char *bytes = families[row].bytes;

	draft_begin(draft, 0x21, families[row].family, bytes ? bytes : path, families[row].size);
}

START_TEST(addresses)
{
	struct draft draft;
	struct proxied proxied;

	begin_family(&draft, _i);
	proxied = assert_good(&draft);
	ck_assert(!proxied.header.claim.is_local);
	proxied_ends(&proxied, families[_i].peer, families[_i].destination);
}
END_TEST

START_TEST(addresses_with_fields)
{
	struct draft draft;
	struct proxied proxied;

	begin_family(&draft, _i);
	draft_add_field(&draft, 4, 0, "", 0);
	draft_sign(&draft, draft_add_sum(&draft));
	proxied = assert_good(&draft);
	proxied_ends(&proxied, families[_i].peer, families[_i].destination);
}
END_TEST

START_TEST(addresses_cut_short)
{
	for (size_t length = 0; length < families[_i].size; length++) {
		struct draft draft;
		begin_family(&draft, _i);
		draft_state_length(&draft, length);
		assert_bad(&draft, PROXYV2_FIXED, "too short for its addresses");
	}
}
END_TEST

/* One byte or two after the addresses are no field. */
START_TEST(addresses_with_a_rest)
{
	for (size_t more = 1; more <= 2; more++) {
		struct draft draft;
		begin_family(&draft, _i);
		draft_add(&draft, "\4\0", more);
		draft_state_length(&draft, families[_i].size + more);
		assert_bad(&draft, PROXYV2_FIXED, "incomplete field");
	}
}
END_TEST

/* All that LOCAL brings along is skipped, whatever it is. */
START_TEST(local)
{
	static const unsigned kinds[] = {0x00, 0x11, 0x21, 0x31, 0x13, 0x40, 0xFF};
	static const size_t lengths[] = {0, 1, 7, 12, 15, 36, 600};
	char bytes[600];

	memset(bytes, 3, sizeof bytes);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct draft draft;
		struct proxied proxied;
		draft_begin(&draft, 0x20, kinds[_i], bytes, lengths[i]);
		proxied = assert_good(&draft);
		ck_assert(proxied.header.claim.is_local);
		proxied_ends(&proxied, NULL, NULL);
	}
}
END_TEST

/* Where family or transport are not specified, what follows is skipped as well. */
START_TEST(unspecified)
{
	static const unsigned kinds[] = {0x00, 0x01, 0x02, 0x10, 0x20, 0x30};
	static const size_t lengths[] = {0, 1, 7, 12, 15, 36, 600};
	char bytes[600];

	memset(bytes, 3, sizeof bytes);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct draft draft;
		struct proxied proxied;
		draft_begin(&draft, 0x21, kinds[_i], bytes, lengths[i]);
		proxied = assert_good(&draft);
		ck_assert(!proxied.header.claim.is_local);
		proxied_ends(&proxied, NULL, NULL);
	}
}
END_TEST

/* Each byte in the place of version and command. */
START_TEST(commands)
{
	struct draft draft;

	draft_begin(&draft, (unsigned)_i, 0x11, IPV4, IPV4_SIZE);
	if (_i == 0x20 || _i == 0x21)
		assert_good(&draft);
	else
		assert_bad(&draft, 13, _i >> 4 == 2 ? "unknown command" : "unknown version");
}
END_TEST

/* Each byte in the place of family and transport. */
START_TEST(kinds)
{
	static const char zeros[UNIX_SIZE];
	struct draft draft;

	draft_begin(&draft, 0x21, (unsigned)_i, zeros, sizeof zeros);
	if (_i >> 4 > 3)
		assert_bad(&draft, 14, "unknown address family");
	else if ((_i & 0xF) > 2)
		assert_bad(&draft, 14, "unknown transport");
	else
		assert_good(&draft);
}
END_TEST

/* The signature with each of its bytes changed. */
START_TEST(signatures)
{
	struct draft draft;

	for (unsigned bit = 0; bit < 8; bit++) {
		draft_begin(&draft, 0x21, 0x11, IPV4, IPV4_SIZE);
		draft.bytes[_i] ^= (unsigned char)(1U << bit);
		assert_bad(&draft, (size_t)_i + 1, "no PROXY header");
	}
}
END_TEST

START_TEST(length_is_bounded)
{
	static const char zeros[PROXYV2_MAX];
	static const unsigned both[] = {0x20, 0x21};
	struct draft draft;

	draft_begin(&draft, both[_i], 0x00, zeros, PROXYV2_MAX - PROXYV2_FIXED);
	assert_good(&draft);
	draft_begin(&draft, both[_i], 0x00, zeros, PROXYV2_MAX - PROXYV2_FIXED + 1);
	assert_bad(&draft, PROXYV2_FIXED, "header too long");
	draft_state_length(&draft, UINT16_MAX);
	assert_bad(&draft, PROXYV2_FIXED, "header too long");
}
END_TEST

START_TEST(longest_with_a_checksum)
{
	static const char zeros[PROXYV2_MAX];
	struct draft draft;
	size_t sum;

	draft_begin(&draft, 0x21, 0x11, IPV4, IPV4_SIZE);
	sum = draft_add_sum(&draft);
	draft_add_field(&draft, 4, PROXYV2_MAX - draft.size - 3, zeros,
			PROXYV2_MAX - draft.size - 3);
	ck_assert_uint_eq(draft.size, PROXYV2_MAX);
	draft_sign(&draft, sum);
	assert_good(&draft);
}
END_TEST

/* As HAProxy sends them: checksum, then unique ID; and what others add. */
START_TEST(fields)
{
	struct draft draft;
	struct proxied proxied;
	size_t sum;

	draft_begin(&draft, 0x21, 0x21, IPV6, IPV6_SIZE);
	sum = draft_add_sum(&draft);
	draft_add_field(&draft, 5, 18, "0123456789ABCDEF\0\3", 18);
	draft_add_field(&draft, 0x20, 8, "\1\0\0\0\0\x21\0\xFF",
			8); /* what is inside, no one looks at */
	draft_add_field(&draft, 0xEA, 3, "\1ab", 3);
	draft_add_field(&draft, 0xFF, 0, "", 0);
	draft_sign(&draft, sum);
	proxied = assert_good(&draft);
	proxied_ends(&proxied, "[2001:db8::1]:4660", "[::1]:80");
}
END_TEST

/* A field that ends exactly with the header, and one that would not. */
START_TEST(field_fits_exactly)
{
	struct draft draft;

	draft_begin(&draft, 0x21, 0x11, IPV4, IPV4_SIZE);
	draft_add_field(&draft, 4, 5, "abcde", 5);
	assert_good(&draft);
	for (size_t stated = 6; stated < 0x10000; stated += stated < 300 ? 1 : 0x100) {
		draft_begin(&draft, 0x21, 0x11, IPV4, IPV4_SIZE);
		draft_add_field(&draft, 4, stated, "abcde", 5);
		assert_bad(&draft, PROXYV2_FIXED + IPV4_SIZE + 3, "field longer than the header");
	}
	for (size_t stated = 3; stated < 5; stated++) { /* one or two bytes are left */
		draft_begin(&draft, 0x21, 0x11, IPV4, IPV4_SIZE);
		draft_add_field(&draft, 4, stated, "abcde", 5);
		assert_bad(&draft, PROXYV2_FIXED + IPV4_SIZE + 3 + stated, "incomplete field");
	}
}
END_TEST

START_TEST(field_after_an_empty_one_is_incomplete)
{
	struct draft draft;

	for (size_t more = 1; more <= 2; more++) {
		draft_begin(&draft, 0x21, 0x11, IPV4, IPV4_SIZE);
		draft_add_field(&draft, 4, 0, "\4\0", more);
		assert_bad(&draft, PROXYV2_FIXED + IPV4_SIZE + 3, "incomplete field");
	}
}
END_TEST

/* A checksum of any other length, also where there is room for it. */
START_TEST(checksum_has_four_bytes)
{
	struct draft draft;

	for (size_t length = 0; length < 9; length++) {
		draft_begin(&draft, 0x21, 0x11, IPV4, IPV4_SIZE);
		draft_add_field(&draft, 3, length, "\0\0\0\0\0\0\0\0", length);
		if (length != 4)
			assert_bad(&draft, PROXYV2_FIXED + IPV4_SIZE + 3,
				   "checksum not of 4 bytes");
	}
}
END_TEST

/* Whichever bit is turned, it is noticed. */
START_TEST(checksum_covers_all)
{
	struct draft draft;
	size_t size, sum;

	draft_begin(&draft, 0x21, 0x11, IPV4, IPV4_SIZE);
	draft_add_field(&draft, 4, 2, "ab", 2);
	sum = draft_add_sum(&draft);
	draft_add_field(&draft, 5, 2, "cd", 2);
	draft_sign(&draft, sum);
	assert_good(&draft);
	size = draft.size;
	for (size_t bit = 0; bit < 8 * size; bit++) {
		struct proxied proxied;
		draft.bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
		proxied = proxied_parse(draft.bytes, size);
		/* But not in what says whether there is one, and how much there is. */
		if ((bit / 8 < 12 || bit / 8 > 15) && bit / 8 != sum - 3)
			ck_assert_int_eq(proxied.verdict, PRELUDE_BAD);
		if (bit / 8 >= PROXYV2_FIXED && bit / 8 < PROXYV2_FIXED + IPV4_SIZE)
			ck_assert_str_eq(proxied.header.claim.why, "wrong checksum");
		draft.bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
	}
}
END_TEST

START_TEST(checksum_comes_once)
{
	struct draft draft;
	size_t sum;

	draft_begin(&draft, 0x21, 0x11, IPV4, IPV4_SIZE);
	sum = draft_add_sum(&draft);
	draft_add_sum(&draft);
	draft_sign(&draft, sum);
	assert_bad(&draft, draft.size - 4, "more than one checksum");
}
END_TEST

/* A header that HAProxy 2.6 sent. */
START_TEST(checksum_of_haproxy)
{
	static const char bytes[] = SIGNATURE "\x21\x11\0\x13"
					      "\x7F\0\0\1\x7F\0\0\1\xCB\xE6\x93\xD9"
					      "\3\0\4\xB6\x8D\x25\x2C";
	struct proxied proxied = proxied_whole(bytes, sizeof bytes - 1, sizeof bytes - 1);

	proxied_ends(&proxied, "127.0.0.1:52198", "127.0.0.1:37849");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proxyv2");
	TCase *tests = suite_case(suite, "proxyv2");

	tcase_add_loop_test(tests, addresses, 0, COUNT_OF(families));
	tcase_add_loop_test(tests, addresses_with_fields, 0, COUNT_OF(families));
	tcase_add_loop_test(tests, addresses_cut_short, 0, COUNT_OF(families));
	tcase_add_loop_test(tests, addresses_with_a_rest, 0, COUNT_OF(families));
	tcase_add_loop_test(tests, local, 0, 7);
	tcase_add_loop_test(tests, unspecified, 0, 6);
	tcase_add_loop_test(tests, commands, 0, 256);
	tcase_add_loop_test(tests, kinds, 0, 256);
	tcase_add_loop_test(tests, signatures, 0, 12);
	tcase_add_loop_test(tests, length_is_bounded, 0, 2);
	tcase_add_test(tests, longest_with_a_checksum);
	tcase_add_test(tests, fields);
	tcase_add_test(tests, field_fits_exactly);
	tcase_add_test(tests, field_after_an_empty_one_is_incomplete);
	tcase_add_test(tests, checksum_has_four_bytes);
	tcase_add_test(tests, checksum_covers_all);
	tcase_add_test(tests, checksum_comes_once);
	tcase_add_test(tests, checksum_of_haproxy);
	return suite_run(suite);
}
