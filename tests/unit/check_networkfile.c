/* SPDX-License-Identifier: ISC */
/* check_networkfile: a file of networks is read whole, or refused with its line and the reason. */
#include "daemon/admit/networkfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/prefix.h"
#include "daemon/admit/rules.h"
#include "lib/memory.h"
#include "lib/suite.h"

static char folder[] = "/tmp/check_networkfile.XXXXXX";
static char path[64], why[NETWORKFILE_WHY_MAX];
static struct rules rules;

static void setup(void)
{
	struct prefix earlier = {.family = AF_INET, .length = 0};

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/file", folder);
	ck_assert(rules_add(&rules, &earlier, true));
}

static void teardown(void)
{
	rules_clear(&rules);
	unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* Parses a text into rules, after the one that is there. */
static bool parse(const char *text, size_t size)
{
	return networkfile_parse("FILE", text, size, &rules, why);
}

static void assert_refused(const char *expected)
{
	ck_assert_str_eq(why, expected);
	ck_assert_uint_eq(rules.count, 1);
}

static const struct {
	const char *text;
	size_t count;
} good[] = {
	{"", 0},
	{"\n", 0},
	{"\n\n \t\n", 0},
	{"\r\n\r\n", 0},
	{"#", 0},
	{"# 192.0.2.1/24 is no network\n", 0},
	{"192.0.2.0/24", 1},
	{"192.0.2.0/24\n", 1},
	{"192.0.2.0/24\r\n", 1},
	{"192.0.2.0/24\r", 1},
	{"\t 192.0.2.0/24 \t\n", 1},
	{"192.0.2.0/24# comment\n", 1},
	{" 192.0.2.0/24 # comment \r\n", 1},
	{"192.0.2.0/24 \r\n", 1},
	{"192.0.2.0/24\n2001:db8::/32\n::1\n10.0.0.1", 4},
	{"192.0.2.0/24\n192.0.2.0/24\n", 2},
	{"# \xFF\x01#\n192.0.2.0/24\n", 1},
};

START_TEST(networks_are_denied)
{
	ck_assert_msg(parse(good[_i].text, strlen(good[_i].text)), "%s", why);
	ck_assert_uint_eq(rules.count, 1 + good[_i].count);
	for (size_t i = 1; i < rules.count; i++)
		ck_assert(!rules.all[i].is_allowed);
	ck_assert(rules.all[0].is_allowed);
}
END_TEST

#define TEXT(text) text, sizeof(text) - 1

static const struct {
	const char *text;
	size_t size;
	const char *why;
} bad[] = {
	{TEXT("192.0.2.1/24\n"),
	 "the deny file FILE, line 1: 192.0.2.1/24 has host bits; its network is 192.0.2.0/24"},
	{TEXT("192.0.2.0/24\n\n# comment\n192.0.2.0/33"),
	 "the deny file FILE, line 4: the length of an IPv4 network is a number from 0 to 32, "
	 "without leading zeros"},
	{TEXT("192.0.2.0/24\r\n::1\r\n10.0.0/8\r\n"),
	 "the deny file FILE, line 3: an IPv4 address is four decimal numbers up to 255, "
	 "without leading zeros"},
	{TEXT("10.0.0.1 10.0.0.2\n"),
	 "the deny file FILE, line 1: a network is an IPv4 or IPv6 address, such as 192.0.2.1, or "
	 "has a length, such as 192.0.2.0/24"},
	{TEXT("10.0.0.1\r\r\n"),
	 "the deny file FILE, line 1: a network is an IPv4 or IPv6 address, such as 192.0.2.1, or "
	 "has a length, such as 192.0.2.0/24"},
	{TEXT("10.0.0.1\n\0\n"), "the deny file FILE, line 2: a NUL byte"},
	{TEXT("10.0.0.1\0\n"), "the deny file FILE, line 1: a NUL byte"},
	{TEXT("10.0.0.1 # comment \0"), "the deny file FILE, line 1: a NUL byte"},
};

START_TEST(bad_line_refuses_the_file)
{
	ck_assert(!parse(bad[_i].text, bad[_i].size));
	assert_refused(bad[_i].why);
}
END_TEST

START_TEST(line_may_be_long_but_not_longer)
{
	char line[NETWORKFILE_LINE_MAX + 2];

	memset(line, ' ', sizeof line);
	memcpy(line, "10.0.0.1", strlen("10.0.0.1"));
	line[NETWORKFILE_LINE_MAX] = '\n';
	ck_assert(parse(line, sizeof line));
	ck_assert_uint_eq(rules.count, 2);
	rules_truncate(&rules, 1);
	line[NETWORKFILE_LINE_MAX] = ' ';
	ck_assert(!parse(line, sizeof line));
	assert_refused("the deny file FILE, line 1: more than 1000 bytes");
}
END_TEST

START_TEST(lines_may_be_many_but_not_more)
{
	size_t size = NETWORKFILE_LINES_MAX + 1;
	char *text = malloc(size);

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', size);
	ck_assert(parse(text, size - 1));
	ck_assert(!parse(text, size));
	assert_refused("the deny file FILE is too long: 4000000 lines are the most");
	free(text);
}
END_TEST

START_TEST(no_memory_is_told)
{
	bool is_read;

	memory_grants = 0;
	while (rules.count < rules.room)
		rules.all[rules.count++] = rules.all[0];
	is_read = parse(TEXT("10.0.0.1\n"));
	memory_grants = -1;
	ck_assert(!is_read);
	ck_assert_str_eq(why, "out of memory");
	ck_assert_uint_eq(rules.count, rules.room);
}
END_TEST

/* Writes the file. */
static void write_text(const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static bool read_file(void)
{
	return networkfile_read(path, &rules, why);
}

/* Asserts that the file is refused with this, and its path in between. */
static void assert_file_refused(const char *before, const char *after)
{
	char expected[NETWORKFILE_WHY_MAX];

	ck_assert(!read_file());
	snprintf(expected, sizeof expected, "%s%s%s", before, path, after);
	assert_refused(expected);
}

START_TEST(file_is_read)
{
	write_text("# comment\n192.0.2.0/24\n2001:db8::/32\n");
	ck_assert_msg(read_file(), "%s", why);
	ck_assert_uint_eq(rules.count, 3);
	ck_assert_uint_eq(rules.all[1].first.high, (uint64_t)0xC0000200 << 32);
	ck_assert_uint_eq(rules.all[1].length, 24);
	ck_assert(rules.all[2].is_ipv6);
}
END_TEST

START_TEST(empty_file_denies_nobody)
{
	write_text("");
	ck_assert_msg(read_file(), "%s", why);
	ck_assert_uint_eq(rules.count, 1);
}
END_TEST

START_TEST(bad_file_is_named)
{
	write_text("192.0.2.0/24\n10.0.0.0/\n");
	assert_file_refused("the deny file ",
			    ", line 2: the length of an IPv4 network is a number from 0 to 32, "
			    "without leading zeros");
}
END_TEST

START_TEST(missing_file_is_refused)
{
	assert_file_refused("cannot open the deny file ", ": No such file or directory");
}
END_TEST

START_TEST(pipe_is_not_waited_for)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	assert_file_refused("cannot use the deny file ", ": it is not a regular file");
}
END_TEST

static const char *const odd_files[] = {"/", "/dev/zero", "/dev/null"};

START_TEST(what_is_no_regular_file_is_refused)
{
	ck_assert_int_eq(symlink(odd_files[_i], path), 0);
	assert_file_refused("cannot use the deny file ", ": it is not a regular file");
}
END_TEST

START_TEST(file_that_is_too_long_is_refused_unread)
{
	write_text("");
	ck_assert_int_eq(truncate(path, (off_t)NETWORKFILE_SIZE_MAX + 1), 0);
	assert_file_refused("the deny file ", " is too long: 67108864 bytes are the most");
	ck_assert_int_eq(truncate(path, (off_t)NETWORKFILE_SIZE_MAX), 0);
	assert_file_refused("the deny file ", ", line 1: more than 1000 bytes");
}
END_TEST

START_TEST(no_memory_for_the_file_is_told)
{
	bool is_read;

	write_text("192.0.2.0/24\n");
	memory_grants = 0;
	is_read = read_file();
	memory_grants = -1;
	ck_assert(!is_read);
	assert_refused("out of memory");
}
END_TEST

/* What happens to the file before it is read; and what errno reading gives then, or 0. */
static const char *written_before_reading;
static int reading_errno;

/* In the C library's place. */
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
	const char *text = written_before_reading;

	if (text) {
		written_before_reading = NULL;
		write_text(text);
	}
	if (reading_errno == 0)
		return __real_read(fd, bytes, size);
	errno = reading_errno;
	reading_errno = 0;
	return -1;
}

