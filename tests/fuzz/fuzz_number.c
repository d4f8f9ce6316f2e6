/*
 * fuzz_number: a number, size or time is read just as arithmetic with twice as many bits
 * reads it, or refused; and a time that is shown is read as the same.
 *
 * The input is the text. The arithmetic here goes from the end of the text to its begin.
 */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "fuzz.h"

typedef unsigned __int128 wide;

/* More than any value that is accepted, and less than what a factor of 60000 makes overflow. */
#define TOO_MUCH ((wide)1 << 64)

/* The value of `count` digits; false: there is none, or another character. */
static bool digits(const char *text, size_t count, wide *value)
{
	wide weight = 1;

	*value = 0;
	for (size_t i = count; i > 0; i--) {
		unsigned digit = (unsigned char)text[i - 1] - (unsigned)'0';
		if (digit > 9)
			return false;
		if (digit > 0)
			*value = weight >= TOO_MUCH ? TOO_MUCH : *value + digit * weight;
		if (*value > TOO_MUCH)
			*value = TOO_MUCH;
		if (weight < TOO_MUCH)
			weight *= 10;
	}
	return count > 0;
}

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t size = strlen(end);

	return length >= size && memcmp(text + length - size, end, size) == 0;
}

static bool expect_size(const char *text, size_t length, wide *value)
{
	unsigned shift = ends_with(text, length, "K") ? 10 : ends_with(text, length, "M") ? 20 : 0;
	bool valid = digits(text, length - (shift > 0), value);

	*value <<= shift;
	return valid;
}

static bool expect_time(const char *text, size_t length, wide *value)
{
	static const struct {
		const char *suffix;
		unsigned ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"", 1000}};
	const char *point = memchr(text, '.', length);
	size_t i = 0, whole, places;
	wide fraction = 0;

	while (!ends_with(text, length, units[i].suffix))
		i++;
	length -= strlen(units[i].suffix);
	whole = point ? (size_t)(point - text) : length;
	if (!digits(text, whole, value))
		return false;
	*value *= units[i].ms;
	if (!point)
		return true;
	places = length - whole - 1;
	if (places > 3 || !digits(point + 1, places, &fraction))
		return false;
	for (; places < 3; places++)
		fraction *= 10;
	*value += fraction * units[i].ms / 1000;
	return units[i].ms > 1 || fraction == 0;
}

/* Checks one way to read the text against what is expected of it. */
static void check(bool parse(const char *, uint64_t *), bool expect(const char *, size_t, wide *),
		  const char *text)
{
	const uint64_t before = 0x5A5A5A5A5A5A5A5A;
	uint64_t value = before;
	wide expected;
	bool valid = expect(text, strlen(text), &expected) && expected <= UINT64_MAX;

	FUZZ_CHECK(parse(text, &value) == valid);
	FUZZ_CHECK(value == (valid ? (uint64_t)expected : before));
}

static void check_shown(uint64_t ms)
{
	char text[NUMBER_TIME_MAX];
	uint64_t again;

	FUZZ_CHECK(number_parse_time(number_format_time(text, ms), &again) && again == ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	uint64_t ms;

	check(number_parse, digits, text);
	check(number_parse_size, expect_size, text);
	check(number_parse_time, expect_time, text);
	if (number_parse_time(text, &ms))
		check_shown(ms);
	if (size >= sizeof ms) {
		memcpy(&ms, data, sizeof ms);
		check_shown(ms);
	}
	free(text);
	return 0;
}
