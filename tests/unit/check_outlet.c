/* SPDX-License-Identifier: ISC */
/* check_outlet: writing takes all or never waits, whatever the descriptor is, and leaves its
 * owner's alone. */
#include <config.h>

#include "base/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/extensions.h"
#include "lib/suite.h"

/* How many of the next writes take nothing, and what they set errno to; 0: they say so by their
 * count. */
static int refusals, refusal;

/* In the C library's place: some devices take nothing, and terminals that poll(2) calls writable.
 */
ssize_t write(int fd, const void *bytes, size_t size);
ssize_t write(int fd, const void *bytes, size_t size)
{
	if (refusals == 0)
		return (ssize_t)syscall(SYS_write, fd, bytes, size);
	refusals--;
	if (refusal == 0)
		return 0;
	errno = refusal;
	return -1;
}

/* More than any pipe, terminal or socket takes. */
static char flood[8 << 20];

/* The kinds of descriptors that somebody reads; each gives the reader's end and the writer's. */
static void open_pipe(int *ends)
{
	ck_assert_int_eq(pipe(ends), 0);
}

static void open_sockets(int *ends)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
}

static void open_terminal(int *ends)
{
	struct termios settings;

	ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
	ck_assert_int_ge(ends[0], 0);
	ck_assert_int_eq(grantpt(ends[0]), 0);
	ck_assert_int_eq(unlockpt(ends[0]), 0);
	ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(ends[1], 0);
	ck_assert_int_eq(tcgetattr(ends[1], &settings), 0);
	settings.c_oflag &= (tcflag_t)~OPOST;
	ck_assert_int_eq(tcsetattr(ends[1], TCSANOW, &settings), 0);
}

static const struct {
	void (*open)(int *ends);
	enum outlet_way way;
} kinds[] = {
	{open_pipe, HAS_REOPENING ? OUTLET_OWN : OUTLET_POLLED},
	{open_terminal, OUTLET_OWN},
	{open_sockets, OUTLET_SOCKET},
};

