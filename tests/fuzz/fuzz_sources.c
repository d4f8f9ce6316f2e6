/* SPDX-License-Identifier: ISC */
/*
 * fuzz_sources: a rate or a pair of prefix lengths is read as a simpler reader reads it, or
 * refused; and a limit of any rate takes at once its burst and no more.
 *
 * The input is the text; its first 8 bytes are also the time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/prefixpair.h"
#include "base/rate.h"
#include "daemon/admit/pairhash.h"
#include "daemon/admit/sources.h"
#include "fuzz.h"

/* Reads decimal digits, all of a text's `length` bytes; what is too much stays too much. */
static bool read_digits(const char *text, size_t length, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		if (*value <= UINT32_MAX)
			*value = *value * 10 + (uint64_t)(text[i] - '0');
	}
	return length > 0;
}

/* Whether the whole number is one of 64 bits. */
static bool is_number(const char *text, size_t length)
{
	char *copy = fuzz_string((const uint8_t *)text, length);
	uint64_t ignored;
	bool is = number_parse(copy, &ignored);

	free(copy);
	return is;
}

static bool expect_rate(const char *text, struct rate *rate)
{
	size_t length = strcspn(text, "/");
	uint64_t count, ms;

	if (text[length] == '\0' || !read_digits(text, length, &count) ||
	    !number_parse_time(text + length + 1, &ms))
		return false;
	*rate = (struct rate){(uint32_t)count, (uint32_t)ms};
	return count >= 1 && count <= RATE_COUNT_MAX && ms >= 1 && ms <= RATE_MS_MAX;
}

static bool expect_pair(const char *text, struct prefixpair *pair)
{
	size_t length = strcspn(text, ":");
	uint64_t ipv4, ipv6;

	if (text[length] == '\0' || !read_digits(text, length, &ipv4) ||
	    !read_digits(text + length + 1, strlen(text + length + 1), &ipv6))
		return false;
	*pair = (struct prefixpair){(uint8_t)ipv4, (uint8_t)ipv6};
	return ipv4 <= 32 && ipv6 <= 128;
}

/* Checks number_parse_before(): it reads what stands before the character, or nothing. */
static void check_before(const char *text, char end)
{
	const char *at = strchr(text, end), *rest = text;
	uint64_t value, whole;
	bool is = number_parse_before(&rest, end, &value);

	FUZZ_CHECK(is == (at && is_number(text, (size_t)(at - text))));
	FUZZ_CHECK(rest == (is ? at + 1 : text));
	FUZZ_CHECK(!is || (read_digits(text, (size_t)(at - text), &whole) &&
			   (whole == value || whole > UINT32_MAX)));
}

/* Checks a limit of that rate, which may begin at any time: the burst, and after a while more. */
static void check_limit(const struct rate *rate, uint64_t now_us)
{
	uint32_t burst = rate->count < 100 ? rate->count : 100, taken = 0;
	struct source_key key = {now_us, ~now_us};
	struct pairhash_secret secret = {{now_us, now_us, now_us, now_us, now_us}};
	struct sources_limits limits = {.rate = *rate, .burst = burst};
	struct sources *sources = sources_new(&limits, 4, &secret);

	for (uint32_t i = 0; sources && i < burst + 3; i++)
		taken += sources_enter(sources, key, now_us).verdict == VERDICT_ADMITTED;
	FUZZ_CHECK(!sources || taken == burst);
	now_us += (uint64_t)rate->ms * 1000;
	FUZZ_CHECK(!sources || now_us < (uint64_t)rate->ms * 1000 ||
		   sources_enter(sources, key, now_us).verdict == VERDICT_ADMITTED);
	sources_free(sources);
}

/* Checks how the text is read as a rate, and returns that, or another if it is none. */
static struct rate check_rate(const char *text)
{
	struct rate rate = {1, 2}, expected;
	bool is_rate = expect_rate(text, &expected);

	FUZZ_CHECK(rate_parse(text, &rate) == is_rate);
	FUZZ_CHECK(rate.count == (is_rate ? expected.count : 1));
	FUZZ_CHECK(rate.ms == (is_rate ? expected.ms : 2));
	return rate;
}

static void check_pair(const char *text)
{
	struct prefixpair pair = {3, 4}, expected;
	bool is_pair = expect_pair(text, &expected);

	FUZZ_CHECK(prefixpair_parse(text, &pair) == is_pair);
	FUZZ_CHECK(pair.ipv4 == (is_pair ? expected.ipv4 : 3));
	FUZZ_CHECK(pair.ipv6 == (is_pair ? expected.ipv6 : 4));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	struct rate rate = check_rate(text);
	uint64_t now_us = 0;

	check_pair(text);
	check_before(text, '/');
	check_before(text, ':');
	if (size >= sizeof now_us)
		memcpy(&now_us, data, sizeof now_us);
	check_limit(&rate, now_us);
	free(text);
	return 0;
}
