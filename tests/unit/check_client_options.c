/* SPDX-License-Identifier: ISC */
/* check_client_options: hailto's defaults, every option with its range, operands, and conflicts. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/log.h"
#include "client/options.h"
#include "lib/capture.h"
#include "lib/help.h"
#include "lib/memory.h"
#include "lib/peers.h"
#include "lib/suite.h"
#include "lib/words.h"

static struct options options;

static void setup(void)
{
	unsetenv("POSIXLY_CORRECT");
	argv_copy[0] = strdup("hailto");
	capture(STDERR_FILENO);
	log_open("hailto", LOG_LEVEL_WARNING);
}

static void teardown(void)
{
	free_words();
}

START_TEST(defaults)
{
	ck_assert_int_eq(READ(), CLI_GO);
	ck_assert(!options.has_target && !options.ipv4 && !options.ipv6);
	ck_assert_uint_eq(options.bytes, 1024);
	ck_assert_uint_eq(options.timeout, 10000);
	ck_assert_uint_eq(options.connect_timeout, 0);
	ck_assert_uint_eq(options.read_timeout, 0);
	ck_assert_uint_eq(options.wait, 0);
	ck_assert_ptr_null(options.reject_prefix);
	ck_assert(!options.invert && !options.steady && !options.command);
	ck_assert_uint_eq(options.source.length, 0);
	ck_assert_ptr_null(options.expect);
	ck_assert_ptr_null(options.expect_prefix);
	ck_assert(!options.udp && !options.zero && !options.raw && !options.escape);
	ck_assert(!options.quiet);
	ck_assert_uint_eq(options.talk_first, 0);
	ck_assert_uint_eq(options.proxy_version, 0);
	ck_assert_uint_eq(options.verbose, 0);
	ck_assert_uint_eq(options.count, OPTIONS_UNSET);
	ck_assert_uint_eq(options.interval, OPTIONS_UNSET);
	ck_assert_uint_eq(options.parallel, 1);
	ck_assert(!options.all && !options.any && !options.tally && !options.expect_shares);
	assert_told_nothing();
}
END_TEST

#define AT(name) offsetof(struct options, name)

static const struct {
	const char *words[3];
	size_t field;
	uint64_t value;
} numbers[] = {
	{{"-b1"}, AT(bytes), 1},
	{{"--bytes=1M"}, AT(bytes), 1048576},
	{{"-b64K"}, AT(bytes), 65536},
	{{"-b", "1048576"}, AT(bytes), 1048576},
	{{"-w1ms"}, AT(timeout), 1},
	{{"--timeout=86400"}, AT(timeout), 86400000},
	{{"-w", "0.5"}, AT(timeout), 500},
	{{"--connect-timeout=1ms"}, AT(connect_timeout), 1},
	{{"--connect-timeout=86400s"}, AT(connect_timeout), 86400000},
	{{"--read-timeout=1ms"}, AT(read_timeout), 1},
	{{"--read-timeout=1440m"}, AT(read_timeout), 86400000},
	{{"--talk-first"}, AT(talk_first), 65536},
	{{"--talk-first=1"}, AT(talk_first), 1},
	{{"--talk-first=1024M"}, AT(talk_first), 1073741824},
	{{"-W"}, AT(wait), 60000},
	{{"--wait"}, AT(wait), 60000},
	{{"--wait=5"}, AT(wait), 5000},
	{{"-Wv"}, AT(wait), 60000},
	{{"-c0"}, AT(count), 0},
	{{"--count=10000000"}, AT(count), 10000000},
	{{"-c1", "-i0"}, AT(interval), 0},
	{{"-c1", "--interval=1ms"}, AT(interval), 1},
	{{"-c1", "-i1440m"}, AT(interval), 86400000},
	{{"-c1", "-P10000"}, AT(parallel), 10000},
	{{"-c1", "--parallel=1"}, AT(parallel), 1},
	{{"-vv"}, AT(verbose), 2},
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
	{"-4", AT(ipv4)},   {"--ipv4", AT(ipv4)},     {"-6", AT(ipv6)},	 {"--ipv6", AT(ipv6)},
	{"-u", AT(udp)},    {"--udp", AT(udp)},	      {"-z", AT(zero)},	 {"--zero", AT(zero)},
	{"--raw", AT(raw)}, {"--escape", AT(escape)}, {"-q", AT(quiet)}, {"--quiet", AT(quiet)},
	{"-j", AT(json)},   {"--json", AT(json)},     {"-a", AT(all)},	 {"--all", AT(all)},
};

START_TEST(flag_sets_its_field)
{
	bool value;

	ck_assert_int_eq(READ(flags[_i].word), CLI_GO);
	memcpy(&value, (char *)&options + flags[_i].field, sizeof value);
	ck_assert(value);
}
END_TEST

START_TEST(expected_texts_are_taken_literally)
{
	ck_assert_int_eq(READ("-E", "a\\n"), CLI_GO);
	ck_assert_str_eq(options.expect, "a\\n");
}
END_TEST

START_TEST(expected_prefix_is_taken)
{
	ck_assert_int_eq(READ("--expect-prefix=SSH-"), CLI_GO);
	ck_assert_str_eq(options.expect_prefix, "SSH-");
}
END_TEST

START_TEST(expected_text_may_be_empty)
{
	ck_assert_int_eq(READ("-E", ""), CLI_GO);
	ck_assert_str_eq(options.expect, "");
}
END_TEST

START_TEST(expected_text_may_be_as_long_as_bytes)
{
	ck_assert_int_eq(READ("-b4", "-E", "1234"), CLI_GO);
}
END_TEST

START_TEST(request_may_have_65507_bytes)
{
	ck_assert_int_eq(READ("-u", "-b65507", "--read-timeout=1s", "localhost"), CLI_GO);
	ck_assert_uint_eq(options.bytes, 65507);
	assert_told_nothing();
}
END_TEST

static const struct {
	const char *words[3], *shown;
} targets[] = {
	{{"localhost"}, "localhost:12345"},
	{{"localhost", "80"}, "localhost:80"},
	{{"localhost:80"}, "localhost:80"},
	{{"127.0.0.1", "65535"}, "127.0.0.1:65535"},
	{{"::1"}, "[::1]:12345"},
	{{"::1", "80"}, "[::1]:80"},
	{{"[::1]", "80"}, "[::1]:80"},
	{{"[::1]:1"}, "[::1]:1"},
	{{"unix:/run/x.sock"}, "unix:/run/x.sock"},
};

START_TEST(operands_make_the_target)
{
	char text[ADDRESS_TEXT_MAX];

	ck_assert_int_eq(READ_WORDS(targets[_i].words), CLI_GO);
	ck_assert(options.has_target);
	ck_assert_str_eq(endpoint_format(&options.target, text, sizeof text), targets[_i].shown);
	assert_told_nothing();
}
END_TEST

static const struct {
	const char *word;
	int family;
	const char *shown;
} sources[] = {
	{"127.0.0.1", AF_INET, "127.0.0.1:0"},	 {"127.0.0.2", AF_INET, "127.0.0.2:0"},
	{"127.0.0.1:0", AF_INET, "127.0.0.1:0"}, {"::1", AF_INET6, "[::1]:0"},
	{"[::1]", AF_INET6, "[::1]:0"},
};

START_TEST(source_is_an_address_of_ours)
{
	char text[ADDRESS_TEXT_MAX];

	ck_assert_int_eq(READ("-s", sources[_i].word), CLI_GO);
	ck_assert_uint_gt(options.source.length, 0);
	ck_assert_int_eq(options.source.any.sa_family, sources[_i].family);
	ck_assert_str_eq(address_format(&options.source, text, sizeof text), sources[_i].shown);
}
END_TEST

static const struct {
	const char *words[3];
	unsigned version;
	bool is_local;
	const char *source; /* NULL: none */
	int family;
} proxies[] = {
	{{"--send-proxy"}, 1, false, NULL, AF_UNSPEC},
	{{"--send-proxy=own"}, 1, false, NULL, AF_UNSPEC},
	{{"--send-proxy=local"}, 1, true, NULL, AF_UNSPEC},
	{{"--send-proxy=192.0.2.1:56324"}, 1, false, "192.0.2.1:56324", AF_INET},
	{{"--send-proxy=[2001:db8::1]:1"}, 1, false, "[2001:db8::1]:1", AF_INET6},
	{{"--send-proxy-v2"}, 2, false, NULL, AF_UNSPEC},
	{{"--send-proxy-v2", "-6"}, 2, false, NULL, AF_INET6},
	{{"--send-proxy-v2=local", "-4"}, 2, true, NULL, AF_INET},
	{{"--send-proxy-v2=192.0.2.1:65535", "-4"}, 2, false, "192.0.2.1:65535", AF_INET},
};

