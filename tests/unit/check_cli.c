/* SPDX-License-Identifier: ISC */
/* check_cli: a table of every kind of option, read from good and bad command lines, and printed. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/log.h"
#include "lib/capture.h"
#include "lib/suite.h"

struct fields {
	bool flag;
	uint64_t counter, number, size, time, wait;
	const char *text, *from;
	struct cli_list list;
	bool json;
	struct cli_mode mode;
	int taken; /* how often taken() was called */
};

#define FIELD(name) offsetof(struct fields, name)

static const struct cli_option table[] = {
	{'f', "flag", NULL, CLI_FLAG, FIELD(flag), 0, 0, NULL, "a flag"},
	{'c', "counter", NULL, CLI_COUNTER, FIELD(counter), 0, 0, NULL, "a counter"},
	{'n', "number", "N", CLI_NUMBER, FIELD(number), 5, 10, "7", "a number"},
	{'s', "size", "SIZE", CLI_SIZE, FIELD(size), 1, 2048, NULL, "a size"},
	{0, "time", "TIME", CLI_TIME, FIELD(time), 100, 2000, NULL, "a time"},
	{'t', "text", "TEXT", CLI_TEXT, FIELD(text), 0, 0, "words", "a text"},
	{'l', "list", "ITEM", CLI_LIST, FIELD(list), 0, 0, NULL, "a list"},
	{0, "report", "FORM", CLI_FORM, FIELD(json), 0, 0, NULL, "a form"},
	{0, "mode", "MODE", CLI_MODE, FIELD(mode), 0, 0, NULL, "a mode"},
	{'w', "wait", "[TIME]", CLI_TIME, FIELD(wait), 100, 2000, "1s", "wait"},
	{0, "from", "[NAME]", CLI_TEXT, FIELD(from), 0, 0, "here", "a name"},
	{'h', "help", NULL, CLI_HELP, 0, 0, 0, NULL, "print this help"},
	{'V', "version", NULL, CLI_VERSION, 0, 0, 0, NULL, "print the version"},
};

static struct fields fields;

static void taken(const void *changed)
{
	ck_assert_ptr_eq(changed, &fields);
	fields.taken++;
}

static const struct cli cli = {
	.program = "test",
	.version = "1.2.3",
	.synopsis = "[OPTION]... [OPERAND]",
	.purpose = "Tests options.\n",
	.more = "More about them.\n",
	.options = table,
	.count = sizeof table / sizeof *table,
	.taken = taken,
};

/* The words of a command line behind the program's name, and what they make of the fields. */
#define WORDS_MAX 12

/* Copies the words, which end with NULL. Returns how many there are with the program's name. */
static int copy(const char *const *words, char **argv)
{
	int argc = 0;

	argv[argc++] = strdup("test");
	while (argc <= WORDS_MAX && words[argc - 1]) {
		argv[argc] = strdup(words[argc - 1]);
		argc++;
	}
	argv[argc] = NULL;
	return argc;
}

/* Parses the words, which end with NULL. */
static enum cli_outcome parse(const char *const *words, int *operands, char **argv)
{
	return cli_parse(&cli, &fields, copy(words, argv), argv, operands);
}

static void free_words(char **argv)
{
	while (*argv)
		free(*argv++);
}

static void setup(void)
{
	unsetenv("POSIXLY_CORRECT");
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_INFO);
	fields = (struct fields){.text = "default"};
}

