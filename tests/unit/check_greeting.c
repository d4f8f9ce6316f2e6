/* check_greeting: the greeting is the text's or file's bytes, unchanged, or is refused. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "capture.h"
#include "daemon/greeting.h"
#include "daemon/options.h"
#include "suite.h"

/* A folder of the test's own, and a name in it. */
static char folder[] = "/tmp/check_greeting.XXXXXX";
static char path[64];

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/file", folder);
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
}

static void teardown(void)
{
	if (unlink(path) < 0)
		(void)rmdir(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* Writes a file of that size, the i-th byte being i * 31, so that every value occurs. */
static void write_file(size_t size)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	for (size_t i = 0; i < size; i++)
		putc((int)(i * 31 & 0xFF), file);
	ck_assert_int_eq(fclose(file), 0);
}

static struct greeting *from_file(const char *name)
{
	return greeting_new(&(struct options){.message_file = name});
}

static const size_t text_sizes[] = {0, 1, 14, 1023, 1024};

START_TEST(text_is_taken_literally)
{
	char text[1025] = "";
	struct greeting *greeting;

	memset(text, '\n', text_sizes[_i]);
	greeting = greeting_new(&(struct options){.message = text});
	ck_assert_ptr_nonnull(greeting);
	ck_assert_uint_eq(greeting_size(greeting), text_sizes[_i]);
	ck_assert_mem_eq(greeting_bytes(greeting), text, text_sizes[_i]);
	assert_told_nothing();
	greeting_free(greeting);
}
END_TEST

static const size_t file_sizes[] = {0, 1, 256, 1024};

START_TEST(file_is_taken_byte_by_byte)
{
	struct greeting *greeting;
	const unsigned char *bytes;

	write_file(file_sizes[_i]);
	greeting = from_file(path);
	ck_assert_ptr_nonnull(greeting);
	ck_assert_uint_eq(greeting_size(greeting), file_sizes[_i]);
	bytes = greeting_bytes(greeting);
	for (size_t i = 0; i < file_sizes[_i]; i++)
		ck_assert_uint_eq(bytes[i], i * 31 & 0xFF);
	assert_told_nothing();
	greeting_free(greeting);
}
END_TEST

START_TEST(greatest_file_is_taken_whole)
{
	struct greeting *greeting;

	write_file(OPTIONS_GREETING_MAX);
	greeting = from_file(path);
	ck_assert_ptr_nonnull(greeting);
	ck_assert_uint_eq(greeting_size(greeting), OPTIONS_GREETING_MAX);
	for (size_t i = 0; i < OPTIONS_GREETING_MAX; i += 4093)
		ck_assert_uint_eq(((const unsigned char *)greeting_bytes(greeting))[i],
				  i * 31 & 0xFF);
	greeting_free(greeting);
}
END_TEST

START_TEST(greatest_text_is_taken_whole)
{
	char *text = calloc(OPTIONS_GREETING_MAX + 1, 1);
	struct greeting *greeting;

	memset(text, 'w', OPTIONS_GREETING_MAX);
	greeting = greeting_new(&(struct options){.message = text});
	ck_assert_ptr_nonnull(greeting);
	ck_assert_uint_eq(greeting_size(greeting), OPTIONS_GREETING_MAX);
	greeting_free(greeting);
	free(text);
}
END_TEST

START_TEST(greeting_that_hailto_cuts_is_warned_of)
{
	struct greeting *greeting;

	write_file(1025);
	greeting = from_file(path);
	ck_assert_ptr_nonnull(greeting);
	assert_one_error_line("haild: the greeting has 1025 bytes");
	greeting_free(greeting);
}
END_TEST

START_TEST(file_over_the_most_is_refused)
{
	write_file(OPTIONS_GREETING_MAX + 1);
	ck_assert_ptr_null(from_file(path));
	assert_one_error_line("haild: the message file /tmp/");
	assert_told("too long: 1048576 bytes are the most");
}
END_TEST

START_TEST(text_over_the_most_is_refused)
{
	char *text = calloc(OPTIONS_GREETING_MAX + 2, 1);

	memset(text, 'w', OPTIONS_GREETING_MAX + 1);
	ck_assert_ptr_null(greeting_new(&(struct options){.message = text}));
	assert_one_error_line("haild: the greeting has 1048577 bytes, 1048576 are the most");
	free(text);
}
END_TEST

START_TEST(missing_file_is_refused)
{
	ck_assert_ptr_null(from_file(path));
	assert_one_error_line("haild: cannot open the message file /tmp/");
	assert_told("No such file");
}
END_TEST

START_TEST(file_without_a_name_is_refused)
{
	ck_assert_ptr_null(from_file(""));
	assert_one_error_line("haild: cannot open the message file ");
}
END_TEST

START_TEST(folder_is_refused)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_ptr_null(from_file(path));
	assert_one_error_line("haild: cannot use the message file /tmp/");
	assert_told("not a regular file");
}
END_TEST

