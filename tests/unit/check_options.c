/* SPDX-License-Identifier: ISC */
/* check_options: haild's defaults, every option with its range, the environment, and conflicts. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/log.h"
#include "daemon/options.h"
#include "lib/capture.h"
#include "lib/extensions.h"
#include "lib/help.h"
#include "lib/suite.h"
#include "lib/words.h"

static struct options options;

static void setup(void)
{
	static const char *const variables[] = {"HAILD_LISTEN",	  "HAILD_PORT",
						"HAILD_MESSAGE",  "HAILD_MESSAGE_FILE",
						"HAILD_INSTANCE", "POSIXLY_CORRECT"};

	for (int i = 0; i < COUNT_OF(variables); i++)
		unsetenv(variables[i]);
	argv_copy[0] = strdup("haild");
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
}

static void teardown(void)
{
	options_free(&options);
	free_words();
}

/* Asserts the i-th address to listen on. */
static void assert_endpoint(size_t i, const char *shown)
{
	char text[ADDRESS_TEXT_MAX];

	ck_assert_uint_lt(i, options.endpoint_count);
	ck_assert_str_eq(endpoint_format(&options.endpoints[i], text, sizeof text), shown);
}

START_TEST(defaults)
{
	ck_assert_int_eq(READ(), CLI_GO);
	ck_assert_uint_eq(options.endpoint_count, 1);
	assert_endpoint(0, "localhost:12345");
	ck_assert_str_eq(options.message, "Hi from server");
	ck_assert_ptr_null(options.message_file);
	ck_assert_uint_eq(options.count, 0);
	ck_assert_uint_eq(options.max_connections, 0);
	ck_assert_uint_eq(options.backlog, 4096);
	ck_assert_uint_eq(options.timeout, 30000);
	ck_assert_uint_eq(options.idle, 5000);
	ck_assert_uint_eq(options.drain, 5000);
	ck_assert_uint_eq(options.lame_duck, 0);
	ck_assert(!options.expand && !options.udp);
	ck_assert_uint_eq(options.metrics_count, 0);
	ck_assert_uint_eq(options.proxy_count, 0);
	ck_assert(options.listens_by_default);
	ck_assert_ptr_null(options.instance);
	ck_assert(!options.reuse_port && !options.quiet && !options.check);
	ck_assert_uint_eq(options.verbose, 0);
	assert_told_nothing();
}
END_TEST

#define AT(name) offsetof(struct options, name)

/* Options with a number: the words, and which field then has which value. */
static const struct {
	const char *words[3];
	size_t field;
	uint64_t value;
} numbers[] = {
	{{"-n0"}, AT(count), 0},
	{{"-n", "1"}, AT(count), 1},
	{{"--count=4294967295"}, AT(count), 4294967295},
	{{"-c1"}, AT(max_connections), 1},
	{{"--max-connections=2147483647"}, AT(max_connections), 2147483647},
	{{"-b1"}, AT(backlog), 1},
	{{"--backlog=2147483647"}, AT(backlog), 2147483647},
	{{"-t1ms"}, AT(timeout), 1},
	{{"-t1.5s"}, AT(timeout), 1500},
	{{"--timeout=86400"}, AT(timeout), 86400000},
	{{"--timeout=1440m"}, AT(timeout), 86400000},
	{{"--idle=1ms"}, AT(idle), 1},
	{{"--idle", "2"}, AT(idle), 2000},
	{{"--idle=86400s"}, AT(idle), 86400000},
	{{"--drain=0"}, AT(drain), 0},
	{{"--drain=1ms"}, AT(drain), 1},
	{{"--drain=86400s"}, AT(drain), 86400000},
	{{"--lame-duck=0"}, AT(lame_duck), 0},
	{{"--lame-duck=10s"}, AT(lame_duck), 10000},
	{{"--lame-duck=86400"}, AT(lame_duck), 86400000},
	{{"-v"}, AT(verbose), 1},
	{{"-vv", "-v"}, AT(verbose), 3},
	{{"--verbose"}, AT(verbose), 1},
};

START_TEST(number_sets_its_field)
{
	uint64_t value;

	ck_assert_int_eq(READ_WORDS(numbers[_i].words), CLI_GO);
	memcpy(&value, (char *)&options + numbers[_i].field, sizeof value);
	ck_assert_uint_eq(value, numbers[_i].value);
	assert_told_nothing();
}
END_TEST