static const struct {
	const char *words[WORDS_MAX];
	bool flag;
	uint64_t counter, number, size, time;
	const char *text;
	size_t listed, operands;
} good[] = {
	{{NULL}, false, 0, 7, 0, 0, "default", 0, 0},
	{{"-f"}, true, 0, 7, 0, 0, "default", 0, 0},
	{{"--flag"}, true, 0, 7, 0, 0, "default", 0, 0},
	{{"-c"}, false, 1, 7, 0, 0, "default", 0, 0},
	{{"-ccc", "--counter"}, false, 4, 7, 0, 0, "default", 0, 0},
	{{"-fc"}, true, 1, 7, 0, 0, "default", 0, 0},
	{{"-n5"}, false, 0, 5, 0, 0, "default", 0, 0},
	{{"-n", "10"}, false, 0, 10, 0, 0, "default", 0, 0},
	{{"--number=6"}, false, 0, 6, 0, 0, "default", 0, 0},
	{{"--number", "6"}, false, 0, 6, 0, 0, "default", 0, 0},
	{{"--num", "6"}, false, 0, 6, 0, 0, "default", 0, 0},
	{{"-s2K"}, false, 0, 7, 2048, 0, "default", 0, 0},
	{{"--size=1"}, false, 0, 7, 1, 0, "default", 0, 0},
	{{"--time=100ms"}, false, 0, 7, 0, 100, "default", 0, 0},
	{{"--time=2"}, false, 0, 7, 0, 2000, "default", 0, 0},
	{{"--time=0.5s"}, false, 0, 7, 0, 500, "default", 0, 0},
	{{"-t", ""}, false, 0, 7, 0, 0, "", 0, 0},
	{{"--text="}, false, 0, 7, 0, 0, "", 0, 0},
	{{"-t", "-f"}, false, 0, 7, 0, 0, "-f", 0, 0},
	{{"-fcts", "-n8"}, true, 1, 8, 0, 0, "s", 0, 0},
	{{"-l", "a"}, false, 0, 7, 0, 0, "default", 1, 0},
	{{"-l", "a", "-lb", "--list=c"}, false, 0, 7, 0, 0, "default", 3, 0},
	{{"one"}, false, 0, 7, 0, 0, "default", 0, 1},
	{{"one", "-f", "two", "-c"}, true, 1, 7, 0, 0, "default", 0, 2},
	{{"--", "-f", "--nonsense"}, false, 0, 7, 0, 0, "default", 0, 2},
	{{"-f", "--"}, true, 0, 7, 0, 0, "default", 0, 0},
	{{"-"}, false, 0, 7, 0, 0, "default", 0, 1},
};

START_TEST(command_line_is_understood)
{
	char *argv[WORDS_MAX + 2];
	int operands;
	size_t left = 0;

	ck_assert_int_eq(parse(good[_i].words, &operands, argv), CLI_GO);
	assert_told_nothing();
	ck_assert_int_eq(fields.flag, good[_i].flag);
	ck_assert_uint_eq(fields.counter, good[_i].counter);
	ck_assert_uint_eq(fields.number, good[_i].number);
	ck_assert_uint_eq(fields.size, good[_i].size);
	ck_assert_uint_eq(fields.time, good[_i].time);
	ck_assert_str_eq(fields.text, good[_i].text);
	ck_assert_uint_eq(fields.list.count, good[_i].listed);
	while (argv[(size_t)operands + left])
		left++;
	ck_assert_uint_eq(left, good[_i].operands);
	free_words(argv);
}
END_TEST

static const struct {
	const char *words[4];
	uint64_t wait;
	const char *from;
	int operands;
} lacking[] = {
	{{"x"}, 0, NULL, 1},
	{{"-w"}, 1000, NULL, 0},
	{{"--wait"}, 1000, NULL, 0},
	{{"-wc"}, 1000, NULL, 0}, /* two letters */
	{{"--wait=2s"}, 2000, NULL, 0},
	{{"-w", "2s"}, 1000, NULL, 1}, /* a word of its own is not the value */
	{{"--wait", "2s"}, 1000, NULL, 1},
	{{"-cw", "-f"}, 1000, NULL, 0},
	{{"--from"}, 0, "here", 0},
	{{"--from="}, 0, "", 0},
	{{"--from=there", "--wait"}, 1000, "there", 0},
};

