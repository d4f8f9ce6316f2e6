/* SPDX-License-Identifier: ISC */
/* check_client_proxyheader: headers of the PROXY protocol, byte for byte. */
#include "client/proxyheader.h"

#include <string.h>

#include "base/address.h"
#include "lib/suite.h"

/* Returns the address of these words, which must be literal. */
static struct address address_of(const char *host, uint16_t port)
{
	struct address address;

	ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, &address), 0);
	address_set_port(&address, port);
	return address;
}

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define LONGEST "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

/* The examples of the specification and what HAProxy sends, and the bounds. */
static const struct {
	enum proxyheader_version version;
	const char *source;
	uint16_t source_port;
	const char *destination;
	uint16_t destination_port;
	const char *bytes;
	size_t length;
} headers[] = {
	{PROXYHEADER_V1, "192.168.0.1", 56324, "192.168.0.11", 443,
	 "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", 47},
	{PROXYHEADER_V1, "255.255.255.255", 65535, "255.255.255.255", 65535,
	 "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", 56},
	{PROXYHEADER_V1, "2001:db8::1", 0, "::1", 1, "PROXY TCP6 2001:db8::1 ::1 0 1\r\n", 32},
	{PROXYHEADER_V1, LONGEST, 65535, LONGEST, 65535,
	 "PROXY TCP6 " LONGEST " " LONGEST " 65535 65535\r\n", 104},
	{PROXYHEADER_V2, "192.0.2.1", 0x1234, "127.0.0.1", 0x5678,
	 V2 "\x21\x11\0\x0c\xc0\0\x02\x01\x7f\0\0\x01\x12\x34\x56\x78", 28},
	{PROXYHEADER_V2, "2001:db8::1", 0x1234, "::1", 0x5678,
	 V2 "\x21\x21\0\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x34\x56\x78",
	 52},
};

START_TEST(header_is_what_the_specification_says)
{
	const struct address source = address_of(headers[_i].source, headers[_i].source_port);
	const struct address to = address_of(headers[_i].destination, headers[_i].destination_port);
	char header[PROXYHEADER_MAX];
	size_t length = proxyheader_write(headers[_i].version, &source, &to, header);

	ck_assert_uint_eq(length, headers[_i].length);
	ck_assert_mem_eq(header, headers[_i].bytes, length);
}
END_TEST

static const struct {
	enum proxyheader_version version;
	const char *bytes;
	size_t length;
} nobody[] = {
	{PROXYHEADER_V1, "PROXY UNKNOWN\r\n", 15},
	{PROXYHEADER_V2, V2 "\x20\0\0\0", 16},
};

START_TEST(without_a_source_it_is_nobodys)
{
	const struct address to = address_of("::1", 80);
	char header[PROXYHEADER_MAX];
	size_t length = proxyheader_write(nobody[_i].version, NULL, &to, header);

	ck_assert_uint_eq(length, nobody[_i].length);
	ck_assert_mem_eq(header, nobody[_i].bytes, length);
}
END_TEST

/* The client of a UNIX socket has no address that a server could use. */
START_TEST(over_a_unix_socket_it_is_nobodys)
{
	const struct address unnamed = {.any.sa_family = AF_UNIX,
					.length = sizeof unnamed.any.sa_family};
	struct address to;
	char header[PROXYHEADER_MAX];
	size_t length;

	ck_assert(address_from_path("/run/x.sock", &to));
	length = proxyheader_write(nobody[_i].version, &unnamed, &to, header);
	ck_assert_uint_eq(length, nobody[_i].length);
	ck_assert_mem_eq(header, nobody[_i].bytes, length);
}
END_TEST

static const struct {
	const char *source, *destination;
} mixed[] = {{"127.0.0.1", "::1"}, {"::1", "127.0.0.1"}, {"::ffff:127.0.0.1", "127.0.0.1"}};

START_TEST(families_do_not_mix)
{
	const struct address source = address_of(mixed[_i].source, 1);
	const struct address to = address_of(mixed[_i].destination, 2);
	char header[PROXYHEADER_MAX];

	ck_assert_uint_eq(proxyheader_write(PROXYHEADER_V1, &source, &to, header), 0);
	ck_assert_uint_eq(proxyheader_write(PROXYHEADER_V2, &source, &to, header), 0);
}
END_TEST

/* No other machine knows our zones. */
START_TEST(zone_is_left_out)
{
	struct address source = address_of("fe80::1", 1);
	const struct address to = address_of("fe80::2", 2);
	static const char wanted[] = "PROXY TCP6 fe80::1 fe80::2 1 2\r\n";
	char header[PROXYHEADER_MAX];
	size_t length;

	source.ipv6.sin6_scope_id = 1;
	length = proxyheader_write(PROXYHEADER_V1, &source, &to, header);
	ck_assert_uint_eq(length, strlen(wanted));
	ck_assert_mem_eq(header, wanted, length);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("client_proxyheader");
	TCase *writing = suite_case(suite, "writing");

	tcase_add_loop_test(writing, header_is_what_the_specification_says, 0, COUNT_OF(headers));
	tcase_add_loop_test(writing, without_a_source_it_is_nobodys, 0, COUNT_OF(nobody));
	tcase_add_loop_test(writing, over_a_unix_socket_it_is_nobodys, 0, COUNT_OF(nobody));
	tcase_add_loop_test(writing, families_do_not_mix, 0, COUNT_OF(mixed));
	tcase_add_test(writing, zone_is_left_out);
	return suite_run(suite);
}
