/* SPDX-License-Identifier: ISC */
/* check_lists: the networks of options and files become one list, or none with the reason. */
#include "daemon/admit/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "daemon/admit/networks.h"
#include "daemon/options.h"
#include "lib/memory.h"
#include "lib/suite.h"

static struct options options;
static struct networks *networks;
static char first[] = "/tmp/check_lists.XXXXXX", second[] = "/tmp/check_lists.XXXXXX";
static char why[LISTS_WHY_MAX];

static void make_file(char *path)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	options.deny_files.texts[options.deny_files.count++] = path;
}

static void setup(void)
{
	options = (struct options){.message = ""};
	make_file(first);
	make_file(second);
}

static void teardown(void)
{
	networks_free(networks);
	ck_assert_int_eq(unlink(first), 0);
	ck_assert_int_eq(unlink(second), 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static bool allows(const char *text)
{
	struct address address;

	ck_assert_int_eq(address_from_literal(text, AF_UNSPEC, &address), 0);
	return networks_allow(networks, &address.any);
}

START_TEST(nothing_given_allows_all)
{
	networks = lists_make_admitted(&options, why);
	ck_assert_ptr_nonnull(networks);
	ck_assert(allows("192.0.2.1"));
	ck_assert(allows("2001:db8::1"));
}
END_TEST

START_TEST(all_are_one_list)
{
	options.allow.texts[options.allow.count++] = "192.0.2.0/24";
	options.deny.texts[options.deny.count++] = "192.0.2.1";
	write_file(first, "192.0.2.2\n");
	write_file(second, "# none\n192.0.2.4/31\n192.0.2.0/24\n");
	networks = lists_make_admitted(&options, why);
	ck_assert_ptr_nonnull(networks);
	/* The same network is denied, too, and that counts. */
	ck_assert(!allows("192.0.2.3"));
	write_file(second, "192.0.2.4/31\n");
	networks_free(networks);
	networks = lists_make_admitted(&options, why);
	ck_assert(allows("192.0.2.3"));
	for (int i = 0; i < 4; i++)
		ck_assert(!allows(
			(const char *[]){"192.0.2.1", "192.0.2.2", "192.0.2.4", "192.0.2.5"}[i]));
}
END_TEST

START_TEST(bad_file_makes_none)
{
	char *bad = _i == 0 ? first : second, expected[100];

	write_file(bad, "192.0.2.1\nx\n");
	ck_assert_ptr_null(lists_make_admitted(&options, why));
	snprintf(expected, sizeof expected, "the deny file %s, line 2: ", bad);
	ck_assert_msg(strncmp(why, expected, strlen(expected)) == 0, "%s", why);
}
END_TEST

START_TEST(proxies_are_a_list_of_their_own)
{
	options.deny.texts[options.deny.count++] = "127.0.0.1";
	networks = lists_make_trusted(&options);
	ck_assert(allows("127.0.0.1"));
	ck_assert(!allows("192.0.2.1"));
	networks_free(networks);
	options.proxy_from.texts[options.proxy_from.count++] = "192.0.2.0/24";
	networks = lists_make_trusted(&options);
	ck_assert(!allows("127.0.0.1"));
	ck_assert(allows("192.0.2.1"));
}
END_TEST

/* Makes a list of either kind with so much memory. */
static bool make(bool is_trusted, int granted)
{
	memory_grants = granted;
	networks = is_trusted ? lists_make_trusted(&options) : lists_make_admitted(&options, why);
	memory_grants = -1;
	return networks != NULL;
}

START_TEST(want_of_memory_makes_none)
{
	int granted = 0;

	options.allow.texts[options.allow.count++] = "192.0.2.0/24";
	options.deny.texts[options.deny.count++] = "2001:db8::/32";
	write_file(first, "192.0.2.2\n");
	while (!make(_i == 1, granted)) {
		if (_i == 0)
			ck_assert_ptr_nonnull(strstr(why, "out of memory"));
		ck_assert_int_lt(++granted, 100);
	}
	ck_assert_int_gt(granted, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lists");
	TCase *lists = suite_case(suite, "lists");

	tcase_add_checked_fixture(lists, setup, teardown);
	tcase_add_test(lists, nothing_given_allows_all);
	tcase_add_test(lists, all_are_one_list);
	tcase_add_loop_test(lists, bad_file_makes_none, 0, 2);
	tcase_add_test(lists, proxies_are_a_list_of_their_own);
	tcase_add_loop_test(lists, want_of_memory_makes_none, 0, 2);
	return suite_run(suite);
}
