/* SPDX-License-Identifier: ISC */
/* check_template: what each escape and placeholder says, what is refused and where, and bounds. */
#include <config.h>

#include "daemon/say/compile.h"
#include "daemon/say/template.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/zone.h"
#include "lib/suite.h"

/* The zone that every number stands for; NULL: for its own. */
static const char *zone;

char *__real_zone_name(unsigned number, char name[ZONE_NAME_MAX]);
char *__wrap_zone_name(unsigned number, char name[ZONE_NAME_MAX]);

/* In its place: no machine has the zones that an address may come with. */
char *__wrap_zone_name(unsigned number, char name[ZONE_NAME_MAX])
{
	if (!zone)
		return __real_zone_name(number, name);
	snprintf(name, ZONE_NAME_MAX, "%s", zone);
	return name;
}

static struct template_constants constants;
static struct template_values values;
static struct template *template;

/* Makes an end of a connection of a literal address or unix:PATH. */
static void make_end(const char *text, struct address *address)
{
	struct endpoint endpoint;

	ck_assert_ptr_null(endpoint_parse(text, &endpoint));
	if (endpoint.kind == ENDPOINT_UNIX)
		ck_assert(address_from_path(endpoint.host, address));
	else
		ck_assert_int_eq(address_from_literal(endpoint.host, AF_UNSPEC, address), 0);
	address_set_port(address, endpoint.port);
}

/* Makes of it the longest path: Linux ends no such path with a NUL. */
static void make_longest_path(struct address *address)
{
	address->path.sun_family = AF_UNIX;
	memset(address->path.sun_path, '\a', sizeof address->path.sun_path);
	address->length = sizeof address->path;
}

static void set_ends(const char *peer, const char *local)
{
	make_end(peer, &values.peer);
	make_end(local, &values.local);
}

static void setup(void)
{
	constants = (struct template_constants){.host = "host",
						.instance = "left",
						.version = "0.1.0",
						.pid = 4711};
	values = (struct template_values){.serial = 7, .time = 1795685400};
	set_ends("192.0.2.7:54321", "127.0.0.1:12345");
	template = NULL;
	zone = NULL;
}

static void teardown(void)
{
	template_release(template);
}

/* Compiles bytes that are in no longer memory, and are gone afterwards. */
static void compile(const char *text, size_t size)
{
	struct compile_problem problem = {.what = "nothing was asked"};
	char *copy = malloc(size > 0 ? size : 1);

	memcpy(copy, text, size);
	template_release(template);
	template = compile_text(copy, size, &constants, &problem);
	free(copy);
	ck_assert_msg(template != NULL, "'%s': %s at %zu", text, problem.what, problem.position);
	ck_assert_ptr_null(problem.what);
}

/* Asserts that the bytes are said, in memory that has just the room. */
static void assert_says(const char *bytes, size_t size)
{
	size_t longest = template_longest(template);
	char *out = malloc(longest > 0 ? longest : 1);
	size_t length = template_render(template, &values, out);

	ck_assert_uint_le(length, longest);
	ck_assert_msg(length == size && memcmp(out, bytes, size) == 0, "'%.*s' is not '%.*s'",
		      (int)length, out, (int)size, bytes);
	free(out);
}

/* Asserts that the text says this. */
static void assert_expands(const char *text, const char *said)
{
	compile(text, strlen(text));
	assert_says(said, strlen(said));
}

static const struct {
	const char *text, *says;
	size_t size;
} constant[] = {
	{"", "", 0},
	{"Hi from server", "Hi from server", 14},
	{"\\n", "\n", 1},
	{"\\r", "\r", 1},
	{"\\t", "\t", 1},
	{"\\\\", "\\", 1},
	{"\\x41", "A", 1},
	{"\\x00", "\0", 1},
	{"\\xff\\xFF\\xaB\\xCd", "\xFF\xFF\xAB\xCD", 4},
	{"\\x09\\x90", "\x09\x90", 2},
	{"\\x411", "A1", 2},
	{"\\\\n", "\\n", 2},
	{"\\\\\\n", "\\\n", 2},
	{"\\\\x41", "\\x41", 4},
	{"a\\nb\\tc", "a\nb\tc", 5},
	{"{{", "{", 1},
	{"}}", "}", 1},
	{"{{}}", "{}", 2},
	{"}}{{", "}{", 2},
	{"{{{{", "{{", 2},
	{"{{peer}}", "{peer}", 6},
	{"{{\"a\": 1}}\\n", "{\"a\": 1}\n", 9},
	{"{{\\x7D", "{}", 2},
	{"\\x7Bpeer\\x7D", "{peer}", 6}, /* what an escape says is not read again */
	{"\\x5Cn", "\\n", 2},
	{"{host}", "host", 4},
	{"{instance}", "left", 4},
	{"{pid}", "4711", 4},
	{"{version}", "0.1.0", 5},
	{"{{{host}}}", "{host}", 6},
	{"{host}{instance} {pid}", "hostleft 4711", 13},
	{"gr\xC3\xBC\xC3\x9F\xFF\x1B\r\n\t", "gr\xC3\xBC\xC3\x9F\xFF\x1B\r\n\t", 11},
};