START_TEST(value_may_be_left_out)
{
	char *argv[WORDS_MAX + 2];
	int operands, argc = 0;

	ck_assert_int_eq(parse(lacking[_i].words, &operands, argv), CLI_GO);
	ck_assert_uint_eq(fields.wait, lacking[_i].wait);
	ck_assert_pstr_eq(fields.from, lacking[_i].from);
	while (argv[argc])
		argc++;
	ck_assert_int_eq(argc - operands, lacking[_i].operands);
	assert_told_nothing();
	free_words(argv);
}
END_TEST

static const struct {
	const char *words[WORDS_MAX];
	const char *operands, *command; /* joined by blanks */
	uint64_t counter;
	bool is_after_dashes;
} commands[] = {
	{{NULL}, "", "", 0, false},
	{{"--"}, "", "", 0, false},
	{{"a", "-c", "b", "-cc"}, "a b", "", 3, false},
	{{"-c", "a", "-n8", "b", "--", "run", "-c"}, "a b", "run -c", 1, false},
	{{"a", "--", "run", "--", "--help"}, "a", "run -- --help", 0, false},
	{{"a", "--"}, "a", "", 0, false},
	{{"--", "-c", "b"}, "-c b", "", 0, true},
	{{"-c", "--", "-a", "--", "run", "-c"}, "-a", "run -c", 1, true},
	{{"--", "--", "run"}, "", "run", 0, true},
	{{"-t", "--", "--", "run"}, "run", "", 0, true},
	{{"a", "-t", "--", "b"}, "a b", "", 0, false}, /* that is the value of -t */
	{{"a", "-t", "--", "--", "b"}, "a", "b", 0, false},
	{{"a", "-t", "--"}, "a", "", 0, false},
	{{"-"}, "-", "", 0, false},
	{{"a", "-w", "80"}, "a 80", "", 0, false}, /* may be a port */
	{{"-wc", "2s"}, "2s", "", 1, false},	   /* does not follow -w */
	{{"-w", "-c", "2s"}, "2s", "", 1, false},
	{{"-w", "b", "2s"}, "b 2s", "", 0, false},
	{{"--wait=1s", "2s"}, "2s", "", 0, false},
	{{"-w", "-t", "w5", "a"}, "a", "", 0, false},
	{{"-w", "-tw5", "a"}, "a", "", 0, false},
	{{"--from", "a"}, "a", "", 0, false},
};

/* Asserts that so many words are these. */
static void assert_words(char **words, size_t count, const char *joined)
{
	char text[100] = "";

	for (size_t i = 0; i < count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, words[i]);
	}
	ck_assert_str_eq(text, joined);
}

static size_t count_words(char **words)
{
	size_t count = 0;

	while (words && words[count])
		count++;
	return count;
}

START_TEST(command_is_told_from_operands)
{
	char *argv[WORDS_MAX + 2];
	struct cli_rest rest;

	/* That operands end the options would be news to hailto's users. */
	if (_i % 2)
		setenv("POSIXLY_CORRECT", "", 1);
	ck_assert_int_eq(cli_parse_command(&cli, &fields, copy(commands[_i / 2].words, argv), argv,
					   &rest),
			 CLI_GO);
	assert_told_nothing();
	assert_words(rest.operands, rest.count, commands[_i / 2].operands);
	assert_words(rest.command, count_words(rest.command), commands[_i / 2].command);
	ck_assert_uint_eq(fields.counter, commands[_i / 2].counter);
	ck_assert_int_eq(rest.is_after_dashes, commands[_i / 2].is_after_dashes);
	free_words(argv);
}
END_TEST

/* Of a command line with operands and a command. */
static const struct {
	const char *words[WORDS_MAX], *told;
} bad_beside[] = {
	{{"a", "-x", "--", "run"}, "unknown option '-x'"},
	{{"--wait", "2s", "a"}, "bad operand '2s': a value of --wait is written --wait=2s"},
	{{"-w", "2s"}, "bad operand '2s': a value of --wait is written --wait=2s"},
	{{"-cw", "2"}, "bad operand '2': a value of --wait is"},
	{{"-w", "90s"}, "bad operand '90s'"}, /* whatever the range */
	{{"a", "--wait", "2s"}, "bad operand '2s'"},
	{{"--from", "here", "a"}, "bad operand 'here': a value of --from is written --from=here"},
	{{"a", "-w2s", "--", "run"}, "-w takes no value; write --wait=2s"},
	{{"-t", "w", "-w5"}, "-w takes no value; write --wait=5"},
};