static const struct {
	const char *word;
	size_t field;
} flags[] = {
	{"-e", AT(expand)},
	{"--expand", AT(expand)},
	{"-u", AT(udp)},
	{"--udp", AT(udp)},
	{"--reuse-port", AT(reuse_port)},
	{"--check", AT(check)},
	{"--core-dumps", AT(core_dumps)},
	{"--no-sandbox", AT(no_sandbox)},
	{"-q", AT(quiet)},
	{"--quiet", AT(quiet)},
	{"--log=json", AT(log_json)},
	{"--log-time", AT(log_time)},
	{"--log-t", AT(log_time)},
	{"--socket-mode=0", AT(socket_mode.is_given)},
};

START_TEST(flag_sets_its_field)
{
	bool value;

	ck_assert_int_eq(READ(flags[_i].word), CLI_GO);
	memcpy(&value, (char *)&options + flags[_i].field, sizeof value);
	ck_assert(value);
}
END_TEST

/* Where to listen: the words, and what becomes of them. */
static const struct {
	const char *words[WORDS_MAX], *shown[4];
} listens[] = {
	{{"-l", "127.0.0.1"}, {"127.0.0.1:12345"}},
	{{"--listen=127.0.0.1:80"}, {"127.0.0.1:80"}},
	{{"-l::1"}, {"[::1]:12345"}},
	{{"-l[::1]:0"}, {"[::1]:0"}},
	{{"-l*"}, {"*:12345"}},
	{{"-l:80"}, {"*:80"}},
	{{"-lunix:/x"}, {"unix:/x"}},
	{{"-p0"}, {"localhost:0"}},
	{{"-p", "65535"}, {"localhost:65535"}},
	{{"--port=80", "-la", "-lb:81", "-lc:0"}, {"a:80", "b:81", "c:0"}},
	{{"-la", "-p80", "-lb"}, {"a:80", "b:80"}},
	{{"-la:0", "-la:0"}, {"a:0", "a:0"}},
	{{"-la:80", "-la:81"}, {"a:80", "a:81"}},
	{{"-lunix:/x", "-p80"}, {"unix:/x"}},
	/* A port that no address needs is not judged. */
	{{"-l:80", "-p", "no-such-service"}, {"*:80"}},
	{{"-lunix:/x", "-la:1", "-p", "65536"}, {"unix:/x", "a:1"}},
};

START_TEST(listen_and_port_make_endpoints)
{
	size_t count = 0;

	ck_assert_int_eq(READ_WORDS(listens[_i].words), CLI_GO);
	for (; listens[_i].shown[count]; count++)
		assert_endpoint(count, listens[_i].shown[count]);
	ck_assert_uint_eq(options.endpoint_count, count);
}
END_TEST

START_TEST(message_is_literal)
{
	ck_assert_int_eq(READ("-m", "a\\n{peer} \n"), CLI_GO);
	ck_assert_str_eq(options.message, "a\\n{peer} \n");
	ck_assert_ptr_null(options.message_file);
}
END_TEST

START_TEST(message_may_be_empty)
{
	ck_assert_int_eq(READ("--message="), CLI_GO);
	ck_assert_str_eq(options.message, "");
}
END_TEST

static const char *const file_words[][3] = {{"-f", "name"}, {"--message-file=name"}};

START_TEST(message_file_takes_the_place_of_the_message)
{
	ck_assert_int_eq(READ_WORDS(file_words[_i]), CLI_GO);
	ck_assert_ptr_null(options.message);
	ck_assert_str_eq(options.message_file, "name");
}
END_TEST

static const char *const instances[] = {"left", "", "{peer}", "a b\n"};

START_TEST(instance_is_taken_as_it_is)
{
	ck_assert_int_eq(READ("-e", "--instance", instances[_i]), CLI_GO);
	ck_assert_str_eq(options.instance, instances[_i]);
	assert_told_nothing();
}
END_TEST

/* Where datagrams can come, among the addresses of which some are paths. */
static const char *const udp_words[][WORDS_MAX] = {
	{"-u"},
	{"-u", "-l*:17"},
	{"-u", "-l:0", "-lunix:/x"},
	{"-u", "-lunix:/x", "-l[::1]"},
};

START_TEST(udp_needs_one_address_that_is_no_path)
{
	ck_assert_int_eq(READ_WORDS(udp_words[_i]), CLI_GO);
	ck_assert(options.udp);
	assert_told_nothing();
}
END_TEST