/* What is the same for everyone is folded into bytes that can be shared. */
START_TEST(constant_is_folded)
{
	compile(constant[_i].text, strlen(constant[_i].text));
	ck_assert(template_is_constant(template));
	ck_assert_uint_eq(template_longest(template), constant[_i].size);
	ck_assert_uint_eq(template_longest_to_ip(template), constant[_i].size);
	ck_assert_mem_eq(template_bytes(template), constant[_i].says, constant[_i].size);
	ck_assert(!template_names_peer(template) && !template_names_local(template));
	assert_says(constant[_i].says, constant[_i].size);
}
END_TEST

static const struct {
	const char *text, *says;
	bool of_peer, of_local;
} each[] = {
	{"{peer}", "192.0.2.7:54321", true, false},
	{"{peer_address}", "192.0.2.7", true, false},
	{"{peer_port}", "54321", true, false},
	{"{local}", "127.0.0.1:12345", false, true},
	{"{local_address}", "127.0.0.1", false, true},
	{"{local_port}", "12345", false, true},
	{"{serial}", "7", false, false},
	{"{time}", "2026-11-26T09:30:00Z", false, false},
	{"{peer}{peer}", "192.0.2.7:54321192.0.2.7:54321", true, false},
	{"{serial}{local_port}", "712345", false, true},
	{"you are {peer}\\n", "you are 192.0.2.7:54321\n", true, false},
	{"{host} {serial} {pid} {time}", "host 7 4711 2026-11-26T09:30:00Z", false, false},
	{"{{{peer_port}}}", "{54321}", true, false},
	{"{peer} at {local}", "192.0.2.7:54321 at 127.0.0.1:12345", true, true},
};

START_TEST(placeholder_is_filled_in)
{
	assert_expands(each[_i].text, each[_i].says);
	ck_assert(!template_is_constant(template));
	ck_assert(template_names_peer(template) == each[_i].of_peer);
	ck_assert(template_names_local(template) == each[_i].of_local);
}
END_TEST

static const struct {
	const char *end, *whole, *host, *port;
} ends[] = {
	{"192.0.2.7:54321", "192.0.2.7:54321", "192.0.2.7", "54321"},
	{"255.255.255.255:65535", "255.255.255.255:65535", "255.255.255.255", "65535"},
	{"[::1]:1", "[::1]:1", "::1", "1"},
	{"[2001:db8::7]:443", "[2001:db8::7]:443", "2001:db8::7", "443"},
	{"[::ffff:192.0.2.7]:80", "192.0.2.7:80", "192.0.2.7", "80"},
	{"[fe80::1%lo]:80", "[fe80::1%lo]:80", "fe80::1%lo", "80"},
	{"unix:/run/x.sock", "unix:/run/x.sock", "unix:/run/x.sock", "0"},
	{"unix:/\x1B[2J\n", "unix:/\\x1B[2J\\x0A", "unix:/\\x1B[2J\\x0A", "0"},
	{"unix:/\\a\\x41", "unix:/\\a\\x5Cx41", "unix:/\\a\\x5Cx41", "0"},
};

/* Asserts what the placeholders of either end say. */
static void assert_end(const char *whole, const char *host, const char *port)
{
	assert_expands("{peer}", whole);
	assert_expands("{peer_address}", host);
	assert_expands("{peer_port}", port);
	assert_expands("{local}", whole);
	assert_expands("{local_address}", host);
	assert_expands("{local_port}", port);
}

START_TEST(both_ends_are_shown_alike)
{
	set_ends(ends[_i].end, ends[_i].end);
	assert_end(ends[_i].whole, ends[_i].host, ends[_i].port);
}
END_TEST

