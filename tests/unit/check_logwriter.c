/* SPDX-License-Identifier: ISC */
/* check_logwriter: which lines are written when, that they are written whole, and which are lost.
 */
#include "base/logwriter.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "lib/suite.h"

/* What was written, in how many writes, of which the longest. */
static char written[1 << 16];
static size_t length, longest;
static int writes;

/* So many bytes are taken, and of what does not fit the beginning; then errno is this. */
static size_t room = sizeof written;
static int refusal = EAGAIN;

/* In the C library's place: a reader whose patience is known. */
ssize_t write(int fd, const void *bytes, size_t size);
ssize_t write(int fd, const void *bytes, size_t size)
{
	size_t taken = size < room ? size : room;

	if (fd != STDERR_FILENO) /* Check's own */
		return (ssize_t)syscall(SYS_write, fd, bytes, size);
	writes++;
	if (size > longest)
		longest = size;
	memcpy(written + length, bytes, taken);
	length += taken;
	written[length] = '\0';
	room -= taken;
	if (taken > 0 || size == 0)
		return (ssize_t)taken;
	errno = refusal;
	return -1;
}

/* In place of our own clock: one that stands still. */
static uint64_t now_ms = 1000;

uint64_t clock_ms(void)
{
	return now_ms;
}

uint64_t clock_us(void)
{
	return now_ms * 1000;
}

uint64_t clock_now_ms(void)
{
	return now_ms;
}

/* How often the writer wanted to be called later, and whether that is possible. */
static int calls;
static bool is_possible = true;

static bool later(void *argument, unsigned ms)
{
	ck_assert_ptr_eq(argument, &calls);
	ck_assert_uint_eq(ms, LOGWRITER_HOLD_MS);
	calls++;
	return is_possible;
}

static const struct logline_style style = {.program = "test"};
static struct logwriter writer = {.style = &style,
				  .never_waits = true,
				  .outlet = {.fd = STDERR_FILENO, .way = OUTLET_PLAIN}};

