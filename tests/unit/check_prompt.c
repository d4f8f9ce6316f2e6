/* SPDX-License-Identifier: ISC */
/* check_prompt: what is asked, which answers make which target, and which end it in one line. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "client/prompt.h"
#include "lib/capture.h"
#include "lib/suite.h"

#define ASK_ADDRESS "Enter server address: "
#define ASK_PORT "Enter server port: "

static struct endpoint target;

/* Gives the answers on standard input. */
static bool answer(const char *text, size_t length)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, length, file), length);
	ck_assert_int_eq(fflush(file), 0);
	rewind(file);
	ck_assert_int_eq(dup2(fileno(file), STDIN_FILENO), STDIN_FILENO);
	fclose(file);
	return prompt_target(&target);
}

static void setup(void)
{
	capture(STDERR_FILENO);
	capture(STDOUT_FILENO);
	log_open("hailto", LOG_LEVEL_WARNING);
}

static void teardown(void)
{
	ck_assert_str_eq(captured(STDOUT_FILENO), ""); /* which is for the greeting alone */
}

static const struct {
	const char *answers, *shown, *asked;
} good[] = {
	{"localhost\n12345\n", "localhost:12345", ASK_ADDRESS ASK_PORT},
	{"127.0.0.1\n80\n", "127.0.0.1:80", ASK_ADDRESS ASK_PORT},
	{"127.0.0.1\r\n80\r\n", "127.0.0.1:80", ASK_ADDRESS ASK_PORT},
	{"\n\n", "localhost:12345", ASK_ADDRESS ASK_PORT},
	{"\n80\n", "localhost:80", ASK_ADDRESS ASK_PORT},
	{"host\n\n", "host:12345", ASK_ADDRESS ASK_PORT},
	{"host\n80", "host:80", ASK_ADDRESS ASK_PORT}, /* no newline at the end */
	{"host\n65535\nmore\n", "host:65535", ASK_ADDRESS ASK_PORT},
	{"::1\n80\n", "[::1]:80", ASK_ADDRESS ASK_PORT},
	{"[::1]\n80\n", "[::1]:80", ASK_ADDRESS ASK_PORT},
	{"host:80\n", "host:80", ASK_ADDRESS},
	{"host:80", "host:80", ASK_ADDRESS},
	{"[::1]:80\n", "[::1]:80", ASK_ADDRESS},
	{"unix:/run/x.sock\n", "unix:/run/x.sock", ASK_ADDRESS},
	{" host \n\t80 \t\n", "host:80", ASK_ADDRESS ASK_PORT},
	{"  \n\t\n", "localhost:12345", ASK_ADDRESS ASK_PORT},
	{" \r\n \r\n", "localhost:12345", ASK_ADDRESS ASK_PORT},
	{" host:80", "host:80", ASK_ADDRESS},
	{" unix:/a b \n", "unix:/a b", ASK_ADDRESS},
};

START_TEST(answers_make_the_target)
{
	char text[ADDRESS_TEXT_MAX];

	ck_assert(answer(good[_i].answers, strlen(good[_i].answers)));
	ck_assert_str_eq(endpoint_format(&target, text, sizeof text), good[_i].shown);
	ck_assert_str_eq(captured(STDERR_FILENO), good[_i].asked);
}
END_TEST

static const struct {
	const char *answers, *asked, *told;
} bad[] = {
	{"", ASK_ADDRESS, "standard input has ended"},
	{"host\n", ASK_ADDRESS ASK_PORT, "standard input has ended"},
	{"\n", ASK_ADDRESS ASK_PORT, "standard input has ended"},
	{"a:b:c\n", ASK_ADDRESS, "bad address 'a:b:c'"},
	{"*\n80\n", ASK_ADDRESS, "bad address '*'"},
	{"host:\n", ASK_ADDRESS, "bad address 'host:'"},
	{"host:0\n", ASK_ADDRESS, "bad address 'host:0'"},
	{"unix:\n", ASK_ADDRESS, "bad address 'unix:'"},
	{"\x1B[2J:\n", ASK_ADDRESS, "bad address '\\x1B[2J:'"},
	{"host\n0\n", ASK_ADDRESS ASK_PORT, "bad port '0'"},
	{"host\n65536\n", ASK_ADDRESS ASK_PORT, "bad port '65536'"},
	{"host\n-1\n", ASK_ADDRESS ASK_PORT, "bad port '-1'"},
	{"host\n8 0\n", ASK_ADDRESS ASK_PORT, "bad port '8 0'"},
	{"host\n80\r\r\n", ASK_ADDRESS ASK_PORT, "bad port '80\\x0D'"},
	{" a b \n", ASK_ADDRESS, "bad address 'a b': the host has a blank in it"},
	{"12345\n", ASK_ADDRESS, "bad address '12345': a number is not a host"},
	{"010.0.0.1\n", ASK_ADDRESS, "bad address '010.0.0.1': an IPv4 address is"},
	{" http://localhost:12345/ \n", ASK_ADDRESS,
	 "bad address 'http://localhost:12345/': this is a URL; write HOST:PORT"},
	{"host\nno-such-service\n", ASK_ADDRESS ASK_PORT, "bad port 'no-such-service'"},
};

/* Asserts that behind the questions, on a line of its own or theirs, stands one error. */
static void assert_asked_and_refused(const char *asked, const char *told)
{
	const char *text = captured(STDERR_FILENO), *line;

	ck_assert_msg(strncmp(text, asked, strlen(asked)) == 0, "'%s'", text);
	line = text + strlen(asked);
	line += *line == '\n';
	ck_assert_msg(strncmp(line, "hailto: ", 8) == 0, "'%s'", text);
	ck_assert_msg(strchr(line, '\n') == line + strlen(line) - 1, "'%s'", text);
	assert_told(told);
}

START_TEST(bad_answer_ends_in_one_line)
{
	ck_assert(!answer(bad[_i].answers, strlen(bad[_i].answers)));
	assert_asked_and_refused(bad[_i].asked, bad[_i].told);
}
END_TEST

START_TEST(endless_answer_is_refused)
{
	char text[4096];

	memset(text, 'x', sizeof text);
	ck_assert(!answer(text, sizeof text));
	assert_asked_and_refused(ASK_ADDRESS, "the answer is too long");
}
END_TEST

/* What lies behind a NUL must not be lost without a word. */
START_TEST(answer_with_a_nul_is_refused)
{
	ck_assert(!answer("host\0name\n80\n", 13));
	assert_asked_and_refused(ASK_ADDRESS, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("prompt");
	TCase *answers = suite_case(suite, "answers");

	tcase_add_checked_fixture(answers, setup, teardown);
	tcase_add_loop_test(answers, answers_make_the_target, 0, COUNT_OF(good));
	tcase_add_loop_test(answers, bad_answer_ends_in_one_line, 0, COUNT_OF(bad));
	tcase_add_test(answers, endless_answer_is_refused);
	tcase_add_test(answers, answer_with_a_nul_is_refused);
	return suite_run(suite);
}
