/* SPDX-License-Identifier: ISC */
/* chisquare: what Pearson's chi-square statistic exceeds by chance once in a thousand times. */
#include "chisquare.h"

/*
 * A table is exact and needs no libm. The usual approximation (Wilson and Hilferty) is 3 % too high
 * for one degree of freedom, which two servers have.
 */
static const unsigned critical[CHISQUARE_DEGREES_MAX] = {
	10828,	13816,	16266,	18467,	20515,	22458,	24322,	26124,	27877,	29588,	31264,
	32909,	34528,	36123,	37697,	39252,	40790,	42312,	43820,	45315,	46797,	48268,
	49728,	51179,	52620,	54052,	55476,	56892,	58301,	59703,	61098,	62487,	63870,
	65247,	66619,	67985,	69346,	70703,	72055,	73402,	74745,	76084,	77419,	78750,
	80077,	81400,	82720,	84037,	85351,	86661,	87968,	89272,	90573,	91872,	93168,
	94461,	95751,	97039,	98324,	99607,	100888, 102166, 103442, 104716, 105988, 107258,
	108526, 109791, 111055, 112317, 113577, 114835, 116092, 117346, 118599, 119850, 121100,
	122348, 123594, 124839, 126083, 127324, 128565, 129804, 131041, 132277, 133512, 134745,
	135978, 137208, 138438, 139666, 140893, 142119, 143344, 144567, 145789, 147010, 148230,
};

unsigned chisquare_critical(unsigned degrees)
{
	return critical[degrees - 1];
}
