/* SPDX-License-Identifier: ISC */
/* check_names: which attempt of a series looks up, which wait, and what all know. */
#include "client/names.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/addresslist.h"
#include "lib/capture.h"
#include "lib/memory.h"
#include "lib/peers.h"
#include "lib/suite.h"
#include "series_run.h"
#include "stage.h"

static struct names *names;

/* The target of most tests. */
static void setup(void)
{
	series_setup();
	set_target("server.example");
	options.interval = OPTIONS_UNSET;
}

static void teardown(void)
{
	names_free(names);
	series_teardown();
}

static void make_names(void)
{
	names = names_new(&options);
	ck_assert_ptr_nonnull(names);
}

/* Has a lookup find 127.0.0.x for each number: the whole list, or a part. */
static void find(const uint8_t *numbers, size_t count, bool is_whole)
{
	struct addresslist found = {.count = count};

	for (size_t i = 0; i < count; i++) {
		found.all[i] = loopback(AF_INET, 80);
		found.all[i].ipv4.sin_addr.s_addr = htonl(UINT32_C(0x7F000000) + numbers[i]);
	}
	names_find(names, &found, is_whole);
}

#define FIND(...) find((const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}), true)
#define FIND_PART(...) find((const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}), false)

static const struct {
	const char *host;
	enum endpoint_kind kind;
	size_t most;
	bool is_local;
} known[] = {
	{"127.0.0.1", ENDPOINT_HOST, 1, true},	  {"127.9.9.9", ENDPOINT_HOST, 1, true},
	{"::1", ENDPOINT_HOST, 1, true},	  {"localhost", ENDPOINT_HOST, 2, true},
	{"/a/socket", ENDPOINT_UNIX, 1, true},	  {"192.0.2.1", ENDPOINT_HOST, 1, false},
	{"2001:db8::1", ENDPOINT_HOST, 1, false},
};

START_TEST(some_targets_are_never_looked_up)
{
	set_target(known[_i].host);
	options.target.kind = known[_i].kind;
	make_names();
	ck_assert_uint_ge(names_known(names)->count, 1);
	ck_assert_uint_le(names_known(names)->count, known[_i].most);
	ck_assert(names_are_local(names) == known[_i].is_local);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(names_advise(names), NAMES_USE);
		names_doubt(names);
	}
}
END_TEST

START_TEST(first_looks_up_and_others_wait)
{
	make_names();
	ck_assert_uint_eq(names_known(names)->count, 0);
	ck_assert_int_eq(names_advise(names), NAMES_LOOK_UP);
	ck_assert_int_eq(names_advise(names), NAMES_WAIT);
	FIND(1, 2);
	ck_assert_uint_eq(names_known(names)->count, 2);
	ck_assert_int_eq(names_advise(names), NAMES_USE);
	names_looked_up(names);
	ck_assert_int_eq(names_advise(names), NAMES_USE);
}
END_TEST

START_TEST(failed_lookup_is_made_again)
{
	make_names();
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(names_advise(names), NAMES_LOOK_UP);
		ck_assert_int_eq(names_advise(names), NAMES_WAIT);
		names_looked_up(names);
		names_doubt(names);
	}
}
END_TEST

START_TEST(doubt_makes_one_look_up)
{
	make_names();
	ck_assert_int_eq(names_advise(names), NAMES_LOOK_UP);
	FIND(1);
	names_looked_up(names);
	names_doubt(names);
	ck_assert_int_eq(names_advise(names), NAMES_LOOK_UP);
	ck_assert_int_eq(names_advise(names), NAMES_USE); /* the others, what is known */
	names_looked_up(names);				  /* and it has found nothing */
	ck_assert_int_eq(names_advise(names), NAMES_LOOK_UP);
	FIND(1);
	names_looked_up(names);
	ck_assert_int_eq(names_advise(names), NAMES_USE);
}
END_TEST

START_TEST(change_is_told)
{
	make_names();
	FIND(1, 2);
	FIND(2, 1); /* only the order is another one */
	assert_told_nothing();
	FIND(2, 3);
	assert_one_error_line("hailto: ");
	assert_told("server.example:80 has other addresses now: 127.0.0.2:80, 127.0.0.3:80\n");
	ck_assert_uint_eq(names_known(names)->count, 2);
}
END_TEST