static const struct {
	const char *words[WORDS_MAX], *told;
} bad[] = {
	{{"-n", "-1"}, "--count: '-1' is not a number from 0 to 4294967295"},
	{{"-n4294967296"}, "--count: '4294967296' is not a number"},
	{{"-n1x"}, "--count: '1x'"},
	{{"-n", ""}, "--count: ''"},
	{{"-n"}, "--count needs a value"},
	{{"-c0"}, "--max-connections: '0' is not a number from 1 to 2147483647"},
	{{"-c2147483648"}, "--max-connections: '2147483648'"},
	{{"-c1K"}, "--max-connections: '1K'"},
	{{"-b0"}, "--backlog: '0' is not a number from 1 to 2147483647"},
	{{"-b2147483648"}, "--backlog: '2147483648'"},
	{{"-b", "9223372036854775808"}, "--backlog: '9223372036854775808'"},
	{{"-t0"}, "--timeout: '0' is not a time from 1ms to 86400s"},
	{{"-t86401"}, "--timeout: '86401'"},
	{{"-t86400.001"}, "--timeout: '86400.001'"},
	{{"-t1441m"}, "--timeout: '1441m'"},
	{{"-t", "-1"}, "--timeout: '-1'"},
	{{"-t1h"}, "--timeout: '1h'"},
	{{"--idle=0"}, "--idle: '0' is not a time from 1ms to 86400s"},
	{{"--idle=86400001ms"}, "--idle: '86400001ms'"},
	{{"--idle=99999999999999999999"}, "--idle: '99999999999999999999'"},
	{{"--drain=86401"}, "--drain: '86401' is not a time from 0s to 86400s"},
	{{"--drain=-1"}, "--drain: '-1'"},
	{{"--lame-duck=86401"}, "--lame-duck: '86401' is not a time from 0s to 86400s"},
	{{"--reuse-port=1"}, "--reuse-port takes no value"},
	{{"--expand=1"}, "--expand takes no value"},
	{{"-e", "-e"}, "--expand is given twice"},
	{{"--instance"}, "--instance needs a value"},
	{{"--instance=a", "--instance=b"}, "--instance is given twice"},
	{{"--udp=1"}, "--udp takes no value"},
	{{"-uu"}, "--udp is given twice"},
	{{"--proxy-listen"}, "--proxy-listen needs a value"},
	{{"--proxy-listen="}, "--proxy-listen: bad address '': "},
	{{"--proxy-listen=a:1x"}, "--proxy-listen: bad address 'a:1x': "},
	{{"--proxy-listen=a", "--proxy-listen=a:12345"},
	 "--proxy-listen: bad address 'a:12345': it is given twice"},
	{{"--proxy-listen=unix:/x", "--proxy-listen=unix:/x"},
	 "--proxy-listen: bad address 'unix:/x': it is given twice"},
	{{"-u", "--proxy-listen=a:80"},
	 "--udp needs an address of --listen that is no UNIX socket"},
	{{"-p65536", "--proxy-listen=a"}, "--port: bad port '65536'"},
	{{"--metrics"}, "--metrics needs a value"},
	{{"--metrics="}, "--metrics: bad address '': "},
	{{"--metrics=localhost"}, "--metrics: bad address 'localhost': it needs a port"},
	{{"--metrics=*"}, "--metrics: bad address '*': it needs a port"},
	{{"--metrics=::1"}, "--metrics: bad address '::1': it needs a port"},
	{{"--metrics=a:80", "--metrics=a:80"}, "--metrics: bad address 'a:80': it is given twice"},
	{{"--metrics=unix:/x", "--metrics=unix:/x"},
	 "--metrics: bad address 'unix:/x': it is given twice"},
	{{"-u", "-lunix:/x"}, "--udp needs an address of --listen that is no UNIX socket"},
	{{"-lunix:/x", "-lunix:/y", "--udp"},
	 "--udp needs an address of --listen that is no UNIX socket"},
	{{"--log"}, "--log needs a value, FORM"},
	{{"--log=xml"}, "--log: 'xml' is neither text nor json"},
	{{"--log=text", "--log=json"}, "--log is given twice"},
	{{"--log-time=1"}, "--log-time takes no value"},
	{{"--socket-mode=0888"}, "--socket-mode: '0888' is not a mode from 0 to 777, in octal"},
	{{"--socket-mode=7777"}, "--socket-mode: '7777' is not a mode from 0 to 777, in octal"},
	{{"--socket-mode=6", "--socket-mode=6"}, "--socket-mode is given twice"},
	/* This was short for --listen, before others began like it. */
	{{"--l=::1"}, "ambiguous option '--l' (see 'haild --help')"},
	{{"--check", "--check"}, "--check is given twice"},
	{{"--core-dumps=1"}, "--core-dumps takes no value"},
	{{"--user"}, "--user needs a value, USER"},
	{{"--user=a", "--user=a"}, "--user is given twice"},
	{{"-q", "-q"}, "--quiet is given twice"},
	{{"-p1", "-p1"}, "--port is given twice"},
	{{"-ma", "-mb"}, "--message is given twice"},
	{{"-fa", "-fb"}, "--message-file is given twice"},
	{{"-n1", "-n1"}, "--count is given twice"},
	{{"-c1", "-c1"}, "--max-connections is given twice"},
	{{"-b1", "-b1"}, "--backlog is given twice"},
	{{"-t1", "-t1"}, "--timeout is given twice"},
	{{"--idle=1", "--idle=1"}, "--idle is given twice"},
	{{"--drain=1", "--drain=1"}, "--drain is given twice"},
	{{"-p", "65536"}, "--port: bad port '65536': a port is a number up to 65535 or the name"},
	{{"-p", "-1"}, "bad port '-1': "},
	{{"-p", "0x1F"}, "bad port '0x1F': "},
	{{"-p", ""}, "bad port '': the port is empty"},
	{{"-p", "80 "}, "bad port '80 ': "},
	{{"-p", "no-such-service"}, "bad port 'no-such-service': "},
	{{"-l", ""}, "bad address '': the host is empty"},
	{{"-l", "a:b:c"}, "bad address 'a:b:c': "},
	{{"-l", "[::1"}, "bad address '[::1': "},
	{{"-l", "a:65536"}, "bad address 'a:65536': "},
	{{"-l", "unix:"}, "bad address 'unix:': "},
	{{"-l", "unix:@"},
	 HAS_ABSTRACT ? "bad address 'unix:@': the name is empty" : "no abstract sockets"},
	{{"-lunix:@a", "-lunix:@\\x61"},
	 HAS_ABSTRACT ? "bad address 'unix:@\\x5Cx61': it is given twice" : "no abstract"},
	{{"-l", "8080"}, "bad address '8080': a number is not a host; write a port as HOST:PORT"},
	{{"-l", "0:80"}, "bad address '0:80': a number is not a host"},
	{{"-l", "127.1"}, "bad address '127.1': an IPv4 address is four decimal numbers"},
	{{"-l", "tcp://*:80"}, "bad address 'tcp://*:80': this is a URL; write HOST:PORT"},
	{{"-p", " "}, "bad port ' ': "},
	{{"-p", "tcp://10.0.0.1:12345"}, "--port: bad port 'tcp://10.0.0.1:12345': "},
	{{"-l:80", "-lb", "-p", "x!"}, "--port: bad port 'x!': "},
	{{"-la", "-lb:", "-lc"}, "bad address 'b:': "},
	{{"-la", "-lb", "-la"}, "--listen: bad address 'a': it is given twice"},
	{{"-la", "-p80", "-la:80"}, "bad address 'a:80': it is given twice"},
	{{"-lunix:/x", "-lunix:/x"}, "bad address 'unix:/x': it is given twice"},
	{{"-la b"}, "bad address 'a b': the host has a blank in it"},
	{{"-l", "\x1B[2J:"}, "bad address '\\x1B[2J:': "},
	{{"operand"}, "unexpected argument 'operand' (see 'haild --help')"},
	{{"-q", "--", "-v"}, "unexpected argument '-v'"},
	{{"--nonsense"}, "unknown option '--nonsense' (see 'haild --help')"},
	{{"-x"}, "unknown option '-x'"},
	{{"-ma", "-fb"}, "--message and --message-file exclude each other"},
	{{"-m", "", "-fb"}, "--message and --message-file exclude each other"},
	{{"-q", "-v"}, "--quiet and --verbose exclude each other"},
	{{"-vvq"}, "--quiet and --verbose exclude each other"},
};

