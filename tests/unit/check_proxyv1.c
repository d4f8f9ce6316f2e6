/* SPDX-License-Identifier: ISC */
/* check_proxyv1: PROXY headers of version 1, good and bad ones. */
#include "daemon/serve/proxyv1.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "lib/proxied.h"
#include "lib/suite.h"

#define LONGEST "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

/* Good headers, the ends that they say, and what follows them. */
static const struct {
	const char *bytes, *peer, *destination, *rest;
} good[] = {
	{"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "192.168.0.1:56324",
	 "192.168.0.11:443", ""},
	{"PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n", "0.0.0.0:0", "255.255.255.255:65535",
	 ""},
	{"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535",
	 "255.255.255.255:65535", ""},
	{"PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "[2001:db8::1]:1", "[::1]:2", ""},
	{"PROXY TCP6 2001:DB8::A :: 1 2\r\n", "[2001:db8::a]:1", "[::]:2", ""},
	{"PROXY TCP6 2001:0db8:0:0:0:0:0:1 1::8 1 2\r\n", "[2001:db8::1]:1", "[1::8]:2", ""},
	{"PROXY TCP6 " LONGEST " " LONGEST " 65535 65535\r\n", "[" LONGEST "]:65535",
	 "[" LONGEST "]:65535", ""},
	/* Rules for IPv4 hold for a client of a socket that takes both families. */
	{"PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c000:202 1 2\r\n", "192.0.2.1:1", "192.0.2.2:2", ""},
	{"PROXY TCP6 ::ffff:192.0.2.1 2001:db8::1 1 2\r\n", "192.0.2.1:1", "[2001:db8::1]:2", ""},
	{"PROXY TCP6 ::192.0.2.1 ::fffe:192.0.2.1 1 2\r\n", "[::192.0.2.1]:1",
	 "[::fffe:c000:201]:2", ""},
	/* An address of the link is that, without a zone. */
	{"PROXY TCP6 fe80::1 fe80::2 1 2\r\n", "[fe80::1]:1", "[fe80::2]:2", ""},
	/* Nobody's. */
	{"PROXY UNKNOWN\r\n", NULL, NULL, ""},
	{"PROXY UNKNOWN \r\n", NULL, NULL, ""},
	{"PROXY UNKNOWN  what\tever \xFF%^ \r\n", NULL, NULL, ""},
	{"PROXY UNKNOWN TCP4 192.0.2.1 192.0.2.2 1 2\r\n", NULL, NULL, ""},
	{"PROXY UNKNOWN " LONGEST " " LONGEST " 65535 65535\r\n", NULL, NULL, ""},
	/* What follows is the client's. */
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n\r\n", "192.0.2.1:1",
	 "192.0.2.2:2", "GET / HTTP/1.1\r\n\r\n"},
	{"PROXY UNKNOWN\r\n\r\n", NULL, NULL, "\r\n"},
	{"PROXY UNKNOWN\r\nPROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", NULL, NULL,
	 "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"},
};

START_TEST(good_header)
{
	const char *bytes = good[_i].bytes;
	size_t size = strlen(bytes);
	struct proxied proxied = proxied_whole(bytes, size, size - strlen(good[_i].rest));

	ck_assert_uint_eq(proxied.header.version, 1);
	ck_assert(!proxied.header.claim.is_local);
	proxied_ends(&proxied, good[_i].peer, good[_i].destination);
}
END_TEST

#define NONE "no PROXY header"
#define PROTOCOL "unknown protocol"
#define IPV4 "invalid IPv4 address"
#define IPV6 "invalid IPv6 address"
#define PORT "invalid port"
#define BYTE "unexpected byte"
#define FEW "too few words"
#define MANY "too many words"
#define NEWLINE "newline without a carriage return"
#define RETURN "carriage return without a newline"

