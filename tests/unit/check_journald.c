/* SPDX-License-Identifier: ISC */
/* check_journald: JOURNAL_STREAM counts only if it names the very descriptor. */
#include "base/journald.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/suite.h"

static int ends[2];
static char name[64];

/* Makes a socket, as the journal's is, and the value that names it. */
static void setup(void)
{
	struct stat status;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(fstat(ends[0], &status), 0);
	snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
}

START_TEST(descriptor_that_is_named_is_the_journal_s)
{
	ck_assert(journald_reads(ends[0], name));
	ck_assert(!journald_reads(ends[1], name));
	ck_assert(!journald_reads(ends[0], NULL));
}
END_TEST

/* What surrounds the right value in a wrong one. */
static const char *const wrong[][2] = {
	{"", " "}, {" ", ""}, {"", ":"}, {"", "0"}, {"1", ""}, {"+", ""}, {"", "\n"}, {"0", ""},
};

START_TEST(name_must_be_exact)
{
	char other[80];

	snprintf(other, sizeof other, "%s%s%s", wrong[_i][0], name, wrong[_i][1]);
	ck_assert_msg(!journald_reads(ends[0], other), "'%s' is taken for '%s'", other, name);
}
END_TEST

static const char *const garbage[] = {
	"", ":", "0:0", "1", "a:b", "8:", ":8", "-1:-1", "99999999999999999999999:1", "\xFF",
};

START_TEST(garbage_is_ignored)
{
	errno = ENOTNAM;
	ck_assert(!journald_reads(ends[0], garbage[_i]));
	ck_assert(!journald_reads(-1, garbage[_i]));
	ck_assert_int_eq(errno, ENOTNAM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("journald");
	TCase *naming = suite_case(suite, "naming");

	tcase_add_checked_fixture(naming, setup, NULL);
	tcase_add_test(naming, descriptor_that_is_named_is_the_journal_s);
	tcase_add_loop_test(naming, name_must_be_exact, 0, COUNT_OF(wrong));
	tcase_add_loop_test(naming, garbage_is_ignored, 0, COUNT_OF(garbage));
	return suite_run(suite);
}
