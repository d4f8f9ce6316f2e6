/* SPDX-License-Identifier: ISC */
/* check_orders: each signal is heard as its order, also one that came before; then it is released.
 */
#include "daemon/serve/orders.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

#include "base/loop.h"
#include "base/signals.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

enum { STOP, REPORT, RELOAD, KINDS };

static struct event_base *base;
static struct orders *orders;
static unsigned heard[KINDS];

static void stop(void *argument)
{
	ck_assert_ptr_eq(argument, heard);
	heard[STOP]++;
}

static void report(void *argument)
{
	ck_assert_ptr_eq(argument, heard);
	heard[REPORT]++;
}

static void reload(void *argument)
{
	ck_assert_ptr_eq(argument, heard);
	heard[RELOAD]++;
}

static const struct orders_handlers handlers = {stop, report, reload};

/* Until the loop runs, they are blocked. Check itself handles some. */
static void setup(void)
{
	static const int all[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP, 0};

	signals_restore(all);
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	orders_block();
}

static void teardown(void)
{
	orders_block();
	orders_free(orders);
	loop_free(base);
}

static const struct {
	int signal;
	unsigned kind;
} cases[] = {{SIGTERM, STOP}, {SIGINT, STOP}, {SIGUSR1, REPORT}, {SIGHUP, RELOAD}};

static bool is_heard(void *argument)
{
	return *(unsigned *)argument > 0;
}

START_TEST(signal_is_its_order)
{
	orders = orders_new(base, &handlers, heard);
	ck_assert_ptr_nonnull(orders);
	ck_assert_int_eq(raise(cases[_i].signal), 0);
	ck_assert(run_until(base, is_heard, &heard[cases[_i].kind], PATIENCE_MS));
	for (unsigned kind = 0; kind < KINDS; kind++)
		ck_assert_uint_eq(heard[kind], kind == cases[_i].kind);
}
END_TEST

START_TEST(one_that_came_too_early_is_heard)
{
	ck_assert_int_eq(raise(cases[_i].signal), 0);
	orders = orders_new(base, &handlers, heard);
	ck_assert_ptr_nonnull(orders);
	ck_assert(run_until(base, is_heard, &heard[cases[_i].kind], PATIENCE_MS));
}
END_TEST

static bool has_default_action(int number)
{
	struct sigaction action;

	ck_assert_int_eq(sigaction(number, NULL, &action), 0);
	return action.sa_handler == SIG_DFL;
}

START_TEST(they_are_released_at_the_end)
{
	orders = orders_new(base, &handlers, heard);
	ck_assert(!has_default_action(cases[_i].signal));
	orders_block();
	orders_free(orders);
	orders = NULL;
	ck_assert(has_default_action(cases[_i].signal));
	orders_free(NULL);
}
END_TEST

static void setup_scarce(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	setup();
}

START_TEST(want_of_memory_makes_none)
{
	grants = _i;
	ck_assert_ptr_null(orders_new(base, &handlers, heard));
	grants = -1;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		ck_assert(has_default_action(cases[i].signal));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("orders");
	TCase *tests = suite_case(suite, "orders"), *memory = suite_case(suite, "memory");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, signal_is_its_order, 0, COUNT_OF(cases));
	tcase_add_loop_test(tests, one_that_came_too_early_is_heard, 0, COUNT_OF(cases));
	tcase_add_loop_test(tests, they_are_released_at_the_end, 0, COUNT_OF(cases));
	tcase_add_checked_fixture(memory, setup_scarce, teardown);
	tcase_add_loop_test(memory, want_of_memory_makes_none, 0, 4);
	return suite_run(suite);
}