START_TEST(proxy_header_has_a_source)
{
	char text[ADDRESS_TEXT_MAX];

	ck_assert_int_eq(READ_WORDS(proxies[_i].words), CLI_GO);
	ck_assert_uint_eq(options.proxy_version, proxies[_i].version);
	ck_assert_int_eq(options.proxy_is_local, proxies[_i].is_local);
	ck_assert_int_eq(options.proxy_source.length > 0, proxies[_i].source != NULL);
	ck_assert_int_eq(options_family(&options), proxies[_i].family);
	if (proxies[_i].source)
		ck_assert_str_eq(address_format(&options.proxy_source, text, sizeof text),
				 proxies[_i].source);
	assert_told_nothing();
}
END_TEST

/* Binds a socket of another program, of that type, to a free port of 127.0.0.1, as text. */
static int occupy(int type, char *text, size_t size)
{
	int fd = bind_on_loopback(AF_INET, type);
	struct address address = bound_address(fd);

	address_format(&address, text, size);
	return fd;
}

START_TEST(source_may_have_a_port)
{
	char text[ADDRESS_TEXT_MAX], shown[ADDRESS_TEXT_MAX];

	close(occupy(SOCK_STREAM, text, sizeof text)); /* leaves the port free */
	ck_assert_int_eq(READ("-s", text), CLI_GO);
	ck_assert_str_eq(address_format(&options.source, shown, sizeof shown), text);
}
END_TEST