/* Nobody writes to it: a daemon that opened it as a file would wait for ever. */
START_TEST(fifo_is_refused_at_once)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_ptr_null(from_file(path));
	assert_one_error_line("haild: cannot use the message file /tmp/");
}
END_TEST

START_TEST(device_without_an_end_is_refused)
{
	ck_assert_ptr_null(from_file("/dev/zero"));
	assert_one_error_line("haild: cannot use the message file /dev/zero");
}
END_TEST

START_TEST(socket_is_refused)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_ptr_null(from_file(path));
	assert_one_error_line("haild: cannot open the message file /tmp/");
	close(fd);
}
END_TEST

/* The kernel calls it a regular file, but reading at 0, where nothing is mapped, fails. */
START_TEST(read_error_is_told)
{
	ck_assert_ptr_null(from_file("/proc/self/mem"));
	assert_one_error_line("haild: cannot read the message file /proc/self/mem: ");
}
END_TEST

START_TEST(name_is_told_escaped)
{
	ck_assert_ptr_null(from_file("/\x1B[2J\n"));
	assert_one_error_line("haild: cannot open the message file /\\x1B[2J\\x0A: ");
}
END_TEST

START_TEST(no_descriptor_stays_open)
{
	int before = open("/dev/null", O_RDONLY), after;

	close(before);
	write_file(14);
	greeting_free(from_file(path));
	ck_assert_ptr_null(from_file("/dev/zero"));
	ck_assert_ptr_null(from_file("/proc/self/mem"));
	write_file(OPTIONS_GREETING_MAX + 1);
	ck_assert_ptr_null(from_file(path));
	after = open("/dev/null", O_RDONLY);
	ck_assert_int_eq(after, before);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("greeting");
	TCase *taken = suite_case(suite, "taken"), *refused = suite_case(suite, "refused");

	tcase_add_checked_fixture(taken, setup, teardown);
	tcase_add_loop_test(taken, text_is_taken_literally, 0, COUNT_OF(text_sizes));
	tcase_add_test(taken, greatest_text_is_taken_whole);
	tcase_add_loop_test(taken, file_is_taken_byte_by_byte, 0, COUNT_OF(file_sizes));
	tcase_add_test(taken, greatest_file_is_taken_whole);
	tcase_add_test(taken, greeting_that_hailto_cuts_is_warned_of);
	tcase_add_checked_fixture(refused, setup, teardown);
	tcase_add_test(refused, file_over_the_most_is_refused);
	tcase_add_test(refused, text_over_the_most_is_refused);
	tcase_add_test(refused, missing_file_is_refused);
	tcase_add_test(refused, file_without_a_name_is_refused);
	tcase_add_test(refused, folder_is_refused);
	tcase_add_test(refused, fifo_is_refused_at_once);
	tcase_add_test(refused, device_without_an_end_is_refused);
	tcase_add_test(refused, socket_is_refused);
	tcase_add_test(refused, read_error_is_told);
	tcase_add_test(refused, name_is_told_escaped);
	tcase_add_test(refused, no_descriptor_stays_open);
	return suite_run(suite);
}
