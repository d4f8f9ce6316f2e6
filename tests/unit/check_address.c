/* SPDX-License-Identifier: ISC */
/* check_address: every address is shown in one form, and made from what it is written as. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "lib/suite.h"

/* Makes an IPv4 or IPv6 address. */
static struct address make(const char *host, uint16_t port)
{
	struct address address = {.length = sizeof address.ipv4};

	if (inet_pton(AF_INET, host, &address.ipv4.sin_addr) == 1) {
		address.ipv4.sin_family = AF_INET;
		address.ipv4.sin_port = htons(port);
		return address;
	}
	ck_assert_int_eq(inet_pton(AF_INET6, host, &address.ipv6.sin6_addr), 1);
	address.ipv6.sin6_family = AF_INET6;
	address.ipv6.sin6_port = htons(port);
	address.length = sizeof address.ipv6;
	return address;
}

/* Asserts how an address is written, with its port and without. */
static void assert_shown(const struct address *address, const char *whole, const char *host)
{
	char text[ADDRESS_TEXT_MAX];

	ck_assert_ptr_eq(address_format(address, text, sizeof text), text);
	ck_assert_str_eq(text, whole);
	ck_assert_ptr_eq(address_format_host(address, text, sizeof text), text);
	ck_assert_str_eq(text, host);
}

