/* SPDX-License-Identifier: ISC */
/* check_errnoname: an errno has the name that POSIX gives it, and any other number one to tell it
 * by. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "client/errnoname.h"
#include "lib/suite.h"

static const struct {
	int reason;
	const char *name;
} names[] = {
	{EACCES, "EACCES"},
	{ECONNREFUSED, "ECONNREFUSED"},
	{ENETUNREACH, "ENETUNREACH"},
	{EPROTONOSUPPORT, "EPROTONOSUPPORT"}, /* the longest */
	{ETIMEDOUT, "ETIMEDOUT"},
	{0, "E0"},
	{99999, "E99999"},
	{INT_MIN, "E-2147483648"},
};

START_TEST(errno_has_a_name)
{
	char text[ERRNONAME_MAX];

	ck_assert_ptr_eq(errnoname_write(names[_i].reason, text), text);
	ck_assert_str_eq(text, names[_i].name);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("errnoname");

	tcase_add_loop_test(suite_case(suite, "names"), errno_has_a_name, 0, COUNT_OF(names));
	return suite_run(suite);
}