/* Asserts what is known, by the last bytes. */
static void assert_known(const char *numbers)
{
	const struct addresslist *list = names_known(names);
	char text[8 * ADDRESSLIST_MAX] = "";

	for (size_t i = 0; i < list->count; i++)
		sprintf(text + strlen(text), "%s%u", i > 0 ? " " : "",
			ntohl(list->all[i].ipv4.sin_addr.s_addr) & 0xFF);
	ck_assert_str_eq(text, numbers);
}

/* One address may answer before the others are known. */
START_TEST(part_is_no_change)
{
	make_names();
	FIND_PART(1);
	assert_known("1");
	FIND(2, 1);
	assert_known("2 1");
	FIND_PART(1);
	assert_known("1 2");
	FIND_PART(3);
	assert_known("3 1 2");
	FIND(1, 2, 3);
	assert_told_nothing();
	assert_known("1 2 3");
}
END_TEST

/* What was known, a part found, and the whole list that makes the change known. */
static const struct {
	uint8_t known[2], part, whole[2];
} changes[] = {{{1, 2}, 1, {1, 3}}, {{1, 2}, 3, {1, 3}}, {{1, 1}, 2, {2, 2}}};

START_TEST(change_is_told_after_a_part)
{
	make_names();
	find(changes[_i].known, 2, true);
	FIND_PART(changes[_i].part);
	assert_told_nothing();
	find(changes[_i].whole, 2, true);
	assert_one_error_line("hailto: server.example:80 has other addresses now: ");
}
END_TEST

START_TEST(parts_without_anything_in_common_with_the_whole_are_told)
{
	make_names();
	FIND_PART(1);
	FIND_PART(2);
	FIND(3, 4);
	assert_told("server.example:80 has other addresses now: 127.0.0.3:80, 127.0.0.4:80\n");
	assert_known("3 4");
}
END_TEST

/* A name with more addresses than a list has, each time in another order. */
START_TEST(list_that_is_cut_is_no_change)
{
	make_names();
	for (uint8_t first = 0; first < 3; first++) {
		struct addresslist found = {.count = 0};
		for (uint8_t i = 0; i <= ADDRESSLIST_MAX; i++) {
			struct address address = loopback(AF_INET, 80);
			address.ipv4.sin_addr.s_addr =
				htonl(UINT32_C(0x7F000000) +
				      (unsigned)(first + i) % (ADDRESSLIST_MAX + 1));
			addresslist_add(&found, &address);
		}
		names_find(names, &found, true);
		ck_assert_uint_eq(names_known(names)->count, ADDRESSLIST_MAX);
		ck_assert(address_is_same(&names_known(names)->all[0], &found.all[0]));
	}
	assert_told_nothing();
}
END_TEST

/* Nothing known may be anywhere. */
START_TEST(name_is_elsewhere_until_all_of_it_is_known_to_be_here)
{
	struct addresslist found = {.count = 2, .all = {loopback(AF_INET, 80)}};

	make_names();
	ck_assert(!names_are_local(names));
	FIND(1, 2);
	ck_assert(names_are_local(names));
	found.all[1] = loopback(AF_INET, 80);
	found.all[1].ipv4.sin_addr.s_addr = htonl(0xC0000201);
	names_find(names, &found, true);
	ck_assert(!names_are_local(names));
}
END_TEST

START_TEST(without_memory_there_are_none)
{
	memory_grants = 0;
	names = names_new(&options);
	memory_grants = -1;
	ck_assert_ptr_null(names);
	names_free(NULL);
}
END_TEST

/* Attempt `i` of the series looked up, or was given this address. */
static void assert_asks(size_t i, bool looks_up, uint8_t address)
{
	ck_assert_msg(stage_seen[i].looks_up == looks_up, "%zu", i + 1);
	ck_assert_msg(stage_seen[i].addresses == (looks_up ? 0 : 1), "%zu", i + 1);
	ck_assert_uint_eq(stage_seen[i].first, address);
}

