/* SPDX-License-Identifier: ISC */
/*
 * fuzz_proxyheader: however the bytes of a PROXY header are split, the result is the same. One that
 * is whole is one by the specification, as far as this target knows it in another way; and one that
 * is written from what was understood is understood as the same.
 *
 * The first byte of the input says where to split. If its highest bit is set, the checksum of a
 * header of version 2 is put right before; if the next one is, such a header is filled up to its
 * length, so that short inputs make the longest headers. The others are the proxy's.
 */
#include "daemon/serve/proxyheader.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "client/proxyheader.h"
#include "daemon/serve/prelude.h"
#include "fuzz.h"
#include "pieces.h"

struct outcome {
	enum prelude_verdict verdict;
	size_t used;
	struct proxyheader header;
};

/* Gives the parser the bytes in pieces of that size. */
static struct outcome parse(const char *bytes, size_t size, size_t step)
{
	struct outcome outcome = {.verdict = PRELUDE_MORE};

	outcome.verdict = pieces_parse(&proxyheader_kind, &outcome.header, bytes, size, step,
				       &outcome.used);
	return outcome;
}

static void check_same(const struct outcome *one, const struct outcome *other)
{
	const struct proxyclaim *claim = &one->header.claim, *same = &other->header.claim;

	FUZZ_CHECK(one->verdict == other->verdict && one->used == other->used);
	FUZZ_CHECK(one->header.version == other->header.version);
	FUZZ_CHECK(claim->why == same->why && claim->length == same->length);
	FUZZ_CHECK(claim->is_local == same->is_local && claim->family == same->family);
	FUZZ_CHECK(memcmp(claim->ends, same->ends, sizeof claim->ends) == 0);
}

/* An address as text, as the C library writes it: v4-mapped ones as IPv6 again. */
static void write_host(const struct address *address, int family, char text[INET6_ADDRSTRLEN])
{
	char plain[INET_ADDRSTRLEN];

	if (address->any.sa_family == family) {
		const void *host = family == AF_INET ? (const void *)&address->ipv4.sin_addr
						     : (const void *)&address->ipv6.sin6_addr;
		FUZZ_CHECK(inet_ntop(family, host, text, INET6_ADDRSTRLEN) != NULL);
		return;
	}
	FUZZ_CHECK(family == AF_INET6 && address->any.sa_family == AF_INET);
	FUZZ_CHECK(inet_ntop(AF_INET, &address->ipv4.sin_addr, plain, sizeof plain) != NULL);
	snprintf(text, INET6_ADDRSTRLEN, "::ffff:%s", plain);
}

/* Writes a line that says these ends. */
static void write_line(const struct proxyclaim *claim, char line[PROXYV1_MAX + 1])
{
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
	struct address peer, destination;
	int length;

	FUZZ_CHECK(proxyclaim_peer(claim, &peer) && proxyclaim_destination(claim, &destination));
	write_host(&peer, claim->family, from);
	write_host(&destination, claim->family, to);
	length = snprintf(line, PROXYV1_MAX + 1, "PROXY TCP%c %s %s %u %u\r\n",
			  claim->family == AF_INET ? '4' : '6', from, to, address_port(&peer),
			  address_port(&destination));
	FUZZ_CHECK(length <= PROXYV1_MAX);
}

static void check_same_ends(const struct proxyclaim *claim, const char *bytes, size_t size)
{
	struct outcome again = parse(bytes, size, size);

	FUZZ_CHECK(again.verdict == PRELUDE_WHOLE && again.used == size);
	FUZZ_CHECK(again.header.claim.family == claim->family);
	FUZZ_CHECK(memcmp(again.header.claim.ends, claim->ends, sizeof claim->ends) == 0);
}

