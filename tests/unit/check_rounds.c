/* SPDX-License-Identifier: ISC */
/* check_rounds: which servers are asked again and for how long, with probes that end as told. */
#include "client/rounds.h"

#include <event2/event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/number.h"
#include "client/options.h"
#include "client/probe.h"
#include "lib/capture.h"
#include "lib/looping.h"
#include "lib/peers.h"
#include "lib/suite.h"

enum { TARGETS_MAX = 3, ATTEMPTS_MAX = 40, NO_MEMORY = -1 };

/* How the attempts at a target end; the last one is that of all later ones, too. */
struct script {
	int ends[5]; /* a status, or NO_MEMORY */
	size_t count;
	uint64_t ms; /* how long each takes, or as long as it may */
	bool is_final;
	size_t late_since; /* the attempt from which on they end because they may take no longer */
	enum stage reached[5]; /* by each */
	uint64_t addresses[5];
};

static struct script scripts[TARGETS_MAX];

/* What was seen of them. */
static struct seen {
	size_t count;
	uint64_t timeouts[ATTEMPTS_MAX]; /* what each attempt may take */
	uint64_t at_ms[ATTEMPTS_MAX];	 /* since the start */
} seen[TARGETS_MAX];

static int alive; /* probes that are not freed */

/* A probe that only waits. */
struct probe {
	struct event *event;
	probe_cb *ended;
	void *argument;
	struct probe_result result;
};

static void end_cb(evutil_socket_t fd, short what, void *argument)
{
	struct probe *probe = argument;

	(void)fd;
	(void)what;
	probe->ended(&probe->result, probe->argument);
}

typedef struct probe *probe_starter(struct event_base *, const struct probe_request *);
typedef void probe_freer(struct probe *);

probe_starter __wrap_probe_start;
probe_freer __wrap_probe_free;

struct probe *__wrap_probe_start(struct event_base *on, const struct probe_request *request)
{
	const struct options *options = request->options;
	size_t i = options->target.port - 1u, n = seen[i].count++;
	const struct script *script = &scripts[i];
	size_t last = script->count - 1, which = n < last ? n : last;
	struct probe *probe;

	ck_assert_uint_lt(n, ATTEMPTS_MAX);
	seen[i].timeouts[n] = options->timeout;
	seen[i].at_ms[n] = clock_ms() - started_ms;
	if (script->ends[which] == NO_MEMORY)
		return NULL;
	probe = calloc(1, sizeof *probe);
	probe->ended = request->ended;
	probe->argument = request->argument;
	probe->result.status = (enum status)script->ends[which];
	probe->result.stage = "test";
	snprintf(probe->result.reason, sizeof probe->result.reason, "attempt %zu", n + 1);
	probe->result.is_final = script->is_final;
	probe->result.is_late = script->late_since > 0 && n + 1 >= script->late_since;
	probe->result.addresses = script->addresses[which];
	probe->result.reached = script->reached[which];
	probe->event = evtimer_new(on, end_cb, probe);
	ck_assert(loop_add_timer(probe->event,
				 script->ms < options->timeout ? script->ms : options->timeout));
	alive++;
	return probe;
}

void __wrap_probe_free(struct probe *probe)
{
	if (!probe)
		return;
	event_free(probe->event);
	free(probe);
	alive--;
}

static struct options options;
static struct endpoint others[TARGETS_MAX - 1];
static struct rounds *rounds;

static size_t told; /* attempts that ended */

static void attempted_cb(const struct options *asked, const struct probe_result *result,
			 void *argument)
{
	ck_assert_ptr_eq(argument, &called);
	ck_assert_uint_lt(asked->target.port, TARGETS_MAX + 1);
	ck_assert_ptr_nonnull(result);
	told++;
}

static void over_cb(void *argument)
{
	looping_called(argument);
}

/* Makes so many targets, each with its number as its port. */
static void setup(void)
{
	looping_setup();
	options = (struct options){.timeout = 10000, .others = others};
	for (uint16_t i = 0; i < TARGETS_MAX; i++) {
		struct endpoint *target = i == 0 ? &options.target : &others[i - 1];
		*target = (struct endpoint){.has_port = true, .port = (uint16_t)(i + 1)};
		snprintf(target->host, sizeof target->host, "host");
	}
}

static void teardown(void)
{
	rounds_free(rounds);
	ck_assert_int_eq(alive, 0);
	looping_teardown();
}

static void start(void)
{
	const struct rounds_request request = {
		.options = &options,
		.seed = 1,
		.attempted = attempted_cb,
		.over = over_cb,
		.argument = &called,
	};

	looping_start();
	rounds = rounds_start(base, &request);
}

/* Each attempt is told when it ends; one of each target may have been cut off. */
static void assert_all_told(void)
{
	size_t begun = seen[0].count + seen[1].count + seen[2].count;

	ck_assert_uint_le(told, begun);
	ck_assert_uint_ge(told + options.other_count, begun);
}