START_TEST(error_beside_a_command_is_told)
{
	char *argv[WORDS_MAX + 2];
	struct cli_rest rest;

	ck_assert_int_eq(cli_parse_command(&cli, &fields, copy(bad_beside[_i].words, argv), argv,
					   &rest),
			 CLI_BAD);
	assert_one_error_line("test: ");
	assert_told(bad_beside[_i].told);
	free_words(argv);
}
END_TEST

START_TEST(list_keeps_its_order)
{
	static const char *const words[] = {"-l", "b", "x", "-la", "--list=c", NULL};
	char *argv[WORDS_MAX + 2];
	int operands;

	ck_assert_int_eq(parse(words, &operands, argv), CLI_GO);
	ck_assert_uint_eq(fields.list.count, 3);
	ck_assert_str_eq(fields.list.texts[0], "b");
	ck_assert_str_eq(fields.list.texts[1], "a");
	ck_assert_str_eq(fields.list.texts[2], "c");
	free_words(argv);
}
END_TEST

START_TEST(operands_come_last_in_their_order)
{
	static const char *const words[] = {"one", "-f", "two", "--", "-c", NULL};
	char *argv[WORDS_MAX + 2];
	int operands;

	ck_assert_int_eq(parse(words, &operands, argv), CLI_GO);
	ck_assert_str_eq(argv[operands], "one");
	ck_assert_str_eq(argv[operands + 1], "two");
	ck_assert_str_eq(argv[operands + 2], "-c");
	ck_assert_ptr_null(argv[operands + 3]);
	free_words(argv);
}
END_TEST

START_TEST(preset_is_known_by_its_option)
{
	ck_assert_str_eq(cli_preset(&cli, "number"), "7");
	ck_assert_str_eq(cli_preset(&cli, "text"), "words");
	ck_assert_ptr_null(cli_preset(&cli, "list"));
	ck_assert_ptr_null(cli_preset(&cli, "nonsense"));
}
END_TEST

/* Presets that are none, for an option with a range from 100 ms to 2 s. */
static const char *const bad_presets[] = {"99ms", "3s", "soon", ""};

START_TEST(preset_must_be_a_value)
{
	const struct cli_option row = {0,   "time", "TIME",	     CLI_TIME, FIELD(time),
				       100, 2000,   bad_presets[_i], "a time"};
	struct cli wrong = cli;
	char program[] = "test", *argv[] = {program, NULL};
	int operands;

	wrong.options = &row;
	wrong.count = 1;
	ck_assert_int_eq(cli_parse(&wrong, &fields, 1, argv, &operands), CLI_BAD);
	assert_one_error_line("test: a preset: '");
}
END_TEST

static const struct {
	const char *word;
	bool json, has_mode;
	unsigned mode;
} forms[] = {
	{"--report=json", true, false, 0}, {"--report=text", false, false, 0},
	{"--mode=0", false, true, 0},	   {"--mode=0660", false, true, 0660},
	{"--mode=777", false, true, 0777},
};

START_TEST(form_and_mode_are_understood)
{
	const char *words[] = {forms[_i].word, NULL};
	char *argv[WORDS_MAX + 2];
	int operands;

	ck_assert_int_eq(parse(words, &operands, argv), CLI_GO);
	ck_assert_int_eq(fields.json, forms[_i].json);
	ck_assert_int_eq(fields.mode.is_given, forms[_i].has_mode);
	ck_assert_uint_eq(fields.mode.bits, forms[_i].mode);
	free_words(argv);
}
END_TEST

