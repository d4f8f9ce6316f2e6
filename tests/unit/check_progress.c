/* SPDX-License-Identifier: ISC */
/* check_progress: where it is shown, how often, and what it says. */
#include <config.h>

#include "client/progress.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "lib/capture.h"
#include "lib/peers.h"
#include "lib/suite.h"

static uint64_t now_us;

typedef uint64_t clock_reader(void);
clock_reader __wrap_clock_us;

uint64_t __wrap_clock_us(void)
{
	return now_us;
}

static struct progress progress;
static int master = -1;

static void setup(void)
{
	now_us = 7000000;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	log_open("hailto", LOG_LEVEL_WARNING);
}

static void setup_file(void)
{
	setup();
	capture(STDERR_FILENO);
}

/* Makes standard error a terminal, whose other end is `master`. */
static void setup_terminal(void)
{
	int line;

	setup();
	master = posix_openpt(O_RDWR | O_NOCTTY);
	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	line = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(line, 0);
	ck_assert_int_eq(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(dup2(line, STDERR_FILENO), STDERR_FILENO);
	close(line);
}

/* Asserts what has come to the terminal since the last call; it may come in pieces. */
static void assert_screen(const char *expected)
{
	struct pollfd readable = {.fd = master, .events = POLLIN};
	char screen[1000];
	size_t length = 0;
	ssize_t n;

	do {
		if (length < strlen(expected))
			poll(&readable, 1, PATIENCE_MS);
		n = read(master, screen + length, sizeof screen - 1 - length);
		length += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	screen[length] = '\0';
	ck_assert_str_eq(screen, expected);
}

/* What is said of a run. */
static const struct {
	uint64_t count, done, failed, seconds;
	const char *line;
} lines[] = {
	{0, 0, 0, 0, "0 attempts, 0 a second, 0 failed\n"},
	{0, 1, 1, 1, "1 attempt, 1 a second, 1 failed\n"},
	{0, 30000, 12, 10, "30000 attempts, 3000 a second, 12 failed\n"},
	{10, 0, 0, 20, "0 of 10 attempts, 0 a second, 0 failed\n"},
	{100000, 30000, 0, 10, "30000 of 100000 attempts, 3000 a second, 0 failed, 23s left\n"},
	{10, 4, 3, 40, "4 of 10 attempts, 0 a second, 3 failed, 1m00s left\n"},
	{10, 10, 0, 10, "10 of 10 attempts, 1 a second, 0 failed, 0s left\n"},
	{1, 0, 0, 1, "0 of 1 attempt, 0 a second, 0 failed\n"},
	{2, 1, 0, 59, "1 of 2 attempts, 0 a second, 0 failed, 59s left\n"},
	{2, 1, 0, 3599, "1 of 2 attempts, 0 a second, 0 failed, 59m59s left\n"},
	{2, 1, 0, 3600, "1 of 2 attempts, 0 a second, 0 failed, 1h00m left\n"},
	{2, 1, 0, 86399, "1 of 2 attempts, 0 a second, 0 failed, 23h59m left\n"},
	{2, 1, 0, 86400, "1 of 2 attempts, 0 a second, 0 failed, 1d00h left\n"},
	{100, 1, 0, 86399, "1 of 100 attempts, 0 a second, 0 failed, 98d23h left\n"},
	{101, 1, 0, 86400, "1 of 101 attempts, 0 a second, 0 failed, over 99 days left\n"},
	{10000000, 1, 0, 86400,
	 "1 of 10000000 attempts, 0 a second, 0 failed, over 99 days left\n"},
	{10000000, 1, 0, 4000000,
	 "1 of 10000000 attempts, 0 a second, 0 failed, over 99 days left\n"},
};

START_TEST(line_tells_how_it_goes)
{
	progress_begin(&progress, lines[_i].count);
	ck_assert_uint_eq(progress_pause(&progress), 10000);
	progress.done = lines[_i].done;
	progress.failed = lines[_i].failed;
	now_us += lines[_i].seconds * 1000000;
	progress_show(&progress);
	ck_assert_str_eq(captured(STDERR_FILENO), lines[_i].line);
	progress_hide(&progress); /* a line stays */
	ck_assert_str_eq(captured(STDERR_FILENO), lines[_i].line);
}
END_TEST

START_TEST(terminal_shows_one_line_anew)
{
	progress_begin(&progress, 10);
	ck_assert_uint_eq(progress_pause(&progress), 200);
	progress_hide(&progress); /* nothing is shown yet */
	assert_screen("");
	now_us += 2000000;
	progress.done = 4;
	progress_show(&progress);
	assert_screen("\r4 of 10 attempts, 2 a second, 0 failed, 3s left\033[K");
	now_us += 500000;
	progress.done = 10;
	progress_show(&progress);
	assert_screen("\r10 of 10 attempts, 4 a second, 0 failed, 0s left\033[K");
	progress_hide(&progress);
	assert_screen("\r\033[K");
	progress_hide(&progress);
	assert_screen("");
}
END_TEST

/* A message has the line for itself, and the progress has the next one. */
START_TEST(message_takes_its_place)
{
	progress_begin(&progress, 0);
	log_warning("one");
	assert_screen("hailto: one\r\n");
	progress_show(&progress);
	log_warning("two");
	log_warning("three");
	assert_screen("\r0 attempts, 0 a second, 0 failed\033[K\r\033[Khailto: two\r\n"
		      "hailto: three\r\n");
	progress_show(&progress);
	progress_hide(&progress);
	log_warning("four");
	assert_screen("\r0 attempts, 0 a second, 0 failed\033[K\r\033[Khailto: four\r\n");
}
END_TEST

/* Under ^S: it would wait. Later, it is shown. */
START_TEST(held_terminal_is_not_waited_for)
{
	progress_begin(&progress, 0);
	ck_assert_int_eq(tcflow(STDERR_FILENO, TCOOFF), 0);
	progress_show(&progress);
	progress_hide(&progress);
	assert_screen("");
	ck_assert_int_eq(tcflow(STDERR_FILENO, TCOON), 0);
	progress_show(&progress);
	assert_screen("\r0 attempts, 0 a second, 0 failed\033[K");
}
END_TEST

/* Terminals on which nothing can be shown anew, or where that is not wanted. */
static const struct {
	const char *term, *no_color;
	bool is_in_place;
} terminals[] = {
	{"dumb", NULL, false}, {NULL, NULL, false}, {"", NULL, false},
	{"xterm", "1", false}, {"xterm", "", true}, {"vt100", NULL, true},
};

START_TEST(plain_terminal_has_lines)
{
	unsetenv("TERM");
	if (terminals[_i].term)
		setenv("TERM", terminals[_i].term, 1);
	if (terminals[_i].no_color)
		setenv("NO_COLOR", terminals[_i].no_color, 1);
	progress_begin(&progress, 0);
	ck_assert(progress.is_in_place == terminals[_i].is_in_place);
	progress_show(&progress);
	assert_screen(terminals[_i].is_in_place ? "\r0 attempts, 0 a second, 0 failed\033[K"
						: "0 attempts, 0 a second, 0 failed\r\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("progress");
	TCase *file = suite_case(suite, "file"), *terminal = suite_case(suite, "terminal");

	tcase_add_checked_fixture(file, setup_file, NULL);
	tcase_add_loop_test(file, line_tells_how_it_goes, 0, COUNT_OF(lines));
	tcase_add_checked_fixture(terminal, setup_terminal, NULL);
	tcase_add_test(terminal, terminal_shows_one_line_anew);
	tcase_add_test(terminal, message_takes_its_place);
	tcase_add_test(terminal, held_terminal_is_not_waited_for);
	tcase_add_loop_test(terminal, plain_terminal_has_lines, 0, COUNT_OF(terminals));
	return suite_run(suite);
}
