/* SPDX-License-Identifier: ISC */
/* check_landlock: what is prepared without being entered, and the folders that cannot be opened. */
#include <config.h>

#include "daemon/setup/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "daemon/options.h"
#include "lib/suite.h"

/* Asserts that a ruleset can be made for these options. */
static void assert_made(const struct options *options)
{
	const char *step = "";
	int version = landlock_version();

	if (version > 0)
		ck_assert_msg(landlock_enter(options, version, true, &step), "%s: %s", step,
			      strerror(errno));
	else
		ck_assert_int_ne(errno, 0);
}

START_TEST(check_gives_up_nothing)
{
	struct endpoint endpoint = {.kind = ENDPOINT_UNIX, .host = "/tmp/socket"};
	struct options options = {.message_file = "/etc/hostname",
				  .endpoints = &endpoint,
				  .endpoint_count = 1,
				  .deny_files = {.count = 1, .texts = {"/etc/hostname"}}};
	int fd;

	assert_made(&options);
	fd = open("/etc/passwd", O_RDONLY);
	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

START_TEST(missing_folder_is_no_failure)
{
	struct endpoint endpoints[] = {{.kind = ENDPOINT_UNIX, .host = "/no/such/socket"},
				       {.kind = ENDPOINT_UNIX, .host = "@name"},
				       {.kind = ENDPOINT_ANY}};
	struct options options = {.message_file = "/no/such/file",
				  .metrics = endpoints,
				  .metrics_count = 3,
				  .deny_files = {.count = 1, .texts = {"/etc/passwd/file"}}};

	assert_made(&options);
}
END_TEST

/* Older versions know less; none may be asked for more than it knows. */
START_TEST(older_versions_are_asked_for_less)
{
	struct options options = {.message_file = "/etc/hostname"};
	const char *step = "";

	for (int version = 1; version <= landlock_version(); version++)
		ck_assert_msg(landlock_enter(&options, version, true, &step), "%d: %s: %s", version,
			      step, strerror(errno));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("landlock");
	TCase *checks = suite_case(suite, "checks");

	tcase_add_test(checks, check_gives_up_nothing);
	tcase_add_test(checks, missing_folder_is_no_failure);
	tcase_add_test(checks, older_versions_are_asked_for_less);
	return suite_run(suite);
}
