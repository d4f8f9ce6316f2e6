/* SPDX-License-Identifier: ISC */
/* check_readiness: every line comes, however standard output behaves, and then its end; nothing
 * spins. */
#include "daemon/tell/readiness.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/outlet.h"
#include "lib/capture.h"
#include "lib/suite.h"

/* How often standard output takes nothing, although it may be said to be writable; and what it was
 * asked. */
static int refusals, tries;

/* If above 0, each other try is refused, and the others are taken no more than so many bytes of. */
static size_t mouthful;

/* In the C library's place. */
ssize_t write(int fd, const void *bytes, size_t size);
ssize_t write(int fd, const void *bytes, size_t size)
{
	if (fd > STDERR_FILENO && ++tries <= refusals) {
		errno = EAGAIN;
		return -1;
	}
	if (fd > STDERR_FILENO && mouthful > 0) {
		if (tries % 2 == 0) {
			errno = EAGAIN;
			return -1;
		}
		size = size < mouthful ? size : mouthful;
	}
	return syscall(SYS_write, fd, bytes, size);
}

static struct event_base *base;
static struct readiness *readiness;
static struct outlet output;
static int reader;

/* Makes standard output a pipe, of which we keep the other end. */
static void setup(void)
{
	int ends[2];

	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	ck_assert_int_eq(pipe(ends), 0);
	reader = ends[0];
	ck_assert_int_eq(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	fflush(NULL);
	ck_assert_int_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	close(ends[1]);
	outlet_open(&output, STDOUT_FILENO);
	refusals = tries = 0;
	mouthful = 0;
}

static void teardown(void)
{
	readiness_free(readiness);
	loop_free(base);
	close(reader);
}

static void start(void)
{
	readiness = readiness_new(base, &output);
	ck_assert_ptr_nonnull(readiness);
	ck_assert(readiness_add(readiness, "127.0.0.1:80"));
	ck_assert(readiness_add(readiness, "unix:a\nb"));
	readiness_tell(readiness);
}

/* Asserts that the descriptor holds the lines, and nothing else up to its end. */
static void assert_lines(int fd)
{
	char text[200];
	ssize_t length = read(fd, text, sizeof text - 1);

	ck_assert_int_gt(length, 0);
	text[length] = '\0';
	ck_assert_str_eq(text, "127.0.0.1:80\nunix:a\\x0Ab\n");
	ck_assert_int_eq(read(fd, text, sizeof text), 0);
}

START_TEST(lines_come_at_once_and_then_the_end)
{
	start();
	assert_lines(reader);
	ck_assert_int_eq(tries, 1);
	ck_assert_int_eq(event_base_dispatch(base), 1); /* nothing is left to do */
}
END_TEST

START_TEST(output_that_only_seems_writable_does_not_spin)
{
	uint64_t began = clock_ms();

	refusals = 7;
	start();
	ck_assert_int_eq(event_base_dispatch(base), 1);
	assert_lines(reader);
	ck_assert_int_eq(tries, 8);
	ck_assert_uint_ge(clock_ms() - began, 250);
	ck_assert_uint_lt(clock_ms() - began, 5000);
}
END_TEST

START_TEST(output_that_takes_little_at_a_time_gets_all)
{
	mouthful = 5;
	start();
	ck_assert_int_eq(event_base_dispatch(base), 1);
	assert_lines(reader);
	ck_assert_int_ge(tries, 9);
}
END_TEST

/* epoll(7) knows no files. */
START_TEST(output_that_cannot_be_watched_is_tried_again)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(dup2(fileno(file), STDOUT_FILENO), STDOUT_FILENO);
	outlet_open(&output, STDOUT_FILENO);
	refusals = 2;
	start();
	ck_assert_int_eq(event_base_dispatch(base), 1);
	rewind(file);
	assert_lines(fileno(file));
	fclose(file);
}
END_TEST

START_TEST(closed_output_is_no_warning)
{
	close(STDOUT_FILENO);
	ck_assert_int_eq(open("/dev/null", O_RDONLY), STDOUT_FILENO);
	outlet_open(&output, STDOUT_FILENO);
	start();
	assert_told_nothing();
	ck_assert_int_eq(event_base_dispatch(base), 1);
}
END_TEST

START_TEST(full_disk_is_a_warning)
{
	int full = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
	close(full);
	outlet_open(&output, STDOUT_FILENO);
	start();
	assert_told("cannot print the addresses on standard output: No space left on device");
	ck_assert_int_eq(event_base_dispatch(base), 1);
}
END_TEST

START_TEST(what_is_not_written_is_dropped)
{
	char byte;

	refusals = 1000;
	start();
	ck_assert_int_eq(read(reader, &byte, 1), -1);
	assert_told_nothing();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("readiness");
	TCase *tests = suite_case(suite, "readiness");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, lines_come_at_once_and_then_the_end);
	tcase_add_test(tests, output_that_only_seems_writable_does_not_spin);
	tcase_add_test(tests, output_that_takes_little_at_a_time_gets_all);
	tcase_add_test(tests, output_that_cannot_be_watched_is_tried_again);
	tcase_add_test(tests, closed_output_is_no_warning);
	tcase_add_test(tests, full_disk_is_a_warning);
	tcase_add_test(tests, what_is_not_written_is_dropped);
	return suite_run(suite);
}