static const struct {
	const char *host;
	uint16_t port;
	const char *shown, *shown_host;
} addresses[] = {
	{"127.0.0.1", 80, "127.0.0.1:80", "127.0.0.1"},
	{"0.0.0.0", 0, "0.0.0.0:0", "0.0.0.0"},
	{"255.255.255.255", 65535, "255.255.255.255:65535", "255.255.255.255"},
	{"::1", 80, "[::1]:80", "::1"},
	{"::", 12345, "[::]:12345", "::"},
	{"2001:db8::1", 80, "[2001:db8::1]:80", "2001:db8::1"},
	{"::ffff:192.0.2.1", 80, "192.0.2.1:80", "192.0.2.1"},
	/* It is not mapped, and so no IPv4 peer's. */
	{"::192.0.2.1", 80, "[::192.0.2.1]:80", "::192.0.2.1"},
	{"::1:2", 80, "[::0.1.0.2]:80", "::0.1.0.2"},
	{"::1:0:0", 80, "[::1:0:0]:80", "::1:0:0"},
	/* As RFC 5952 has it: no leading zeros, no single zero left out, the first of the longest.
	 */
	{"2001:db8::0:1", 80, "[2001:db8::1]:80", "2001:db8::1"},
	{"2001:0db8:0:1:1:1:1:1", 80, "[2001:db8:0:1:1:1:1:1]:80", "2001:db8:0:1:1:1:1:1"},
	{"2001:db8::1:0:0:1", 80, "[2001:db8::1:0:0:1]:80", "2001:db8::1:0:0:1"},
	{"2001:0:0:1::1", 80, "[2001:0:0:1::1]:80", "2001:0:0:1::1"},
	{"2001:db8::", 65535, "[2001:db8::]:65535", "2001:db8::"},
	{"FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF", 65535,
	 "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
};

START_TEST(address_is_shown)
{
	struct address address = make(addresses[_i].host, addresses[_i].port);

	assert_shown(&address, addresses[_i].shown, addresses[_i].shown_host);
}
END_TEST

/* Asserts that an address is shown as getnameinfo(3) writes it, with a port; as IPv4 if `plain` is.
 */
static void assert_as_library(const struct address *address, const struct address *plain)
{
	char host[ADDRESS_HOST_MAX], port[8], whole[ADDRESS_TEXT_MAX];

	ck_assert_int_eq(getnameinfo(&plain->any, plain->length, host, sizeof host, port,
				     sizeof port, NI_NUMERICHOST | NI_NUMERICSERV),
			 0);
	snprintf(whole, sizeof whole, plain->any.sa_family == AF_INET ? "%s:%s" : "[%s]:%s", host,
		 port);
	assert_shown(address, whole, host);
}

/* Each byte in each place, and each length of a port; by IPv4, and mapped to IPv6. */
START_TEST(ipv4_is_shown_as_the_library_does)
{
	struct address address = make("0.0.0.0", 0), mapped = make("::ffff:0.0.0.0", 0);

	for (unsigned i = 0; i < 1024; i++) {
		uint32_t number = htonl(i % 256 << i / 256 * 8 | 0x01020304U >> i % 7);

		address.ipv4.sin_addr.s_addr = number;
		memcpy(&mapped.ipv6.sin6_addr.s6_addr[12], &number, sizeof number);
		address_set_port(&address, (uint16_t)(i * 64 + i % 64));
		address_set_port(&mapped, address_port(&address));
		assert_as_library(&address, &address);
		assert_as_library(&mapped, &address);
	}
}
END_TEST

/*
 * Zeros at each place and of each length, and digits of each length. Of addresses that begin with
 * six zeros, not all libraries write the rest as IPv4.
 */
START_TEST(ipv6_is_shown_as_the_library_does)
{
	struct address address = make("::", 0);

	for (unsigned i = 0; i < 1024; i++) {
		for (unsigned word = 0; word < 8; word++) {
			unsigned value = i >> word & 1 ? 0xFEDCU >> 4 * ((i + word) % 4) : 0;

			address.ipv6.sin6_addr.s6_addr[2 * word] = (uint8_t)(value >> 8);
			address.ipv6.sin6_addr.s6_addr[2 * word + 1] = (uint8_t)value;
		}
		address_set_port(&address, (uint16_t)(i * 64));
		if (i % 64 != 0)
			assert_as_library(&address, &address);
	}
}
END_TEST

START_TEST(zone_is_shown)
{
	struct address address = make("fe80::1", 80);
	char text[ADDRESS_TEXT_MAX];

	address.ipv6.sin6_scope_id = 1;
	address_format(&address, text, sizeof text);
	ck_assert_msg(strncmp(text, "[fe80::1%", 9) == 0, "%s", text);
	address_format_host(&address, text, sizeof text);
	ck_assert_msg(strncmp(text, "fe80::1%", 8) == 0, "%s", text);
}
END_TEST

START_TEST(unknown_family_is_shown)
{
	struct address address = {.length = sizeof address.any};

	assert_shown(&address, "(family 0)", "(family 0)");
	address.length = 0;
	assert_shown(&address, "(family 0)", "(family 0)");
}
END_TEST

START_TEST(unix_path_is_shown)
{
	struct address address;

	ck_assert(address_from_path("/run/x.sock", &address));
	assert_shown(&address, "unix:/run/x.sock", "unix:/run/x.sock");
}
END_TEST

/* Whoever shows it escapes it, once. */
START_TEST(unix_path_is_written_raw)
{
	struct address address;

	ck_assert(address_from_path("/run/\x1B\n\xFF\\x41", &address));
	assert_shown(&address, "unix:/run/\x1B\n\xFF\\x41", "unix:/run/\x1B\n\xFF\\x41");
}
END_TEST

/* Linux ends no such path with a NUL, and may tell a length beyond it. */
START_TEST(unix_path_that_fills_the_room_is_shown_whole)
{
	struct address address = {.length = sizeof address.path};
	char text[ADDRESS_TEXT_MAX];

	memset(&address.room, '\n', sizeof address.room);
	address.any.sa_family = AF_UNIX;
	address_format(&address, text, sizeof text);
	ck_assert_uint_eq(strlen(text), 5 + sizeof address.path.sun_path);
	address.length = sizeof address.room;
	address_format(&address, text, sizeof text);
	ck_assert_uint_eq(strlen(text), 5 + sizeof address.path.sun_path);
}
END_TEST

START_TEST(unix_path_ends_at_the_length)
{
	struct address address;

	ck_assert(address_from_path("/run/x.sock", &address));
	address.length = offsetof(struct sockaddr_un, sun_path) + 4;
	assert_shown(&address, "unix:/run", "unix:/run");
}
END_TEST

START_TEST(unix_socket_without_a_name_is_shown)
{
	struct address address = {.length = sizeof(sa_family_t)};

	/* accept() gives the family only; what lies after it is not ours. */
	memset(&address.room, 'x', sizeof address.room);
	address.any.sa_family = AF_UNIX;
	assert_shown(&address, "unix:(unnamed)", "unix:(unnamed)");
}
END_TEST

START_TEST(address_is_copied)
{
	struct address from = make("2001:db8::1", 80), address;

	memset(&address, 'x', sizeof address);
	address_set(&address, &from.any, from.length);
	ck_assert_uint_eq(address.length, from.length);
	ck_assert_mem_eq(&address.room, &from.room, sizeof from.room); /* cleared after it */
	address_set(&address, &from.any, sizeof from.room);
	ck_assert_uint_eq(address.length, sizeof from.room);
}
END_TEST

START_TEST(too_long_an_address_becomes_none)
{
	struct sockaddr_storage long_one[2] = {{.ss_family = AF_INET}};
	struct address address = make("192.0.2.1", 80);

	address_set(&address, (struct sockaddr *)long_one, sizeof long_one[0] + 1);
	ck_assert_uint_eq(address.length, 0);
	ck_assert_int_eq(address.any.sa_family, AF_UNSPEC);
	ck_assert_uint_eq(address_port(&address), 0);
}
END_TEST

START_TEST(same_addresses_have_the_same_bytes)
{
	struct address one = make("192.0.2.1", 80), other = make("192.0.2.1", 80);

	/* What is after an address is not compared. */
	memset((char *)&other.room + other.length, 'x', sizeof other.room - other.length);
	ck_assert(address_is_same(&one, &other));
	other = make("192.0.2.1", 81);
	ck_assert(!address_is_same(&one, &other));
	other = make("192.0.2.2", 80);
	ck_assert(!address_is_same(&one, &other));
	one = other = make("fe80::1", 80);
	ck_assert(address_is_same(&one, &other));
	one.ipv6.sin6_scope_id = 1;
	ck_assert(!address_is_same(&one, &other));
}
END_TEST

START_TEST(addresses_of_different_lengths_differ)
{
	struct address one, other;

	ck_assert(address_from_path("/run/x.sock", &one));
	other = one;
	ck_assert(address_is_same(&one, &other));
	other.length = offsetof(struct sockaddr_un, sun_path) + 4;
	ck_assert(!address_is_same(&one, &other));
	ck_assert(!address_is_same(&other, &one));
}
END_TEST

START_TEST(empty_path_makes_no_address)
{
	struct address address;

	ck_assert(!address_from_path("", &address));
}
END_TEST

START_TEST(long_path_makes_no_address)
{
	struct address address;
	char path[sizeof address.path.sun_path + 1] = "";

	memset(path, 'p', sizeof path - 1);
	ck_assert(!address_from_path(path, &address));
	path[sizeof path - 2] = '\0';
	ck_assert(address_from_path(path, &address));
	ck_assert_str_eq(address.path.sun_path, path);
	ck_assert_int_eq(address.any.sa_family, AF_UNIX);
	ck_assert_uint_eq(address.length, sizeof address.path);
}
END_TEST

static const char *const hosts[] = {"127.0.0.1", "::1"};

START_TEST(port_is_set_and_read)
{
	struct address address = make(hosts[_i], 80);

	ck_assert_uint_eq(address_port(&address), 80);
	address_set_port(&address, 12345);
	ck_assert_uint_eq(address_port(&address), 12345);
}
END_TEST

START_TEST(unix_address_has_no_port)
{
	struct address address, before;

	ck_assert(address_from_path("/run/x.sock", &address));
	before = address;
	address_set_port(&address, 12345);
	ck_assert_mem_eq(&address.room, &before.room, sizeof address.room);
	ck_assert_uint_eq(address_port(&address), 0);
}
END_TEST

static const struct {
	const char *host;
	int family;
	const char *shown; /* NULL: it is no literal of the family */
} literals[] = {
	{"127.0.0.1", AF_UNSPEC, "127.0.0.1:0"},
	{"127.0.0.1", AF_INET, "127.0.0.1:0"},
	{"127.0.0.1", AF_INET6, NULL},
	/* What inet_aton() takes. */
	{"127.1", AF_UNSPEC, NULL},
	{"2130706433", AF_UNSPEC, NULL},
	{"0", AF_INET, NULL},
	{"010.0.0.1", AF_UNSPEC, NULL},
	{"0x7f.0.0.1", AF_UNSPEC, NULL},
	{"127.0.0.1 ", AF_UNSPEC, NULL},
	{"::1", AF_UNSPEC, "[::1]:0"},
	{"::1", AF_INET6, "[::1]:0"},
	{"2001:db8::1", AF_INET, NULL},
	{"fe80::1%lo", AF_UNSPEC, "[fe80::1%lo]:0"},
	{"fe80::1%no-such-zone", AF_UNSPEC, NULL},
	{"localhost", AF_UNSPEC, NULL},
	{"127.0.0.1.", AF_UNSPEC, NULL},
	{"256.0.0.1", AF_UNSPEC, NULL},
	{"[::1]", AF_UNSPEC, NULL},
	{"", AF_UNSPEC, NULL},
};

START_TEST(literal_is_an_address)
{
	struct address address;
	char text[ADDRESS_TEXT_MAX];
	int failure = address_from_literal(literals[_i].host, literals[_i].family, &address);

	ck_assert_msg((failure == 0) == (literals[_i].shown != NULL), "%s: %d", literals[_i].host,
		      failure);
	if (failure)
		return;
	address_format(&address, text, sizeof text);
	ck_assert_str_eq(text, literals[_i].shown);
}
END_TEST

static const struct {
	const char *host;
	unsigned zone;
	int reason;
	const char *told; /* a word of the advice; "": there is none */
} failures[] = {
	{"fe80::1", 0, EINVAL, "needs its zone"},
	{"fe80::1", 0, ENETUNREACH, "needs its zone"},
	{"febf::1", 0, EINVAL, "needs its zone"},
	{"fe80::1", 1, EINVAL, ""},
	{"fe80::1", 0, ECONNREFUSED, ""},
	{"fec0::1", 0, EINVAL, ""},
	{"::1", 0, EINVAL, ""},
	{"::ffff:169.254.0.1", 0, EINVAL, ""},
	{"169.254.0.1", 0, EINVAL, ""},
};

START_TEST(zone_that_is_missing_is_advised)
{
	struct address address = make(failures[_i].host, 80);
	const char *advice;

	if (address.any.sa_family == AF_INET6)
		address.ipv6.sin6_scope_id = failures[_i].zone;
	advice = address_advice(&address, failures[_i].reason);
	ck_assert_msg(*advice == '\0' ? *failures[_i].told == '\0'
				      : strstr(advice, failures[_i].told) && *failures[_i].told,
		      "'%s'", advice);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("address");
	TCase *showing = suite_case(suite, "showing"), *parts = suite_case(suite, "parts");

	tcase_add_loop_test(showing, address_is_shown, 0, COUNT_OF(addresses));
	tcase_add_test(showing, ipv4_is_shown_as_the_library_does);
	tcase_add_test(showing, ipv6_is_shown_as_the_library_does);
	tcase_add_test(showing, zone_is_shown);
	tcase_add_test(showing, unknown_family_is_shown);
	tcase_add_test(showing, unix_path_is_shown);
	tcase_add_test(showing, unix_path_is_written_raw);
	tcase_add_test(showing, unix_path_that_fills_the_room_is_shown_whole);
	tcase_add_test(showing, unix_path_ends_at_the_length);
	tcase_add_test(showing, unix_socket_without_a_name_is_shown);
	tcase_add_test(parts, address_is_copied);
	tcase_add_test(parts, too_long_an_address_becomes_none);
	tcase_add_test(parts, same_addresses_have_the_same_bytes);
	tcase_add_test(parts, addresses_of_different_lengths_differ);
	tcase_add_loop_test(parts, literal_is_an_address, 0, COUNT_OF(literals));
	tcase_add_loop_test(parts, zone_that_is_missing_is_advised, 0, COUNT_OF(failures));
	tcase_add_test(parts, empty_path_makes_no_address);
	tcase_add_test(parts, long_path_makes_no_address);
	tcase_add_loop_test(parts, port_is_set_and_read, 0, COUNT_OF(hosts));
	tcase_add_test(parts, unix_address_has_no_port);
	return suite_run(suite);
}