static const struct {
	const char *words[WORDS_MAX], *told;
} bad[] = {
	{{"-b0"}, "--bytes: '0' is not a number of bytes from 1 to 1048576"},
	{{"-b1048577"}, "--bytes: '1048577'"},
	{{"-b2M"}, "--bytes: '2M'"},
	{{"-b1025K"}, "--bytes: '1025K'"},
	{{"-b", "-1"}, "--bytes: '-1'"},
	{{"-b"}, "--bytes needs a value"},
	{{"-w0"}, "--timeout: '0' is not a time from 1ms to 86400s"},
	{{"-w86401"}, "--timeout: '86401'"},
	{{"-w1h"}, "--timeout: '1h'"},
	{{"--connect-timeout=0"}, "--connect-timeout: '0'"},
	{{"--connect-timeout=86401"}, "--connect-timeout: '86401'"},
	{{"--read-timeout=0"}, "--read-timeout: '0'"},
	{{"--read-timeout=86401"}, "--read-timeout: '86401'"},
	{{"-w1", "-w1"}, "--timeout is given twice"},
	{{"-q", "-q"}, "--quiet is given twice"},
	{{"-4", "-6"}, "exclude each other"},
	{{"-46"}, "exclude each other"},
	{{"--raw", "--escape"}, "exclude each other"},
	{{"-q", "-v"}, "exclude each other"},
	{{"-j", "-q"}, "--json and --quiet exclude each other"},
	{{"--raw", "-j"}, "--json and --raw exclude each other"},
	{{"--escape", "-j"}, "--json and --escape exclude each other"},
	{{"-j", "localhost", "--", "true"}, "--json and a command exclude each other"},
	{{"-Ea", "--expect-prefix=a"}, "exclude each other"},
	{{"-E", "", "--expect-prefix="}, "exclude each other"},
	{{"-z", "-Ea"}, "--zero"},
	{{"-z", "--expect-prefix=a"}, "--zero"},
	{{"-z", "--reject-prefix=a"}, "--zero"},
	{{"--reject-prefix="}, "--reject-prefix is empty, and would reject every greeting"},
	{{"-b4", "--reject-prefix=12345"}, "longer than --bytes"},
	{{"--invert", "-Ea"}, "--invert wants a refusal, which has no greeting"},
	{{"--invert", "--expect-prefix=a"}, "--invert wants a refusal"},
	{{"--invert", "--reject-prefix=a"}, "--invert wants a refusal"},
	{{"-u", "-z", "--invert"}, "--zero only connects"},
	{{"--invert", "--talk-first"}, "--invert wants a refusal, to which nothing can be sent"},
	{{"--invert", "--send-proxy"}, "--invert wants a refusal"},
	{{"--invert", "--send-proxy-v2"}, "--invert wants a refusal"},
	{{"--wait=0"}, "--wait: '0' is not a time from 1ms to 86400s"},
	{{"--wait=86401"}, "--wait: '86401'"},
	{{"-W", "--wait=5"}, "--wait is given twice"},
	{{"-W5s"}, "-W takes no value; write --wait=5s"},
	{{"-W4"}, "-W takes no value; write --wait=4"},
	{{"-W", "30s"}, "bad operand '30s': a value of --wait is written --wait=30s"},
	{{"--talk-first", "64K", "host"}, "bad operand '64K': a value of --talk-first is written"},
	{{"-u", "-z"}, "--zero only connects, and --udp never does"},
	{{"-u", "--connect-timeout=1s"}, "--connect-timeout is for connecting"},
	{{"-u", "-b65508"}, "--bytes is 65507 at most"},
	{{"-b1M", "-u"}, "--bytes is 65507 at most"},
	{{"-u", "--udp"}, "--udp is given twice"},
	{{"--talk-first="}, "--talk-first: '' is not a number of bytes from 1 to 1073741824"},
	{{"--talk-first=0"}, "--talk-first: '0'"},
	{{"--talk-first=1025M"}, "--talk-first: '1025M'"},
	{{"--talk-first", "-z"}, "--zero reads no greeting that --talk-first could lose"},
	{{"--talk-first", "-u"}, "--talk-first is for connections"},
	{{"--send-proxy", "-z"}, "--zero sends nothing"},
	{{"--send-proxy-v2", "-z"}, "--zero sends nothing"},
	{{"--send-proxy", "-u"}, "a PROXY header is for connections"},
	{{"--send-proxy-v2", "-u"}, "a PROXY header is for connections"},
	{{"--send-proxy", "--send-proxy-v2"}, "exclude each other"},
	{{"--send-proxy="}, "bad source '' of a PROXY header"},
	{{"--send-proxy=example.org:80"}, "not an IPv4 or IPv6 address"},
	{{"--send-proxy=192.0.2.1"}, "it has no port; write ADDR:PORT or [V6]:PORT"},
	{{"--send-proxy-v2=unix:/run/x.sock"}, "not an IPv4 or IPv6 address"},
	{{"--send-proxy-v2=[::1]:80", "-4"}, "of different families"},
	{{"--send-proxy=192.0.2.1:80", "-s", "::1"}, "of different families"},
	{{"-b4", "-E12345"}, "longer than --bytes"},
	{{"-b4", "--expect-prefix=12345"}, "longer than --bytes"},
	{{"", "80"}, "bad address ''"},
	{{"a:b:c"}, "bad address 'a:b:c'"},
	{{"*"}, "bad address '*'"},
	{{":80"}, "bad address ':80'"},
	{{"[::1"}, "bad address '[::1'"},
	{{"host:0"}, "bad address 'host:0'"},
	{{"host:65536"}, "bad address 'host:65536'"},
	{{"unix:"}, "bad address 'unix:'"},
	{{"12345"}, "bad address '12345': a number is not a host; write a port as HOST:PORT"},
	{{"2130706433", "80"}, "bad address '2130706433': a number is not a host"},
	{{"0x7f.1:80"}, "bad address '0x7f.1:80': an IPv4 address is four decimal numbers"},
	{{"010.0.0.1"}, "bad address '010.0.0.1': an IPv4 address is"},
	{{"http://localhost:12345/"}, "this is a URL; write HOST:PORT"},
	{{"tcp://10.0.0.1", "80"}, "bad address 'tcp://10.0.0.1': this is a URL"},
	{{"/run/x.sock"}, "bad address '/run/x.sock': the host has a slash in it; a path is unix:"},
	{{"host", " "}, "bad port ' '"},
	{{"host", "80/tcp"}, "bad port '80/tcp'"},
	{{"a\nb:"}, "bad address 'a\\x0Ab:'"},
	{{"host", "0"}, "bad port '0'"},
	{{"host", "65536"}, "bad port '65536'"},
	{{"--", "host", "-1"}, "bad port '-1'"},
	{{"host", "0x1F"}, "bad port '0x1F'"},
	{{"host", ""}, "bad port ''"},
	{{"host", "no-such-service"}, "bad port 'no-such-service'"},
	{{"host:80", "80"}, "bad port '80'"},
	{{"[::1]:80", "80"}, "bad port '80'"},
	{{"unix:/x", "80"}, "bad port '80'"},
	{{"host", "80", "81"}, "each of several servers needs its port"},
	{{"-s", ""}, "bad source ''"},
	{{"-s", "0"}, "bad source '0': a number is not a host"},
	{{"-s", "127.1"}, "bad source '127.1': an IPv4 address is four decimal numbers"},
	{{"-s", "0x7f000001:80"}, "bad source '0x7f000001:80': an IPv4 address is"},
	{{"-s", "tcp://127.0.0.1:80"}, "bad source 'tcp://127.0.0.1:80': this is a URL"},
	{{"-s", "localhost"}, "bad source 'localhost'"},
	{{"-s", "*"}, "bad source '*'"},
	{{"-s", "unix:/x"}, "bad source 'unix:/x'"},
	{{"-s", "203.0.113.1"}, "bad source '203.0.113.1'"}, /* TEST-NET-3 */
	{{"-s", "127.0.0.1:65536"}, "bad source '127.0.0.1:65536'"},
	{{"-s", "127.0.0.1", "-6"}, "--source"},
	{{"-c"}, "--count needs a value"},
	{{"-c", "-1"}, "--count: '-1' is not a number from 0 to 10000000"},
	{{"-c10000001"}, "--count: '10000001'"},
	{{"-c1K"}, "--count: '1K'"},
	{{"-c1", "-c1"}, "--count is given twice"},
	{{"-c1", "-i86401"}, "--interval: '86401' is not a time from 0s to 86400s"},
	{{"-c1", "-i", ""}, "--interval: ''"},
	{{"-c1", "-P0"}, "--parallel: '0' is not a number from 1 to 10000"},
	{{"-c1", "-P10001"}, "--parallel: '10001'"},
	{{"-a", "-a"}, "--all is given twice"},
	{{"-a", "--any", "--any"}, "--any is given twice"},
	{{"-a", "--tally", "--tally"}, "--tally is given twice"},
	{{"--nonsense"}, "unknown option '--nonsense' (see 'hailto --help')"},
};