/* Also before one that is refused, so that the complaint can follow them. */
START_TEST(each_option_is_reported_once_taken)
{
	static const char *const words[] = {"-f", "--report=json", "x", "-n4", "-c", NULL};
	char *argv[WORDS_MAX + 2];
	int operands;

	ck_assert_int_eq(parse(words, &operands, argv), CLI_BAD);
	ck_assert_int_eq(fields.taken, 2);
	free_words(argv);
}
END_TEST

static const struct {
	const char *words[WORDS_MAX];
	const char *told;
} bad[] = {
	{{"-x"}, "unknown option '-x' (see 'test --help')"},
	{{"-fx"}, "unknown option '-x'"},
	{{"-\n"}, "unknown option '-\\x0A'"},
	{{"--nonsense"}, "unknown option '--nonsense' (see 'test --help')"},
	{{"--nonsense=5"}, "unknown option '--nonsense' (see"},
	{{"operand", "--nonsense"}, "unknown option '--nonsense'"},
	{{"--flags"}, "unknown option '--flags'"},
	{{"--t"}, "ambiguous option '--t' (see 'test --help')"}, /* text or time? */
	{{"-n"}, "--number needs a value, N"},
	{{"-f", "--number"}, "--number needs a value, N"},
	{{"--time"}, "--time needs a value, TIME"},
	{{"-fl"}, "--list needs a value, ITEM"},
	{{"--flag=yes"}, "--flag takes no value"},
	{{"--flag="}, "--flag takes no value"},
	{{"--help=x"}, "--help takes no value"},
	{{"--counter=2"}, "--counter takes no value"},
	{{"-ff"}, "--flag is given twice"},
	{{"-f", "--flag"}, "--flag is given twice"},
	{{"-n5", "-n5"}, "--number is given twice"},
	{{"-n5", "--num=6"}, "--number is given twice"},
	{{"-ta", "x", "-ta"}, "--text is given twice"},
	{{"--time=1", "--time=1"}, "--time is given twice"},
	{{"-n4"}, "--number: '4' is not a number from 5 to 10"},
	{{"-n11"}, "--number: '11' is not a number from 5 to 10"},
	{{"-n", ""}, "--number: '' is not a number"},
	{{"-n", "-5"}, "--number: '-5' is not a number"},
	{{"-n", "5x"}, "--number: '5x' is not a number"},
	{{"-n", " 5"}, "--number: ' 5' is not a number"},
	{{"-n", "0x7"}, "--number: '0x7' is not a number"},
	{{"-n", "7K"}, "--number: '7K' is not a number"},
	{{"-n", "18446744073709551621"}, "is not a number from 5 to 10"}, /* 2^64 + 5 */
	{{"-n", "7\n8"}, "--number: '7\\x0A8' is not a number"},
	{{"--report=JSON"}, "--report: 'JSON' is neither text nor json"},
	{{"--report="}, "--report: '' is neither text nor json"},
	{{"--mode=1000"}, "--mode: '1000' is not a mode from 0 to 777, in octal, such as 660"},
	{{"--mode=8"}, "--mode: '8' is not a mode from 0 to 777"},
	{{"--mode=u+r"}, "--mode: 'u+r' is not a mode"},
	{{"--mode="}, "--mode: '' is not a mode"},
	{{"-s0"}, "--size: '0' is not a number of bytes from 1 to 2048"},
	{{"-s3K"}, "--size: '3K' is not a number of bytes from 1 to 2048"},
	{{"-s", "1s"}, "--size: '1s' is not"},
	{{"--time=99ms"}, "--time: '99ms' is not a time from 100ms to 2s"},
	{{"--time=2.001"}, "--time: '2.001' is not a time from 100ms to 2s"},
	{{"--time=1K"}, "--time: '1K' is not a time"},
	{{"--time="}, "--time: '' is not a time"},
	{{"--wait="}, "--wait: '' is not a time from 100ms to 2s"},
	{{"--wait=3s"}, "--wait: '3s' is not a time"},
	{{"-w2s"}, "-w takes no value; write --wait=2s"},
	{{"-w=2s"}, "-w takes no value; write --wait=2s"},
	{{"-fw2"}, "-w takes no value; write --wait=2"},
	{{"-c", "-w2"}, "-w takes no value; write --wait=2"},
	{{"-wx"}, "unknown option '-x'"},
	{{"-w", "--wait"}, "--wait is given twice"},
	{{"-n4", "--nonsense"}, "--number: '4'"}, /* the first error is told, and no other */
};

