/* SPDX-License-Identifier: ISC */
/* check_ranges: there are no more ranges than verdicts that change. */
#include "daemon/admit/ranges.h"

#include "base/prefix.h"
#include "daemon/admit/rules.h"
#include "lib/suite.h"

static struct rules rules;
static struct ranges ranges;

static void teardown(void)
{
	ranges_free(&ranges);
	rules_clear(&rules);
}

enum { RULES_MOST = 5, RANGES_MOST = 6 };

/* Rules, each a + or - before its network; and where ranges start, in the upper 32 bits. */
static const struct {
	const char *rules[RULES_MOST];
	uint32_t starts[RANGES_MOST];
	size_t count;
} cases[] = {
	{{NULL}, {0}, 1},
	{{"-0.0.0.0/0"}, {0}, 1},
	{{"-10.0.0.0/8"}, {0, 0x0A000000, 0x0B000000}, 3},
	{{"-10.0.0.0/8", "-10.0.0.0/8", "-10.1.0.0/16"}, {0, 0x0A000000, 0x0B000000}, 3},
	{{"-10.0.0.0/8", "-11.0.0.0/8"}, {0, 0x0A000000, 0x0C000000}, 3},
	{{"-10.0.0.0/8", "+10.0.0.0/9"}, {0, 0x0A800000, 0x0B000000}, 3},
	{{"-10.0.0.0/8", "+10.128.0.0/9"}, {0, 0x0A000000, 0x0A800000}, 3},
	{{"-10.0.0.0/8", "+10.0.0.0/9", "+10.128.0.0/9"}, {0}, 1},
	{{"-10.0.0.0/8", "+10.1.0.0/16"}, {0, 0x0A000000, 0x0A010000, 0x0A020000, 0x0B000000}, 5},
	{{"-0.0.0.0/8"}, {0, 0x01000000}, 2},
	{{"-255.0.0.0/8"}, {0, 0xFF000000}, 2},
	{{"-255.255.255.255"}, {0, 0xFFFFFFFF}, 2},
	{{"-128.0.0.0/1", "+255.255.255.254/31", "-255.255.255.255"},
	 {0, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF},
	 4},
};

static void add_rules(const char *const *texts)
{
	char why[PREFIX_WHY_MAX];
	struct prefix prefix;

	for (int i = 0; i < RULES_MOST && texts[i]; i++) {
		ck_assert_msg(prefix_parse(texts[i] + 1, &prefix, why), "%s", why);
		ck_assert(rules_add(&rules, &prefix, *texts[i] == '+'));
	}
	rules_sort(&rules);
}

START_TEST(ranges_are_as_few_as_can_be)
{
	add_rules(cases[_i].rules);
	ck_assert(ranges_make(&ranges, rules.all, rules.count, true));
	ck_assert_uint_eq(ranges.count, cases[_i].count);
	for (size_t i = 0; i < ranges.count; i++) {
		ck_assert_uint_eq(ranges.starts[i].high, (uint64_t)cases[_i].starts[i] << 32);
		ck_assert_uint_eq(ranges.starts[i].low, 0);
	}
}
END_TEST

START_TEST(ranges_are_allowed_in_turn)
{
	add_rules(cases[8].rules);
	ck_assert(ranges_make(&ranges, rules.all, rules.count, true));
	for (size_t i = 0; i < ranges.count; i++)
		ck_assert_int_eq(ranges_is_allowed(&ranges, i), i % 2 == 0);
	ranges_free(&ranges);
	ck_assert(ranges_make(&ranges, rules.all, rules.count, false));
	ck_assert_uint_eq(ranges.count, 3);
	ck_assert(!ranges_is_allowed(&ranges, 0) && ranges_is_allowed(&ranges, 1));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ranges");
	TCase *all = suite_case(suite, "all");

	tcase_add_checked_fixture(all, NULL, teardown);
	tcase_add_loop_test(all, ranges_are_as_few_as_can_be, 0, COUNT_OF(cases));
	tcase_add_test(all, ranges_are_allowed_in_turn);
	return suite_run(suite);
}