/* Checks that ends which are written again, by either version, are read as the same. */
static void check_ends(const struct proxyclaim *claim)
{
	char line[PROXYV1_MAX + 1], bytes[PROXYHEADER_MAX];
	struct address peer, destination;
	size_t size;

	if (claim->family == AF_UNSPEC) {
		FUZZ_CHECK(!proxyclaim_peer(claim, &peer) &&
			   !proxyclaim_destination(claim, &destination));
		return;
	}
	write_line(claim, line);
	check_same_ends(claim, line, strlen(line));
	FUZZ_CHECK(proxyclaim_peer(claim, &peer) && proxyclaim_destination(claim, &destination));
	if (peer.any.sa_family != claim->family || destination.any.sa_family != claim->family)
		return;
	size = proxyheader_write(PROXYHEADER_V2, &peer, &destination, bytes);
	check_same_ends(claim, bytes, size);
}

/* Checks a whole line: it ends where the first newline is, and its words are those. */
static void check_line(const struct outcome *outcome, const char *bytes)
{
	char protocol[8], from[PROXYV1_MAX], to[PROXYV1_MAX];
	unsigned source, destination;

	FUZZ_CHECK(outcome->used <= PROXYV1_MAX && !outcome->header.claim.is_local);
	FUZZ_CHECK((const char *)memchr(bytes, '\n', outcome->used) == bytes + outcome->used - 1);
	FUZZ_CHECK((const char *)memchr(bytes, '\r', outcome->used) == bytes + outcome->used - 2);
	FUZZ_CHECK(memchr(bytes, '\0', outcome->used) == NULL);
	if (outcome->header.claim.family == AF_UNSPEC) {
		FUZZ_CHECK(memcmp(bytes, "PROXY UNKNOWN", 13) == 0 && strchr(" \r", bytes[13]));
		return;
	}
	FUZZ_CHECK(sscanf(bytes, "PROXY %7s %106s %106s %5u %5u", protocol, from, to, &source,
			  &destination) == 5);
	FUZZ_CHECK(strcmp(protocol, outcome->header.claim.family == AF_INET ? "TCP4" : "TCP6") ==
		   0);
	FUZZ_CHECK(source <= UINT16_MAX && destination <= UINT16_MAX);
}

/* The CRC-32C of a header, bit by bit, with zeros in the place of the checksum. */
static uint32_t sum_of(const unsigned char *bytes, size_t size, size_t at)
{
	uint32_t sum = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		sum ^= i >= at && i < at + 4 ? 0 : bytes[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum & 1 ? sum >> 1 ^ 0x82F63B78 : sum >> 1;
	}
	return ~sum;
}

/* How many bytes the addresses of a header of version 2 take; SIZE_MAX: it is skipped. */
static size_t addresses_of(const unsigned char *bytes)
{
	static const size_t sizes[] = {SIZE_MAX, 12, 36, 216};

	if (bytes[12] == 0x20 || (bytes[13] & 0xF) == 0)
		return SIZE_MAX;
	return sizes[bytes[13] >> 4 & 3];
}

/*
 * Finds the checksum of a header of `size` bytes, whose fields begin at `at`. Returns its place, or
 * SIZE_MAX. `fits` is set to whether the fields end with the header.
 */
static size_t find_sum(const unsigned char *bytes, size_t size, size_t at, bool *fits)
{
	size_t found = SIZE_MAX;

	while (at + 3 <= size) {
		if (bytes[at] == 3 && found == SIZE_MAX)
			found = at + 3;
		at += 3 + ((size_t)bytes[at + 1] << 8 | bytes[at + 2]);
	}
	*fits = at == size;
	return found;
}