START_TEST(end_without_a_name_is_shown)
{
	set_ends("unix:/x", "unix:/x");
	values.peer.length = values.local.length = sizeof(sa_family_t);
	assert_end("unix:(unnamed)", "unix:(unnamed)", "0");
}
END_TEST

/* So it is where the kernel could not tell. */
START_TEST(unknown_end_is_shown)
{
	values.peer = values.local = (struct address){.length = sizeof values.peer.room};
	assert_end("(family 0)", "(family 0)", "0");
}
END_TEST

/* Linux takes nearly any bytes for an interface's name; such a one is told by its number. */
static const char *const odd_zones[] = {
	"\x1B[2J\x7F\xFF\xC2\x9B", "\xC3\xA9", "a]", "a%1", "\"", "\\x41"};

START_TEST(zone_never_comes_raw)
{
	set_ends("[fe80::1]:80", "[fe80::1]:80");
	values.peer.ipv6.sin6_scope_id = values.local.ipv6.sin6_scope_id = 3;
	for (size_t i = 0; i < COUNT_OF(odd_zones); i++) {
		zone = odd_zones[i];
		assert_end("[fe80::1%3]:80", "fe80::1%3", "80");
	}
}
END_TEST

/* An interface's name has 15 bytes. */
START_TEST(longest_zone_is_shown_whole)
{
	static const char text[] = "{peer}{local_address}";
	char out[1024];
	size_t size;

	set_ends("[fe80:2222:3333:4444:5555:6666:7777:8888]:65535",
		 "[fe80:2222:3333:4444:5555:6666:7777:8888]:65535");
	values.peer.ipv6.sin6_scope_id = values.local.ipv6.sin6_scope_id = 3;
	zone = "fifteen-letters";
	compile(text, sizeof text - 1);
	size = template_render(template, &values, out);
	ck_assert_uint_eq(size, 1 + 39 + 1 + 15 + strlen("]:65535") + 39 + 1 + 15);
	ck_assert_uint_eq(size, template_longest_to_ip(template) - 8);
	ck_assert(memcmp(out + size - 15, zone, 15) == 0);
}
END_TEST

START_TEST(longest_path_is_shown_whole)
{
	char said[512] = "unix:";

	make_longest_path(&values.peer);
	for (size_t i = 0; i < sizeof values.peer.path.sun_path; i++)
		strcat(said, "\\x07");
	assert_expands("{peer}", said);
	assert_expands("{peer_address}", said);
}
END_TEST

START_TEST(constants_never_come_raw)
{
	constants.host = "\x1B]0;host\a";
	constants.instance = "a\r\nb\xFF\xC3\xA9\\";
	constants.version = "\x7F";
	assert_expands("{host} {instance} {version}",
		       "\\x1B]0;host\\x07 a\\x0D\\x0Ab\\xFF\xC3\xA9\\ \\x7F");
}
END_TEST

/* A constant that looks like a placeholder is none. */
START_TEST(constants_are_not_expanded)
{
	constants.instance = "{peer}\\n{{";
	assert_expands("{instance}", "{peer}\\n{{");
	ck_assert(template_is_constant(template));
}
END_TEST

START_TEST(constants_may_be_empty)
{
	constants.host = constants.instance = constants.version = "";
	assert_expands("{host}{instance}{version}", "");
	ck_assert(template_is_constant(template));
	ck_assert_ptr_nonnull(template_bytes(template));
}
END_TEST

START_TEST(long_constant_is_cut)
{
	char long_one[1000], said[256] = "";

	memset(long_one, 'i', sizeof long_one - 1);
	long_one[sizeof long_one - 1] = '\0';
	constants.instance = long_one;
	assert_expands("{instance}", memset(said, 'i', 255));
	/* Not within a byte's number. */
	long_one[254] = '\n';
	said[254] = '\0';
	assert_expands("{instance}", said);
}
END_TEST

START_TEST(greatest_values_have_room)
{
	bool is_long;

	values.serial = UINT64_MAX;
	assert_expands("{serial}", "18446744073709551615");
	/* Where time_t has 32 bits, the times end in 2038. */
	is_long = sizeof values.time > 4;
	values.time = is_long ? (time_t)253402300799 : INT32_MAX;
	assert_expands("{time}", is_long ? "9999-12-31T23:59:59Z" : "2038-01-19T03:14:07Z");
	values.time = 0;
	values.serial = 0;
	assert_expands("{serial} {time}", "0 1970-01-01T00:00:00Z");
	constants.pid = 4194304;
	assert_expands("{pid}", "4194304");
}
END_TEST

