/* SPDX-License-Identifier: ISC */
/* check_crc32c: checksums that others have published. */
#include "base/crc32c.h"

#include <string.h>

#include "lib/suite.h"

static uint32_t sum_of(const void *bytes, size_t count)
{
	const unsigned char *next = bytes;
	uint32_t sum = 0;

	while (count-- > 0)
		sum = crc32c_add(sum, *next++);
	return sum;
}

START_TEST(nothing)
{
	ck_assert_uint_eq(sum_of("", 0), 0);
}
END_TEST

/* The check value of the catalogue of CRC algorithms. */
START_TEST(digits)
{
	ck_assert_uint_eq(sum_of("123456789", 9), 0xE3069283);
}
END_TEST

/* 32 bytes each (RFC 3720, B.4, which writes the sums with their lowest byte first). */
START_TEST(iscsi)
{
	unsigned char bytes[32] = {0};

	ck_assert_uint_eq(sum_of(bytes, sizeof bytes), 0x8A9136AA);
	memset(bytes, 0xFF, sizeof bytes);
	ck_assert_uint_eq(sum_of(bytes, sizeof bytes), 0x62A8AB43);
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)i;
	ck_assert_uint_eq(sum_of(bytes, sizeof bytes), 0x46DD794E);
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(31 - i);
	ck_assert_uint_eq(sum_of(bytes, sizeof bytes), 0x113FDB5C);
}
END_TEST

/* The sum bit by bit, by the polynomial. */
static uint32_t divide(uint32_t sum, unsigned char byte)
{
	sum = ~sum ^ byte;
	for (int bit = 0; bit < 8; bit++)
		sum = sum & 1 ? sum >> 1 ^ 0x82F63B78 : sum >> 1;
	return ~sum;
}

START_TEST(each_byte)
{
	for (unsigned byte = 0; byte < 256; byte++)
		for (uint32_t sum = 1; sum != 0; sum <<= 1)
			ck_assert_uint_eq(crc32c_add(sum, (unsigned char)byte),
					  divide(sum, (unsigned char)byte));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("crc32c");
	TCase *tests = suite_case(suite, "crc32c");

	tcase_add_test(tests, nothing);
	tcase_add_test(tests, digits);
	tcase_add_test(tests, iscsi);
	tcase_add_test(tests, each_byte);
	return suite_run(suite);
}
