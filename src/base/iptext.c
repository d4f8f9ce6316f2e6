/* SPDX-License-Identifier: ISC */
/* iptext: IP addresses as text, without printf(3). */
#include "base/iptext.h"

#include <stddef.h>

#include "base/number.h"

/* An IPv6 address has so many words of 16 bits. */
enum { WORDS = 8 };

char *iptext_put_ipv4(char *end, const uint8_t bytes[4])
{
	for (int i = 3; i > 0; i--) {
		end = number_put_before(end, bytes[i]);
		*--end = '.';
	}
	return number_put_before(end, bytes[0]);
}

static unsigned word(const uint8_t *bytes, int i)
{
	const uint8_t *pair = bytes + (size_t)i * 2;

	return (unsigned)pair[0] << 8 | pair[1];
}

/* So many bytes precede an IPv4 address in one of IPv6 that is compatible with it. */
enum { BEFORE_IPV4 = 12 };

/* Words that are zero: from `begin` to before `end`. */
struct run {
	int begin, end;
};

/* Returns the longest run of zeros, the first of several. It is empty if it would be one word. */
static struct run find_zeros(const uint8_t *bytes)
{
	struct run longest = {-1, -1};

	for (int begin = 0, end; begin < WORDS; begin = end + 1) {
		for (end = begin; end < WORDS && word(bytes, end) == 0;)
			end++;
		if (end - begin > 1 && end - begin > longest.end - longest.begin)
			longest = (struct run){begin, end};
	}
	return longest;
}

static char *put_word(char *end, unsigned value)
{
	do
		*--end = "0123456789abcdef"[value & 15];
	while (value >>= 4);
	return end;
}

char *iptext_put_ipv6(char *end, const uint8_t bytes[16])
{
	struct run zeros = find_zeros(bytes);

	if (zeros.begin == 0 && zeros.end == BEFORE_IPV4 / 2) {
		end = iptext_put_ipv4(end, bytes + BEFORE_IPV4);
		*--end = ':';
		*--end = ':';
		return end;
	}
	for (int i = WORDS - 1; i >= 0; i--) {
		if (i ==
		    zeros.end - 1) { /* one colon for them all, besides that of the next word */
			*--end = ':';
			if (zeros.end == WORDS)
				*--end = ':';
			i = zeros.begin;
			continue;
		}
		end = put_word(end, word(bytes, i));
		if (i > 0)
			*--end = ':';
	}
	return end;
}