/* The clock of a machine can be set to anything. */
START_TEST(time_out_of_all_bounds_is_survived)
{
	static const int64_t times[] = {INT64_MAX,	   INT64_MIN,
					67768036191676799, -67768040609740800,
					253402300800,	   INT32_MAX,
					INT32_MIN,	   -1};
	char out[1024];

	for (int i = 0; i < COUNT_OF(times); i++) {
		values.time = (time_t)times[i];
		compile("{time}", 6);
		ck_assert_uint_le(template_render(template, &values, out),
				  template_longest(template));
	}
}
END_TEST

#define LONE_OPEN "a lone brace (write {{ for one)"
#define LONE_CLOSE "a lone brace (write }} for one)"
#define UNKNOWN_ESCAPE "an unknown escape (there are \\n \\r \\t \\\\ \\xHH)"
#define HEX "\\x needs two hexadecimal digits"

static const struct {
	const char *text;
	size_t size;
	const char *what;
	size_t position;
} bad[] = {
	{"\\", 1, "a backslash at the end", 0},
	{"Hi\\", 3, "a backslash at the end", 2},
	{"\\\\\\", 3, "a backslash at the end", 2},
	{"\\q", 2, UNKNOWN_ESCAPE, 0},
	{"ab\\Nc", 5, UNKNOWN_ESCAPE, 2},
	{"\\0", 2, UNKNOWN_ESCAPE, 0},
	{"\\\0n", 3, UNKNOWN_ESCAPE, 0},
	{"\\ ", 2, UNKNOWN_ESCAPE, 0},
	{"\\{", 2, UNKNOWN_ESCAPE, 0},
	{"\\\n", 2, UNKNOWN_ESCAPE, 0},
	{"\\X41", 4, UNKNOWN_ESCAPE, 0},
	{"\\x", 2, HEX, 0},
	{"\\x4", 3, HEX, 0},
	{"ab\\x4g", 6, HEX, 2},
	{"\\xg4", 4, HEX, 0},
	{"\\x 4", 4, HEX, 0},
	{"\\x-1", 4, HEX, 0},
	{"\\x0x", 4, HEX, 0},
	{"\\x4\0", 4, HEX, 0},
	{"\\x4\xFF", 4, HEX, 0},
	{"{", 1, LONE_OPEN, 0},
	{"Hi {", 4, LONE_OPEN, 3},
	{"{{{", 3, LONE_OPEN, 2},
	{"{peer", 5, LONE_OPEN, 0},
	{"{peer ", 6, LONE_OPEN, 0},
	{"{ peer}", 7, LONE_OPEN, 0},
	{"{peer }", 7, LONE_OPEN, 0},
	{"{Peer}", 6, LONE_OPEN, 0},
	{"{peer\0}", 7, LONE_OPEN, 0},
	{"{peer{peer}", 11, LONE_OPEN, 0},
	{"{\"a\": 1}", 8, LONE_OPEN, 0},
	{"{peer1}", 7, LONE_OPEN, 0},
	{"}", 1, LONE_CLOSE, 0},
	{"Hi }\n", 5, LONE_CLOSE, 3},
	{"}}}", 3, LONE_CLOSE, 2},
	{"{peer}}", 7, LONE_CLOSE, 6},
	{"} }", 3, LONE_CLOSE, 0},
	{"{}", 2, "an unknown placeholder", 0},
	{"you are {peeer}\\n", 17, "an unknown placeholder", 8},
	{"{pee}", 5, "an unknown placeholder", 0},
	{"{peer_}", 7, "an unknown placeholder", 0},
	{"{peers}", 7, "an unknown placeholder", 0},
	{"{_}", 3, "an unknown placeholder", 0},
	{"{peer}{host}\\n{local_name}", 26, "an unknown placeholder", 14},
	/* The first of several. */
	{"a}b{c\\", 6, LONE_CLOSE, 1},
};

START_TEST(ill_formed_text_is_refused_where_it_is_wrong)
{
	struct compile_problem problem = {.position = 99};
	char *copy = malloc(bad[_i].size);

	memcpy(copy, bad[_i].text, bad[_i].size);
	ck_assert_ptr_null(compile_text(copy, bad[_i].size, &constants, &problem));
	ck_assert_str_eq(problem.what, bad[_i].what);
	ck_assert_uint_eq(problem.position, bad[_i].position);
	free(copy);
}
END_TEST