static uint32_t read_sum(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* Checks a whole header of version 2. */
static void check_binary(const struct outcome *outcome, const unsigned char *bytes)
{
	static const char beginning[] = "\r\n\r\n\0\r\nQUIT\n";
	const struct proxyclaim *claim = &outcome->header.claim;
	size_t length = (size_t)bytes[14] << 8 | bytes[15], addresses = addresses_of(bytes), sum;
	bool fits;

	FUZZ_CHECK(memcmp(bytes, beginning, sizeof beginning - 1) == 0);
	FUZZ_CHECK(bytes[12] == (claim->is_local ? 0x20 : 0x21));
	FUZZ_CHECK(outcome->used == 16 + length && length <= 4096);
	if (addresses == SIZE_MAX) {
		FUZZ_CHECK(claim->family == AF_UNSPEC);
		return;
	}
	FUZZ_CHECK(length >= addresses && bytes[13] >> 4 <= 3 && (bytes[13] & 0xF) <= 2);
	FUZZ_CHECK(claim->family == (addresses == 12   ? AF_INET
				     : addresses == 36 ? AF_INET6
						       : AF_UNSPEC));
	if (claim->family != AF_UNSPEC)
		FUZZ_CHECK(memcmp(bytes + 16, claim->ends, addresses) == 0);
	sum = find_sum(bytes, outcome->used, 16 + addresses, &fits);
	FUZZ_CHECK(fits);
	if (sum != SIZE_MAX)
		FUZZ_CHECK(read_sum(bytes + sum) == sum_of(bytes, outcome->used, sum));
}

/* Appends a field to a header of version 2 that is cut short, so that it is whole. */
static char *fill_up(char *bytes, size_t *size)
{
	enum { FIELD_NOTHING = 4, FIELD_HEAD = 3 };
	const unsigned char *head = (const unsigned char *)bytes;
	size_t length = *size < 16 ? 0 : 16 + ((size_t)head[14] << 8 | head[15]), rest;
	char *filled;

	if (length < *size + FIELD_HEAD || length > PROXYV2_MAX)
		return bytes;
	filled = realloc(bytes, length + 1);
	FUZZ_CHECK(filled != NULL);
	memset(filled + *size, 0, length + 1 - *size);
	rest = length - *size - FIELD_HEAD;
	filled[*size] = FIELD_NOTHING;
	filled[*size + 1] = (char)(rest >> 8);
	filled[*size + 2] = (char)(rest & 0xFF);
	*size = length;
	return filled;
}

/* Puts the checksum right, if the bytes are a header of version 2 that has one. */
static void put_right(unsigned char *bytes, size_t size)
{
	size_t length, addresses, at;
	uint32_t sum;
	bool fits;

	if (size < 16)
		return;
	length = 16 + ((size_t)bytes[14] << 8 | bytes[15]);
	addresses = addresses_of(bytes);
	if (length > size || addresses > length - 16)
		return;
	at = find_sum(bytes, length, 16 + addresses, &fits);
	if (at == SIZE_MAX || at + 4 > length)
		return;
	sum = sum_of(bytes, length, at);
	for (size_t i = 0; i < 4; i++)
		bytes[at + i] = (unsigned char)(sum >> (24 - 8 * i) & 0xFF);
}

/* Checks that bytes which decide nothing are few. */
static void check_undecided(const struct outcome *outcome, size_t size)
{
	FUZZ_CHECK(outcome->used == size && size < PROXYV2_MAX);
	FUZZ_CHECK(outcome->header.version != 1 || size < PROXYV1_MAX);
}

static void check(const struct outcome *outcome, const char *bytes, size_t size)
{
	FUZZ_CHECK(outcome->verdict <= PRELUDE_BAD);
	FUZZ_CHECK((outcome->verdict == PRELUDE_BAD) == (outcome->header.claim.why != NULL));
	FUZZ_CHECK(outcome->header.claim.length == outcome->used);
	if (outcome->verdict == PRELUDE_MORE)
		check_undecided(outcome, size);
	if (outcome->verdict != PRELUDE_WHOLE)
		return;
	if (outcome->header.version == 1)
		check_line(outcome, bytes);
	else
		check_binary(outcome, (const unsigned char *)bytes);
	check_ends(&outcome->header.claim);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, split;
	char *bytes;

	if (size == 0)
		return 0;
	bytes = fuzz_string(data + 1, --size);
	if (data[0] & 0x40)
		bytes = fill_up(bytes, &size);
	if (data[0] & 0x80)
		put_right((unsigned char *)bytes, size);
	whole = parse(bytes, size, size + 1);
	split = parse(bytes, size, data[0] % 32U + 1);
	check_same(&whole, &split);
	split = parse(bytes, size, 1);
	check_same(&whole, &split);
	check(&whole, bytes, size);
	free(bytes);
	return 0;
}