START_TEST(command_line_is_refused_in_one_line)
{
	ck_assert_int_eq(READ_WORDS(bad[_i].words), CLI_BAD);
	assert_one_error_line("hailto: ");
	assert_told(bad[_i].told);
}
END_TEST

START_TEST(source_of_the_excluded_family_is_refused)
{
	ck_assert_int_eq(READ("-4", "-s", "::1"), CLI_BAD);
	assert_one_error_line("hailto: ");
	assert_told("--source");
}
END_TEST

static const struct {
	const char *words[4];
	bool zero, steady;
} connections[] = {
	{{"-z"}, true, false},
	{{"-W"}, false, false},
	{{"-z", "-W"}, true, true},
	{{"--invert"}, true, false},
	{{"--invert", "-W"}, true, false},
	{{"--invert", "-Wz"}, true, false},
	{{"--invert", "-u"}, false, false},
};

START_TEST(connection_is_enough_or_has_to_last)
{
	ck_assert_int_eq(READ_WORDS(connections[_i].words), CLI_GO);
	ck_assert_int_eq(options.zero, connections[_i].zero);
	ck_assert_int_eq(options.steady, connections[_i].steady);
}
END_TEST

START_TEST(command_follows_the_servers)
{
	ck_assert_int_eq(READ("-W", "a:1", "b:2", "-z", "--", "run", "-z", "--"), CLI_GO);
	ck_assert_uint_eq(options_target_count(&options), 2);
	ck_assert_uint_eq(options_target(&options, 1)->port, 2);
	ck_assert_str_eq(options.command[0], "run");
	ck_assert_str_eq(options.command[1], "-z");
	ck_assert_str_eq(options.command[2], "--");
	ck_assert_ptr_null(options.command[3]);
	options_free(&options);
}
END_TEST

