/* SPDX-License-Identifier: ISC */
/*
 * fuzz_number: a number, size or time is read just as arithmetic with more bits reads it, or
 * refused; and a time that is shown is read as the same.
 *
 * The input is the text. The arithmetic here goes from the end of the text to its begin.
 */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "fuzz.h"

/* high * 2^32 + low, with low below 2^32. 32-bit machines have no __int128. */
struct wide {
	uint64_t high, low;
};

/* More than any value that is accepted. A factor of 60000 is far from making it overflow. */
static const struct wide too_much = {(uint64_t)1 << 32, 0};

static bool is_too_much(struct wide number)
{
	return number.high >= too_much.high;
}

static struct wide plus(struct wide one, struct wide other)
{
	uint64_t low = one.low + other.low;

	return (struct wide){one.high + other.high + (low >> 32), low & UINT32_MAX};
}

static struct wide times(struct wide number, uint32_t factor)
{
	uint64_t low = number.low * factor;

	return (struct wide){number.high * factor + (low >> 32), low & UINT32_MAX};
}

/* The value of `count` digits; false: there is none, or another character. */
static bool digits(const char *text, size_t count, struct wide *value)
{
	struct wide weight = {0, 1};

	*value = (struct wide){0, 0};
	for (size_t i = count; i > 0; i--) {
		unsigned digit = (unsigned char)text[i - 1] - (unsigned)'0';
		if (digit > 9)
			return false;
		if (digit > 0)
			*value = plus(*value, times(weight, digit));
		if (is_too_much(*value))
			*value = too_much;
		if (!is_too_much(weight))
			weight = times(weight, 10);
	}
	return count > 0;
}

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t size = strlen(end);

	return length >= size && memcmp(text + length - size, end, size) == 0;
}

static bool expect_size(const char *text, size_t length, struct wide *value)
{
	unsigned shift = ends_with(text, length, "K") ? 10 : ends_with(text, length, "M") ? 20 : 0;
	bool valid = digits(text, length - (shift > 0), value);

	*value = times(*value, (uint32_t)1 << shift);
	return valid;
}

/* A number with at most three places after a point: the whole part, and the rest. */
static bool parts(const char *text, size_t length, struct wide *whole, uint64_t *thousandths)
{
	const char *point = memchr(text, '.', length);
	size_t before = point ? (size_t)(point - text) : length, places = 0;
	struct wide fraction = {0, 0};

	if (!digits(text, before, whole))
		return false;
	if (point) {
		places = length - before - 1;
		if (places > 3 || !digits(point + 1, places, &fraction))
			return false;
	}
	for (; places < 3; places++)
		fraction = times(fraction, 10);
	*thousandths = fraction.low;
	return true;
}

static bool expect_thousandths(const char *text, size_t length, struct wide *value)
{
	uint64_t thousandths;

	if (!parts(text, length, value, &thousandths))
		return false;
	*value = plus(times(*value, 1000), (struct wide){0, thousandths});
	return true;
}

static bool expect_time(const char *text, size_t length, struct wide *value)
{
	static const struct {
		const char *suffix;
		uint32_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"", 1000}};
	uint64_t thousandths;
	size_t i = 0;

	while (!ends_with(text, length, units[i].suffix))
		i++;
	if (!parts(text, length - strlen(units[i].suffix), value, &thousandths))
		return false;
	*value = plus(times(*value, units[i].ms),
		      (struct wide){0, thousandths * units[i].ms / 1000});
	return units[i].ms > 1 || thousandths == 0;
}

/* Checks one way to read the text against what is expected of it. */
static void check(bool parse(const char *, uint64_t *),
		  bool expect(const char *, size_t, struct wide *), const char *text)
{
	const uint64_t before = 0x5A5A5A5A5A5A5A5A;
	uint64_t value = before;
	struct wide expected;
	bool valid = expect(text, strlen(text), &expected) && !is_too_much(expected);

	FUZZ_CHECK(parse(text, &value) == valid);
	FUZZ_CHECK(value == (valid ? expected.high << 32 | expected.low : before));
}

/* An octal number, from its end to its begin. */
static bool expect_octal(const char *text, size_t length, struct wide *value)
{
	struct wide weight = {0, 1};

	*value = (struct wide){0, 0};
	if (text[strspn(text, "01234567")] != '\0')
		return false;
	for (size_t i = length; i > 0; i--) {
		if (text[i - 1] != '0')
			*value = plus(*value, times(weight, (uint32_t)(text[i - 1] - '0')));
		if (is_too_much(*value))
			*value = too_much;
		if (!is_too_much(weight))
			weight = times(weight, 8);
	}
	return length > 0;
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
	check(number_parse_octal, expect_octal, text);
	check(number_parse_thousandths, expect_thousandths, text);
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
