/* SPDX-License-Identifier: ISC */
/* check_account: which user and group a text stands for, and what is said if there is none. */
#include "daemon/setup/account.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/status.h"
#include "lib/capture.h"
#include "lib/suite.h"

static struct account account;
static int status;

static void setup(void)
{
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
	status = -1;
}

static const struct {
	const char *text;
	uid_t user;
	gid_t group;
} good[] = {
	{"0", 0, 0},
	{"4242:4343", 4242, 4343},
	{"00042:1", 42, 1},
	{"4294967294:4294967294", 4294967294, 4294967294},
};

START_TEST(numbers_need_no_entry)
{
	ck_assert(account_find(&account, good[_i].text, &status));
	ck_assert_uint_eq(account.user, good[_i].user);
	ck_assert_uint_eq(account.group, good[_i].group);
	ck_assert_str_eq(account.name, "");
	ck_assert_str_eq(account.text, good[_i].text);
	ck_assert_int_eq(account_is_root(&account), good[_i].user == 0);
	assert_told_nothing();
}
END_TEST

static const struct {
	const char *text, *why;
} bad[] = {
	{"", "--user: '' is neither USER nor USER:GROUP"},
	{":", "--user: ':' is neither USER nor USER:GROUP"},
	{":1", "--user: ':1' is neither USER nor USER:GROUP"},
	{"1:", "--user: '1:' is neither USER nor USER:GROUP"},
	{"1:1:1", "--user: unknown group '1:1'"},
	{"-1:1", "--user: unknown user '-1'"},
	{" 1:1", "--user: unknown user ' 1'"},
	{"1:+1", "--user: unknown group '+1'"},
	{"4294967295:1", "--user: unknown user '4294967295'"},
	{"1:4294967295", "--user: unknown group '4294967295'"},
	{"18446744073709551616:1", "--user: unknown user '18446744073709551616'"},
	{"4242424242", "--user: the user database has no user 4242424242"},
	{"1:0", "--user=1:0 is neither root nor without root's rights"},
	{"0:0", "--user=0:0 is neither root nor without root's rights"},
	{"0:1", "--user=0:1 is neither root nor without root's rights"},
};

START_TEST(bad_one_is_a_usage_error)
{
	ck_assert(!account_find(&account, bad[_i].text, &status));
	ck_assert_int_eq(status, STATUS_USAGE);
	assert_one_error_line("haild");
	assert_told(bad[_i].why);
}
END_TEST

START_TEST(name_longer_than_any_is_none)
{
	char text[ACCOUNT_NAME_MAX + 1];

	for (int room = ACCOUNT_NAME_MAX; room <= (int)sizeof text; room++) {
		snprintf(text, sizeof text, "%0*d", room - 1, 1);
		ck_assert(!account_find(&account, text, &status) || room == ACCOUNT_NAME_MAX);
	}
	assert_told("is neither USER nor USER:GROUP");
}
END_TEST

/* Finds a user of the database, but root, with an own group; NULL: there is none. */
static const struct passwd *find_somebody(void)
{
	const struct passwd *entry;

	setpwent();
	do
		entry = getpwent();
	while (entry && (entry->pw_uid == 0 || entry->pw_gid == 0));
	return entry;
}

START_TEST(names_and_numbers_are_looked_up)
{
	const struct passwd *somebody = find_somebody();
	const struct group *group;
	char name[ACCOUNT_NAME_MAX], text[2 * ACCOUNT_NAME_MAX];
	uid_t user;
	gid_t own;

	if (!somebody)
		return;
	snprintf(name, sizeof name, "%s", somebody->pw_name);
	user = somebody->pw_uid;
	own = somebody->pw_gid;
	ck_assert(account_find(&account, name, &status));
	ck_assert_uint_eq(account.user, user);
	ck_assert_uint_eq(account.group, own);
	ck_assert_str_eq(account.name, name);
	snprintf(text, sizeof text, "%lu", (unsigned long)user);
	ck_assert(account_find(&account, text, &status));
	ck_assert_uint_eq(account.group, own);
	ck_assert_str_ne(account.name, "");
	snprintf(text, sizeof text, "%s:4343", name);
	ck_assert(account_find(&account, text, &status));
	ck_assert_uint_eq(account.group, 4343);
	ck_assert_str_eq(account.name, "");
	group = getgrgid(own);
	if (!group)
		return;
	snprintf(text, sizeof text, "4242:%s", group->gr_name);
	ck_assert(account_find(&account, text, &status));
	ck_assert_uint_eq(account.user, 4242);
	ck_assert_uint_eq(account.group, own);
	assert_told_nothing();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("account");
	TCase *tests = suite_case(suite, "account");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_loop_test(tests, numbers_need_no_entry, 0, COUNT_OF(good));
	tcase_add_loop_test(tests, bad_one_is_a_usage_error, 0, COUNT_OF(bad));
	tcase_add_test(tests, name_longer_than_any_is_none);
	tcase_add_test(tests, names_and_numbers_are_looked_up);
	return suite_run(suite);
}