START_TEST(every_server_has_to_suit)
{
	ck_assert_int_eq(READ("-u", "a:1", "unix:/x"), CLI_GO);
	ck_assert(!options_suit_targets(&options));
	assert_one_error_line("hailto: a UNIX socket ");
	options_free(&options);
}
END_TEST

/* Each of them needs a socket of its own. */
START_TEST(several_servers_are_not_asked_from_one_port_by_udp)
{
	char text[ADDRESS_TEXT_MAX];

	close(occupy(SOCK_DGRAM, text, sizeof text)); /* leaves the port free */
	ck_assert_int_eq(READ("-u", "-s", text, "a:1", "b:2"), CLI_BAD);
	assert_one_error_line("hailto: with --udp, several servers cannot be asked from one port");
	options_free(&options);
}
END_TEST

static const char *const ways[] = {"-u", "-4", "-6"};

START_TEST(unix_socket_does_not_suit)
{
	ck_assert_int_eq(READ(ways[_i], "unix:/x"), CLI_GO);
	ck_assert(!options_suit_targets(&options));
	assert_one_error_line("hailto: a UNIX socket ");
}
END_TEST

static const struct {
	const char *words[4], *told;
} others[] = {
	{{"-4", "::1"}, "hailto: [::1]:12345 is an IPv6 address, but --ipv4 leaves only IPv4"},
	{{"-4", "[fe80::1]:1"}, "hailto: [fe80::1]:1 is an IPv6 address, but"},
	{{"-6", "127.0.0.1"}, "hailto: 127.0.0.1:12345 is an IPv4 address, but --ipv6 leaves only"},
	{{"-6", "a:1", "127.0.0.1:2"}, "hailto: 127.0.0.1:2 is an IPv4 address, but --ipv6 leaves"},
	{{"-u", "-6", "127.0.0.1"}, "hailto: 127.0.0.1:12345 is an IPv4 address, but --ipv6"},
	{{"-s", "127.0.0.1", "::1"}, "hailto: [::1]:12345 is an IPv6 address, but --source leaves"},
	{{"-4", "-s127.0.0.1", "::1"}, "hailto: [::1]:12345 is an IPv6 address, but --source"},
	{{"--send-proxy=192.0.2.1:1", "::1"},
	 "hailto: [::1]:12345 is an IPv6 address, but --send-proxy leaves only IPv4"},
	{{"--send-proxy-v2=[::1]:1", "127.0.0.1"},
	 "hailto: 127.0.0.1:12345 is an IPv4 address, but --send-proxy-v2 leaves only IPv6"},
};