START_TEST(unread_descriptor_does_not_hold_us_up)
{
	int ends[2], inherited;
	struct outlet outlet;

	kinds[_i].open(ends);
	inherited = dup(ends[1]);
	outlet_open(&outlet, ends[1]);
	ck_assert_int_eq((int)outlet.way, (int)kinds[_i].way);
	ck_assert_uint_gt(outlet_write_now(&outlet, flood, sizeof flood), 0);
	errno = 0;
	ck_assert_uint_lt(outlet_write_now(&outlet, flood, sizeof flood), sizeof flood);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(fcntl(inherited, F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

/* Reads all of `flood` in a process of its own, after a while; returns its number. */
static pid_t read_flood(int *ends)
{
	pid_t reader = fork();

	if (reader == 0) {
		static char bytes[4096];
		size_t left = sizeof flood;
		close(ends[1]);
		while (left > 0) {
			ssize_t n = read(ends[0], bytes, sizeof bytes);
			if (n <= 0)
				_exit(1);
			left -= (size_t)n;
		}
		_exit(0);
	}
	return reader;
}

START_TEST(all_is_written_however_slow_the_reader)
{
	int ends[2], status;
	pid_t reader;

	kinds[_i / 2].open(ends);
	reader = read_flood(ends);
	/* Somebody else may have made it non-blocking. */
	ck_assert_int_eq(fcntl(ends[1], F_SETFL, _i % 2 ? O_NONBLOCK : 0), 0);
	ck_assert_uint_eq(outlet_write_all(ends[1], flood, sizeof flood), sizeof flood);
	ck_assert_int_eq(waitpid(reader, &status, 0), reader);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(reader_that_has_gone_is_an_error)
{
	int ends[2];
	struct outlet outlet;

	signal(SIGPIPE, SIG_IGN);
	kinds[_i].open(ends);
	outlet_open(&outlet, ends[1]);
	close(ends[0]);
	errno = 0;
	ck_assert_uint_eq(outlet_write_now(&outlet, "x", 1), 0);
	ck_assert_int_eq(errno, kinds[_i].open == open_terminal ? EIO : EPIPE);
	ck_assert_uint_eq(outlet_write_all(ends[1], "x", 1), 0);
}
END_TEST

START_TEST(pipe_without_reader_is_an_error_from_the_start)
{
	int ends[2];
	struct outlet outlet;

	signal(SIGPIPE, SIG_IGN);
	open_pipe(ends);
	close(ends[0]);
	outlet_open(&outlet, ends[1]);
	ck_assert_uint_eq(outlet_write_now(&outlet, "x", 1), 0);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

/* Who opens a FIFO for reading and writing keeps it from being without a reader. */
START_TEST(fifo_that_is_its_own_reader_stays_so)
{
	char folder[] = "/tmp/outlet-XXXXXX", path[40], byte = 0;
	struct outlet outlet;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/fifo", folder);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR);
	unlink(path);
	rmdir(folder);
	ck_assert_int_ge(fd, 0);
	outlet_open(&outlet, fd);
	ck_assert_int_eq((int)outlet.way, (int)(HAS_REOPENING ? OUTLET_OWN : OUTLET_POLLED));
	ck_assert_uint_eq(outlet_write_now(&outlet, "x", 1), 1);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
}
END_TEST

/* A file opened anew would be written from its beginning, over what others wrote. */
START_TEST(file_is_written_where_it_ends)
{
	char name[] = "/tmp/outlet-XXXXXX", text[16] = "";
	int fd = mkstemp(name), other = dup(fd);
	struct outlet outlet;

	ck_assert_int_ge(fd, 0);
	unlink(name);
	outlet_open(&outlet, fd);
	ck_assert_int_eq((int)outlet.way, (int)OUTLET_PLAIN);
	ck_assert_int_eq(write(other, "ab", 2), 2);
	ck_assert_uint_eq(outlet_write_now(&outlet, "cd", 2), 2);
	ck_assert_int_eq(write(other, "ef", 2), 2);
	ck_assert_int_eq(pread(fd, text, sizeof text, 0), 6);
	ck_assert_str_eq(text, "abcdef");
}
END_TEST

static const struct {
	const char *path;
	int mode, reason;
} devices[] = {
	{"/dev/null", O_WRONLY, 0},
	{"/dev/full", O_WRONLY, ENOSPC},
	{"/dev/null", O_RDONLY, EBADF},
};

START_TEST(device_is_written_as_it_is)
{
	int fd = open(devices[_i].path, devices[_i].mode);
	struct outlet outlet;

	outlet_open(&outlet, fd);
	errno = 0;
	ck_assert_uint_eq(outlet_write_now(&outlet, "x", 1), devices[_i].reason == 0);
	ck_assert_int_eq(errno, devices[_i].reason);
	ck_assert_int_ne((int)outlet.way, (int)OUTLET_OWN);
}
END_TEST

/* What was given to us for reading does not become writable. */
static const int reasons[] = {0, EAGAIN};

/* What takes nothing, although it could, is not asked again at once: that would be a spin. */
START_TEST(patience_is_for_what_takes_nothing)
{
	int fd = fileno(tmpfile());
	uint64_t began = clock_ms();

	refusals = 6;
	refusal = reasons[_i];
	ck_assert_uint_eq(outlet_write_all(fd, "text", 4), 4);
	ck_assert_int_eq(refusals, 0);
	ck_assert_uint_ge(clock_ms() - began, 40);
}
END_TEST

START_TEST(who_never_waits_leaves_it_alone)
{
	struct outlet outlet;
	int fd = fileno(tmpfile());

	outlet_open(&outlet, fd);
	refusals = 6;
	refusal = reasons[_i];
	ck_assert_uint_eq(outlet_write_now(&outlet, "text", 4), 0);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(refusals, 5);
}
END_TEST

START_TEST(reading_end_is_not_opened_for_writing)
{
	int ends[2];
	struct outlet outlet;

	open_pipe(ends);
	outlet_open(&outlet, ends[0]);
	ck_assert_int_ne((int)outlet.way, (int)OUTLET_OWN);
	ck_assert_uint_eq(outlet_write_now(&outlet, "x", 1), 0);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(closed_descriptor_is_an_error)
{
	int fd = dup(STDERR_FILENO);
	struct outlet outlet;

	close(fd);
	outlet_open(&outlet, fd);
	ck_assert_uint_eq(outlet_write_now(&outlet, "x", 1), 0);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

/* Opening it anew would make another terminal, which nobody knows of. */
START_TEST(master_of_a_terminal_is_not_opened_anew)
{
	int ends[2];
	char text[4] = "";
	struct outlet outlet;

	open_terminal(ends);
	outlet_open(&outlet, ends[0]);
	ck_assert_int_eq((int)outlet.way, (int)OUTLET_POLLED);
	ck_assert_uint_eq(outlet_write_now(&outlet, "x\n", 2), 2);
	ck_assert_int_eq(read(ends[1], text, sizeof text), 2);
}
END_TEST

/* As after a change of user: what can't be opened anew is polled, and at most PIPE_BUF written. */
START_TEST(pipe_that_cannot_be_opened_anew_is_polled)
{
	int ends[2];
	struct outlet outlet = {.way = OUTLET_POLLED};

	open_pipe(ends);
	outlet.fd = ends[1];
	ck_assert_uint_gt(outlet_write_now(&outlet, flood, sizeof flood), PIPE_BUF);
	errno = 0;
	ck_assert_uint_eq(outlet_write_now(&outlet, flood, PIPE_BUF), 0);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

/* Whoever reads such a socket takes each write for one message. */
START_TEST(socket_of_messages_has_records)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
	struct outlet outlet;
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, types[_i], 0, ends), 0);
	outlet_open(&outlet, ends[0]);
	ck_assert_int_eq(outlet.way, OUTLET_SOCKET);
	ck_assert_int_eq(outlet.has_records, types[_i] != SOCK_STREAM);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outlet");
	TCase *readers = suite_case(suite, "readers"), *others = suite_case(suite, "others");

	tcase_add_loop_test(readers, socket_of_messages_has_records, 0, 3);
	tcase_add_loop_test(readers, unread_descriptor_does_not_hold_us_up, 0, COUNT_OF(kinds));
	tcase_add_loop_test(readers, all_is_written_however_slow_the_reader, 0,
			    2 * COUNT_OF(kinds));
	tcase_add_loop_test(readers, reader_that_has_gone_is_an_error, 0, COUNT_OF(kinds));
	tcase_add_test(readers, pipe_without_reader_is_an_error_from_the_start);
	tcase_add_test(readers, fifo_that_is_its_own_reader_stays_so);
	tcase_add_test(readers, pipe_that_cannot_be_opened_anew_is_polled);
	tcase_add_test(others, file_is_written_where_it_ends);
	tcase_add_loop_test(others, device_is_written_as_it_is, 0, COUNT_OF(devices));
	tcase_add_loop_test(others, patience_is_for_what_takes_nothing, 0, COUNT_OF(reasons));
	tcase_add_loop_test(others, who_never_waits_leaves_it_alone, 0, COUNT_OF(reasons));
	tcase_add_test(others, reading_end_is_not_opened_for_writing);
	tcase_add_test(others, closed_descriptor_is_an_error);
	tcase_add_test(others, master_of_a_terminal_is_not_opened_anew);
	return suite_run(suite);
}