START_TEST(command_line_is_refused_in_one_line)
{
	ck_assert_int_eq(READ_WORDS(bad[_i].words), CLI_BAD);
	assert_one_error_line("haild: ");
	assert_told(bad[_i].told);
}
END_TEST

/* From the option on, complaints have the form that it asks for. */
static const struct {
	const char *words[WORDS_MAX], *begins;
} complaints[] = {
	{{"--log=json", "--nonsense"}, "{\"time\":\""},
	{{"--nonsense", "--log=json"}, "haild: unknown option"},
	{{"--log=json", "-q", "-v"}, "{\"time\":\""},
	{{"--log-time", "-q", "-v"}, "2"},
	{{"-q", "-v", "--log=json"}, "{\"time\":\""},
	{{"--log=xml", "--log=json"}, "haild: --log: 'xml'"},
};

START_TEST(complaint_has_the_form_of_the_log)
{
	ck_assert_int_eq(READ_WORDS(complaints[_i].words), CLI_BAD);
	assert_one_error_line(complaints[_i].begins);
}
END_TEST

START_TEST(unix_path_too_long_is_a_usage_error)
{
	char word[256] = "-lunix:/";

	memset(word + strlen(word), 'p', 200);
	ck_assert_int_eq(READ(word), CLI_BAD);
	assert_one_error_line("haild: --listen: bad address 'unix:/pppp");
	assert_told("too long");
}
END_TEST