START_TEST(nul_is_a_byte_like_others)
{
	compile("a\0b{peer_port}\0", 15);
	assert_says("a\0b54321\0", 9);
	compile("\0", 1);
	ck_assert(template_is_constant(template));
	assert_says("\0", 1);
}
END_TEST

START_TEST(literal_says_every_byte)
{
	char bytes[256];

	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	template = template_literal(bytes, sizeof bytes);
	ck_assert(template_is_constant(template));
	ck_assert_uint_eq(template_longest(template), sizeof bytes);
	ck_assert_mem_eq(template_bytes(template), bytes, sizeof bytes);
	assert_says(bytes, sizeof bytes);
}
END_TEST

START_TEST(literal_is_not_expanded)
{
	template = template_literal("{peer}\\n{{\\", 11);
	ck_assert(template_is_constant(template));
	assert_says("{peer}\\n{{\\", 11);
}
END_TEST

START_TEST(literal_may_be_empty)
{
	template = template_literal(NULL, 0);
	ck_assert(template_is_constant(template));
	ck_assert_uint_eq(template_longest(template), 0);
	ck_assert_ptr_nonnull(template_bytes(template));
	assert_says("", 0);
}
END_TEST

/* A sanitizer or valgrind sees it if the last user does not free it, or not the last one does. */
START_TEST(template_lives_as_long_as_it_is_used)
{
	compile("{peer}!", 7);
	ck_assert_ptr_eq(template_hold(template), template);
	ck_assert_ptr_eq(template_hold(template), template);
	template_release(template);
	template_release(template);
	assert_says("192.0.2.7:54321!", 16);
	template_release(NULL);
}
END_TEST

static const char *proxy_json = "null"; /* what {json} says of the proxy */

/* All that {json} says, of the ends, the serial and the constants as set up. */
static void assert_json(const char *peer, const char *peer_address, const char *peer_port,
			const char *host, const char *instance)
{
	char wanted[4096];

	snprintf(
		wanted, sizeof wanted,
		"{\"peer\":\"%s\",\"peer_address\":\"%s\",\"peer_port\":%s,"
		"\"local\":\"127.0.0.1:12345\",\"local_address\":\"127.0.0.1\","
		"\"local_port\":12345,\"serial\":7,\"time\":\"2026-11-26T09:30:00Z\","
		"\"proxy\":%s,\"host\":\"%s\",\"instance\":\"%s\",\"pid\":4711,\"version\":\"0.1.0\"}\n",
		peer, peer_address, peer_port, proxy_json, host, instance);
	assert_expands("{json}\\n", wanted);
	ck_assert(!template_is_constant(template));
	ck_assert(template_names_peer(template) && template_names_local(template));
}

START_TEST(json_says_all)
{
	assert_json("192.0.2.7:54321", "192.0.2.7", "54321", "host", "left");
	set_ends("[fe80::1%lo]:80", "127.0.0.1:12345");
	assert_json("[fe80::1%lo]:80", "fe80::1%lo", "80", "host", "left");
}
END_TEST

/* A proxy has its address, in {json} and alone; without one, the one is null and the other empty.
 */
START_TEST(proxy_is_named)
{
	assert_expands("<{proxy}>", "<>");
	ck_assert(!template_names_peer(template) && !template_names_local(template));
	ck_assert(!template_is_constant(template));
	ck_assert_int_eq(address_from_literal("2001:db8::7", AF_INET6, &values.proxy), 0);
	address_set_port(&values.proxy, 80);
	assert_expands("<{proxy}>", "<[2001:db8::7]:80>");
	proxy_json = "\"[2001:db8::7]:80\"";
	assert_json("192.0.2.7:54321", "192.0.2.7", "54321", "host", "left");
	ck_assert(address_from_path("a\n\"b", &values.proxy));
	assert_expands("<{proxy}>", "<unix:a\\x0A\"b>");
	proxy_json = "\"unix:a\\u000a\\\"b\"";
	assert_json("192.0.2.7:54321", "192.0.2.7", "54321", "host", "left");
}
END_TEST

/* From the raw values, once: no \xHH of other placeholders is in it. */
START_TEST(json_is_escaped_right)
{
	constants.host = "a\"b\\";
	constants.instance = "\x1B[2J\n\xFF\xE2\x80\xAE\\x41";
	set_ends("unix:/\"\\\n\xC3", "127.0.0.1:12345");
	assert_json("unix:/\\\"\\\\\\u000a\\ufffd", "unix:/\\\"\\\\\\u000a\\ufffd", "0",
		    "a\\\"b\\\\", "\\u001b[2J\\u000a\\ufffd\\u202e\\\\x41");
}
END_TEST

