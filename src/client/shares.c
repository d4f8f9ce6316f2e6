/* SPDX-License-Identifier: ISC */
/* shares: how often each of several greetings is expected to come, and whether it does. */
#include "shares.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/number.h"
#include "base/text.h"
#include "chisquare.h"

enum {
	WHOLE = 100 * 1000,  /* thousandths of a percent */
	EXPECTED_LEAST = 5,  /* times; the usual rule for the chi-square test */
	SHOWN_MAX = 40,	     /* bytes of a text, once it is escaped */
	LISTED_MAX = 1700,   /* bytes after which no more texts are listed */
	PERCENTAGE_MAX = 32, /* bytes */
};

_Static_assert(SHARES_MAX - 1 <= CHISQUARE_DEGREES_MAX, "each number of texts needs a limit");

struct shares {
	struct shares_entry all[SHARES_MAX];
	size_t count;
	uint64_t greetings;
	uint64_t strangers; /* greetings that begin with no text */
	char texts[];	    /* a copy of what was written, with NULs at commas and colons */
};

/* Returns what a text and another one have against each other; NULL: nothing. */
static const char *find_conflict(const struct shares_entry *one, const struct shares_entry *other)
{
	size_t common = one->length < other->length ? one->length : other->length;

	if (memcmp(one->text, other->text, common) != 0)
		return NULL;
	return one->length == other->length ? "a text is given twice"
					    : "a text begins with another one: a greeting might "
					      "belong to both";
}

/* Reads a text with its percentage, and ends the text. Returns NULL, or why not. */
static const char *read_share(char *written, struct shares_entry *share)
{
	char *colon = strrchr(written, ':');

	if (!colon)
		return "each text needs its percentage, as in left:50,right:50 (so no text can "
		       "have a comma)";
	if (!number_parse_thousandths(colon + 1, &share->expected) || share->expected == 0 ||
	    share->expected > WHOLE)
		return "a percentage is a number above 0 and up to 100, with at most three "
		       "decimals, such as 33.333";
	*colon = '\0';
	share->text = written;
	share->length = (size_t)(colon - written);
	return NULL;
}

/* Adds a text with its percentage. Returns NULL, or why not. */
static const char *add_share(struct shares *shares, char *written)
{
	struct shares_entry *share = &shares->all[shares->count];
	const char *why;

	if (shares->count == SHARES_MAX)
		return "there are more than 100 texts";
	why = read_share(written, share);
	for (size_t i = 0; !why && i < shares->count; i++)
		why = find_conflict(&shares->all[i], share);
	shares->count++;
	return why;
}

/* Reads the copy. Returns NULL, or why not. */
static const char *read_all(struct shares *shares)
{
	char *next = shares->texts;
	uint64_t sum = 0;

	while (next) {
		char *written = next, *comma = strchr(written, ',');
		const char *why;
		next = comma ? comma + 1 : NULL;
		if (comma)
			*comma = '\0';
		why = add_share(shares, written);
		if (why)
			return why;
	}
	for (size_t i = 0; i < shares->count; i++)
		sum += shares->all[i].expected;
	return sum == WHOLE ? NULL : "the percentages do not add up to 100";
}

const char *shares_parse(const char *text, struct shares **shares, bool *lacks)
{
	size_t size = strlen(text) + 1;
	struct shares *made = malloc(sizeof *made + size);
	const char *why;

	*lacks = false;
	if (!made) {
		*lacks = true;
		return "out of memory";
	}
	*made = (struct shares){.count = 0};
	memcpy(made->texts, text, size);
	why = read_all(made);
	if (why)
		free(made);
	else
		*shares = made;
	return why;
}

size_t shares_count(const struct shares *shares)
{
	return shares->count;
}

const struct shares_entry *shares_get(const struct shares *shares, size_t index)
{
	return &shares->all[index];
}

uint64_t shares_unmatched(const struct shares *shares)
{
	return shares->strangers;
}

size_t shares_find(const struct shares *shares, const void *bytes, size_t length)
{
	size_t i = 0;

	for (; i < shares->count; i++) {
		const struct shares_entry *share = &shares->all[i];
		if (share->length == 0 ||
		    (share->length <= length && memcmp(share->text, bytes, share->length) == 0))
			break;
	}
	return i;
}

void shares_add(struct shares *shares, const void *bytes, size_t length)
{
	size_t i = shares_find(shares, bytes, length);

	shares->greetings++;
	if (i < shares->count)
		shares->all[i].count++;
	else
		shares->strangers++;
}