/* Bad headers, why, and what is not read any more. */
static const struct {
	const char *bytes, *why, *rest;
} bad[] = {
	/* The beginning. */
	{"proxy TCP4", NONE, "roxy TCP4"},
	{"Proxy TCP4", NONE, "oxy TCP4"},
	{" PROXY TCP4", NONE, "PROXY TCP4"},
	{"\tPROXY TCP4", NONE, "PROXY TCP4"},
	{"PROXY\tTCP4", NONE, "TCP4"},
	{"PROXY\r\n", NONE, "\n"},
	{"PROXY\n", NONE, ""},
	{"PROXYTCP4", NONE, "CP4"},
	{"PROPFIND /", NONE, "FIND /"},
	/* The protocol. */
	{"PROXY \r\n", PROTOCOL, "\n"},
	{"PROXY  TCP4 ", PROTOCOL, "TCP4 "},
	{"PROXY TCP5 1", PROTOCOL, "1"},
	{"PROXY TCP 1", PROTOCOL, "1"},
	{"PROXY tcp4 1", PROTOCOL, "1"},
	{"PROXY UDP4 1", PROTOCOL, "1"},
	{"PROXY TCP41 1", PROTOCOL, "1"},
	{"PROXY unknown\r\n", PROTOCOL, "\n"},
	{"PROXY UNKNOWN1\r\n", PROTOCOL, "\n"},
	{"PROXY\x20TCP4\t192.0.2.1 ", BYTE, "192.0.2.1 "},
	/* Addresses. */
	{"PROXY TCP4  192.0.2.1", IPV4, "192.0.2.1"},
	{"PROXY TCP4 ::1 ::1 1 2\r\n", IPV4, "::1 1 2\r\n"},
	{"PROXY TCP4 ::ffff:192.0.2.1 1", IPV4, "1"},
	{"PROXY TCP4 192.0.2.01 1", IPV4, "1"},
	{"PROXY TCP4 0300.0.2.1 1", IPV4, "1"},
	{"PROXY TCP4 0xC0.0.2.1 1", IPV4, "1"},
	{"PROXY TCP4 192.0.2.256 1", IPV4, "1"},
	{"PROXY TCP4 192.0.513 1", IPV4, "1"},
	{"PROXY TCP4 192.0.2.1.1 1", IPV4, "1"},
	{"PROXY TCP4 192.0.2.1. 1", IPV4, "1"},
	{"PROXY TCP4 192.0.2.-1 1", IPV4, "1"},
	{"PROXY TCP4 localhost 1", IPV4, "1"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2. 1", IPV4, "1"},
	{"PROXY TCP4 192.0.2.1 ::1 1", IPV4, "1"},
	{"PROXY TCP6 192.0.2.1 ::1 1", IPV6, "::1 1"},
	{"PROXY TCP6 fe80::1%lo ::1 1", IPV6, "::1 1"},
	{"PROXY TCP6 fe80::1%1 ::1 1", IPV6, "::1 1"},
	{"PROXY TCP6 ::1 fe80::1% 1", IPV6, "1"},
	{"PROXY TCP6 [::1] ::1", IPV6, "::1"},
	{"PROXY TCP6 1::2::3 ::1", IPV6, "::1"},
	{"PROXY TCP6 00001:: ::1", IPV6, "::1"},
	{"PROXY TCP6 1:2:3:4:5:6:7 ::1", IPV6, "::1"},
	{"PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1", IPV6, "::1"},
	{"PROXY TCP6 g:: ::1", IPV6, "::1"},
	{"PROXY TCP4 /run/client.sock 1", IPV4, "1"},
	{"PROXY TCP6 ::0000000000000000000000000000000000000000000000", "word too long", "00"},
	/* Ports. */
	{"PROXY TCP4 192.0.2.1 192.0.2.2  1", PORT, "1"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 01 1", PORT, "1"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 00 1", PORT, "1"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 65536 1", PORT, "1"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 99999 1", PORT, "1"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 4294967297 1", PORT, "1"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 -1 1", PORT, "1"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 +1 1", PORT, "1"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1x 1", PORT, "1"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 http 1", PORT, "1"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1 \r\n", PORT, "\n"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1 00\r\n", PORT, "\n"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", PORT, "\n"},
	/* Words. */
	{"PROXY TCP4\r\n", FEW, "\n"},
	{"PROXY TCP4 192.0.2.1\r\n", FEW, "\n"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2\r\n", FEW, "\n"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", FEW, "\n"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n", MANY, "\r\n"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n", MANY, "3\r\n"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\t\r\n", BYTE, "\r\n"},
	{"PROXY TCP4 192.0.2.1\t192.0.2.2 1 2\r\n", BYTE, "192.0.2.2 1 2\r\n"},
	{"PROXY TCP4 192.0.2.\xB2 192", BYTE, " 192"},
	{"PROXY TCP4 192.0.2.\x7F 192", BYTE, " 192"},
	/* Ends of lines. */
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\nabc", NEWLINE, "abc"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1\n2\r\n", NEWLINE, "2\r\n"},
	{"PROXY TCP4\n", NEWLINE, ""},
	{"PROXY UNKNOWN\n", NEWLINE, ""},
	{"PROXY UNKNOWN abc\ndef", NEWLINE, "def"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rabc", RETURN, "bc"},
	{"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\r\n", RETURN, "\n"},
	{"PROXY UNKNOWN\r \r\n", RETURN, "\r\n"},
	{"PROXY UNKNOWN abc\rdef\r\n", RETURN, "ef\r\n"},
	{"PROXY UNKNOWN\r\r\n", RETURN, "\n"},
};

START_TEST(bad_header)
{
	size_t size = strlen(bad[_i].bytes);

	proxied_bad(bad[_i].bytes, size, size - strlen(bad[_i].rest), bad[_i].why);
}
END_TEST

/* Puts a NUL in place of each byte of a good header: of the beginning, a word, the line's end. */
START_TEST(no_byte_may_be_nul)
{
	static const char *const lines[] = {"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
					    "PROXY UNKNOWN what ever\r\n"};
	char bytes[64];

	for (size_t at = 0; at < strlen(lines[_i]); at++) {
		size_t size = strlen(lines[_i]);
		memcpy(bytes, lines[_i], size);
		bytes[at] = '\0';
		proxied_bad(bytes, size, at + 1, at < 6 ? NONE : at == size - 1 ? RETURN : BYTE);
	}
}
END_TEST

/* Fills an unknown line up to a length, with its CR LF. */
static void fill_line(char *bytes, size_t length)
{
	memset(bytes, 'a', length);
	memcpy(bytes, "PROXY UNKNOWN ", 14);
	memcpy(bytes + length - 2, "\r\n", 2);
}

START_TEST(length_is_bounded)
{
	char bytes[PROXYV1_MAX + 100];

	fill_line(bytes, PROXYV1_MAX);
	proxied_whole(bytes, PROXYV1_MAX, PROXYV1_MAX);
	fill_line(bytes, PROXYV1_MAX + 1);
	proxied_bad(bytes, PROXYV1_MAX + 1, PROXYV1_MAX - 1, "line too long");
	fill_line(bytes, sizeof bytes);
	proxied_bad(bytes, sizeof bytes, PROXYV1_MAX - 1, "line too long");
	fill_line(bytes, PROXYV1_MAX);
	bytes[PROXYV1_MAX - 1] = 'a';
	proxied_bad(bytes, PROXYV1_MAX, PROXYV1_MAX, RETURN);
}
END_TEST

/* Two addresses at their longest do not fit: the bound holds for them as well. */
START_TEST(length_is_bounded_with_addresses)
{
	static const char bytes[] = "PROXY TCP6 0000:0000:0000:0000:0000:ffff:255.255.255.255 "
				    "0000:0000:0000:0000:0000:ffff:255.255.255.255 65535 65535\r\n";

	proxied_bad(bytes, sizeof bytes - 1, PROXYV1_MAX - 1, "line too long");
}
END_TEST

/* Each port is read as it was written. */
START_TEST(each_port)
{
	for (unsigned port = 0; port <= UINT16_MAX; port += 7) {
		char bytes[64];
		struct proxyclaim claim = {.length = 0};
		struct proxyv1 line = {.words = 0};
		struct address address;
		int size = snprintf(bytes, sizeof bytes, "PROXY TCP4 192.0.2.1 192.0.2.2 %u %u\r\n",
				    port, UINT16_MAX - port);

		for (claim.length = 1; claim.length < size; claim.length++)
			ck_assert_int_eq(proxyv1_take(&line, bytes[claim.length - 1], &claim),
					 PRELUDE_MORE);
		ck_assert_int_eq(proxyv1_take(&line, '\n', &claim), PRELUDE_WHOLE);
		ck_assert(proxyclaim_peer(&claim, &address));
		ck_assert_uint_eq(address_port(&address), port);
		ck_assert(proxyclaim_destination(&claim, &address));
		ck_assert_uint_eq(address_port(&address), UINT16_MAX - port);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proxyv1");
	TCase *tests = suite_case(suite, "proxyv1");

	tcase_add_loop_test(tests, good_header, 0, COUNT_OF(good));
	tcase_add_loop_test(tests, bad_header, 0, COUNT_OF(bad));
	tcase_add_loop_test(tests, no_byte_may_be_nul, 0, 2);
	tcase_add_test(tests, length_is_bounded);
	tcase_add_test(tests, length_is_bounded_with_addresses);
	tcase_add_test(tests, each_port);
	return suite_run(suite);
}
