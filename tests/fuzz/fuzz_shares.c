/* SPDX-License-Identifier: ISC */
/*
 * fuzz_shares: what is expected of a balancer is read as a simpler reader reads it, or refused;
 * each text finds itself, and the verdict on any greeting is one harmless line.
 *
 * The input is the text of --expect-shares, and after a newline, a greeting.
 */
#include "client/shares.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "fuzz.h"

/* A text as the simpler reader has it. */
struct piece {
	const char *text;
	size_t length;
	uint64_t thousandths;
};

/* Reads a piece up to `end`: its percentage comes after the last colon. */
static bool read_piece(const char *begin, const char *end, struct piece *piece)
{
	const char *colon = end;
	char *percentage;
	bool is_number;

	while (colon > begin && colon[-1] != ':')
		colon--;
	if (colon == begin)
		return false;
	percentage = fuzz_string((const uint8_t *)colon, (size_t)(end - colon));
	is_number = number_parse_thousandths(percentage, &piece->thousandths);
	free(percentage);
	piece->text = begin;
	piece->length = (size_t)(colon - 1 - begin);
	return is_number && piece->thousandths > 0;
}

/* True if one of the two begins with the other. */
static bool overlap(const struct piece *one, const struct piece *other)
{
	size_t common = one->length < other->length ? one->length : other->length;

	return memcmp(one->text, other->text, common) == 0;
}

/* Reads all pieces. Returns how many there are; 0: the text is not valid. */
static size_t read_pieces(const char *text, struct piece pieces[SHARES_MAX])
{
	uint64_t left = 100000;
	size_t count = 0;

	for (const char *end; text; text = *end ? end + 1 : NULL) {
		end = text + strcspn(text, ",");
		if (count == SHARES_MAX || !read_piece(text, end, &pieces[count]))
			return 0;
		for (size_t i = 0; i < count; i++)
			if (overlap(&pieces[i], &pieces[count]))
				return 0;
		if (pieces[count].thousandths > left)
			return 0;
		left -= pieces[count++].thousandths;
	}
	return left == 0 ? count : 0;
}

/* Checks that each text finds itself, and the greeting what it begins with. */
static void check_found(const struct shares *shares, const struct piece *pieces, size_t count,
			const char *greeting, size_t length)
{
	size_t found = shares_find(shares, greeting, length);

	for (size_t i = 0; i < count; i++) {
		bool begins = pieces[i].length <= length &&
			      memcmp(pieces[i].text, greeting, pieces[i].length) == 0;
		FUZZ_CHECK(shares_find(shares, pieces[i].text, pieces[i].length) == i);
		FUZZ_CHECK(begins == (found == i));
	}
	FUZZ_CHECK(found <= count);
}

/* Checks the verdict on `times` of a greeting: one text alone is as expected, if it is that. */
static void check_verdict(struct shares *shares, size_t count, const char *greeting, size_t length,
			  unsigned times)
{
	static char verdict[SHARES_VERDICT_MAX];
	bool is_known = shares_find(shares, greeting, length) < count, is_expected;

	for (unsigned i = 0; i < times; i++)
		shares_add(shares, greeting, length);
	is_expected = shares_judge(shares, verdict);
	FUZZ_CHECK(strlen(verdict) + 1 < sizeof verdict);
	FUZZ_CHECK(strncmp(verdict, "shares of ", strlen("shares of ")) == 0);
	if (count == 1 || !is_known)
		FUZZ_CHECK(is_expected == (is_known && times > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *newline = strchr(text, '\n');
	char *greeting = newline ? newline + 1 : text + size;
	size_t length = (size_t)(text + size - greeting), count;
	struct piece pieces[SHARES_MAX];
	struct shares *shares = NULL;
	const char *why;
	bool lacks;

	if (newline)
		*newline = '\0';
	why = shares_parse(text, &shares, &lacks);
	count = read_pieces(text, pieces);
	FUZZ_CHECK(!lacks);
	FUZZ_CHECK((why == NULL) == (count > 0));
	FUZZ_CHECK((why == NULL) == (shares != NULL));
	if (why) {
		FUZZ_CHECK(*why && fuzz_is_harmless(why, strlen(why), ""));
	} else {
		FUZZ_CHECK(shares_count(shares) == count);
		check_found(shares, pieces, count, greeting, length);
		check_verdict(shares, count, greeting, length, 0);
		check_verdict(shares, count, greeting, length, 20);
	}
	shares_free(shares);
	free(text);
	return 0;
}