/* What read() becomes where glibc's headers know the size of the room. */
ssize_t __wrap___read_chk(int fd, void *bytes, size_t size, size_t room);
ssize_t __wrap___read_chk(int fd, void *bytes, size_t size, size_t room)
{
	ck_assert_uint_le(size, room);
	return __wrap_read(fd, bytes, size);
}

static const char *const other_texts[] = {"", "192.0.2.0", "192.0.2.0/24\n10.0.0.1\n"};

START_TEST(file_that_changes_its_size_is_refused)
{
	write_text("192.0.2.0/24\n");
	written_before_reading = other_texts[_i];
	assert_file_refused("cannot use the deny file ",
			    ": it is being written to (rename a whole one to its name)");
}
END_TEST

START_TEST(failing_read_is_told)
{
	write_text("192.0.2.0/24\n");
	reading_errno = EIO;
	assert_file_refused("cannot read the deny file ", ": Input/output error");
}
END_TEST

START_TEST(interrupted_read_goes_on)
{
	write_text("192.0.2.0/24\n");
	reading_errno = EINTR;
	ck_assert_msg(read_file(), "%s", why);
	ck_assert_uint_eq(rules.count, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("networkfile");
	TCase *texts = suite_case(suite, "texts"), *files = suite_case(suite, "files");

	tcase_add_checked_fixture(texts, setup, teardown);
	tcase_add_loop_test(texts, networks_are_denied, 0, COUNT_OF(good));
	tcase_add_loop_test(texts, bad_line_refuses_the_file, 0, COUNT_OF(bad));
	tcase_add_test(texts, line_may_be_long_but_not_longer);
	tcase_add_test(texts, lines_may_be_many_but_not_more);
	tcase_add_test(texts, no_memory_is_told);
	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_test(files, file_is_read);
	tcase_add_test(files, empty_file_denies_nobody);
	tcase_add_test(files, bad_file_is_named);
	tcase_add_test(files, missing_file_is_refused);
	tcase_add_test(files, pipe_is_not_waited_for);
	tcase_add_loop_test(files, what_is_no_regular_file_is_refused, 0, COUNT_OF(odd_files));
	tcase_add_test(files, file_that_is_too_long_is_refused_unread);
	tcase_add_test(files, no_memory_for_the_file_is_told);
	tcase_add_loop_test(files, file_that_changes_its_size_is_refused, 0, COUNT_OF(other_texts));
	tcase_add_test(files, failing_read_is_told);
	tcase_add_test(files, interrupted_read_goes_on);
	return suite_run(suite);
}
