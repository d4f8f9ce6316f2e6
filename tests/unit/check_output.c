/* SPDX-License-Identifier: ISC */
/* check_output: a reader is waited for, until all is to stop, and then for a moment. */
#include <config.h>

#include "client/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "lib/capture.h"
#include "lib/suite.h"

/* More than any pipe takes. */
static char flood[4 << 20];

static int stop[2], reader;
static struct output output;

/* Makes `fd` standard output, and closes it. */
static void become_output(int fd)
{
	ck_assert_int_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	close(fd);
	output_begin(&output, stop[0]);
}

static void setup(void)
{
	int ends[2];

	capture(STDERR_FILENO);
	log_open("hailto", LOG_LEVEL_WARNING);
	signal(SIGPIPE, SIG_IGN);
	memset(flood, 'x', sizeof flood);
	ck_assert_int_eq(pipe(stop), 0);
	ck_assert_int_eq(pipe(ends), 0);
	reader = ends[0];
	become_output(ends[1]);
}

/* Wants all to stop. */
static void want_stop(void)
{
	ck_assert_int_eq(write(stop[1], "", 1), 1);
}

/* Starts a child that reads all, a piece every `pause_ms`. */
static pid_t start_reader(int pause_ms)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	close(STDOUT_FILENO);
	while (read(reader, flood, 65536) > 0)
		poll(NULL, 0, pause_ms);
	_exit(0);
}

START_TEST(all_is_written)
{
	char text[16] = "";

	ck_assert(output_write(&output, "one ", 4));
	ck_assert(output_write(&output, "two", 3));
	ck_assert_uint_eq(output.blocked_us, 0);
	ck_assert_int_eq(read(reader, text, sizeof text), 7);
	ck_assert_str_eq(text, "one two");
}
END_TEST

START_TEST(reader_is_waited_for)
{
	pid_t child = start_reader(5);

	ck_assert(output_write(&output, flood, sizeof flood));
	ck_assert_uint_gt(output.blocked_us, 5000 * sizeof flood / 65536 / 2);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}
END_TEST

START_TEST(slow_reader_gets_all_after_a_stop)
{
	pid_t child = start_reader(1);

	ck_assert(output_write(&output, flood, 200000)); /* so it has begun */
	want_stop();
	ck_assert(output_write(&output, flood, 200000));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}
END_TEST

/* Room that there is needs no waiting. */
START_TEST(what_is_taken_at_once_is_written_after_a_stop)
{
	want_stop();
	for (int i = 0; i < 10; i++)
		ck_assert(output_write(&output, "words", 5));
}
END_TEST

START_TEST(nobody_who_reads_holds_up_a_stop)
{
	want_stop();
	for (int i = 0; i < 3; i++) {
		errno = 0;
		ck_assert(!output_write(&output, flood, sizeof flood));
		ck_assert_int_eq(errno, EINTR);
	}
}
END_TEST

START_TEST(stop_while_it_waits)
{
	pid_t child = fork();

	if (child == 0) {
		poll(NULL, 0, 50);
		want_stop();
		_exit(0);
	}
	ck_assert(!output_write(&output, flood, sizeof flood));
	ck_assert_int_eq(errno, EINTR);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

/* Nor does standard error, if that is the same pipe. */
START_TEST(message_does_not_wait_after_a_stop)
{
	ck_assert_int_eq(dup2(STDOUT_FILENO, STDERR_FILENO), STDERR_FILENO);
	want_stop();
	ck_assert(!output_write(&output, flood, sizeof flood));
	log_error("words");
}
END_TEST

/* Terminals under ^S take nothing. */
START_TEST(held_terminal_does_not_hold_up_a_stop)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), line;

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	line = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(line, 0);
	ck_assert_int_eq(tcflow(line, TCOOFF), 0);
	become_output(line);
	want_stop();
	ck_assert(!output_write(&output, "words\n", 6));
	ck_assert_int_eq(errno, EINTR);
}
END_TEST

START_TEST(failure_is_told)
{
	become_output(open("/dev/full", O_WRONLY));
	ck_assert(!output_write(&output, "words", 5));
	ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

START_TEST(reader_that_has_gone_is_told)
{
	close(reader);
	ck_assert(!output_write(&output, "words", 5));
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("output");
	TCase *all = suite_case(suite, "output");

	tcase_add_checked_fixture(all, setup, NULL);
	tcase_add_test(all, all_is_written);
	tcase_add_test(all, reader_is_waited_for);
	tcase_add_test(all, slow_reader_gets_all_after_a_stop);
	tcase_add_test(all, what_is_taken_at_once_is_written_after_a_stop);
	tcase_add_test(all, nobody_who_reads_holds_up_a_stop);
	tcase_add_test(all, stop_while_it_waits);
	tcase_add_test(all, message_does_not_wait_after_a_stop);
	tcase_add_test(all, held_terminal_does_not_hold_up_a_stop);
	tcase_add_test(all, failure_is_told);
	tcase_add_test(all, reader_that_has_gone_is_told);
	return suite_run(suite);
}
