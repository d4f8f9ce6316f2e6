/* SPDX-License-Identifier: ISC */
/* prefix: an IP network in CIDR notation (RFC 4632, RFC 4291), such as 192.0.2.0/24. */
#include "base/prefix.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/number.h"

/* How an IPv4-mapped address begins, and how many bits that is. */
static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
enum { MAPPED_BITS = 8 * sizeof mapped };

/* Returns how many bits an address of the family has. */
static unsigned bits_of(int family)
{
	return family == AF_INET ? 32 : 128;
}

/* Reads an address without its length. Returns NULL, or what is wrong. */
static const char *read_address(const char *text, struct prefix *prefix)
{
	if (*text == '\0')
		return "the address is empty";
	if (strchr(text, '%'))
		return "a network has no zone";
	if (strchr(text, '['))
		return "a network has no brackets";
	prefix->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(prefix->family, text, prefix->bytes) == 1)
		return NULL;
	if (prefix->family == AF_INET6)
		return "not an IPv6 address (and a network has no port)";
	if (text[strspn(text, "0123456789.")] == '\0')
		return "an IPv4 address is four decimal numbers up to 255, without leading zeros";
	return "a network is an IPv4 or IPv6 address, such as 192.0.2.1, or has a length, such as "
	       "192.0.2.0/24";
}

/* Reads the length. A leading zero is refused: others might read it as octal. */
static const char *read_length(const char *text, struct prefix *prefix)
{
	unsigned most = bits_of(prefix->family);
	uint64_t length;

	if (!number_parse(text, &length) || length > most || (text[0] == '0' && text[1] != '\0'))
		return most == 32 ? "the length of an IPv4 network is a number from 0 to 32, "
				    "without leading zeros"
				  : "the length of an IPv6 network is a number from 0 to 128, "
				    "without leading zeros";
	prefix->length = (unsigned)length;
	return NULL;
}

/* Reads the two parts. Returns NULL, or what is wrong. */
static const char *read_parts(const char *text, struct prefix *prefix)
{
	char address[INET6_ADDRSTRLEN + 1] = "";
	size_t size = strcspn(text, "/");
	const char *why;

	/* One byte more than any address has: too long stays too long. */
	memcpy(address, text, size < sizeof address ? size : sizeof address - 1);
	why = read_address(address, prefix);
	if (why)
		return why;
	if (text[size] == '/')
		return read_length(text + size + 1, prefix);
	prefix->length = bits_of(prefix->family);
	return NULL;
}

/* Turns a network of IPv4-mapped addresses into that of IPv4. */
static void unmap(struct prefix *prefix)
{
	uint8_t ipv4[4];

	if (prefix->family != AF_INET6 || prefix->length < MAPPED_BITS ||
	    memcmp(prefix->bytes, mapped, sizeof mapped) != 0)
		return;
	memcpy(ipv4, prefix->bytes + sizeof mapped, sizeof ipv4);
	*prefix = (struct prefix){.family = AF_INET, .length = prefix->length - MAPPED_BITS};
	memcpy(prefix->bytes, ipv4, sizeof ipv4);
}

/* Clears the bits after the length. True if one was set. */
static bool clear_host_bits(struct prefix *prefix)
{
	size_t edge = prefix->length / 8;
	bool had_any = false;

	for (size_t i = edge; i < sizeof prefix->bytes; i++) {
		unsigned kept = i == edge ? 0xFF00U >> prefix->length % 8 & 0xFF : 0;
		had_any = had_any || (prefix->bytes[i] & ~kept) != 0;
		prefix->bytes[i] = (uint8_t)(prefix->bytes[i] & kept);
	}
	return had_any;
}

/* Says what is wrong with a network that has host bits, and what would be right. */
static void describe_host_bits(const struct prefix *wrong, const struct prefix *right,
			       char why[PREFIX_WHY_MAX])
{
	char written[PREFIX_TEXT_MAX], network[PREFIX_TEXT_MAX];

	snprintf(why, PREFIX_WHY_MAX, "%s has host bits; its network is %s",
		 prefix_format(wrong, written), prefix_format(right, network));
}

bool prefix_parse(const char *text, struct prefix *prefix, char why[PREFIX_WHY_MAX])
{
	struct prefix made = {.length = 0}, network;
	const char *problem = read_parts(text, &made);

	if (problem) {
		snprintf(why, PREFIX_WHY_MAX, "%s", problem);
		return false;
	}
	unmap(&made);
	network = made;
	if (clear_host_bits(&network)) {
		describe_host_bits(&made, &network, why);
		return false;
	}
	*prefix = network;
	return true;
}

char *prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(prefix->family, prefix->bytes, address, sizeof address);
	snprintf(text, PREFIX_TEXT_MAX, "%s/%u", address, prefix->length);
	return text;
}

/* True if the first bits of both are the same. */
static bool is_equal(const uint8_t *one, const uint8_t *other, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(one, other, whole) == 0 &&
	       (rest == 0 || (one[whole] ^ other[whole]) >> (8 - rest) == 0);
}

bool prefix_has(const struct prefix *prefix, const struct address *address)
{
	const struct in6_addr *ipv6 = &address->ipv6.sin6_addr;
	const void *bytes = ipv6;
	int family = address->any.sa_family;

	if (family == AF_INET) {
		bytes = &address->ipv4.sin_addr;
	} else if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(ipv6)) {
		family = AF_INET;
		bytes = ipv6->s6_addr + sizeof mapped;
	}
	return family == prefix->family && is_equal(prefix->bytes, bytes, prefix->length);
}
