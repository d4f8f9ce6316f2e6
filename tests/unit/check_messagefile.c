/* SPDX-License-Identifier: ISC */
/* check_messagefile: a text is whole, and taken only when nobody has written for a moment. */
#include <config.h>

#include "daemon/say/messagefile.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/suite.h"

enum { MOST = 1 << 20, SETTLED_MS = 250, UNCHANGED_MS = 500 };

static char folder[] = "/tmp/check_messagefile.XXXXXX";
static char path[64];
static struct messagefile *file;
static uint64_t written_at_ms; /* clock_ms() */

/* What fstat() says in place of the truth, from `lies` on. */
static bool lies;
static struct timespec modified, changed;

/* What happens to the file between the two readings, and before the second examination. */
static void (*between_readings)(void), (*before_second_examination)(void);
static int examinations, openings;

/* In the C library's place. */
int fstat(int fd, struct stat *status)
{
	int result;

	openings += examinations % 2 == 0;
	if (++examinations % 2 == 0 && before_second_examination)
		before_second_examination();
	result = fstatat(fd, "", status, AT_EMPTY_PATH);
	if (lies) {
		status->st_mtim = modified;
		status->st_ctim = changed;
	}
	return result;
}

off_t lseek(int fd, off_t offset, int whence)
{
	if (between_readings)
		between_readings();
	return syscall(SYS_lseek, fd, (long)offset, whence); /* the files here are small */
}

static struct timespec ago(int64_t ms)
{
	struct timespec time;
	int64_t ns;

	clock_gettime(CLOCK_REALTIME, &time);
	ns = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec - ms * 1000000;
	return (struct timespec){.tv_sec = (time_t)(ns / 1000000000),
				 .tv_nsec = (long)(ns % 1000000000)};
}

/* Lets the file be so old; negative: of the future. */
static void pretend(int64_t written_ms, int64_t changed_ms)
{
	lies = true;
	modified = ago(written_ms);
	changed = ago(changed_ms);
}

static void write_text(const char *text)
{
	int fd;

	written_at_ms = clock_ms();
	fd = open(path, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/file", folder);
	write_text("first\n");
	file = messagefile_new(path, MOST);
	ck_assert_ptr_nonnull(file);
}

static void teardown(void)
{
	messagefile_free(file);
	unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void assert_read(const char *text)
{
	ck_assert_uint_eq(messagefile_size(file), strlen(text));
	ck_assert_mem_eq(messagefile_bytes(file), text, strlen(text));
}

START_TEST(old_file_is_read_at_once)
{
	pretend(SETTLED_MS + 1, SETTLED_MS + 1);
	messagefile_begin(file);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_READ);
	assert_read("first\n");
}
END_TEST

/* An old file has no wait, one of the future neither, whatever the clock was set to. */
static const int64_t settled_ages[] = {1000, 60000, 1 << 30, -1000, -60000, -3600000, -(1 << 30)};

START_TEST(file_of_another_time_is_read_at_once)
{
	pretend(settled_ages[_i], settled_ages[_i]);
	messagefile_begin(file);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_READ);
}
END_TEST

static const time_t odd_seconds[] = {
	(time_t)INT64_MAX, (time_t)INT64_MIN, INT32_MAX, INT32_MIN, -1, 0};

START_TEST(time_out_of_all_bounds_is_survived)
{
	lies = true;
	modified = changed = (struct timespec){.tv_sec = odd_seconds[_i], .tv_nsec = 1};
	messagefile_begin(file);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_READ);
}
END_TEST

static const struct {
	int64_t written_ms, changed_ms;
} young[] = {{0, 0}, {50, 50}, {0, -60000}, {50, 60000}};

START_TEST(young_file_waits_until_it_is_old_enough)
{
	uint64_t began = clock_ms();

	pretend(young[_i].written_ms, young[_i].changed_ms);
	messagefile_begin(file);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_UNSETTLED);
	ck_assert_uint_gt(messagefile_wait_ms(file), 0);
	ck_assert_uint_le(messagefile_wait_ms(file), SETTLED_MS);
	ck_assert(messagefile_read(file));
	ck_assert_uint_ge(clock_ms() - began, SETTLED_MS - 50 - 1);
	assert_read("first\n");
}
END_TEST

/* Such as renaming, which is how a text should be replaced. */
START_TEST(change_that_is_no_write_needs_no_wait)
{
	pretend(SETTLED_MS + 1, 0);
	messagefile_begin(file);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_READ);
}
END_TEST

/* The kernel's time of a file is that of its last tick: up to 10 ms before. */
START_TEST(file_that_was_just_written_is_read_a_moment_later)
{
	ck_assert(messagefile_read(file));
	ck_assert_uint_ge(clock_ms() - written_at_ms, SETTLED_MS - 11);
	assert_read("first\n");
	ck_assert_int_eq(openings, 2);
}
END_TEST

static const char *second;

/* Writes in place, once; the times that are told stay as they are. */
static void write_second(void)
{
	between_readings = before_second_examination = NULL;
	write_text(second);
}