START_TEST(series_waits_for_its_first_lookup)
{
	options.interval = 0;
	request.parallel = 3;
	stage_scripts[0] = (struct stage_script){.ms = 500, .found_ms = 300, .found = 7};
	run();
	assert_asks(0, true, 0);
	for (size_t i = 1; i < 4; i++)
		assert_asks(i, false, 7);
	STARTED_AT(0, 300, 300, 310);
}
END_TEST

/* Those that the clock wanted meanwhile are told as late, and not made up for. */
START_TEST(series_tells_how_late_a_lookup_made_it)
{
	options.interval = 100;
	request.parallel = 3;
	stage_scripts[0] = (struct stage_script){.ms = 500, .found_ms = 320, .found = 7};
	run();
	STARTED_AT(0, 320, 400, 500);
	ck_assert_uint_eq(told[0].serial, 2);
	WERE_LATE(220, 0, 0, 0);
}
END_TEST

START_TEST(series_looks_up_one_by_one_until_it_knows)
{
	request.count = 6;
	request.parallel = 4;
	for (int i = 0; i < 2; i++)
		stage_scripts[i] = (struct stage_script){.end = STATUS_UNRESOLVED,
							 .ms = 100,
							 .found_ms = STAGE_NEVER};
	stage_scripts[2].ms = 50;
	run();
	for (size_t i = 0; i < 6; i++)
		assert_asks(i, i < 3, i < 3 ? 0 : 1);
	STARTED_AT(0, 100, 200);
	ck_assert_uint_eq(stage_most_at_once, 4);
}
END_TEST

START_TEST(series_looks_up_again_after_a_failure)
{
	options.interval = 0;
	request.count = 6;
	request.parallel = 2;
	stage_scripts[1].end = STATUS_REFUSED;
	stage_scripts[3] = (struct stage_script){.ms = 100, .found_ms = 15, .found = 9};
	run();
	assert_asks(0, true, 0);
	assert_asks(1, false, 1);
	assert_asks(2, false, 1);
	assert_asks(3, true, 0);
	assert_asks(4, false, 1); /* what is known, meanwhile */
	assert_asks(5, false, 9);
	assert_told("server.example:80 has other addresses now: 127.0.0.9:80\n");
}
END_TEST

/* Whoever answers for a name that cannot be found is not to be flooded either. */
START_TEST(series_asks_for_a_lost_name_100_times_each_second)
{
	request.count = 50;
	request.parallel = 10;
	for (int i = 0; i < 50; i++)
		stage_scripts[i] = (struct stage_script){.end = STATUS_UNRESOLVED,
							 .ms = 0,
							 .found_ms = STAGE_NEVER};
	run();
	ck_assert_uint_eq(stage_seen[49].at_ms, 490);
}
END_TEST

START_TEST(series_outlives_want_of_memory_for_the_lookup)
{
	stage_scripts[0].end = STAGE_NO_MEMORY;
	run();
	assert_asks(0, true, 0);
	assert_asks(1, true, 0);
	assert_asks(2, false, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("names");
	TCase *tests = suite_case(suite, "names");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, some_targets_are_never_looked_up, 0, COUNT_OF(known));
	tcase_add_test(tests, first_looks_up_and_others_wait);
	tcase_add_test(tests, failed_lookup_is_made_again);
	tcase_add_test(tests, doubt_makes_one_look_up);
	tcase_add_test(tests, change_is_told);
	tcase_add_test(tests, part_is_no_change);
	tcase_add_loop_test(tests, change_is_told_after_a_part, 0, COUNT_OF(changes));
	tcase_add_test(tests, parts_without_anything_in_common_with_the_whole_are_told);
	tcase_add_test(tests, list_that_is_cut_is_no_change);
	tcase_add_test(tests, name_is_elsewhere_until_all_of_it_is_known_to_be_here);
	tcase_add_test(tests, without_memory_there_are_none);
	tcase_add_test(tests, series_waits_for_its_first_lookup);
	tcase_add_test(tests, series_tells_how_late_a_lookup_made_it);
	tcase_add_test(tests, series_looks_up_one_by_one_until_it_knows);
	tcase_add_test(tests, series_looks_up_again_after_a_failure);
	tcase_add_test(tests, series_asks_for_a_lost_name_100_times_each_second);
	tcase_add_test(tests, series_outlives_want_of_memory_for_the_lookup);
	return suite_run(suite);
}