START_TEST(metrics_have_ports_of_their_own)
{
	char text[ADDRESS_TEXT_MAX];

	ck_assert_int_eq(READ("-p81", "--metrics=127.0.0.1:80", "--metrics", "unix:/x",
			      "--metrics=:0", "--metrics=:0"),
			 CLI_GO);
	ck_assert_uint_eq(options.metrics_count, 4);
	ck_assert_str_eq(endpoint_format(&options.metrics[0], text, sizeof text), "127.0.0.1:80");
	ck_assert_str_eq(endpoint_format(&options.metrics[1], text, sizeof text), "unix:/x");
	ck_assert_str_eq(endpoint_format(&options.metrics[3], text, sizeof text), "*:0");
	ck_assert_uint_eq(options.endpoint_count, 1);
	assert_told_nothing();
}
END_TEST

START_TEST(listen_variable_holds_several)
{
	setenv("HAILD_LISTEN", " 127.0.0.1:80\tunix:/x\n  [::1] ", 1);
	ck_assert_int_eq(READ("-p81"), CLI_GO);
	ck_assert_uint_eq(options.endpoint_count, 3);
	assert_endpoint(0, "127.0.0.1:80");
	assert_endpoint(1, "unix:/x");
	assert_endpoint(2, "[::1]:81");
}
END_TEST

START_TEST(listen_variable_holds_no_more_than_a_list)
{
	char text[3 * CLI_LIST_MAX] = "";

	for (int i = 0; i <= CLI_LIST_MAX; i++)
		strcat(text, "a ");
	setenv("HAILD_LISTEN", text, 1);
	ck_assert_int_eq(READ(), CLI_BAD);
	assert_one_error_line("haild: HAILD_LISTEN: ");
}
END_TEST

START_TEST(variables_are_read)
{
	setenv("HAILD_PORT", "80", 1);
	setenv("HAILD_MESSAGE", "words", 1);
	ck_assert_int_eq(READ(), CLI_GO);
	assert_endpoint(0, "localhost:80");
	ck_assert_str_eq(options.message, "words");
	ck_assert_ptr_null(options.message_file);
}
END_TEST

START_TEST(message_file_variable_is_read)
{
	setenv("HAILD_MESSAGE_FILE", "name", 1);
	ck_assert_int_eq(READ(), CLI_GO);
	ck_assert_ptr_null(options.message);
	ck_assert_str_eq(options.message_file, "name");
}
END_TEST

START_TEST(instance_variable_is_read)
{
	setenv("HAILD_INSTANCE", "left", 1);
	ck_assert_int_eq(READ(), CLI_GO);
	ck_assert_str_eq(options.instance, "left");
}
END_TEST

/* So that one machine can have no name in spite of the variable. */
START_TEST(empty_instance_option_overrides_the_variable)
{
	setenv("HAILD_INSTANCE", "left", 1);
	ck_assert_int_eq(READ("--instance="), CLI_GO);
	ck_assert_str_eq(options.instance, "");
}
END_TEST