static const char *const second_texts[] = {"FIRST\n", "first\nand more", "f", ""};

/* Not even the size need be another, nor the times, where a clock goes slowly. */
START_TEST(change_between_the_readings_is_noticed)
{
	pretend(60000, 60000);
	second = second_texts[_i];
	between_readings = write_second;
	messagefile_begin(file);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_UNSETTLED);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_READ);
	assert_read(second);
}
END_TEST

START_TEST(change_after_the_readings_is_noticed)
{
	lies = false;
	ck_assert(messagefile_read(file));
	second = second_texts[_i];
	before_second_examination = write_second;
	examinations = 0;
	messagefile_begin(file);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_UNSETTLED);
	ck_assert(messagefile_read(file));
	assert_read(second);
}
END_TEST

/* Writes each time that it is read, another text. */
static void write_again(void)
{
	static int number;
	char text[32];

	snprintf(text, sizeof text, "text %d\n", number++);
	write_text(text);
}

START_TEST(file_that_is_written_to_all_the_time_is_refused)
{
	uint64_t began = clock_ms(), took;

	between_readings = write_again;
	ck_assert(!messagefile_read(file));
	took = clock_ms() - began;
	ck_assert_msg(strstr(messagefile_why(file), ": it is still being written to (rename a"),
		      "%s", messagefile_why(file));
	ck_assert_uint_ge(took, MESSAGEFILE_PATIENCE_MS);
	ck_assert_uint_lt(took, 5 * MESSAGEFILE_PATIENCE_MS);
	ck_assert_uint_eq(messagefile_size(file), 0);
	/* That is all: it is read when nobody writes any more. */
	between_readings = NULL;
	write_text("last\n");
	ck_assert(messagefile_read(file));
	assert_read("last\n");
}
END_TEST

START_TEST(another_begin_gives_all_the_time_again)
{
	struct timespec half = {.tv_nsec = MESSAGEFILE_PATIENCE_MS / 2 * 1000000L};

	between_readings = write_again;
	messagefile_begin(file);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_UNSETTLED);
		nanosleep(&half, NULL);
		messagefile_begin(file);
	}
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_UNSETTLED);
}
END_TEST

/* On a busy machine the try may come when the time is over; not each. */
START_TEST(last_wait_is_no_longer_than_the_time_that_is_left)
{
	struct timespec most = {.tv_nsec = MESSAGEFILE_PATIENCE_MS * 9 / 10 * 1000000L};
	enum messagefile_state state = MESSAGEFILE_REFUSED;

	between_readings = write_again;
	for (int i = 0; i < 20 && state == MESSAGEFILE_REFUSED; i++) {
		messagefile_begin(file);
		nanosleep(&most, NULL);
		state = messagefile_try(file);
	}
	ck_assert_int_eq(state, MESSAGEFILE_UNSETTLED);
	ck_assert_uint_le(messagefile_wait_ms(file), MESSAGEFILE_PATIENCE_MS / 10 + 1);
}
END_TEST

/* Its name is what counts. */
START_TEST(file_that_was_renamed_meanwhile_is_read)
{
	char other[80];

	snprintf(other, sizeof other, "%s.new", path);
	messagefile_begin(file);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_UNSETTLED);
	ck_assert_int_eq(rename(path, other), 0);
	write_text("second\n");
	ck_assert(messagefile_read(file));
	assert_read("second\n");
	unlink(other);
}
END_TEST

START_TEST(file_that_is_gone_meanwhile_is_refused)
{
	messagefile_begin(file);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_UNSETTLED);
	unlink(path);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_REFUSED);
	ck_assert_ptr_nonnull(strstr(messagefile_why(file), "No such file"));
	ck_assert_uint_eq(messagefile_size(file), 0);
}
END_TEST

/* On a file system whose times are even seconds, none tells when the last write began. */
static void pretend_coarse(int64_t seconds)
{
	pretend(seconds * 1000, seconds * 1000);
	modified.tv_sec -= modified.tv_sec % 2;
	modified.tv_nsec = 0;
	changed = modified;
}

START_TEST(coarse_time_is_trusted_later)
{
	pretend_coarse(5);
	messagefile_begin(file);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_READ);
	pretend_coarse(0);
	messagefile_begin(file);
	ck_assert_int_eq(messagefile_try(file), MESSAGEFILE_UNSETTLED);
	ck_assert_uint_le(messagefile_wait_ms(file), 50);
}
END_TEST

/* There, what stays the same is read all the same. */
START_TEST(coarse_time_does_not_hold_up_a_start)
{
	uint64_t began = clock_ms();

	pretend_coarse(0);
	ck_assert(messagefile_read(file));
	assert_read("first\n");
	ck_assert_uint_lt(clock_ms() - began, 5 * MESSAGEFILE_PATIENCE_MS);
}
END_TEST

static uint64_t second_ms;
static int looks;

static void write_after_a_while(void)
{
	if (++looks == 4) {
		write_text("second\n");
		second_ms = clock_ms();
	}
}

