/* SPDX-License-Identifier: ISC */
/* check_census: when all addresses of a target are known, from lookups that find what they are
 * told.
 */
#include "client/census.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addresslist.h"
#include "base/loop.h"
#include "client/finding.h"
#include "client/options.h"
#include "client/result.h"
#include "lib/capture.h"
#include "lib/looping.h"
#include "lib/memory.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

enum { NEWS_MAX = 3 };

/* What a lookup tells, one after the other: the last bytes of addresses 127.0.0.x, or a failure. */
static struct news {
	uint8_t found[4]; /* ended by 0 */
	bool has_ipv6;	  /* and ::1 */
	bool more_come, is_settled;
	const char *failure;
	int lack;
} script[NEWS_MAX];

static bool last_is_late; /* the second news never come */
static int start_failure; /* an errno, or 0 */
static int alive;	  /* lookups that are not freed */

struct finding {
	struct event *event;
	resolver_cb *callback;
	void *argument;
	size_t told;
};

typedef struct finding *finding_starter(struct event_base *, const struct options *, resolver_cb *,
					void *);
typedef void finding_freer(struct finding *);
finding_starter __wrap_finding_start;
finding_freer __wrap_finding_free;

static void tell_cb(evutil_socket_t fd, short what, void *argument)
{
	struct finding *finding = argument;
	const struct news *news = &script[finding->told++];
	struct addresslist list = {.count = 0};
	struct resolver_news told = {
		.addresses = news->failure ? NULL : &list,
		.more_come = news->more_come,
		.is_settled = news->is_settled,
		.failure = news->failure,
		.lack = news->lack,
	};

	(void)fd;
	(void)what;
	for (; news->found[list.count]; list.count++) {
		list.all[list.count] = loopback(AF_INET, 80);
		list.all[list.count].ipv4.sin_addr.s_addr =
			htonl(UINT32_C(0x7F000000) + news->found[list.count]);
	}
	if (news->has_ipv6)
		list.all[list.count++] = loopback(AF_INET6, 80);
	if (news->more_come && !last_is_late)
		ck_assert(loop_add_timer(finding->event, 5));
	finding->callback(&told, finding->argument);
}

struct finding *__wrap_finding_start(struct event_base *on, const struct options *options,
				     resolver_cb *callback, void *argument)
{
	struct finding *finding;

	ck_assert_str_eq(options->target.host, "server.example");
	errno = start_failure;
	if (start_failure)
		return NULL;
	finding = calloc(1, sizeof *finding);
	finding->event = evtimer_new(on, tell_cb, finding);
	finding->callback = callback;
	finding->argument = argument;
	if (script[0].failure || script[0].found[0] || script[0].has_ipv6)
		ck_assert(loop_add_timer(finding->event, 5));
	alive++;
	return finding;
}

void __wrap_finding_free(struct finding *finding)
{
	if (!finding)
		return;
	event_free(finding->event);
	free(finding);
	alive--;
}

static struct options options;
static struct census *census;
static bool has_failed;
static struct addresslist found;
static struct probe_result failure;

static void ended_cb(const struct addresslist *addresses, const struct probe_result *result,
		     void *argument)
{
	has_failed = result != NULL;
	found = *addresses;
	if (result)
		failure = *result;
	if (free_in_callback) {
		census_free(census);
		census = NULL;
	}
	looping_called(argument);
}

static void setup(void)
{
	looping_setup_scarce();
	options = (struct options){.timeout = 10000, .target.port = 80};
	snprintf(options.target.host, sizeof options.target.host, "server.example");
}

static void teardown(void)
{
	census_free(census);
	ck_assert_int_eq(alive, 0);
	looping_teardown();
}

static void run(void)
{
	looping_start();
	census = census_start(base, &options, ended_cb, &called);
	ck_assert_ptr_nonnull(census);
	ck_assert_uint_eq(called.calls, 0); /* never from within the call */
	finish();
	ck_assert_int_eq(alive, 0);
	run_for(base, 20);
	ck_assert_uint_eq(called.calls, 1);
}

/* Asserts which addresses were found, in this order. */
static void assert_found(const char *all)
{
	char text[200];

	ck_assert(!has_failed);
	ck_assert_str_eq(addresslist_format(&found, text, sizeof text), all);
}

static void assert_failure(enum status status, const char *reason)
{
	ck_assert(has_failed);
	ck_assert_int_eq(failure.status, status);
	ck_assert_str_eq(failure.stage, "resolve");
	ck_assert_str_eq(failure.reason, reason);
	ck_assert_uint_lt(failure.times.end, (uint64_t)PATIENCE_MS * 1000);
}

START_TEST(all_are_known_at_once)
{
	script[0] = (struct news){.found = {1, 2}, .is_settled = true};
	free_in_callback = _i;
	run();
	assert_found("127.0.0.1:80, 127.0.0.2:80");
}
END_TEST