START_TEST(udp_and_paths_from_the_variable_are_refused)
{
	setenv("HAILD_LISTEN", "unix:/x unix:/y", 1);
	ck_assert_int_eq(READ("-u"), CLI_BAD);
	assert_one_error_line("haild: --udp needs an address of --listen that is no UNIX socket\n");
}
END_TEST

START_TEST(empty_variable_counts_as_unset)
{
	setenv("HAILD_INSTANCE", "", 1);
	setenv("HAILD_LISTEN", "", 1);
	setenv("HAILD_PORT", "", 1);
	setenv("HAILD_MESSAGE", "", 1);
	setenv("HAILD_MESSAGE_FILE", "", 1);
	ck_assert_int_eq(READ(), CLI_GO);
	assert_endpoint(0, "localhost:12345");
	ck_assert_str_eq(options.message, "Hi from server");
	ck_assert_ptr_null(options.instance);
}
END_TEST

START_TEST(empty_message_variable_leaves_the_file)
{
	setenv("HAILD_MESSAGE", "", 1);
	setenv("HAILD_MESSAGE_FILE", "name", 1);
	ck_assert_int_eq(READ(), CLI_GO);
	ck_assert_str_eq(options.message_file, "name");
}
END_TEST

START_TEST(blank_listen_variable_leaves_the_default)
{
	setenv("HAILD_LISTEN", " \t ", 1);
	ck_assert_int_eq(READ(), CLI_GO);
	ck_assert_uint_eq(options.endpoint_count, 1);
	assert_endpoint(0, "localhost:12345");
}
END_TEST

START_TEST(option_overrides_its_variable)
{
	setenv("HAILD_LISTEN", "a b c", 1);
	setenv("HAILD_PORT", "80", 1);
	setenv("HAILD_MESSAGE", "words", 1);
	setenv("HAILD_INSTANCE", "left", 1);
	ck_assert_int_eq(READ("-l", "x", "-p", "81", "-m", "others", "--instance=right"), CLI_GO);
	ck_assert_uint_eq(options.endpoint_count, 1);
	assert_endpoint(0, "x:81");
	ck_assert_str_eq(options.message, "others");
	ck_assert_str_eq(options.instance, "right");
}
END_TEST

START_TEST(overridden_variable_may_be_bad)
{
	setenv("HAILD_LISTEN", "a:b:c", 1);
	setenv("HAILD_PORT", "65536", 1);
	ck_assert_int_eq(READ("-l", "x", "-p", "81"), CLI_GO);
	assert_told_nothing();
}
END_TEST

/* Either of the two options overrides either of the two variables, and both of them. */
START_TEST(message_option_overrides_both_variables)
{
	setenv("HAILD_MESSAGE", "words", 1);
	setenv("HAILD_MESSAGE_FILE", "name", 1);
	ck_assert_int_eq(READ("-m", "others"), CLI_GO);
	ck_assert_str_eq(options.message, "others");
	ck_assert_ptr_null(options.message_file);
}
END_TEST

START_TEST(message_file_option_overrides_both_variables)
{
	setenv("HAILD_MESSAGE", "words", 1);
	setenv("HAILD_MESSAGE_FILE", "name", 1);
	ck_assert_int_eq(READ("-f", "other"), CLI_GO);
	ck_assert_ptr_null(options.message);
	ck_assert_str_eq(options.message_file, "other");
}
END_TEST

START_TEST(empty_message_option_overrides_the_variable)
{
	setenv("HAILD_MESSAGE", "words", 1);
	ck_assert_int_eq(READ("-m", ""), CLI_GO);
	ck_assert_str_eq(options.message, "");
}
END_TEST

START_TEST(both_message_variables_exclude_each_other)
{
	setenv("HAILD_MESSAGE", "words", 1);
	setenv("HAILD_MESSAGE_FILE", "name", 1);
	ck_assert_int_eq(READ(), CLI_BAD);
	assert_one_error_line("haild: HAILD_MESSAGE and HAILD_MESSAGE_FILE exclude each other");
}
END_TEST

/* The first port of a Service, whatever its protocol. */
static const char *const of_kubernetes[] = {"tcp://10.0.0.1:12345", "udp://10.0.0.1:7",
					    "sctp://[fd00::1]:80", "tcp://\x1B[2J"};