/* Asks to the end. */
static void run(void)
{
	start();
	ck_assert_ptr_nonnull(rounds);
	ck_assert_uint_eq(called.calls, 0); /* never from within the call */
	finish();
	run_for(base, 50);
	ck_assert_uint_eq(called.calls, 1);
	assert_all_told();
}

static void assert_result(size_t i, enum status status, const char *reason)
{
	const struct probe_result *result = rounds_result(rounds, i);

	ck_assert_ptr_nonnull(result);
	ck_assert_int_eq(result->status, status);
	ck_assert_str_eq(result->reason, reason);
}

/* The wait of the first target was over, and this was its last failure. */
static void assert_given_up(enum status status, const char *reason)
{
	char whole[100], time[NUMBER_TIME_MAX];

	snprintf(whole, sizeof whole, "%s; gave up after %s, %zu attempt%s", reason,
		 number_format_time(time, options.wait), seen[0].count,
		 seen[0].count == 1 ? "" : "s");
	assert_result(0, status, whole);
}

START_TEST(without_a_wait_each_is_asked_once)
{
	options.other_count = 2;
	scripts[0] = (struct script){.ends = {STATUS_GREETED}, .count = 1};
	scripts[1] = (struct script){.ends = {STATUS_REFUSED}, .count = 1};
	scripts[2] = (struct script){.ends = {STATUS_UNEXPECTED},
				     .count = 1,
				     .is_final = true,
				     .ms = 30};
	run();
	assert_result(0, STATUS_GREETED, "attempt 1");
	assert_result(1, STATUS_REFUSED, "attempt 1");
	assert_result(2, STATUS_UNEXPECTED, "attempt 1");
	ck_assert_uint_eq(seen[0].timeouts[0], 10000);
	ck_assert_uint_eq(rounds_options(rounds, 2)->target.port, 3);
	assert_told_nothing();
}
END_TEST

START_TEST(failure_is_tried_again_until_it_is_none)
{
	options.wait = 60000;
	scripts[0] = (struct script){.ends = {STATUS_UNRESOLVED, STATUS_INTERNAL, STATUS_SILENT,
					      STATUS_GREETED},
				     .count = 4};
	run();
	assert_result(0, STATUS_GREETED, "attempt 4");
	ck_assert_uint_ge(called.ms, 25 + 50 + 100);
	ck_assert_uint_ge(seen[0].at_ms[1], 25);
	ck_assert_uint_ge(seen[0].at_ms[2], seen[0].at_ms[1] + 50);
	assert_told("wait: host:1: test: attempt 1; again in ");
	assert_told("wait: host:1: test: attempt 3; again in ");
}
END_TEST

/* One that has answered is left alone, while the others are asked on. */
START_TEST(all_must_answer)
{
	options.wait = 60000;
	options.other_count = 2;
	scripts[0] = (struct script){.ends = {STATUS_REFUSED, STATUS_GREETED}, .count = 2};
	scripts[1] = (struct script){.ends = {STATUS_GREETED}, .count = 1};
	scripts[2] = (struct script){.ends = {STATUS_REFUSED, STATUS_REFUSED, STATUS_GREETED},
				     .count = 3};
	run();
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(rounds_result(rounds, i)->status, STATUS_GREETED);
	ck_assert_uint_eq(seen[0].count, 2);
	ck_assert_uint_eq(seen[1].count, 1);
	ck_assert_uint_eq(seen[2].count, 3);
}
END_TEST

START_TEST(wait_is_over_in_time_with_the_last_failure)
{
	char reason[20];

	options.wait = 600;
	options.other_count = 1;
	scripts[0] = (struct script){.ends = {STATUS_UNRESOLVED, STATUS_REFUSED}, .count = 2};
	scripts[1] = (struct script){.ends = {STATUS_GREETED}, .count = 1};
	run();
	snprintf(reason, sizeof reason, "attempt %zu", seen[0].count);
	assert_given_up(STATUS_REFUSED, reason);
	assert_result(1, STATUS_GREETED, "attempt 1");
	ck_assert_uint_ge(called.ms, 600);
	ck_assert_uint_ge(seen[0].count, 4);
	/* The last one was close to the end; a busy machine may be late. */
	ck_assert_uint_ge(seen[0].at_ms[seen[0].count - 1], 500);
}
END_TEST

/* Standstills in the first pause that last beyond the wait, and how the attempt after them ends. */
static const struct standstill {
	uint64_t until_ms; /* since the start */
	enum status end;
} standstills[] = {{400, STATUS_GREETED}, {400, STATUS_REFUSED}, {1600, STATUS_GREETED}};