static void add(bool is_urgent, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(bool is_urgent, const char *format, ...)
{
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(logwriter_room(&writer), LOGWRITER_LINE_MAX, format, arguments);
	va_end(arguments);
	logwriter_add(&writer, (size_t)size, is_urgent);
}

/* Holds lines, the first of which is written at once. */
static void begin_to_hold(void)
{
	logwriter_hold(&writer, later, &calls);
	add(false, "first\n");
	ck_assert_str_eq(written, "first\n");
	ck_assert_int_eq(calls, 0);
}

START_TEST(nothing_is_held_unless_asked)
{
	for (int i = 1; i <= 3; i++) {
		add(false, "line\n");
		ck_assert_int_eq(writes, i);
	}
	ck_assert_str_eq(written, "line\nline\nline\n");
}
END_TEST

/* A person that watches a single client sees it at once. */
START_TEST(line_after_quiet_is_written_at_once)
{
	begin_to_hold();
	now_ms += LOGWRITER_HOLD_MS;
	add(false, "second\n");
	ck_assert_str_eq(written, "first\nsecond\n");
	ck_assert_int_eq(calls, 0);
}
END_TEST

START_TEST(others_are_held_and_written_together)
{
	begin_to_hold();
	for (int i = 0; i < 10; i++)
		add(false, "%d\n", i);
	ck_assert_int_eq(writes, 1);
	ck_assert_int_eq(calls, 1);
	logwriter_release(&writer);
	ck_assert_str_eq(written, "first\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
	ck_assert_int_eq(writes, 2);
	add(false, "next\n"); /* a moment after the others */
	ck_assert_int_eq(writes, 2);
	ck_assert_int_eq(calls, 2);
}
END_TEST

/* However long the timer is late, there is one. */
START_TEST(held_lines_have_one_call)
{
	begin_to_hold();
	for (int i = 0; i < 10; i++, now_ms += LOGWRITER_HOLD_MS)
		add(false, "%d\n", i);
	ck_assert_int_eq(calls, 1);
	ck_assert_int_eq(writes, 1);
}
END_TEST

START_TEST(urgent_line_is_written_after_those_held)
{
	begin_to_hold();
	add(false, "held\n");
	add(true, "urgent\n");
	ck_assert_str_eq(written, "first\nheld\nurgent\n");
	ck_assert_int_eq(writes, 2);
	logwriter_release(&writer);
	ck_assert_int_eq(writes, 2); /* nothing was left */
}
END_TEST

START_TEST(nothing_is_held_if_no_call_is_possible)
{
	begin_to_hold();
	is_possible = false;
	add(false, "second\n");
	ck_assert_str_eq(written, "first\nsecond\n");
	is_possible = true;
	add(false, "third\n");
	ck_assert_int_eq(writes, 2);
}
END_TEST

START_TEST(end_of_holding_writes_what_is_held)
{
	begin_to_hold();
	add(false, "held\n");
	logwriter_hold(&writer, NULL, NULL);
	ck_assert_str_eq(written, "first\nheld\n");
	add(false, "third\n");
	ck_assert_str_eq(written, "first\nheld\nthird\n");
}
END_TEST

START_TEST(close_writes_what_is_held)
{
	begin_to_hold();
	add(false, "held\n");
	logwriter_close(&writer);
	ck_assert_str_eq(written, "first\nheld\n");
}
END_TEST

/* Lines of such lengths: few or many to a write, as many as fit exactly, and the longest. */
static const size_t widths[] = {2,
				27,
				OUTLET_WHOLE_MAX / 4,
				OUTLET_WHOLE_MAX / 2,
				OUTLET_WHOLE_MAX / 2 + 1,
				OUTLET_WHOLE_MAX - 1,
				OUTLET_WHOLE_MAX,
				LOGLINE_MAX};

START_TEST(writes_are_whole_lines_that_a_pipe_takes_whole)
{
	size_t width = widths[_i], before, count = 5 * OUTLET_WHOLE_MAX / width;

	begin_to_hold();
	longest = 0;
	before = length;
	for (size_t i = 0; i < count; i++) {
		int seen = writes;
		add(false, "%0*zu\n", (int)width - 1, width > 5 ? i : i % 10);
		if (writes > seen) {
			ck_assert_int_eq(written[length - 1], '\n');
			ck_assert_uint_eq((length - before) % width, 0);
		}
	}
	logwriter_release(&writer);
	ck_assert_uint_eq(length - before, count * width);
	if (width <= OUTLET_WHOLE_MAX)
		ck_assert_uint_le(longest, OUTLET_WHOLE_MAX);
	/* As few writes as there can be. */
	if (width <= OUTLET_WHOLE_MAX)
		ck_assert_int_eq(writes - 1, (int)((count + OUTLET_WHOLE_MAX / width - 1) /
						   (OUTLET_WHOLE_MAX / width)));
	for (size_t i = 0; i < count && width > 5; i++)
		ck_assert_uint_eq((size_t)atol(written + before + i * width), i);
}
END_TEST

START_TEST(held_lines_that_nobody_reads_are_counted)
{
	begin_to_hold();
	for (int i = 0; i < 5; i++)
		add(false, "lost\n");
	room = 0;
	logwriter_release(&writer);
	room = sizeof written - length;
	now_ms += LOGWRITER_HOLD_MS;
	add(false, "back\n");
	ck_assert_str_eq(written, "first\ntest: 5 log lines lost: standard error was not read\n"
				  "back\n");
}
END_TEST

/* A reader that has stopped costs one vain write a time, not one a line. */
START_TEST(vain_writes_are_few)
{
	begin_to_hold();
	room = 0;
	for (int i = 0; i < 50; i++) {
		add(false, "lost\n");
		if (i % 10 == 9)
			logwriter_release(&writer);
	}
	ck_assert_int_eq(writes, 1 + 5);
	room = sizeof written - length;
	logwriter_close(&writer);
	ck_assert_str_eq(written, "first\ntest: 50 log lines lost: standard error was not read\n");
}
END_TEST

/* Of the bytes of five held lines of five bytes, how many are taken, and what is then lost. */
static const struct {
	size_t taken;
	int lost;
	const char *whole; /* what is there of them in the end */
} cuts[] = {
	{1, 4, "0aaa\n"},
	{4, 4, "0aaa\n"},
	{5, 4, "0aaa\n"},
	{6, 3, "0aaa\n1aaa\n"},
	{24, 0, "0aaa\n1aaa\n2aaa\n3aaa\n4aaa\n"},
	{25, 0, "0aaa\n1aaa\n2aaa\n3aaa\n4aaa\n"},
};

START_TEST(cut_line_is_ended_and_those_after_it_are_lost)
{
	char expected[300], told[120] = "";

	begin_to_hold();
	for (int i = 0; i < 5; i++)
		add(false, "%daaa\n", i);
	room = cuts[_i].taken;
	refusal = ENOSPC;
	logwriter_release(&writer);
	room = sizeof written - length;
	add(true, "back\n");
	if (cuts[_i].lost > 0)
		snprintf(told, sizeof told,
			 "test: %d log line%s lost: cannot write to standard "
			 "error: No space left on device\n",
			 cuts[_i].lost, cuts[_i].lost == 1 ? "" : "s");
	snprintf(expected, sizeof expected, "first\n%s%sback\n", cuts[_i].whole, told);
	ck_assert_str_eq(written, expected);
}
END_TEST

/* What precedes a line belongs to it, a new line included; and a question has none at its end. */
START_TEST(prefix_and_question_are_lost_as_one)
{
	room = 0;
	add(true, "\nline\n");
	add(true, "question? ");
	room = sizeof written;
	logwriter_close(&writer);
	ck_assert_str_eq(written, "test: 2 log lines lost: standard error was not read\n");
}
END_TEST

START_TEST(line_is_not_lost_once_its_prefix_is_written)
{
	room = 1;
	add(true, "\nline\n");
	room = sizeof written - length;
	logwriter_close(&writer);
	ck_assert_str_eq(written, "\nline\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("logwriter");
	TCase *holding = suite_case(suite, "holding"), *losing = suite_case(suite, "losing");

	tcase_add_test(holding, nothing_is_held_unless_asked);
	tcase_add_test(holding, line_after_quiet_is_written_at_once);
	tcase_add_test(holding, others_are_held_and_written_together);
	tcase_add_test(holding, held_lines_have_one_call);
	tcase_add_test(holding, urgent_line_is_written_after_those_held);
	tcase_add_test(holding, nothing_is_held_if_no_call_is_possible);
	tcase_add_test(holding, end_of_holding_writes_what_is_held);
	tcase_add_test(holding, close_writes_what_is_held);
	tcase_add_loop_test(holding, writes_are_whole_lines_that_a_pipe_takes_whole, 0,
			    COUNT_OF(widths));
	tcase_add_test(losing, held_lines_that_nobody_reads_are_counted);
	tcase_add_test(losing, vain_writes_are_few);
	tcase_add_loop_test(losing, cut_line_is_ended_and_those_after_it_are_lost, 0,
			    COUNT_OF(cuts));
	tcase_add_test(losing, prefix_and_question_are_lost_as_one);
	tcase_add_test(losing, line_is_not_lost_once_its_prefix_is_written);
	return suite_run(suite);
}