START_TEST(port_variable_of_kubernetes_is_ignored_with_a_warning)
{
	setenv("HAILD_PORT", of_kubernetes[_i], 1);
	ck_assert_int_eq(READ(), CLI_GO);
	assert_endpoint(0, "localhost:12345");
	assert_one_error_line("haild: HAILD_PORT is '");
	assert_told(
		"', as Kubernetes sets it for a Service named haild: ignored, the port is 12345");
}
END_TEST

/* What no address needs is not even told. */
static const char *const port_in_no_need[][3] = {{"-l:80"}, {"-lunix:/x"}, {"-p81"}};

START_TEST(port_variable_that_nothing_needs_is_not_judged)
{
	setenv("HAILD_PORT", _i % 2 ? "tcp://10.0.0.1:12345" : "x y", 1);
	ck_assert_int_eq(READ_WORDS(port_in_no_need[_i / 2]), CLI_GO);
	assert_told_nothing();
}
END_TEST

static const struct {
	const char *name, *value, *told;
} bad_variables[] = {
	{"HAILD_PORT", "65536", "bad port '65536'"},
	{"HAILD_PORT", "0x1F", "bad port '0x1F'"},
	{"HAILD_PORT", " 80", "bad port ' 80'"},
	{"HAILD_PORT", "http://10.0.0.1:80", "bad port 'http://10.0.0.1:80'"},
	{"HAILD_PORT", "tcp:10.0.0.1:80", "bad port 'tcp:10.0.0.1:80'"},
	{"HAILD_LISTEN", "a:b:c", "bad address 'a:b:c'"},
	{"HAILD_LISTEN", "a, b:", "bad address 'b:'"},
	{"HAILD_LISTEN", "a unix:", "bad address 'unix:'"},
};

START_TEST(bad_variable_is_refused_in_one_line)
{
	setenv(bad_variables[_i].name, bad_variables[_i].value, 1);
	ck_assert_int_eq(READ(), CLI_BAD);
	assert_one_error_line("haild: ");
	assert_told(bad_variables[_i].told);
}
END_TEST

/* They have the port of all, and no other address applies by default. */
START_TEST(proxies_are_listened_for_alone)
{
	char text[ADDRESS_TEXT_MAX];

	ck_assert_int_eq(READ("-p81", "--proxy-listen=127.0.0.1", "--proxy-listen", "unix:/x",
			      "--proxy-listen=:0", "--proxy-listen=:0"),
			 CLI_GO);
	ck_assert_uint_eq(options.proxy_count, 4);
	ck_assert_str_eq(endpoint_format(&options.proxies[0], text, sizeof text), "127.0.0.1:81");
	ck_assert_str_eq(endpoint_format(&options.proxies[1], text, sizeof text), "unix:/x");
	ck_assert_str_eq(endpoint_format(&options.proxies[3], text, sizeof text), "*:0");
	ck_assert_uint_eq(options.endpoint_count, 0);
	ck_assert(!options.listens_by_default);
	assert_told_nothing();
}
END_TEST

START_TEST(proxies_stand_beside_addresses)
{
	if (_i == 0) {
		ck_assert_int_eq(READ("-la:80", "--proxy-listen=a:80"), CLI_GO);
	} else {
		setenv("HAILD_LISTEN", "a:80", 1);
		ck_assert_int_eq(READ("--proxy-listen=b"), CLI_GO);
	}
	ck_assert_uint_eq(options.endpoint_count, 1);
	assert_endpoint(0, "a:80");
	ck_assert_uint_eq(options.proxy_count, 1);
}
END_TEST

START_TEST(help_names_every_option_and_variable)
{
	static const char *const names[] = {
		"-l, --listen=",
		"-p, --port=",
		"-m, --message=",
		"-f, --message-file=",
		"-n, --count=",
		"-c, --max-connections=",
		"-b, --backlog=",
		"-t, --timeout=",
		"--idle=",
		"--drain=",
		"--lame-duck=",
		"-e, --expand",
		"--instance=",
		"-u, --udp",
		"HAILD_INSTANCE",
		"--reuse-port",
		"--check",
		"--metrics=",
		"--proxy-listen=",
		"-q, --quiet",
		"-v, --verbose",
		"-h, --help",
		"-V, --version",
		"HAILD_LISTEN",
		"HAILD_PORT",
		"HAILD_MESSAGE",
		"HAILD_MESSAGE_FILE",
	};

	capture(STDOUT_FILENO);
	ck_assert_int_eq(READ("--help"), CLI_END);
	assert_help_names(names, COUNT_OF(names));
}
END_TEST

