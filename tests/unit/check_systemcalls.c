/* SPDX-License-Identifier: ISC */
/* check_systemcalls: how many calls the filter allows, by what the options need. */
#include <config.h>

#include "daemon/setup/systemcalls.h"

#include <errno.h>
#include <string.h>

#include "base/endpoint.h"
#include "daemon/options.h"
#include "lib/suite.h"

static const char *const file[] = {"denied"};

/* Returns how many calls are allowed with these options. */
static size_t allowed(const struct options *options)
{
	const char *step = NULL;
	size_t count = 0;

	ck_assert_msg(systemcalls_enter(options, true, &count, &step), "%s: %d", step, errno);
	return count;
}

#ifdef HAVE_LISTED_CALLS

/* A greeting that is read again may be long by then, which takes two more. */
START_TEST(files_cost_three)
{
	struct options options = {.message = ""};
	size_t usual = allowed(&options);

	ck_assert_uint_le(usual, 26);
	options.message_file = "message";
	ck_assert_uint_eq(allowed(&options), usual + 5);
	options.message_file = NULL;
	options.deny_files = (struct cli_list){.count = 1, .texts = {file[0]}};
	ck_assert_uint_eq(allowed(&options), usual + 3);
}
END_TEST

START_TEST(paths_cost_two)
{
	struct endpoint endpoint = {.kind = ENDPOINT_UNIX, .host = "/run/socket"};
	struct endpoint abstract = {.kind = ENDPOINT_UNIX, .host = "@name"};
	struct options options = {.message = ""};
	size_t usual = allowed(&options);

	options.endpoints = options.proxies = options.metrics = &endpoint;
	options.endpoint_count = 1;
	ck_assert_uint_eq(allowed(&options), usual + 2);
	options.endpoint_count = 0;
	options.metrics_count = 1;
	ck_assert_uint_eq(allowed(&options), usual + 2);
	options.metrics = &abstract;
	ck_assert_uint_eq(allowed(&options), usual);
}
END_TEST

START_TEST(datagrams_cost_two)
{
	struct options options = {.message = "", .udp = true};
	struct endpoint endpoint = {.kind = ENDPOINT_ANY};
	size_t usual = allowed(&(struct options){.message = ""});

	options.endpoints = &endpoint;
	options.endpoint_count = 1;
	ck_assert_uint_eq(allowed(&options), usual + 2);
}
END_TEST

START_TEST(all_together_are_no_more_than_32)
{
	struct endpoint endpoints[] = {{.kind = ENDPOINT_ANY},
				       {.kind = ENDPOINT_UNIX, .host = "/run/socket"}};
	struct options options = {.message_file = "message",
				  .udp = true,
				  .endpoints = endpoints,
				  .endpoint_count = 2};

	ck_assert_uint_le(allowed(&options), 32);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("systemcalls");
	TCase *counts = suite_case(suite, "counts");

	tcase_add_test(counts, files_cost_three);
	tcase_add_test(counts, paths_cost_two);
	tcase_add_test(counts, datagrams_cost_two);
	tcase_add_test(counts, all_together_are_no_more_than_32);
	return suite_run(suite);
}

#else

START_TEST(lack_is_told)
{
	ck_assert_ptr_nonnull(strstr(systemcalls_obstacle(), "haild "));
	ck_assert_uint_eq(allowed(&(struct options){.deny_files = {.texts = {file[0]}}}), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("systemcalls");
	TCase *counts = suite_case(suite, "counts");

	tcase_add_test(counts, lack_is_told);
	return suite_run(suite);
}

#endif