START_TEST(json_is_never_cut)
{
	char long_one[1000], out[16384];
	size_t size;

	make_longest_path(&values.peer);
	make_longest_path(&values.local);
	make_longest_path(&values.proxy);
	values.serial = UINT64_MAX;
	memset(long_one, '\b', sizeof long_one - 1);
	long_one[sizeof long_one - 1] = '\0';
	constants.host = constants.instance = constants.version = long_one;
	constants.pid = INT32_MAX;
	compile("{json}", 6);
	size = template_render(template, &values, out);
	ck_assert_uint_eq(size, template_longest(template) - 2 * strlen("5535")); /* ports are 0 */
	ck_assert(memcmp(out + size - 2, "\"}", 2) == 0);
}
END_TEST

/* A whoami must fit an answer by datagram, where hosts have names of the usual length. */
START_TEST(json_is_short_enough_for_a_datagram)
{
	char out[1024];

	constants.host = constants.instance = "a-name-of-25-letters-fits";
	constants.pid = 4194304;
	values.serial = UINT64_MAX;
	set_ends("[fe80:2222:3333:4444:5555:6666:7777:8888]:65535",
		 "[fe80:2222:3333:4444:5555:6666:7777:8888]:65535");
	values.peer.ipv6.sin6_scope_id = values.local.ipv6.sin6_scope_id = 3;
	zone = "fifteen-letters";
	compile("{json}\\n", 8);
	ck_assert_uint_le(template_longest_to_ip(template), 512);
	ck_assert_uint_eq(template_render(template, &values, out),
			  template_longest_to_ip(template));
}
END_TEST

START_TEST(long_constant_is_cut_between_characters_in_json)
{
	char long_one[300] = "", wanted[300];

	for (int i = 0; i < 255; i += 2)
		strcat(long_one, "\xC3\xA9");
	constants.instance = long_one;
	snprintf(wanted, sizeof wanted, "%.254s", long_one);
	assert_json("192.0.2.7:54321", "192.0.2.7", "54321", "host", wanted);
}
END_TEST

START_TEST(unix_socket_takes_more_than_ip)
{
	compile("{peer}", 6);
	ck_assert_uint_eq(template_longest(template), 511);
	ck_assert_uint_eq(template_longest_to_ip(template), 63);
	compile("ab{local_address}", 17);
	ck_assert_uint_eq(template_longest(template), 513);
	ck_assert_uint_eq(template_longest_to_ip(template), 65);
	compile("{peer_port}", 11);
	ck_assert_uint_eq(template_longest(template), template_longest_to_ip(template));
	compile("ab{proxy}", 9); /* no proxy passes datagrams on */
	ck_assert_uint_eq(template_longest(template), 513);
	ck_assert_uint_eq(template_longest_to_ip(template), 2);
}
END_TEST

/* Properties: they must hold for whatever the generator makes. */

enum { ROUNDS = 3000, PIECES = 12 };
static uint64_t seed, state;

/* The seed can be given, to have a run again. */
static void setup_properties(void)
{
	const char *given = getenv("CHECK_SEED");

	setup();
	seed = given ? strtoull(given, NULL, 10)
		     : (uint64_t)getpid() * 1000003 + (uint64_t)time(NULL);
	state = seed;
}

/* A number below the bound (xorshift). */
static size_t pick(size_t bound)
{
	state += state == 0;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state >> 11) % bound;
}

#define PROPERTY(holds) ck_assert_msg(holds, "not with CHECK_SEED=%llu", (unsigned long long)seed)

/* Makes a text of pieces that are all well-formed. */
static size_t make_text(char *text)
{
	static const char *const pieces[] = {
		"{peer}",  "{peer_address}", "{peer_port}", "{local}",	  "{local_address}",
		"{time}",  "{local_port}",   "{serial}",    "{host}",	  "{instance}",
		"{pid}",   "{version}",	     "\\n",	    "\\x1b",	  "{{",
		"}}",	   "\\\\",	     "words",	    "\xC3\xA9\t", "{json}",
		"{proxy}",
	};
	size_t count = pick(PIECES + 1);

	*text = '\0';
	while (count-- > 0)
		strcat(text, pieces[pick(COUNT_OF(pieces))]);
	return strlen(text);
}

