/* SPDX-License-Identifier: ISC */
/* check_standard: closed standard descriptors are filled but stay unusable, and output ends. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/standard.h"
#include "lib/suite.h"

/* Closes the descriptors whose bits are set in the mask. */
static void close_by_mask(int mask)
{
	for (int fd = 0; fd <= 2; fd++)
		if (mask & 1 << fd)
			close(fd);
}

START_TEST(no_new_descriptor_becomes_a_standard_one)
{
	close_by_mask(_i);
	ck_assert(standard_reserve());
	ck_assert_int_gt(open("/dev/null", O_RDONLY), 2);
}
END_TEST

START_TEST(filled_descriptor_fails_as_a_closed_one)
{
	char byte = 0;

	close_by_mask(7);
	ck_assert(standard_reserve());
	errno = 0;
	ck_assert_int_eq(read(0, &byte, 1), -1);
	ck_assert_int_eq(errno, EBADF);
	for (int fd = 1; fd <= 2; fd++) {
		errno = 0;
		ck_assert_int_eq(write(fd, &byte, 1), -1);
		ck_assert_int_eq(errno, EBADF);
	}
}
END_TEST

START_TEST(command_does_not_inherit_what_was_filled)
{
	close_by_mask(7);
	ck_assert(standard_reserve());
	for (int fd = 0; fd <= 2; fd++)
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(open_descriptor_stays_what_it_is)
{
	int ends[2];
	char byte = 'x';

	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], 1);
	close(0);
	ck_assert(standard_reserve());
	ck_assert_int_eq(write(1, &byte, 1), 1);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
}
END_TEST

START_TEST(want_of_descriptors_is_told)
{
	struct rlimit before, none;
	bool reserved;
	int reason;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	close(0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	reserved = standard_reserve();
	reason = errno;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert(!reserved);
	ck_assert_int_eq(reason, EMFILE);
}
END_TEST

START_TEST(text_is_written)
{
	int ends[2];
	char text[16] = "";

	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], 1);
	ck_assert(standard_print("%s %d", "words", 2));
	ck_assert(standard_write("\0!", 2));
	ck_assert_int_eq(read(ends[0], text, sizeof text - 1), 9);
	ck_assert_int_eq(memcmp(text, "words 2\0!", 10), 0);
}
END_TEST

START_TEST(full_disk_is_told)
{
	int full = open("/dev/full", O_WRONLY);

	ck_assert_int_ge(full, 0);
	dup2(full, 1);
	errno = 0;
	ck_assert(!standard_write("words", 5));
	ck_assert_int_eq(errno, ENOSPC);
	errno = 0;
	ck_assert(!standard_print("words"));
	ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

START_TEST(filled_descriptor_is_told)
{
	close(1);
	ck_assert(standard_reserve());
	errno = 0;
	ck_assert(!standard_write("words", 5));
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(flush_writes_out)
{
	int ends[2];
	char text[8] = "";

	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], 1);
	fputs("words", stdout);
	ck_assert(standard_flush());
	ck_assert_int_eq(read(ends[0], text, sizeof text - 1), 5);
	ck_assert_str_eq(text, "words");
}
END_TEST

START_TEST(flush_tells_of_a_full_disk)
{
	int full = open("/dev/full", O_WRONLY);

	ck_assert_int_ge(full, 0);
	dup2(full, 1);
	fputs("words", stdout);
	errno = 0;
	ck_assert(!standard_flush());
	ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

START_TEST(flush_tells_of_what_was_lost_before)
{
	int full = open("/dev/full", O_WRONLY), null = open("/dev/null", O_WRONLY);

	dup2(full, 1);
	fputs("words", stdout);
	fflush(stdout);
	dup2(null, 1);
	ck_assert(!standard_flush());
}
END_TEST

START_TEST(flush_tells_of_a_filled_descriptor)
{
	close(1);
	ck_assert(standard_reserve());
	fputs("words", stdout);
	errno = 0;
	ck_assert(!standard_flush());
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(reader_sees_the_end_of_taken_output)
{
	int ends[2], taken;
	char byte;

	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], 1);
	close(ends[1]);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	taken = standard_take_output();
	ck_assert_int_gt(taken, 2);
	ck_assert_int_ne(fcntl(taken, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(read(ends[0], &byte, 1), -1);
	ck_assert_int_eq(write(taken, "x", 1), 1);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	close(taken);
	ck_assert_int_eq(read(ends[0], &byte, 1), 0);
}
END_TEST

START_TEST(taken_output_leaves_its_number_taken)
{
	int before = open("/dev/null", O_RDONLY), taken, after;

	taken = standard_take_output();
	after = open("/dev/null", O_RDONLY);
	ck_assert_int_eq(taken, before + 1);
	ck_assert_int_eq(after, before + 2); /* none leaked */
	ck_assert_int_eq(write(1, "x", 1), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("standard");
	TCase *reserving = suite_case(suite, "reserve"), *output = suite_case(suite, "output");

	tcase_add_loop_test(reserving, no_new_descriptor_becomes_a_standard_one, 0, 8);
	tcase_add_test(reserving, filled_descriptor_fails_as_a_closed_one);
	tcase_add_test(reserving, command_does_not_inherit_what_was_filled);
	tcase_add_test(reserving, open_descriptor_stays_what_it_is);
	tcase_add_test(reserving, want_of_descriptors_is_told);
	tcase_add_test(output, text_is_written);
	tcase_add_test(output, full_disk_is_told);
	tcase_add_test(output, filled_descriptor_is_told);
	tcase_add_test(output, flush_writes_out);
	tcase_add_test(output, flush_tells_of_a_full_disk);
	tcase_add_test(output, flush_tells_of_what_was_lost_before);
	tcase_add_test(output, flush_tells_of_a_filled_descriptor);
	tcase_add_test(output, reader_sees_the_end_of_taken_output);
	tcase_add_test(output, taken_output_leaves_its_number_taken);
	return suite_run(suite);
}
