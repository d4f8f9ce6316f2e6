/* SPDX-License-Identifier: ISC */
/* check_pairhash: numbers share a place by chance alone, whatever they have in common. */
#include "daemon/admit/pairhash.h"

#include "lib/suite.h"

/* Numbers that look random, the same in each run. */
static uint64_t next_random(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005 + 1442695040888963407;
	return state ^ state >> 29;
}

static struct pairhash_secret random_secret(void)
{
	struct pairhash_secret secret;

	for (int i = 0; i < COUNT_OF(secret.words); i++)
		secret.words[i] = next_random();
	return secret;
}

/* Two hashes by the definition, calculated with whole numbers. */
static const struct {
	uint64_t high, low, hash;
} known[] = {
	{0, 0, 0x1DBAC6128},
	{0x0001020304050607, 0x08090A0B0C0D0E0F, 0x1EEA011F3},
};

START_TEST(is_as_defined)
{
	static const struct pairhash_secret secret = {{0xC97C50DD3F84D5B5, 0xB5470917F94AFC2B,
						       0xE443B5C8CB1C3D9A, 0x8D8ACA297E2B1F36,
						       0xF7D5A1B0C2E39485}};

	ck_assert_uint_eq(pairhash(&secret, known[_i].high, known[_i].low), known[_i].hash);
}
END_TEST

/* Of so many secrets, one in 2^BITS lets two numbers agree in BITS bits. */
enum { SECRETS = 32768, BITS = 8, EXPECTED = SECRETS >> BITS };

/* Counts the secrets by which two numbers agree in bits `lowest` and above. */
static int count_agreeing(uint64_t high, uint64_t low, uint64_t other_high, uint64_t other_low,
			  unsigned lowest)
{
	int agreeing = 0;

	for (int i = 0; i < SECRETS; i++) {
		struct pairhash_secret secret = random_secret();
		uint64_t difference = pairhash(&secret, high, low) ^
				      pairhash(&secret, other_high, other_low);
		agreeing += (difference >> lowest & ((1 << BITS) - 1)) == 0;
	}
	return agreeing;
}

static void assert_by_chance(int agreeing)
{
	ck_assert_int_gt(agreeing, EXPECTED / 2);
	ck_assert_int_lt(agreeing, EXPECTED * 2);
}

/* Numbers that differ in one bit; the lowest bits of the hash, and the highest. */
START_TEST(each_bit_counts)
{
	uint64_t high = next_random(), low = next_random(), bit = (uint64_t)1 << _i;

	for (unsigned lowest = 0; lowest < PAIRHASH_BITS; lowest += PAIRHASH_BITS - BITS) {
		assert_by_chance(count_agreeing(high, low, high ^ bit, low, lowest));
		assert_by_chance(count_agreeing(high, low, high, low ^ bit, lowest));
	}
}
END_TEST

/* Numbers that have the same words in another order, or differ in all. */
START_TEST(order_counts)
{
	uint64_t one = next_random(), other = next_random();
	uint64_t turned = one >> 32 | one << 32;

	assert_by_chance(count_agreeing(one, other, other, one, 0));
	assert_by_chance(count_agreeing(one, other, turned, other, 0));
	assert_by_chance(count_agreeing(one, other, ~one, ~other, 0));
	assert_by_chance(count_agreeing(0, 0, UINT64_MAX, UINT64_MAX, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pairhash");
	TCase *tests = suite_case(suite, "pairhash");

	tcase_add_loop_test(tests, is_as_defined, 0, COUNT_OF(known));
	tcase_add_loop_test(tests, each_bit_counts, 0, 64);
	tcase_add_test(tests, order_counts);
	return suite_run(suite);
}