/* Makes one end of a connection, each byte of it any. */
static void pick_end(bool is_ip, struct address *address)
{
	static const sa_family_t families[] = {AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC};
	static const socklen_t lengths[] = {sizeof(struct sockaddr_in), sizeof(struct sockaddr_in6),
					    sizeof(struct sockaddr_un), sizeof(struct sockaddr)};
	size_t family = pick(is_ip ? 2 : COUNT_OF(families));

	for (size_t i = 0; i < sizeof address->room; i++)
		((unsigned char *)&address->room)[i] = (unsigned char)pick(256);
	address->ipv6.sin6_scope_id = (uint32_t)pick(3);
	address->any.sa_family = families[family];
	address->length = lengths[family];
}

static void pick_values(bool is_ip)
{
	static const char *const zones[] = {
		NULL, "eth0", "\x01\x02\x03\x04\x05\x06\x07\x08",
		"\x1B\x1B\x1B\x1B\x1B\x1B\x1B\x1B\x1B\x1B\x1B\x1B\x1B\x1B"};

	zone = zones[pick(COUNT_OF(zones))];
	pick_end(is_ip, &values.peer);
	pick_end(is_ip, &values.local);
	if (is_ip || pick(2) == 0)
		values.proxy.length = 0;
	else
		pick_end(false, &values.proxy);
	values.serial = (uint64_t)pick(SIZE_MAX) << 11 ^ pick(SIZE_MAX);
	values.time = (time_t)pick(SIZE_MAX) - (time_t)pick(SIZE_MAX);
}

START_TEST(no_rendering_is_longer_than_the_longest)
{
	char text[PIECES * 20], out[PIECES * 4096];

	for (int round = 0; round < ROUNDS; round++) {
		bool is_ip = round % 2;
		size_t most, size;
		compile(text, make_text(text));
		pick_values(is_ip);
		most = is_ip ? template_longest_to_ip(template) : template_longest(template);
		size = template_render(template, &values, out);
		PROPERTY(size <= most);
		PROPERTY(!template_is_constant(template) || size == most);
	}
}
END_TEST

START_TEST(text_without_special_bytes_is_unchanged)
{
	char text[200];

	for (int round = 0; round < ROUNDS; round++) {
		size_t size = pick(sizeof text);
		for (size_t i = 0; i < size; i++)
			do
				text[i] = (char)pick(256);
			while (text[i] == '\\' || text[i] == '{' || text[i] == '}');
		compile(text, size);
		PROPERTY(template_is_constant(template));
		PROPERTY(template_longest(template) == size);
		PROPERTY(memcmp(template_bytes(template), text, size) == 0);
		assert_says(text, size);
	}
}
END_TEST

/* Writes the byte so that it stands for itself; returns how many bytes that takes. */
static size_t quote(char byte, char *out)
{
	if (byte == '\\' || byte == '{' || byte == '}') {
		out[0] = out[1] = byte;
		return 2;
	}
	if (pick(4) == 0)
		return (size_t)sprintf(out, "\\x%02x", (unsigned char)byte);
	out[0] = byte;
	return 1;
}

START_TEST(any_bytes_can_be_written)
{
	char bytes[100], text[5 * sizeof bytes];

	for (int round = 0; round < ROUNDS; round++) {
		size_t size = pick(sizeof bytes), used = 0;
		for (size_t i = 0; i < size; i++) {
			bytes[i] = pick(3) ? (char)pick(256) : "\\{}n"[pick(4)];
			used += quote(bytes[i], text + used);
		}
		compile(text, used);
		PROPERTY(template_is_constant(template));
		assert_says(bytes, size);
	}
}
END_TEST

START_TEST(literal_survives_everything)
{
	char bytes[200];

	for (int round = 0; round < ROUNDS; round++) {
		size_t size = pick(sizeof bytes);
		for (size_t i = 0; i < size; i++)
			bytes[i] = pick(2) ? (char)pick(256) : "\\{}n"[pick(4)];
		template_release(template);
		template = template_literal(bytes, size);
		PROPERTY(template_is_constant(template) && template_longest(template) == size);
		assert_says(bytes, size);
	}
}
END_TEST

