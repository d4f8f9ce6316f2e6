/* SPDX-License-Identifier: ISC */
/*
 * fuzz_prefix: a network is refused in one harmless sentence, or read so that no host bit is set,
 * it is shown as what is read as the same, and it has its first and last address but not those
 * beside.
 *
 * The input is the text.
 */
#include "base/prefix.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "fuzz.h"

static unsigned bits_of(const struct prefix *prefix)
{
	return prefix->family == AF_INET ? 32 : 128;
}

/* Returns the network's address number 0, or the last one. */
static struct address edge(const struct prefix *prefix, bool is_last)
{
	struct address address = {.any.sa_family = (sa_family_t)prefix->family};
	uint8_t bytes[sizeof prefix->bytes];

	memcpy(bytes, prefix->bytes, sizeof bytes);
	for (unsigned i = prefix->length; i < bits_of(prefix); i++) {
		FUZZ_CHECK((bytes[i / 8] & 0x80 >> i % 8) == 0);
		if (is_last)
			bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
	if (prefix->family == AF_INET)
		memcpy(&address.ipv4.sin_addr, bytes, sizeof address.ipv4.sin_addr);
	else
		memcpy(&address.ipv6.sin6_addr, bytes, sizeof address.ipv6.sin6_addr);
	return address;
}

/* Moves the address by one; at either end of the family to the other end. */
static struct address beside(struct address address, int by)
{
	bool is_ipv4 = address.any.sa_family == AF_INET;
	uint8_t *bytes = is_ipv4 ? (uint8_t *)&address.ipv4.sin_addr
				 : address.ipv6.sin6_addr.s6_addr;

	for (unsigned i = is_ipv4 ? 4 : 16; i-- > 0;) {
		bytes[i] = (uint8_t)(bytes[i] + by);
		if (bytes[i] != (by > 0 ? 0 : 0xFF))
			break;
	}
	return address;
}

/* True if the network has an address. An IPv4-mapped one is in no IPv6 network. */
static bool has(const struct prefix *prefix, struct address address)
{
	bool is_mapped = address.any.sa_family == AF_INET6 &&
			 IN6_IS_ADDR_V4MAPPED(&address.ipv6.sin6_addr);
	bool result = prefix_has(prefix, &address);

	FUZZ_CHECK(!is_mapped || prefix->family == AF_INET || !result);
	return result || is_mapped;
}

static void check_edges(const struct prefix *prefix)
{
	struct address first = edge(prefix, false), last = edge(prefix, true);

	FUZZ_CHECK(has(prefix, first) && has(prefix, last));
	first = beside(first, -1);
	last = beside(last, 1);
	if (prefix->length == 0)
		FUZZ_CHECK(has(prefix, first) && has(prefix, last));
	else
		FUZZ_CHECK(!prefix_has(prefix, &first) && !prefix_has(prefix, &last));
}

static void check_shown(const struct prefix *prefix)
{
	char shown[PREFIX_TEXT_MAX], why[PREFIX_WHY_MAX];
	struct prefix again;

	FUZZ_CHECK(strlen(prefix_format(prefix, shown)) < sizeof shown - 1 ||
		   prefix->family == AF_INET6);
	FUZZ_CHECK(prefix_parse(shown, &again, why));
	FUZZ_CHECK(again.family == prefix->family && again.length == prefix->length);
	FUZZ_CHECK(memcmp(again.bytes, prefix->bytes, sizeof again.bytes) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), why[PREFIX_WHY_MAX];
	struct prefix prefix;

	if (prefix_parse(text, &prefix, why)) {
		FUZZ_CHECK(prefix.family == AF_INET || prefix.family == AF_INET6);
		FUZZ_CHECK(prefix.length <= bits_of(&prefix));
		check_edges(&prefix);
		check_shown(&prefix);
	} else {
		FUZZ_CHECK(strlen(why) > 0 && strlen(why) < sizeof why - 1);
		FUZZ_CHECK(fuzz_is_harmless(why, strlen(why), ""));
	}
	free(text);
	return 0;
}
