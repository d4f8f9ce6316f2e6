/* SPDX-License-Identifier: ISC */
/* check_zone: the name of an interface, asked for anew or through what is kept. */
#include <config.h>

#include "base/zone.h"

#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/suite.h"

/* Every machine has the loopback interface. Returns its number. */
static unsigned first(char name[ZONE_NAME_MAX])
{
	struct if_nameindex *all = if_nameindex();
	unsigned number;

	ck_assert_ptr_nonnull(all);
	ck_assert_uint_gt(all[0].if_index, 0);
	number = all[0].if_index;
	snprintf(name, ZONE_NAME_MAX, "%s", all[0].if_name);
	if_freenameindex(all);
	return number;
}

static void assert_named(void)
{
	char wanted[ZONE_NAME_MAX], name[ZONE_NAME_MAX];
	unsigned number = first(wanted);

	ck_assert_ptr_eq(zone_name(number, name), name);
	ck_assert_str_eq(name, wanted);
	ck_assert_ptr_null(zone_name(1000000, name));
}

/* Returns the lowest descriptor that is free. */
static int lowest(void)
{
	int fd = open("/dev/null", O_RDONLY);

	close(fd);
	return fd;
}

START_TEST(name_is_asked_for_anew)
{
	assert_named();
}
END_TEST

START_TEST(name_is_asked_for_through_what_is_kept)
{
	int free_before = lowest();

	zone_prepare();
	zone_prepare();
	ck_assert_int_le(lowest(), free_before + 1);
	assert_named();
	zone_close();
	ck_assert_int_eq(lowest(), free_before);
	assert_named();
}
END_TEST

/* In a sandbox it could not. */
START_TEST(nothing_is_opened_once_it_is_prepared)
{
	char name[ZONE_NAME_MAX], wanted[ZONE_NAME_MAX];
	unsigned number = first(wanted);
	struct rlimit limit, none;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	zone_prepare();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (zone_name(number, name))
		ck_assert_int_eq(HAVE_DECL_SIOCGIFNAME, 0);
	zone_close();
	assert_named();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("zone");
	TCase *names = suite_case(suite, "names");

	tcase_add_test(names, name_is_asked_for_anew);
	tcase_add_test(names, name_is_asked_for_through_what_is_kept);
	tcase_add_test(names, nothing_is_opened_once_it_is_prepared);
	return suite_run(suite);
}