/* Mostly it is not: then the place must be one of its bytes. */
START_TEST(any_text_is_compiled_or_refused_in_its_bounds)
{
	static const char likely[] = "\\{}nx41perhost_";
	char text[24];

	for (int round = 0; round < 10 * ROUNDS; round++) {
		struct compile_problem problem;
		size_t size = pick(sizeof text);
		for (size_t i = 0; i < size; i++)
			text[i] = pick(8) ? likely[pick(sizeof likely)] : (char)pick(256);
		template_release(template);
		template = compile_text(text, size, &constants, &problem);
		PROPERTY((template == NULL) == (problem.what != NULL));
		PROPERTY(template || problem.position < size);
		PROPERTY(template || strchr("\\{}", text[problem.position]));
	}
}
END_TEST

/* Takes as many bytes as there is room for. */
struct cup {
	char bytes[16];
	size_t length, room;
};

static size_t pour(void *argument, const char *bytes, size_t size, bool is_kept)
{
	struct cup *cup = argument;
	size_t taken = size < cup->room - cup->length ? size : cup->room - cup->length;

	(void)is_kept;
	memcpy(cup->bytes + cup->length, bytes, taken);
	cup->length += taken;
	return taken;
}

/* An interface may get a shorter name while its client reads: nothing beyond the value is said. */
START_TEST(value_may_become_shorter_between_two_pieces)
{
	struct template_position position = {0};
	struct cup cup = {.room = 4};

	compile("{peer_port}!", 12);
	ck_assert(!template_say(template, &values, &position, pour, &cup));
	address_set_port(&values.peer, 7);
	cup.room = sizeof cup.bytes;
	ck_assert(template_say(template, &values, &position, pour, &cup));
	ck_assert_uint_eq(cup.length, 5);
	ck_assert_mem_eq(cup.bytes, "5432!", 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("template");
	TCase *said = suite_case(suite, "said"), *refused = suite_case(suite, "refused");
	TCase *literal = suite_case(suite, "literal"), *bounds = suite_case(suite, "bounds");
	TCase *properties = suite_case(suite, "properties");

	tcase_add_checked_fixture(said, setup, teardown);
	tcase_add_test(said, value_may_become_shorter_between_two_pieces);
	tcase_add_loop_test(said, constant_is_folded, 0, COUNT_OF(constant));
	tcase_add_loop_test(said, placeholder_is_filled_in, 0, COUNT_OF(each));
	tcase_add_loop_test(said, both_ends_are_shown_alike, 0, COUNT_OF(ends));
	tcase_add_test(said, end_without_a_name_is_shown);
	tcase_add_test(said, unknown_end_is_shown);
	tcase_add_test(said, zone_never_comes_raw);
	tcase_add_test(said, constants_never_come_raw);
	tcase_add_test(said, constants_are_not_expanded);
	tcase_add_test(said, constants_may_be_empty);
	tcase_add_test(said, long_constant_is_cut);
	tcase_add_test(said, nul_is_a_byte_like_others);
	tcase_add_checked_fixture(refused, setup, teardown);
	tcase_add_loop_test(refused, ill_formed_text_is_refused_where_it_is_wrong, 0,
			    COUNT_OF(bad));
	tcase_add_checked_fixture(literal, setup, teardown);
	tcase_add_test(literal, literal_says_every_byte);
	tcase_add_test(literal, literal_is_not_expanded);
	tcase_add_test(literal, literal_may_be_empty);
	tcase_add_test(literal, template_lives_as_long_as_it_is_used);
	tcase_add_checked_fixture(bounds, setup, teardown);
	tcase_add_test(bounds, longest_zone_is_shown_whole);
	tcase_add_test(bounds, longest_path_is_shown_whole);
	tcase_add_test(bounds, greatest_values_have_room);
	tcase_add_test(bounds, time_out_of_all_bounds_is_survived);
	tcase_add_test(bounds, json_says_all);
	tcase_add_test(bounds, proxy_is_named);
	tcase_add_test(bounds, json_is_escaped_right);
	tcase_add_test(bounds, json_is_never_cut);
	tcase_add_test(bounds, json_is_short_enough_for_a_datagram);
	tcase_add_test(bounds, long_constant_is_cut_between_characters_in_json);
	tcase_add_test(bounds, unix_socket_takes_more_than_ip);
	tcase_add_checked_fixture(properties, setup_properties, teardown);
	tcase_add_test(properties, no_rendering_is_longer_than_the_longest);
	tcase_add_test(properties, text_without_special_bytes_is_unchanged);
	tcase_add_test(properties, any_bytes_can_be_written);
	tcase_add_test(properties, literal_survives_everything);
	tcase_add_test(properties, any_text_is_compiled_or_refused_in_its_bounds);
	return suite_run(suite);
}
