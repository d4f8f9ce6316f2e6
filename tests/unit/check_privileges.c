/* SPDX-License-Identifier: ISC */
/*
 * check_privileges: root's rights are gone for good, and a kernel that only says so is not
 * believed.
 *
 * The linker's --wrap brings us the calls; each may be told to lie. As root a test becomes somebody
 * else, otherwise it stays who it is.
 */
#include <config.h>

#include "daemon/setup/privileges.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/setup/account.h"
#include "daemon/setup/process.h"
#include "lib/capture.h"
#include "lib/extensions.h"
#include "lib/suite.h"

enum { USER = 54321, GROUP = 54322 };

/* What a call does. */
enum call { CALL_GOES_ON, CALL_FAILS, CALL_LIES };

static enum call for_groups, for_group, for_user, for_root;

#define WRAP(name, type, what, is_meant)                                                           \
	int __real_##name(type id);                                                                \
	int __wrap_##name(type id);                                                                \
	int __wrap_##name(type id)                                                                 \
	{                                                                                          \
		if (!(is_meant) || (what) == CALL_GOES_ON)                                         \
			return __real_##name(id);                                                  \
		errno = EPERM;                                                                     \
		return (what) == CALL_LIES ? 0 : -1;                                               \
	}

WRAP(setgid, gid_t, for_group, id != 0)
WRAP(setuid, uid_t, for_user, id != 0)
WRAP(seteuid, uid_t, for_root, id == 0)

int __real_setgroups(size_t count, const gid_t *groups);
int __wrap_setgroups(size_t count, const gid_t *groups);
int __wrap_setgroups(size_t count, const gid_t *groups)
{
	if (for_groups == CALL_GOES_ON)
		return __real_setgroups(count, groups);
	errno = EPERM;
	return -1;
}

static struct account account;
static bool can_change;

/* As root the account is another one, if there is any: a user namespace may have none. */
static void setup(void)
{
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
	account = (struct account){.text = "somebody", .user = getuid(), .group = getgid()};
	can_change = HAS_SETGROUPS && geteuid() == 0 && __real_setgroups(0, NULL) == 0 &&
		     __real_seteuid(USER) == 0 && __real_seteuid(0) == 0;
	if (can_change) {
		account.user = USER;
		account.group = GROUP;
	}
}

/* Leak checkers look into the process at its end, which a change of user has closed. */
static void teardown(void)
{
	process_close(true);
}

START_TEST(nothing_is_left)
{
	if (account_is_root(&account))
		return;
	ck_assert(privileges_check(&account));
	ck_assert(privileges_drop(&account));
	ck_assert_uint_eq(getuid(), account.user);
	ck_assert_uint_eq(geteuid(), account.user);
	ck_assert_uint_eq(getgid(), account.group);
	ck_assert_int_eq(setuid(0), -1);
	ck_assert_int_eq(setgid(0), -1);
	if (can_change)
		ck_assert_int_eq(getgroups(0, NULL), 0);
	assert_told_nothing();
}
END_TEST

START_TEST(root_may_stay_root)
{
	account = (struct account){.text = "root"};
	if (geteuid() != 0)
		return;
	ck_assert(privileges_check(&account));
	ck_assert(privileges_drop(&account));
	ck_assert_uint_eq(geteuid(), 0);
	assert_told_nothing();
}
END_TEST

static const struct {
	enum call *which, how;
	const char *why;
} wrong[] = {
	{&for_groups, CALL_FAILS, "cannot change to --user=somebody: setgroups: "},
	{&for_group, CALL_FAILS, "cannot change to --user=somebody: setgid: "},
	{&for_group, CALL_LIES, "cannot change to --user=somebody: other ids remain"},
	{&for_user, CALL_FAILS, "cannot change to --user=somebody: setuid: "},
	{&for_user, CALL_LIES, "cannot change to --user=somebody: other ids remain"},
	{&for_root, CALL_LIES, "cannot change to --user=somebody: root's rights can be taken back"},
};

START_TEST(wrong_call_is_noticed)
{
	if (!can_change)
		return;
	*wrong[_i].which = wrong[_i].how;
	ck_assert(!privileges_drop(&account));
	assert_one_error_line("haild");
	assert_told(wrong[_i].why);
}
END_TEST

START_TEST(system_without_groups_is_told)
{
	if (HAS_SETGROUPS)
		return;
	account.user = USER;
	ck_assert(!privileges_check(&account));
	assert_told("cannot change to --user=somebody: this system has no setgroups(2)");
}
END_TEST

START_TEST(ordinary_user_is_not_warned)
{
	bool is_root = geteuid() == 0;

	privileges_warn();
	if (!is_root)
		assert_told_nothing();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("privileges");
	TCase *tests = suite_case(suite, "privileges");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, nothing_is_left);
	tcase_add_test(tests, root_may_stay_root);
	tcase_add_loop_test(tests, wrong_call_is_noticed, 0, COUNT_OF(wrong));
	tcase_add_test(tests, system_without_groups_is_told);
	tcase_add_test(tests, ordinary_user_is_not_warned);
	return suite_run(suite);
}