static void stand_still_cb(evutil_socket_t fd, short what, void *argument)
{
	const struct standstill *standstill = argument;

	(void)fd;
	(void)what;
	while (clock_ms() - started_ms < standstill->until_ms)
		(void)poll(NULL, 0, 10);
}

/* As after SIGSTOP: the server may have come up meanwhile. */
START_TEST(wait_that_ends_in_a_standstill_has_one_more_attempt)
{
	struct standstill standstill = standstills[_i];
	struct event *event = evtimer_new(base, stand_still_cb, &standstill);

	options.wait = 200;
	scripts[0] = (struct script){.ends = {STATUS_REFUSED, (int)standstill.end}, .count = 2};
	ck_assert(loop_add_timer(event, 10));
	run();
	event_free(event);
	ck_assert_uint_eq(seen[0].count, 2);
	ck_assert_uint_ge(seen[0].at_ms[1], standstill.until_ms);
	ck_assert_uint_gt(seen[0].timeouts[1], 50);
	ck_assert_uint_le(seen[0].timeouts[1], 1000);
	if (standstill.end == STATUS_GREETED)
		assert_result(0, STATUS_GREETED, "attempt 2");
	else
		assert_given_up(STATUS_REFUSED, "attempt 2");
}
END_TEST

/* The time of -w, or what is left of the wait. */
START_TEST(attempt_may_take_what_is_left)
{
	options.wait = _i ? 2000 : 400;
	options.timeout = _i ? 1500 : 500;
	scripts[0] = (struct script){.ends = {STATUS_SILENT}, .count = 1, .ms = 60000};
	run();
	ck_assert_uint_eq(seen[0].timeouts[0], _i ? 1500 : 400);
	ck_assert(_i ? seen[0].count >= 2 && seen[0].timeouts[1] <= 500 - 25 : seen[0].count == 1);
	ck_assert_uint_ge(called.ms, options.wait);
}
END_TEST

/* The last attempt that had all its time is told, not the one after it. */
START_TEST(attempt_cut_short_hides_no_earlier_failure)
{
	char told_of[32];
	size_t last = 0;

	options.wait = 1000;
	options.timeout = 300;
	scripts[0] = (struct script){.ends = {STATUS_SILENT},
				     .count = 1,
				     .ms = 60000,
				     .late_since = _i ? 2 : 1};
	run();
	ck_assert_uint_ge(seen[0].count, 2);
	for (size_t i = 0; i < seen[0].count; i++)
		if (seen[0].timeouts[i] == options.timeout)
			last = i;
	snprintf(told_of, sizeof told_of, "attempt %zu", last + 1);
	assert_given_up(STATUS_SILENT, told_of);
}
END_TEST

/* It has found out more, or as much, or less. */
static const struct {
	enum stage before, cut;
	bool counts;
} cuts[] = {
	{STAGE_RESOLVE, STAGE_CONNECT, true},  {STAGE_CONNECT, STAGE_READ, true},
	{STAGE_RESOLVE, STAGE_READ, true},     {STAGE_RESOLVE, STAGE_ASK, true},
	{STAGE_RESOLVE, STAGE_RESOLVE, false}, {STAGE_CONNECT, STAGE_CONNECT, false},
	{STAGE_READ, STAGE_READ, false},       {STAGE_CONNECT, STAGE_RESOLVE, false},
	{STAGE_EXPECT, STAGE_READ, false},
};

START_TEST(attempt_cut_short_counts_if_it_came_further)
{
	options.wait = 300;
	scripts[0] = (struct script){.ends = {STATUS_REFUSED, STATUS_SILENT},
				     .count = 2,
				     .ms = 100,
				     .late_since = 2,
				     .reached = {cuts[_i].before, cuts[_i].cut}};
	run();
	ck_assert_uint_ge(seen[0].count, 2);
	if (cuts[_i].counts)
		ck_assert_int_eq(rounds_result(rounds, 0)->status, STATUS_SILENT);
	else
		assert_given_up(STATUS_REFUSED, "attempt 1");
	ck_assert_int_eq(strstr(captured(STDERR_FILENO),
				"wait: host:1: test: attempt 2; the end of "
				"the wait cut that short") == NULL,
			 cuts[_i].counts);
}
END_TEST

START_TEST(only_attempt_is_told_even_if_cut_short)
{
	options.wait = 100;
	scripts[0] =
		(struct script){.ends = {STATUS_SILENT}, .count = 1, .ms = 60000, .late_since = 1};
	run();
	assert_given_up(STATUS_SILENT, "attempt 1");
}
END_TEST

static const struct script finals[] = {
	{.ends = {STATUS_UNEXPECTED}, .count = 1, .is_final = true},
	{.ends = {STATUS_USAGE}, .count = 1},
};