/* Reads a file whose text, but not its times, changes for the second time that it is looked at. */
static bool read_with_hidden_write(void)
{
	looks = 0;
	write_text("first\n");
	pretend_coarse(-1);
	changed.tv_sec = modified.tv_sec = ago(0).tv_sec; /* for all of the wait it is too young */
	return messagefile_read(file);
}

/* The wait begins anew. On a busy machine it may last too long: then all of that again. */
START_TEST(coarse_time_hides_no_write)
{
	bool is_read = false;

	between_readings = write_after_a_while;
	for (int i = 0; i < 10 && !is_read; i++)
		is_read = read_with_hidden_write();
	ck_assert(is_read);
	assert_read("second\n");
	ck_assert_int_ge(looks, 4);
	ck_assert_uint_ge(clock_ms() - second_ms, UNCHANGED_MS - 1);
}
END_TEST

/* How long the writer's writes take, in memory that it shares with the test. */
struct pace {
	uint64_t began_ms, longest_ms;
};

/* Writes the texts in turn, for ever, each in one go. */
static void write_without_end(char texts[2][MOST], struct pace *pace)
{
	int fd = open(path, O_WRONLY);

	for (int i = 0;; i++) {
		uint64_t took;

		pace->began_ms = clock_ms();
		if (pwrite(fd, texts[i % 2], MOST, 0) < 0)
			_exit(1);
		took = clock_ms() - pace->began_ms;
		if (took > pace->longest_ms)
			pace->longest_ms = took;
	}
}

/*
 * True if a busy machine has stopped the writer within a write for so long that the file seemed
 * settled. The kernel's times of files are behind by a tick, and ours are whole milliseconds.
 */
static bool has_stalled(const struct pace *pace)
{
	uint64_t long_ms = SETTLED_MS - 20;

	return pace->longest_ms >= long_ms || clock_ms() - pace->began_ms >= long_ms;
}

/* Of a file that another process rewrites in place, all the time, in one go, no mixture is read. */
START_TEST(mixture_is_never_read)
{
	static char texts[2][MOST];
	struct pace *pace = mmap(NULL, sizeof *pace, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t end = clock_ms() + 2000;
	pid_t writer;

	ck_assert_ptr_ne(pace, MAP_FAILED);
	memset(texts[0], 'A', MOST);
	memset(texts[1], 'B', MOST);
	pace->began_ms = clock_ms();
	writer = fork();
	if (writer == 0)
		write_without_end(texts, pace);
	messagefile_begin(file);
	while (clock_ms() < end && !has_stalled(pace)) {
		if (messagefile_try(file) != MESSAGEFILE_READ)
			continue;
		/* The first text is there until the writer has begun. */
		if (messagefile_size(file) != MOST)
			assert_read("first\n");
		else if (!has_stalled(pace))
			ck_assert(memcmp(messagefile_bytes(file),
					 texts[*messagefile_bytes(file) == 'B'], MOST) == 0);
	}
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	munmap(pace, sizeof *pace);
	ck_assert(messagefile_read(file));
	ck_assert_uint_eq(messagefile_size(file), MOST);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("messagefile");
	TCase *settled = suite_case(suite, "settled"), *written = suite_case(suite, "written");
	TCase *coarse = suite_case(suite, "coarse");

	tcase_add_checked_fixture(settled, setup, teardown);
	tcase_add_test(settled, old_file_is_read_at_once);
	tcase_add_loop_test(settled, file_of_another_time_is_read_at_once, 0,
			    COUNT_OF(settled_ages));
	tcase_add_loop_test(settled, time_out_of_all_bounds_is_survived, 0, COUNT_OF(odd_seconds));
	tcase_add_loop_test(settled, young_file_waits_until_it_is_old_enough, 0, COUNT_OF(young));
	tcase_add_test(settled, change_that_is_no_write_needs_no_wait);
	tcase_add_test(settled, file_that_was_just_written_is_read_a_moment_later);
	tcase_add_checked_fixture(written, setup, teardown);
	tcase_add_loop_test(written, change_between_the_readings_is_noticed, 0,
			    COUNT_OF(second_texts));
	tcase_add_loop_test(written, change_after_the_readings_is_noticed, 0,
			    COUNT_OF(second_texts));
	tcase_add_test(written, file_that_is_written_to_all_the_time_is_refused);
	tcase_add_test(written, another_begin_gives_all_the_time_again);
	tcase_add_test(written, last_wait_is_no_longer_than_the_time_that_is_left);
	tcase_add_test(written, file_that_was_renamed_meanwhile_is_read);
	tcase_add_test(written, file_that_is_gone_meanwhile_is_refused);
	tcase_add_test(written, mixture_is_never_read);
	tcase_add_checked_fixture(coarse, setup, teardown);
	tcase_add_test(coarse, coarse_time_is_trusted_later);
	tcase_add_test(coarse, coarse_time_does_not_hold_up_a_start);
	tcase_add_test(coarse, coarse_time_hides_no_write);
	return suite_run(suite);
}
