/* SPDX-License-Identifier: ISC */
/* check_chisquare: the critical values are those at which the tail is 0.1 %. */
#include "client/chisquare.h"

#include <math.h>

#include "lib/suite.h"

/* Values as statistics books print them. */
static const struct {
	unsigned degrees, thousandths;
} printed[] = {
	{1, 10828}, {2, 13816}, {3, 16266}, {4, 18467}, {5, 20515}, {10, 29588}, {30, 59703},
};

START_TEST(values_are_those_of_the_books)
{
	ck_assert_uint_eq(chisquare_critical(printed[_i].degrees), printed[_i].thousandths);
}
END_TEST

/*
 * Returns how likely a statistic above x is. The sum is finite: with each two degrees, a term is
 * added to what one or two degrees have.
 */
static double tail(double x, unsigned degrees)
{
	double sum, term;

	if (degrees % 2 == 0) {
		sum = term = exp(-x / 2);
		for (unsigned i = 2; i < degrees; i += 2)
			sum += term *= x / i;
		return sum;
	}
	sum = erfc(sqrt(x / 2));
	term = sqrt(2 * x / acos(-1)) * exp(-x / 2);
	for (unsigned i = 1; i < degrees; i += 2) {
		sum += term;
		term *= x / (i + 2);
	}
	return sum;
}

/* The thousandths are rounded: the tail passes 0.1 % within half of one. */
START_TEST(tail_is_a_thousandth)
{
	double critical = chisquare_critical((unsigned)_i);

	ck_assert_double_gt(tail((critical - 0.51) / 1000, (unsigned)_i), 0.001);
	ck_assert_double_lt(tail((critical + 0.51) / 1000, (unsigned)_i), 0.001);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chisquare");
	TCase *values = suite_case(suite, "values");

	tcase_add_loop_test(values, values_are_those_of_the_books, 0, COUNT_OF(printed));
	tcase_add_loop_test(values, tail_is_a_thousandth, 1, CHISQUARE_DEGREES_MAX + 1);
	return suite_run(suite);
}
