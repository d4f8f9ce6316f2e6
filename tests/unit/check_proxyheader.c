/* SPDX-License-Identifier: ISC */
/* check_proxyheader: PROXY headers of either version, and what is none. */
#include "daemon/serve/proxyheader.h"

#include <string.h>

#include "base/address.h"
#include "client/proxyheader.h"
#include "lib/proxied.h"
#include "lib/suite.h"

/* Each first byte: that of version 1, that of version 2, or one that can be neither's. */
START_TEST(first_byte)
{
	char byte = (char)(unsigned char)_i;
	struct proxied proxied = proxied_parse(&byte, 1);

	if (byte == 'P' || byte == '\r') {
		ck_assert_int_eq(proxied.verdict, PRELUDE_MORE);
		ck_assert_uint_eq(proxied.header.version, byte == 'P' ? 1 : 2);
		return;
	}
	proxied_bad(&byte, 1, 1, "no PROXY header");
	ck_assert_uint_eq(proxied.header.version, 0);
}
END_TEST

START_TEST(nothing_is_undecided)
{
	size_t used = 1;
	struct proxyheader header;

	proxyheader_kind.begin(&header);
	ck_assert_int_eq(proxyheader_kind.take(&header, "", 0, &used), PRELUDE_MORE);
	ck_assert_uint_eq(used, 0);
	ck_assert_uint_eq(header.version, 0);
}
END_TEST

/* What others say first on a connection, and the byte that decides. */
static const struct {
	const char *bytes;
	size_t used;
} strangers[] = {
	{"GET / HTTP/1.1\r\n\r\n", 1},
	{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 3},
	{"\r\n\r\n\r\n", 5},
	{"\r\nPROXY TCP4 ", 3},
	{"\n", 1},
	{"\x16\x03\x01", 1},
	{"SSH-2.0-OpenSSH_9.2\r\n", 1},
};

START_TEST(stranger_is_bad)
{
	const char *bytes = strangers[_i].bytes;

	proxied_bad(bytes, strlen(bytes), strangers[_i].used, "no PROXY header");
}
END_TEST

/* Ends as hailto has them. */
static const struct {
	const char *source, *destination, *peer, *to;
} ends[] = {
	{"192.0.2.1", "127.0.0.1", "192.0.2.1:56324", "127.0.0.1:12345"},
	{"0.0.0.0", "255.255.255.255", "0.0.0.0:56324", "255.255.255.255:12345"},
	{"2001:db8::1", "::1", "[2001:db8::1]:56324", "[::1]:12345"},
	{"::", "fe80::1", "[::]:56324", "[fe80::1]:12345"},
	{"::ffff:192.0.2.1", "::ffff:192.0.2.2", "192.0.2.1:56324", "192.0.2.2:12345"},
	{"::192.0.2.1", "::2", "[::192.0.2.1]:56324", "[::2]:12345"},
};

static struct address address_of(const char *host, uint16_t port)
{
	struct address address;

	ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, &address), 0);
	address_set_port(&address, port);
	return address;
}

START_TEST(header_of_our_client)
{
	const struct address source = address_of(ends[_i].source, 56324);
	const struct address destination = address_of(ends[_i].destination, 12345);
	char bytes[PROXYHEADER_MAX];

	for (enum proxyheader_version version = PROXYHEADER_V1; version <= PROXYHEADER_V2;
	     version++) {
		size_t size = proxyheader_write(version, &source, &destination, bytes);
		struct proxied proxied = proxied_whole(bytes, size, size);
		ck_assert_uint_eq(proxied.header.version, version);
		proxied_ends(&proxied, ends[_i].peer, ends[_i].to);
	}
}
END_TEST

START_TEST(header_of_nobody)
{
	const struct address destination = address_of("::1", 12345);
	char bytes[PROXYHEADER_MAX];

	for (enum proxyheader_version version = PROXYHEADER_V1; version <= PROXYHEADER_V2;
	     version++) {
		size_t size = proxyheader_write(version, NULL, &destination, bytes);
		struct proxied proxied = proxied_whole(bytes, size, size);
		ck_assert_uint_eq(proxied.header.version, version);
		ck_assert(proxied.header.claim.is_local == (version == PROXYHEADER_V2));
		proxied_ends(&proxied, NULL, NULL);
	}
}
END_TEST

/* The addresses are whole ones, as the system makes them. */
START_TEST(addresses_are_as_the_system_s)
{
	static const char *const hosts[] = {"192.0.2.1", "2001:db8::1"};
	const struct address wanted = address_of(hosts[_i], 56324);
	char bytes[PROXYHEADER_MAX];
	size_t size = proxyheader_write(PROXYHEADER_V2, &wanted, &wanted, bytes);
	struct proxied proxied = proxied_whole(bytes, size, size);
	struct address address;

	ck_assert(proxyclaim_peer(&proxied.header.claim, &address));
	ck_assert(address_is_same(&address, &wanted));
	ck_assert(proxyclaim_destination(&proxied.header.claim, &address));
	ck_assert(address_is_same(&address, &wanted));
}
END_TEST

/* A session holds a parser while it waits, so it is small. */
START_TEST(bounds_are_stated)
{
	ck_assert_uint_eq(proxyheader_kind.most, 4112);
	ck_assert_uint_ge(proxyheader_kind.ms, 3000);
	ck_assert_uint_eq(proxyheader_kind.size, sizeof(struct proxyheader));
	ck_assert_uint_le(proxyheader_kind.size, 128);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proxyheader");
	TCase *tests = suite_case(suite, "proxyheader");

	tcase_add_loop_test(tests, first_byte, 0, 256);
	tcase_add_test(tests, nothing_is_undecided);
	tcase_add_loop_test(tests, stranger_is_bad, 0, COUNT_OF(strangers));
	tcase_add_loop_test(tests, header_of_our_client, 0, COUNT_OF(ends));
	tcase_add_test(tests, header_of_nobody);
	tcase_add_loop_test(tests, addresses_are_as_the_system_s, 0, 2);
	tcase_add_test(tests, bounds_are_stated);
	return suite_run(suite);
}
