/* SPDX-License-Identifier: ISC */
/* number: strict numbers, sizes and times: the whole text must be valid. */
#include "base/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * Reads the digits of that base, at most 10, at *text, and moves it past them. False if there are
 * none or too many.
 */
static bool take_digits_of(unsigned base, const char **text, uint64_t *value)
{
	const char *p = *text;
	uint64_t sum = 0;

	for (; *p >= '0' && *p < '0' + (int)base; p++) {
		uint64_t digit = (uint64_t)(*p - '0');
		if (sum > (UINT64_MAX - digit) / base)
			return false;
		sum = sum * base + digit;
	}
	if (p == *text)
		return false;
	*text = p;
	*value = sum;
	return true;
}

static bool take_digits(const char **text, uint64_t *value)
{
	return take_digits_of(10, text, value);
}

/* Reads a fraction of up to three digits after a point, as thousandths. */
static bool take_thousandths(const char **text, uint64_t *value)
{
	unsigned weight = 100;

	*value = 0;
	if (**text != '.')
		return true;
	for (++*text; **text >= '0' && **text <= '9'; ++*text) {
		if (weight == 0)
			return false;
		*value += (uint64_t)(**text - '0') * weight;
		weight /= 10;
	}
	return weight < 100;
}

static bool multiply(uint64_t *value, uint64_t factor)
{
	if (*value > UINT64_MAX / factor)
		return false;
	*value *= factor;
	return true;
}

bool number_parse(const char *text, uint64_t *value)
{
	uint64_t number;

	if (!take_digits(&text, &number) || *text != '\0')
		return false;
	*value = number;
	return true;
}

bool number_parse_before(const char **text, char end, uint64_t *value)
{
	const char *p = *text;
	uint64_t number;

	if (!take_digits(&p, &number) || *p != end)
		return false;
	*text = p + 1;
	*value = number;
	return true;
}

bool number_parse_octal(const char *text, uint64_t *value)
{
	uint64_t number;

	if (!take_digits_of(8, &text, &number) || *text != '\0')
		return false;
	*value = number;
	return true;
}

bool number_parse_thousandths(const char *text, uint64_t *value)
{
	uint64_t whole, thousandths;

	if (!take_digits(&text, &whole) || !take_thousandths(&text, &thousandths) ||
	    *text != '\0' || !multiply(&whole, 1000) || whole > UINT64_MAX - thousandths)
		return false;
	*value = whole + thousandths;
	return true;
}

bool number_parse_size(const char *text, uint64_t *value)
{
	uint64_t number, unit = 1;

	if (!take_digits(&text, &number))
		return false;
	if (*text == 'K')
		unit = 1024;
	else if (*text == 'M')
		unit = (uint64_t)1024 * 1024;
	if (text[unit > 1] != '\0' || !multiply(&number, unit))
		return false;
	*value = number;
	return true;
}

/* Milliseconds in the unit that `suffix` names; 0: no such unit. */
static uint64_t unit_ms(const char *suffix)
{
	if (strcmp(suffix, "ms") == 0)
		return 1;
	if (strcmp(suffix, "s") == 0 || *suffix == '\0')
		return 1000;
	return strcmp(suffix, "m") == 0 ? 60 * 1000 : 0;
}

bool number_parse_time(const char *text, uint64_t *value)
{
	uint64_t whole, thousandths, unit;

	if (!take_digits(&text, &whole) || !take_thousandths(&text, &thousandths))
		return false;
	unit = unit_ms(text);
	if (unit == 0 || (unit == 1 && thousandths > 0) || !multiply(&whole, unit) ||
	    whole > UINT64_MAX - thousandths * unit / 1000)
		return false;
	*value = whole + thousandths * unit / 1000;
	return true;
}

const char *number_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

char *number_put_before(char *end, uint64_t number)
{
	do
		*--end = (char)('0' + number % 10);
	while (number /= 10);
	return end;
}

char *number_format_time(char *text, uint64_t ms)
{
	if (ms % 1000 == 0)
		snprintf(text, NUMBER_TIME_MAX, "%" PRIu64 "s", ms / 1000);
	else
		snprintf(text, NUMBER_TIME_MAX, "%" PRIu64 "ms", ms);
	return text;
}