START_TEST(address_of_another_family_does_not_suit)
{
	ck_assert_int_eq(READ_WORDS(others[_i].words), CLI_GO);
	ck_assert(!options_suit_targets(&options));
	assert_one_error_line(others[_i].told);
	options_free(&options);
}
END_TEST

static const char *const suiting[][3] = {
	{"-u", "localhost"},
	{"-4", "localhost"},
	{"-6", "localhost"},
	{"-4", "127.0.0.1"},
	{"-6", "::1"},
	{"-6", "::ffff:127.0.0.1"},
	{"-s127.0.0.1", "127.0.0.2"},
	{"--send-proxy=192.0.2.1:1", "127.0.0.1"},
	{"--send-proxy", "::1"},
	{"--send-proxy=local", "::1"},
	{"-4", "a.example"},
};

START_TEST(targets_suit)
{
	ck_assert_int_eq(READ_WORDS(suiting[_i]), CLI_GO);
	ck_assert(options_suit_targets(&options));
	assert_told_nothing();
}
END_TEST

START_TEST(source_port_in_use_by_udp_is_refused)
{
	char text[ADDRESS_TEXT_MAX];
	int fd = occupy(SOCK_DGRAM, text, sizeof text);

	ck_assert_int_eq(READ("-u", "-s", text), CLI_BAD);
	assert_one_error_line("hailto: bad source '127.0.0.1:");
	assert_told("in use");
	close(fd);
}
END_TEST

START_TEST(source_port_in_use_by_tcp_is_no_hindrance)
{
	char text[ADDRESS_TEXT_MAX];
	int fd = occupy(SOCK_STREAM, text, sizeof text);

	ck_assert_int_eq(READ("-u", "-s", text), CLI_GO);
	assert_told_nothing();
	close(fd);
}
END_TEST

START_TEST(source_port_in_use_is_refused)
{
	char text[ADDRESS_TEXT_MAX];
	int fd = occupy(SOCK_STREAM, text, sizeof text);

	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(READ("-s", text), CLI_BAD);
	assert_one_error_line("hailto: bad source '127.0.0.1:");
	assert_told("in use");
	close(fd);
}
END_TEST

START_TEST(no_descriptor_stays_open)
{
	int before = lowest_descriptor();

	ck_assert_int_eq(READ("-s", "127.0.0.1", "localhost"), CLI_GO);
	ck_assert_int_eq(lowest_descriptor(), before);
}
END_TEST