START_TEST(command_line_is_refused_in_one_line)
{
	char *argv[WORDS_MAX + 2];
	int operands;

	ck_assert_int_eq(parse(bad[_i].words, &operands, argv), CLI_BAD);
	assert_one_error_line("test: ");
	assert_told(bad[_i].told);
	free_words(argv);
}
END_TEST

START_TEST(refused_value_leaves_the_field)
{
	static const char *const words[] = {"-n11", NULL};
	char *argv[WORDS_MAX + 2];
	int operands;

	ck_assert_int_eq(parse(words, &operands, argv), CLI_BAD);
	ck_assert_uint_eq(fields.number, 7);
	free_words(argv);
}
END_TEST

/* The letters behind the one that is none must not be taken for options of the next. */
START_TEST(next_command_line_begins_anew)
{
	static const char *const words[][2] = {{"-xf", NULL}, {"-c", NULL}};
	char *argv[WORDS_MAX + 2];
	int operands;

	ck_assert_int_eq(parse(words[0], &operands, argv), CLI_BAD);
	free_words(argv);
	ck_assert_int_eq(parse(words[1], &operands, argv), CLI_GO);
	ck_assert(!fields.flag);
	ck_assert_uint_eq(fields.counter, 1);
	ck_assert_int_eq(operands, 2);
	free_words(argv);
}
END_TEST

static const char *const asking[][3] = {{"--help"}, {"-h"}, {"-fh"}, {"-h", "--nonsense"}};

START_TEST(help_is_printed)
{
	char *argv[WORDS_MAX + 2];
	int operands;

	capture(STDOUT_FILENO);
	ck_assert_int_eq(parse(asking[_i], &operands, argv), CLI_END);
	ck_assert_str_eq(captured(STDOUT_FILENO),
			 "Usage: test [OPTION]... [OPERAND]\n"
			 "Tests options.\n"
			 "\n"
			 "  -f, --flag                   a flag\n"
			 "  -c, --counter                a counter\n"
			 "  -n, --number=N               a number (7)\n"
			 "  -s, --size=SIZE              a size\n"
			 "      --time=TIME              a time\n"
			 "  -t, --text=TEXT              a text (words)\n"
			 "  -l, --list=ITEM              a list\n"
			 "      --report=FORM            a form\n"
			 "      --mode=MODE              a mode\n"
			 "  -w, --wait[=TIME]            wait (1s)\n"
			 "      --from[=NAME]            a name (here)\n"
			 "  -h, --help                   print this help\n"
			 "  -V, --version                print the version\n"
			 "\n"
			 "More about them.\n");
	assert_told_nothing();
	free_words(argv);
}
END_TEST

START_TEST(version_is_printed)
{
	static const char *const words[] = {"-V", NULL};
	char *argv[WORDS_MAX + 2];
	int operands;

	capture(STDOUT_FILENO);
	ck_assert_int_eq(parse(words, &operands, argv), CLI_END);
	ck_assert_str_eq(captured(STDOUT_FILENO), "test 1.2.3\n");
	assert_told_nothing();
	free_words(argv);
}
END_TEST

static const char *const printing[][2] = {{"--help"}, {"--version"}};

START_TEST(full_disk_is_a_failure)
{
	char *argv[WORDS_MAX + 2];
	int operands, full = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
	ck_assert_int_eq(parse(printing[_i], &operands, argv), CLI_FAILED);
	assert_one_error_line("test: cannot write to standard output: ");
	free_words(argv);
}
END_TEST

