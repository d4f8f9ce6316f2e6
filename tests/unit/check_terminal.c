/* SPDX-License-Identifier: ISC */
/* check_terminal: what may be a terminal counts as one, whatever the answer's failure. */
#include <config.h>

#include "base/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "lib/suite.h"

/* What the next isatty() fails with; 0: it answers. */
static int refusal;

/* In the C library's place, whose own may fail where an emulator or a sandbox knows no such call.
 */
int isatty(int fd);
int isatty(int fd)
{
	struct termios settings;

	if (refusal == 0)
		return tcgetattr(fd, &settings) == 0;
	errno = refusal;
	return 0;
}

/* The last one: what answers, and then is a terminal or none. */
static const int refusals[] = {EINVAL, ENOSYS, EIO, ENOMEM, EPERM, 0};

static int open_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), line;

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	line = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(line, 0);
	return line;
}

START_TEST(terminal_is_one_whatever_the_failure)
{
	int line = open_terminal();

	refusal = refusals[_i];
	errno = EXDEV;
	ck_assert(terminal_is_possible(line));
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

START_TEST(terminal_that_has_hung_up_is_one)
{
	int line = open_terminal();

	for (int fd = 3; fd < line; fd++) /* the master is one of them */
		close(fd);
	refusal = EIO;
	ck_assert(terminal_is_possible(line));
}
END_TEST

START_TEST(pipe_socket_and_file_are_none)
{
	char path[] = "/tmp/check_terminal.XXXXXX";
	int ends[2];

	refusal = refusals[_i];
	errno = EXDEV;
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert(!terminal_is_possible(ends[1]));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert(!terminal_is_possible(ends[1]));
	ends[0] = mkstemp(path);
	ck_assert_int_ge(ends[0], 0);
	unlink(path);
	ck_assert(!terminal_is_possible(ends[0]));
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

START_TEST(device_is_none_if_that_is_the_answer)
{
	int null = open("/dev/null", O_WRONLY);

	ck_assert_int_ge(null, 0);
	ck_assert(!terminal_is_possible(null));
	refusal = ENOSYS;
	ck_assert(terminal_is_possible(null));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("terminal");
	TCase *tests = suite_case(suite, "all");

	tcase_add_loop_test(tests, terminal_is_one_whatever_the_failure, 0, COUNT_OF(refusals));
	tcase_add_test(tests, terminal_that_has_hung_up_is_one);
	tcase_add_loop_test(tests, pipe_socket_and_file_are_none, 0, COUNT_OF(refusals));
	tcase_add_test(tests, device_is_none_if_that_is_the_answer);
	return suite_run(suite);
}