/* Writes thousandths with as many decimals as are needed: "50" or "33.3". Returns `text`. */
static char *describe_percentage(uint64_t thousandths, char text[PERCENTAGE_MAX])
{
	size_t length;

	snprintf(text, PERCENTAGE_MAX, "%" PRIu64 ".%03u", thousandths / 1000,
		 (unsigned)(thousandths % 1000));
	length = strlen(text);
	while (text[length - 1] == '0')
		length--;
	if (text[length - 1] == '.')
		length--;
	text[length] = '\0';
	return text;
}

/* Adds how often a text came, and should. Whoever shows the line escapes the text. */
static void add_text(struct text *line, const struct shares *shares,
		     const struct shares_entry *share)
{
	uint64_t most = shares->greetings > 0 ? shares->greetings : 1;
	char shown[SHOWN_MAX + 1], actual[PERCENTAGE_MAX], expected[PERCENTAGE_MAX];
	size_t length = escape_line(shown, sizeof shown, share->text, share->length);

	text_add(line, "%.*s %" PRIu64 " (%s %%, expected %s %%)", (int)length, share->text,
		 share->count,
		 describe_percentage((share->count * WHOLE + most / 2) / most, actual),
		 describe_percentage(share->expected, expected));
}

/* Adds the texts, as many as leave room for the verdict's end. */
static void add_texts(struct text *line, const struct shares *shares)
{
	size_t i = 0;

	for (; i < shares->count && line->length < LISTED_MAX; i++) {
		text_add(line, "%s", i > 0 ? ", " : "");
		add_text(line, shares, &shares->all[i]);
	}
	if (i < shares->count)
		text_add(line, ", and %zu more", shares->count - i);
	text_add(line, "; ");
}

/* Returns how many greetings a verdict takes: so many that each text is expected often enough. */
static uint64_t greetings_needed(const struct shares *shares)
{
	uint64_t least = WHOLE;

	if (shares->count == 1)
		return 1; /* that is no matter of chance */
	for (size_t i = 0; i < shares->count; i++)
		if (shares->all[i].expected < least)
			least = shares->all[i].expected;
	return ((uint64_t)EXPECTED_LEAST * WHOLE + least - 1) / least;
}

/* Returns Pearson's statistic in thousandths: 0 if each text came just as often as expected. */
static uint64_t chi_square(const struct shares *shares)
{
	double sum = 0;

	for (size_t i = 0; i < shares->count; i++) {
		const struct shares_entry *share = &shares->all[i];
		double expected = (double)shares->greetings * (double)share->expected / WHOLE;
		double difference = (double)share->count - expected;
		sum += difference * difference / expected;
	}
	return (uint64_t)(sum * 1000 + .5);
}

bool shares_test(const struct shares *shares, struct shares_test *test)
{
	if (shares->count == 1 || shares->strangers > 0 ||
	    shares->greetings < greetings_needed(shares))
		return false;
	test->statistic = chi_square(shares);
	test->limit = chisquare_critical((unsigned)shares->count - 1);
	return true;
}

/* Adds the verdict, if there are enough greetings of no others. True: as expected. */
static bool add_test(struct text *line, const struct shares *shares)
{
	struct shares_test test;
	bool is_expected;

	if (!shares_test(shares, &test)) {
		text_add(line, "as expected");
		return true;
	}
	is_expected = test.statistic <= test.limit;
	text_add(line, "%sas expected (chi-square %.2f, at most %.2f)", is_expected ? "" : "not ",
		 (double)test.statistic / 1000, (double)test.limit / 1000);
	return is_expected;
}

bool shares_judge(const struct shares *shares, char text[SHARES_VERDICT_MAX])
{
	uint64_t needed = greetings_needed(shares);
	struct text line;

	text_begin(&line, text, SHARES_VERDICT_MAX);
	text_add(&line, "shares of %" PRIu64 " greeting%s: ", shares->greetings,
		 number_plural(shares->greetings));
	add_texts(&line, shares);
	if (shares->strangers > 0)
		text_add(&line, "not as expected: %" PRIu64 " began with none of the texts",
			 shares->strangers);
	else if (shares->greetings < needed)
		text_add(&line, "too few for a verdict, which takes at least %" PRIu64, needed);
	else
		return add_test(&line, shares);
	return false;
}

void shares_free(struct shares *shares)
{
	free(shares);
}