START_TEST(help_fits_a_terminal)
{
	capture(STDOUT_FILENO);
	ck_assert_int_eq(READ("--help"), CLI_END);
	assert_help_fits_a_terminal();
}
END_TEST

START_TEST(version_is_one_line)
{
	capture(STDOUT_FILENO);
	ck_assert_int_eq(READ("--version"), CLI_END);
	assert_version_of("haild ");
}
END_TEST

START_TEST(help_is_told_in_spite_of_a_bad_environment)
{
	setenv("HAILD_PORT", "65536", 1);
	capture(STDOUT_FILENO);
	ck_assert_int_eq(READ("--help"), CLI_END);
	assert_told_nothing();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *words = suite_case(suite, "words"), *refused = suite_case(suite, "refused");
	TCase *variables = suite_case(suite, "variables"), *printed = suite_case(suite, "printed");

	tcase_add_checked_fixture(words, setup, teardown);
	tcase_add_test(words, defaults);
	tcase_add_loop_test(words, number_sets_its_field, 0, COUNT_OF(numbers));
	tcase_add_loop_test(words, flag_sets_its_field, 0, COUNT_OF(flags));
	tcase_add_loop_test(words, listen_and_port_make_endpoints, 0, COUNT_OF(listens));
	tcase_add_test(words, message_is_literal);
	tcase_add_test(words, message_may_be_empty);
	tcase_add_loop_test(words, message_file_takes_the_place_of_the_message, 0,
			    COUNT_OF(file_words));
	tcase_add_loop_test(words, instance_is_taken_as_it_is, 0, COUNT_OF(instances));
	tcase_add_loop_test(words, udp_needs_one_address_that_is_no_path, 0, COUNT_OF(udp_words));
	tcase_add_checked_fixture(refused, setup, teardown);
	tcase_add_loop_test(refused, command_line_is_refused_in_one_line, 0, COUNT_OF(bad));
	tcase_add_loop_test(refused, complaint_has_the_form_of_the_log, 0, COUNT_OF(complaints));
	tcase_add_test(refused, unix_path_too_long_is_a_usage_error);
	tcase_add_test(words, proxies_are_listened_for_alone);
	tcase_add_loop_test(words, proxies_stand_beside_addresses, 0, 2);
	tcase_add_checked_fixture(variables, setup, teardown);
	tcase_add_test(words, metrics_have_ports_of_their_own);
	tcase_add_test(variables, listen_variable_holds_several);
	tcase_add_test(variables, listen_variable_holds_no_more_than_a_list);
	tcase_add_test(variables, variables_are_read);
	tcase_add_test(variables, message_file_variable_is_read);
	tcase_add_test(variables, instance_variable_is_read);
	tcase_add_test(variables, empty_instance_option_overrides_the_variable);
	tcase_add_test(variables, udp_and_paths_from_the_variable_are_refused);
	tcase_add_test(variables, empty_variable_counts_as_unset);
	tcase_add_test(variables, empty_message_variable_leaves_the_file);
	tcase_add_test(variables, blank_listen_variable_leaves_the_default);
	tcase_add_test(variables, option_overrides_its_variable);
	tcase_add_test(variables, overridden_variable_may_be_bad);
	tcase_add_test(variables, message_option_overrides_both_variables);
	tcase_add_test(variables, message_file_option_overrides_both_variables);
	tcase_add_test(variables, empty_message_option_overrides_the_variable);
	tcase_add_test(variables, both_message_variables_exclude_each_other);
	tcase_add_loop_test(variables, port_variable_of_kubernetes_is_ignored_with_a_warning, 0,
			    COUNT_OF(of_kubernetes));
	tcase_add_loop_test(variables, port_variable_that_nothing_needs_is_not_judged, 0,
			    2 * COUNT_OF(port_in_no_need));
	tcase_add_loop_test(variables, bad_variable_is_refused_in_one_line, 0,
			    COUNT_OF(bad_variables));
	tcase_add_checked_fixture(printed, setup, teardown);
	tcase_add_test(printed, help_names_every_option_and_variable);
	tcase_add_test(printed, help_fits_a_terminal);
	tcase_add_test(printed, version_is_one_line);
	tcase_add_test(printed, help_is_told_in_spite_of_a_bad_environment);
	return suite_run(suite);
}