START_TEST(variable_sets_its_option)
{
	ck_assert(cli_set(&cli, &fields, "number", "TEST_NUMBER", "9"));
	ck_assert(cli_set(&cli, &fields, "time", "TEST_TIME", "1s"));
	ck_assert(cli_set(&cli, &fields, "text", "TEST_TEXT", "words"));
	ck_assert(cli_set(&cli, &fields, "list", "TEST_LIST", "a"));
	ck_assert(cli_set(&cli, &fields, "list", "TEST_LIST", "b"));
	ck_assert_uint_eq(fields.number, 9);
	ck_assert_uint_eq(fields.time, 1000);
	ck_assert_str_eq(fields.text, "words");
	ck_assert_uint_eq(fields.list.count, 2);
	ck_assert_str_eq(fields.list.texts[1], "b");
	assert_told_nothing();
}
END_TEST

START_TEST(bad_variable_is_told_by_its_name)
{
	fields.number = 6;
	ck_assert(!cli_set(&cli, &fields, "number", "TEST_NUMBER", "11"));
	assert_one_error_line("test: TEST_NUMBER: '11' is not a number from 5 to 10");
	ck_assert_uint_eq(fields.number, 6);
}
END_TEST

START_TEST(unknown_name_is_not_set)
{
	ck_assert(!cli_set(&cli, &fields, "nonsense", "TEST_NONSENSE", "1"));
}
END_TEST

START_TEST(full_list_takes_no_more)
{
	for (int i = 0; i < CLI_LIST_MAX; i++)
		ck_assert(cli_set(&cli, &fields, "list", "TEST_LIST", "a"));
	ck_assert_uint_eq(fields.list.count, CLI_LIST_MAX);
	ck_assert(!cli_set(&cli, &fields, "list", "TEST_LIST", "b"));
	assert_one_error_line("test: TEST_LIST");
	ck_assert_uint_eq(fields.list.count, CLI_LIST_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cli");
	TCase *parsing = suite_case(suite, "parsing"), *printed = suite_case(suite, "printing");
	TCase *variables = suite_case(suite, "variables");

	tcase_add_checked_fixture(parsing, setup, NULL);
	tcase_add_loop_test(parsing, command_line_is_understood, 0, COUNT_OF(good));
	tcase_add_loop_test(parsing, value_may_be_left_out, 0, COUNT_OF(lacking));
	tcase_add_loop_test(parsing, command_is_told_from_operands, 0, 2 * COUNT_OF(commands));
	tcase_add_test(parsing, error_beside_a_command_is_told);
	tcase_add_loop_test(parsing, form_and_mode_are_understood, 0, COUNT_OF(forms));
	tcase_add_test(parsing, each_option_is_reported_once_taken);
	tcase_add_test(parsing, list_keeps_its_order);
	tcase_add_test(parsing, operands_come_last_in_their_order);
	tcase_add_test(parsing, preset_is_known_by_its_option);
	tcase_add_loop_test(parsing, preset_must_be_a_value, 0, COUNT_OF(bad_presets));
	tcase_add_loop_test(parsing, command_line_is_refused_in_one_line, 0, COUNT_OF(bad));
	tcase_add_test(parsing, refused_value_leaves_the_field);
	tcase_add_test(parsing, next_command_line_begins_anew);
	tcase_add_checked_fixture(printed, setup, NULL);
	tcase_add_loop_test(printed, help_is_printed, 0, COUNT_OF(asking));
	tcase_add_test(printed, version_is_printed);
	tcase_add_loop_test(printed, full_disk_is_a_failure, 0, COUNT_OF(printing));
	tcase_add_checked_fixture(variables, setup, NULL);
	tcase_add_test(variables, variable_sets_its_option);
	tcase_add_test(variables, bad_variable_is_told_by_its_name);
	tcase_add_test(variables, unknown_name_is_not_set);
	tcase_add_test(variables, full_list_takes_no_more);
	return suite_run(suite);
}