/* The first is being asked, the second pauses, and neither is asked again. */
START_TEST(final_failure_ends_the_wait_for_all)
{
	options.wait = 60000;
	options.other_count = 2;
	scripts[0] = (struct script){.ends = {STATUS_SILENT}, .count = 1, .ms = 50000};
	scripts[1] = (struct script){.ends = {STATUS_REFUSED}, .count = 1};
	scripts[2] = finals[_i];
	scripts[2].ms = 10;
	run();
	ck_assert_ptr_null(rounds_result(rounds, 0));
	ck_assert_ptr_null(rounds_result(rounds, 1));
	ck_assert_ptr_nonnull(rounds_result(rounds, 2));
	ck_assert_uint_lt(called.ms, 5000);
	ck_assert_uint_eq(seen[2].count, 1);
}
END_TEST

/* But what has come before counts. */
START_TEST(answer_before_a_final_failure_is_kept)
{
	options.wait = 60000;
	options.other_count = 1;
	scripts[0] = (struct script){.ends = {STATUS_GREETED}, .count = 1};
	scripts[1] = (struct script){.ends = {STATUS_UNEXPECTED},
				     .count = 1,
				     .is_final = true,
				     .ms = 30};
	run();
	assert_result(0, STATUS_GREETED, "attempt 1");
	assert_result(1, STATUS_UNEXPECTED, "attempt 1");
}
END_TEST

START_TEST(changed_addresses_are_told)
{
	options.wait = 60000;
	scripts[0] = (struct script){.ends = {STATUS_REFUSED, STATUS_REFUSED, STATUS_REFUSED,
					      STATUS_GREETED},
				     .count = 4,
				     .addresses = {5, 5, 0, 7}};
	run();
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO),
				     "wait: host:1: its addresses have changed"),
			 1);
}
END_TEST

START_TEST(want_of_memory_at_the_start_is_told)
{
	options.other_count = 1;
	scripts[0] = (struct script){.ends = {STATUS_GREETED}, .count = 1};
	scripts[1] = (struct script){.ends = {NO_MEMORY}, .count = 1};
	start();
	ck_assert_ptr_null(rounds);
	ck_assert_int_eq(alive, 0);
	run_for(base, 20);
	ck_assert_uint_eq(called.calls, 0);
}
END_TEST

/* Later it is a failure like others. */
START_TEST(want_of_memory_may_pass)
{
	options.wait = 60000;
	scripts[0] = (struct script){.ends = {STATUS_REFUSED, NO_MEMORY, STATUS_GREETED},
				     .count = 3};
	run();
	assert_result(0, STATUS_GREETED, "attempt 3");
	assert_told("wait: host:1: start: out of memory; again in ");
}
END_TEST

START_TEST(want_of_memory_may_last)
{
	options.wait = 200;
	scripts[0] = (struct script){.ends = {STATUS_REFUSED, NO_MEMORY}, .count = 2};
	run();
	assert_given_up(STATUS_INTERNAL, "out of memory");
}
END_TEST

START_TEST(free_ends_all)
{
	options.wait = 60000;
	options.other_count = 1;
	scripts[0] = (struct script){.ends = {STATUS_REFUSED}, .count = 1};
	scripts[1] = (struct script){.ends = {STATUS_SILENT}, .count = 1, .ms = 50000};
	start();
	run_for(base, 20);
	rounds_free(rounds);
	rounds = NULL;
	ck_assert_int_eq(alive, 0);
	ck_assert_int_eq(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED), 0);
	rounds_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rounds");
	TCase *tests = suite_case(suite, "rounds");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, without_a_wait_each_is_asked_once);
	tcase_add_test(tests, failure_is_tried_again_until_it_is_none);
	tcase_add_test(tests, all_must_answer);
	tcase_add_test(tests, wait_is_over_in_time_with_the_last_failure);
	tcase_add_loop_test(tests, wait_that_ends_in_a_standstill_has_one_more_attempt, 0,
			    COUNT_OF(standstills));
	tcase_add_loop_test(tests, attempt_may_take_what_is_left, 0, 2);
	tcase_add_loop_test(tests, attempt_cut_short_hides_no_earlier_failure, 0, 2);
	tcase_add_loop_test(tests, attempt_cut_short_counts_if_it_came_further, 0, COUNT_OF(cuts));
	tcase_add_test(tests, only_attempt_is_told_even_if_cut_short);
	tcase_add_loop_test(tests, final_failure_ends_the_wait_for_all, 0, COUNT_OF(finals));
	tcase_add_test(tests, answer_before_a_final_failure_is_kept);
	tcase_add_test(tests, changed_addresses_are_told);
	tcase_add_test(tests, want_of_memory_at_the_start_is_told);
	tcase_add_test(tests, want_of_memory_may_pass);
	tcase_add_test(tests, want_of_memory_may_last);
	tcase_add_test(tests, free_ends_all);
	return suite_run(suite);
}
