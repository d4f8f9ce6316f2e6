/* SPDX-License-Identifier: ISC */
/* check_trace: addresses keep their order, and each keeps its first end. */
#include "client/trace.h"

#include <errno.h>

#include "lib/suite.h"

/* Begins an address on this machine, with that port. */
static size_t begin(struct trace *trace, uint16_t port)
{
	struct address address;

	ck_assert_int_eq(address_from_literal("127.0.0.1", AF_INET, &address), 0);
	address_set_port(&address, port);
	return trace_begin(trace, &address);
}

START_TEST(addresses_keep_their_order)
{
	struct trace *trace = trace_new();

	ck_assert_ptr_nonnull(trace);
	for (uint16_t port = 1; port <= 100; port++)
		ck_assert_uint_eq(begin(trace, port), port - 1U);
	ck_assert_uint_eq(trace_count(trace), 100);
	for (uint16_t port = 1; port <= 100; port++) {
		const struct traced *traced = trace_get(trace, port - 1U);
		ck_assert_uint_eq(address_port(&traced->address), port);
		ck_assert_int_eq(traced->outcome, TRACE_UNDER_WAY);
		ck_assert_uint_gt(traced->began_us, 0);
	}
	trace_free(trace);
}
END_TEST

START_TEST(the_first_end_counts)
{
	struct trace *trace = trace_new();
	size_t one = begin(trace, 1), other = begin(trace, 2);

	trace_end(trace, one, TRACE_FAILED, ECONNREFUSED);
	trace_end(trace, one, TRACE_LOST, 0);
	trace_end(trace, other, TRACE_WON, 0);
	ck_assert_int_eq(trace_get(trace, one)->outcome, TRACE_FAILED);
	ck_assert_int_eq(trace_get(trace, one)->reason, ECONNREFUSED);
	ck_assert_int_eq(trace_get(trace, other)->outcome, TRACE_WON);
	ck_assert_uint_ge(trace_get(trace, other)->ended_us, trace_get(trace, other)->began_us);
	trace_free(trace);
}
END_TEST

START_TEST(nothing_is_freed_twice)
{
	trace_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trace");
	TCase *tests = suite_case(suite, "trace");

	tcase_add_test(tests, addresses_keep_their_order);
	tcase_add_test(tests, the_first_end_counts);
	tcase_add_test(tests, nothing_is_freed_twice);
	return suite_run(suite);
}
