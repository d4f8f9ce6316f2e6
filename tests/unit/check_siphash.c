/* SPDX-License-Identifier: ISC */
/* check_siphash: the hash is SipHash-1-3, and each bit of secret and words makes another one. */
#include "base/siphash.h"

#include "lib/suite.h"

/* The bytes from 0 to 15, as little-endian words. */
#define LOW_BYTES 0x0706050403020100
#define HIGH_BYTES 0x0F0E0D0C0B0A0908

static const struct siphash_secret usual = {{LOW_BYTES, HIGH_BYTES}};

/* What openssl mac says with c-rounds:1 and d-rounds:3: 668B907D1ADD4FCC. */
START_TEST(is_what_others_say)
{
	ck_assert_uint_eq(siphash(&usual, LOW_BYTES, HIGH_BYTES), 0xCC4FDD1A7D908B66);
}
END_TEST

START_TEST(each_bit_counts)
{
	uint64_t bit = (uint64_t)1 << _i;
	uint64_t hash = siphash(&usual, LOW_BYTES, HIGH_BYTES);
	struct siphash_secret other = usual;

	ck_assert_uint_ne(siphash(&usual, LOW_BYTES ^ bit, HIGH_BYTES), hash);
	ck_assert_uint_ne(siphash(&usual, LOW_BYTES, HIGH_BYTES ^ bit), hash);
	other.words[0] ^= bit;
	ck_assert_uint_ne(siphash(&other, LOW_BYTES, HIGH_BYTES), hash);
	other = usual;
	other.words[1] ^= bit;
	ck_assert_uint_ne(siphash(&other, LOW_BYTES, HIGH_BYTES), hash);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("siphash");
	TCase *tests = suite_case(suite, "siphash");

	tcase_add_test(tests, is_what_others_say);
	tcase_add_loop_test(tests, each_bit_counts, 0, 64);
	return suite_run(suite);
}
