/* SPDX-License-Identifier: ISC */
/* check_completion: templates are filled in, and what a shell takes for itself is escaped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "completion/fill.h"
#include "completion/offer.h"
#include "lib/capture.h"
#include "lib/suite.h"

static const struct cli_option table[] = {
	{'l', "listen", "ADDR", CLI_LIST, 0, 0, 0, "localhost", "the host's [place]"},
	{0, "log", "FORM", CLI_FORM, 0, 0, 0, NULL, "text: or \\x"},
	{'b', "bits", "BITS", CLI_TEXT, 0, 0, 0, "32:64", "bits"},
	{'w', "wait", "[TIME]", CLI_TIME, 0, 0, 0, "1s", "wait"},
	{'f', "file", "FILE", CLI_TEXT, 0, 0, 0, NULL, "read"},
	{0, "text", "TEXT", CLI_TEXT, 0, 0, 0, "some words", "say"},
	{'v', "verbose", NULL, CLI_COUNTER, 0, 0, 0, NULL, "more"},
	{'h', "help", NULL, CLI_HELP, 0, 0, 0, NULL, "help"},
};

static const struct cli cli = {
	.program = "test",
	.synopsis = "[OPTION]... [HOST]",
	.options = table,
	.count = sizeof table / sizeof *table,
};

static char *filled;

/* Fills in a template, and keeps what it has become. */
static bool fill(const char *template, const struct cli *program, shells_print *print)
{
	size_t size;
	FILE *in = tmpfile(), *out = open_memstream(&filled, &size);
	bool is_filled;

	ck_assert(in && out);
	ck_assert_int_ge(fputs(template, in), 0);
	rewind(in);
	is_filled = fill_template(in, out, program, print);
	fclose(in);
	fclose(out);
	return is_filled;
}

static void setup(void)
{
	capture(STDERR_FILENO);
	filled = NULL;
}

static void teardown(void)
{
	free(filled);
}

START_TEST(fields_are_filled_in)
{
	ck_assert(
		fill("_@program@() { @operands@; }\n[@letters@] @names@, @alone@: @port@@other@\n",
		     &cli, bash_print));
	ck_assert_str_eq(
		filled,
		"_test() { servers; }\n[lbf] listen log bits file text, h help: 12345@other@\n");
	assert_told_nothing();
}
END_TEST

START_TEST(a_program_without_operands_says_so)
{
	struct cli program = cli;

	program.synopsis = "[OPTION]...";
	ck_assert(fill("@operands@", &program, bash_print));
	ck_assert_str_eq(filled, "nothing");
}
END_TEST

static const struct {
	shells_print *print;
	const char *rows;
} shells[] = {
	{bash_print, "begin\n"
		     "\t'-l --listen needs often address localhost'\n"
		     "\t'-- --log needs once words text json'\n"
		     "\t'-b --bits needs once words 32:64'\n"
		     "\t'-w --wait may once words 1s'\n"
		     "\t'-f --file needs once file'\n"
		     "\t'-- --text needs once words'\n"
		     "\t'-v --verbose no often nothing'\n"
		     "\t'-h --help no alone nothing'\n"
		     "end\n"},
	{fish_print,
	 "begin\n"
	 "complete -c test -n '__test_takes' -s l -l listen -x -a '(__test_address localhost)' "
	 "-d 'the host\\'s [place] (localhost)'\n"
	 "complete -c test -n '__test_takes log' -l log -x -a 'text json' -d 'text: or \\\\x'\n"
	 "complete -c test -n '__test_takes b bits' -s b -l bits -x -a '32:64' -d 'bits (32:64)'\n"
	 "complete -c test -n '__test_takes w wait' -s w -l wait -a '1s' -d 'wait (1s)'\n"
	 "complete -c test -n '__test_takes f file' -s f -l file -r -F -d 'read'\n"
	 "complete -c test -n '__test_takes text' -l text -x -d 'say (some words)'\n"
	 "complete -c test -n '__test_takes' -s v -l verbose -d 'more'\n"
	 "complete -c test -n '__test_takes h help' -s h -l help -d 'help'\n"
	 "end\n"},
	{zsh_print,
	 "begin\n"
	 "\t'*-l+[the host'\\''s \\[place\\] (localhost)]:ADDR: _test_address localhost'\n"
	 "\t'*--listen=[the host'\\''s \\[place\\] (localhost)]:ADDR: _test_address localhost'\n"
	 "\t'--log=[text: or \\\\x]:FORM:(text json)'\n"
	 "\t'(-b --bits)-b+[bits (32:64)]:BITS:(32\\:64)'\n"
	 "\t'(-b --bits)--bits=[bits (32:64)]:BITS:(32\\:64)'\n"
	 "\t'(-w --wait)-w[wait (1s)]'\n"
	 "\t'(-w --wait)--wait=-[wait (1s)]::TIME:(1s)'\n"
	 "\t'(-f --file)-f+[read]:FILE:_files'\n"
	 "\t'(-f --file)--file=[read]:FILE:_files'\n"
	 "\t'--text=[say (some words)]:TEXT: '\n"
	 "\t'*-v[more]'\n"
	 "\t'*--verbose[more]'\n"
	 "\t'(- *)-h[help]'\n"
	 "\t'(- *)--help[help]'\n"
	 "end\n"},
};

START_TEST(each_shell_has_rows)
{
	ck_assert(fill("begin\n@options@\nend\n", &cli, shells[_i].print));
	ck_assert_str_eq(filled, shells[_i].rows);
}
END_TEST

/* What these have instead would be no completion at all, and nobody would see that. */
START_TEST(a_value_of_an_unknown_name_is_refused)
{
	static const char *const names[] = {"FILES", "FIL", "", "[FILE", "[FORMAT]"};
	const struct cli_option option = {0, "new", names[_i], CLI_TEXT, 0, 0, 0, "x", "new"};
	struct cli program = cli;
	char told[80];

	program.options = &option;
	program.count = 1;
	ck_assert_ptr_null(offer_find(&option));
	ck_assert(!fill("@options@\n", &program, bash_print));
	ck_assert_str_eq(filled, "");
	snprintf(told, sizeof told,
		 "nothing says what to offer for --new=%s (see completion/offer.c)\n", names[_i]);
	assert_told(told);
}
END_TEST

START_TEST(lost_output_is_told)
{
	FILE *in = tmpfile(), *full = fopen("/dev/full", "w");

	ck_assert(in);
	if (full) {
		fputs("text\n", in);
		rewind(in);
		ck_assert(!fill_template(in, full, &cli, bash_print));
		assert_told("cannot fill in the template");
		fclose(full);
	}
	fclose(in);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("completion");
	TCase *completion = suite_case(suite, "completion");

	tcase_add_checked_fixture(completion, setup, teardown);
	tcase_add_test(completion, fields_are_filled_in);
	tcase_add_test(completion, a_program_without_operands_says_so);
	tcase_add_loop_test(completion, each_shell_has_rows, 0, COUNT_OF(shells));
	tcase_add_loop_test(completion, a_value_of_an_unknown_name_is_refused, 0, 5);
	tcase_add_test(completion, lost_output_is_told);
	return suite_run(suite);
}