START_TEST(further_ones_are_waited_for)
{
	script[0] = (struct news){.found = {1}, .more_come = true};
	script[1] = (struct news){.found = {2, 1}, .more_come = true};
	script[2] = (struct news){.found = {3}};
	run();
	assert_found("127.0.0.1:80, 127.0.0.2:80, 127.0.0.3:80");
}
END_TEST

/* What the families apart have brought counts no more, in its order either. */
START_TEST(last_word_replaces_what_came_before)
{
	script[0] = (struct news){.found = {1, 9}, .more_come = true};
	script[1] = (struct news){.found = {2, 1}, .is_settled = true};
	run();
	assert_found("127.0.0.2:80, 127.0.0.1:80");
}
END_TEST

START_TEST(last_word_may_be_that_there_is_no_such_name)
{
	script[0] = (struct news){.found = {1}, .more_come = true};
	script[1] = (struct news){.is_settled = true};
	run();
	assert_failure(STATUS_UNRESOLVED, "Name or service not known");
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(addresses_are_known_without_a_lookup)
{
	snprintf(options.target.host, sizeof options.target.host, "127.0.0.1");
	run();
	assert_found("127.0.0.1:80");
}
END_TEST

START_TEST(failure_is_told)
{
	script[0] = (struct news){.failure = "no such name"};
	run();
	assert_failure(STATUS_UNRESOLVED, "no such name");
}
END_TEST

START_TEST(failure_for_want_of_something_is_internal)
{
	script[0] = (struct news){.failure = "no memory", .lack = ENOMEM};
	run();
	assert_failure(STATUS_INTERNAL, "no memory");
}
END_TEST

START_TEST(lookup_that_cannot_be_started_is_told)
{
	start_failure = ENOMEM;
	run();
	assert_failure(STATUS_INTERNAL, strerror(ENOMEM));
}
END_TEST

START_TEST(lookup_that_takes_too_long_is_a_failure)
{
	options.timeout = 100;
	run();
	assert_failure(STATUS_UNRESOLVED, "no answer from the name service within 100ms");
	ck_assert(failure.is_late);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

/* What is found in time, of which families, and what is then said to be missing. */
static const struct {
	uint8_t found[4];
	bool has_ipv6;
	const char *reason;
} parts[] = {
	{{1, 2}, false, "; IPv6 addresses may be missing"},
	{{0}, true, "; IPv4 addresses may be missing"},
	{{1}, true, "; addresses may be missing"},
};

/* A part is not all: what is missing would look like a success. */
START_TEST(part_that_is_known_in_time_is_told_with_the_failure)
{
	char reason[100];

	options.timeout = 100;
	memcpy(script[0].found, parts[_i].found, sizeof script[0].found);
	script[0].has_ipv6 = parts[_i].has_ipv6;
	script[0].more_come = last_is_late = true;
	run();
	snprintf(reason, sizeof reason, "no answer from the name service within 100ms%s",
		 parts[_i].reason);
	assert_failure(STATUS_UNRESOLVED, reason);
	ck_assert(failure.is_late);
	ck_assert_uint_eq(found.count, strlen((const char *)parts[_i].found) + parts[_i].has_ipv6);
}
END_TEST

START_TEST(free_ends_the_lookup)
{
	looping_start();
	census = census_start(base, &options, ended_cb, &called);
	ck_assert_int_eq(alive, 1);
	census_free(census);
	census = NULL;
	run_for(base, 20);
	ck_assert_uint_eq(called.calls, 0);
	census_free(NULL);
}
END_TEST

START_TEST(without_memory_there_is_none)
{
	if (_i == 0)
		memory_grants = 0;
	else
		grants = _i - 1;
	census = census_start(base, &options, ended_cb, &called);
	memory_grants = grants = -1;
	ck_assert_ptr_null(census);
	run_for(base, 20);
	ck_assert_uint_eq(called.calls, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("census");
	TCase *tests = suite_case(suite, "census");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, all_are_known_at_once, 0, 2);
	tcase_add_test(tests, further_ones_are_waited_for);
	tcase_add_test(tests, last_word_replaces_what_came_before);
	tcase_add_test(tests, last_word_may_be_that_there_is_no_such_name);
	tcase_add_test(tests, addresses_are_known_without_a_lookup);
	tcase_add_test(tests, failure_is_told);
	tcase_add_test(tests, failure_for_want_of_something_is_internal);
	tcase_add_test(tests, lookup_that_cannot_be_started_is_told);
	tcase_add_test(tests, lookup_that_takes_too_long_is_a_failure);
	tcase_add_loop_test(tests, part_that_is_known_in_time_is_told_with_the_failure, 0,
			    COUNT_OF(parts));
	tcase_add_test(tests, free_ends_the_lookup);
	tcase_add_loop_test(tests, without_memory_there_is_none, 0, 3);
	return suite_run(suite);
}