START_TEST(help_names_every_option)
{
	static const char *const names[] = {
		"-4, --ipv4",
		"-6, --ipv6",
		"-b, --bytes=",
		"-w, --timeout=",
		"--connect-timeout=",
		"--read-timeout=",
		"-s, --source=",
		"-E, --expect=",
		"--expect-prefix=",
		"-z, --zero",
		"--raw",
		"--escape",
		"-u, --udp",
		"-q, --quiet",
		"-v, --verbose",
		"-h, --help",
		"-V, --version",
		"-W, --wait[=TIME]",
		"--invert",
		"--reject-prefix=",
		"-c, --count=",
		"-i, --interval=",
		"-P, --parallel=",
		"-a, --all",
		"--any",
		"--tally",
		"--expect-shares=",
		"-j, --json",
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
	assert_version_of("hailto ");
}
END_TEST

/* The command line is not to blame. */
START_TEST(no_memory_for_the_shares_is_no_error_of_usage)
{
	static const char *const words[] = {"-c1", "--expect-shares=a:100", NULL};
	int argc = copy_words(words);
	enum cli_outcome outcome;

	memory_grants = 3; /* those of cli.c */
	outcome = options_read(&options, argc, argv_copy);
	memory_grants = -1;
	ck_assert_int_eq(outcome, CLI_FAILED);
	assert_told("hailto: cannot read shares 'a:100': out of memory\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("client options");
	TCase *words = suite_case(suite, "words"), *refused = suite_case(suite, "refused");
	TCase *printed = suite_case(suite, "printed");

	tcase_add_checked_fixture(words, setup, teardown);
	tcase_add_test(words, defaults);
	tcase_add_loop_test(words, number_sets_its_field, 0, COUNT_OF(numbers));
	tcase_add_loop_test(words, flag_sets_its_field, 0, COUNT_OF(flags));
	tcase_add_test(words, expected_texts_are_taken_literally);
	tcase_add_test(words, expected_prefix_is_taken);
	tcase_add_test(words, expected_text_may_be_empty);
	tcase_add_test(words, expected_text_may_be_as_long_as_bytes);
	tcase_add_test(words, request_may_have_65507_bytes);
	tcase_add_loop_test(words, address_of_another_family_does_not_suit, 0, COUNT_OF(others));
	tcase_add_loop_test(words, targets_suit, 0, COUNT_OF(suiting));
	tcase_add_loop_test(words, connection_is_enough_or_has_to_last, 0, COUNT_OF(connections));
	tcase_add_test(words, command_follows_the_servers);
	tcase_add_loop_test(words, operands_make_the_target, 0, COUNT_OF(targets));
	/* The last two are of IPv6. */
	tcase_add_loop_test(words, source_is_an_address_of_ours, 0,
			    ipv6_works() ? COUNT_OF(sources) : COUNT_OF(sources) - 2);
	tcase_add_loop_test(words, proxy_header_has_a_source, 0,
			    ipv6_works() ? COUNT_OF(proxies) : COUNT_OF(proxies) - 2);
	tcase_add_test(words, source_may_have_a_port);
	tcase_add_test(words, source_port_in_use_by_tcp_is_no_hindrance);
	tcase_add_test(words, no_descriptor_stays_open);
	tcase_add_checked_fixture(refused, setup, teardown);
	tcase_add_test(refused, no_memory_for_the_shares_is_no_error_of_usage);
	tcase_add_loop_test(refused, command_line_is_refused_in_one_line, 0, COUNT_OF(bad));
	if (ipv6_works())
		tcase_add_test(refused, source_of_the_excluded_family_is_refused);
	tcase_add_test(refused, source_port_in_use_is_refused);
	tcase_add_test(refused, source_port_in_use_by_udp_is_refused);
	tcase_add_test(refused, every_server_has_to_suit);
	tcase_add_test(refused, several_servers_are_not_asked_from_one_port_by_udp);
	tcase_add_loop_test(refused, unix_socket_does_not_suit, 0, COUNT_OF(ways));
	tcase_add_checked_fixture(printed, setup, teardown);
	tcase_add_test(printed, help_names_every_option);
	tcase_add_test(printed, help_fits_a_terminal);
	tcase_add_test(printed, version_is_one_line);
	return suite_run(suite);
}
