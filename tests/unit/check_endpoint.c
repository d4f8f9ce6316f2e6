/* SPDX-License-Identifier: ISC */
/* check_endpoint: every form of an endpoint is understood or refused. */
#include "base/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "lib/extensions.h"
#include "lib/suite.h"

/* The name that was looked up last. */
static char looked_up[64];

struct servent *getservbyname(const char *name, const char *protocol);

/* In the place of the C library's, whose list differs from machine to machine. */
struct servent *getservbyname(const char *name, const char *protocol)
{
	static struct servent http;

	ck_assert_str_eq(protocol, "tcp");
	snprintf(looked_up, sizeof looked_up, "%s", name);
	http.s_port = htons(80);
	return strcmp(name, "http") == 0 ? &http : NULL;
}

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *text;
	enum endpoint_kind kind;
	const char *host;
	int port; /* -1: none */
} good[] = {
	{"localhost", ENDPOINT_HOST, "localhost", -1},
	{"localhost:0", ENDPOINT_HOST, "localhost", 0},
	{"localhost:12345", ENDPOINT_HOST, "localhost", 12345},
	{"host.example.:65535", ENDPOINT_HOST, "host.example.", 65535},
	{"127.0.0.1", ENDPOINT_HOST, "127.0.0.1", -1},
	{"127.0.0.1:80", ENDPOINT_HOST, "127.0.0.1", 80},
	{"::1", ENDPOINT_HOST, "::1", -1},
	{"::", ENDPOINT_HOST, "::", -1},
	{"::ffff:127.0.0.1", ENDPOINT_HOST, "::ffff:127.0.0.1", -1},
	{"fe80::1%eth0", ENDPOINT_HOST, "fe80::1%eth0", -1},
	{"1:2:3:4:5:6:7:8", ENDPOINT_HOST, "1:2:3:4:5:6:7:8", -1},
	{"[::1]", ENDPOINT_HOST, "::1", -1},
	{"[::1]:80", ENDPOINT_HOST, "::1", 80},
	{"[::]:0", ENDPOINT_HOST, "::", 0},
	{"[fe80::1%eth0]:80", ENDPOINT_HOST, "fe80::1%eth0", 80},
	{"*", ENDPOINT_ANY, "", -1},
	{"*:80", ENDPOINT_ANY, "", 80},
	{":80", ENDPOINT_ANY, "", 80},
	{"unix:/run/x.sock", ENDPOINT_UNIX, "/run/x.sock", -1},
	{"unix:x", ENDPOINT_UNIX, "x", -1},
	{"unix:/a:80", ENDPOINT_UNIX, "/a:80", -1},
	{"unix:unix:x", ENDPOINT_UNIX, "unix:x", -1},
	{"unix", ENDPOINT_HOST, "unix", -1},
	{"unix:///run/x.sock", ENDPOINT_UNIX, "///run/x.sock", -1},
	{"unix:http://x", ENDPOINT_UNIX, "http://x", -1},
	{"unix:./@x", ENDPOINT_UNIX, "./@x", -1},
	/* Names that begin like numbers, or hold them. */
	{"3com.example", ENDPOINT_HOST, "3com.example", -1},
	{"1.2.3.4.in-addr.arpa:80", ENDPOINT_HOST, "1.2.3.4.in-addr.arpa", 80},
	{"10.example", ENDPOINT_HOST, "10.example", -1},
	{"0xy", ENDPOINT_HOST, "0xy", -1},
	{"1e3", ENDPOINT_HOST, "1e3", -1},
	{"deadbeef", ENDPOINT_HOST, "deadbeef", -1},
	{"a.0xfg", ENDPOINT_HOST, "a.0xfg", -1},
	{".", ENDPOINT_HOST, ".", -1},
	{"0.0.0.0", ENDPOINT_HOST, "0.0.0.0", -1},
	{"255.255.255.255:1", ENDPOINT_HOST, "255.255.255.255", 1},
};

START_TEST(endpoint_is_understood)
{
	struct endpoint endpoint;
	const char *why = endpoint_parse(good[_i].text, &endpoint);

	ck_assert_msg(why == NULL, "'%s': %s", good[_i].text, why);
	ck_assert_int_eq(endpoint.kind, good[_i].kind);
	ck_assert_str_eq(endpoint.host, good[_i].host);
	ck_assert_int_eq(endpoint.has_port, good[_i].port >= 0);
	ck_assert_int_eq(endpoint.port, good[_i].port >= 0 ? good[_i].port : 0);
}
END_TEST

static const struct {
	const char *text, *why; /* a word of the reason */
} bad[] = {
	{"", "empty"},
	{":", "port is empty"},
	{"*:", "port is empty"},
	{"host:", "port is empty"},
	{"[::1]:", "port is empty"},
	{"[::1", "bracket"},
	{"[]", "empty"},
	{"[]:80", "empty"},
	{"[::1]80", "bracket"},
	{"[::1]]", "bracket"},
	{"[localhost]:80", "IPv6"},
	{"[127.0.0.1]:80", "IPv6"},
	{"[::1%]", "IPv6"},
	{"[::g]", "IPv6"},
	{"::1%", "IPv6"},
	{"::1%a]b", "IPv6"}, /* it would be shown as [::1%a]b]:80 */
	{"a:b:c", "IPv6"},
	{"127.0.0.1:80:80", "IPv6"},
	{"1:2:3:4:5:6:7:8:9", "IPv6"},
	{":::", "IPv6"},
	{"::1:65536", "IPv6"},
	{"[00000000000000000000000000000000000000000000000000::1]", "IPv6"},
	{"host:65536", "65535"},
	{"host:-1", "port"},
	{"host:+1", "port"},
	{"host: 1", "port"},
	{"host:1 ", "port"},
	{"host:0x1F", "port"},
	{"host:no-such-service", "port"},
	{":99999999999999999999999", "port"},
	{"*:x y", "port"},
	{"host:http s", "port"},
	{"host:80/tcp", "a port has no slash; write HOST:PORT"},
	{"host:80/", "a port has no slash; write HOST:PORT"},
	{"[::1]:80/", "a port has no slash; write HOST:PORT"},
	{"*:/", "a port has no slash; write HOST:PORT"},
	{"unix:", "empty"},
	{"unix:@", HAS_ABSTRACT ? "the name is empty" : "no abstract sockets"},
	{"unix:@a\\", HAS_ABSTRACT ? "a backslash in a name" : "no abstract sockets"},
	/* What inet_aton() takes for an address, and what only looks like one. */
	{"12345", "a number is not a host; write a port as HOST:PORT"},
	{"0", "a number is not a host"},
	{"0:80", "a number is not a host"},
	{"2130706433", "a number is not a host"},
	{"99999999999999999999", "a number is not a host"},
	{"127.1", "four decimal numbers"},
	{"127.0.1:80", "four decimal numbers"},
	{"010.0.0.1", "four decimal numbers"},
	{"10.0.0.01", "four decimal numbers"},
	{"0x7f.1", "four decimal numbers"},
	{"0x7f000001", "four decimal numbers"},
	{"0X7F000001:80", "four decimal numbers"},
	{"127.0.0.0x1", "four decimal numbers"},
	{"0x", "four decimal numbers"},
	{"1.2.3.4.5", "four decimal numbers"},
	{"256.0.0.1", "four decimal numbers"},
	{"1.2.3.", "four decimal numbers"},
	{"127.0.0.1.", "four decimal numbers"},
	{"127.0.0.1.:80", "four decimal numbers"},
	{"example.1", "four decimal numbers"},
	{"1..1", "four decimal numbers"},
	{"::ffff:010.0.0.1", "IPv6"},
	{"[::ffff:127.1]", "IPv6"},
	/* What is pasted from a browser or a script. */
	{"http://localhost:12345/", "a URL; write HOST:PORT"},
	{"http://localhost", "a URL; write HOST:PORT"},
	{"tcp://10.0.0.1:12345", "a URL; write HOST:PORT"},
	{"tcp://[::1]:12345", "a URL; write HOST:PORT"},
	{"https://user@host/path?query#part", "a URL; write HOST:PORT"},
	{"://", "a URL; write HOST:PORT"},
	{"localhost/", "slash"},
	{"/run/x.sock", "slash in it; a path is unix:PATH"},
	{"10.0.0.0/8", "slash"},
	{"//localhost:80", "slash"},
	{"a b", "blank"},
	{" a", "blank"},
	{"a\tb", "blank"},
	{"a\t:1", "blank"},
	{"127.0.0.1%lo", "only an IPv6 address has a zone"},
	{"localhost%lo:80", "only an IPv6 address has a zone"},
	{"unix:/" HUNDRED "1234567", "too long"},
	{HUNDRED HUNDRED HUNDRED, "too long"},
	{HUNDRED HUNDRED HUNDRED ":80", "too long"},
	{"[" HUNDRED HUNDRED HUNDRED "]", "too long"},
	{"::" HUNDRED HUNDRED HUNDRED, "too long"},
};

START_TEST(endpoint_is_refused)
{
	struct endpoint endpoint;
	const char *why = endpoint_parse(bad[_i].text, &endpoint);

	ck_assert_msg(why != NULL, "'%s' taken for '%s' port %u", bad[_i].text, endpoint.host,
		      endpoint.port);
	ck_assert_msg(strstr(why, bad[_i].why) != NULL, "'%s': '%s'", bad[_i].text, why);
}
END_TEST

START_TEST(longest_unix_path_is_understood)
{
	char text[256] = "unix:/";
	struct endpoint endpoint;
	size_t room = sizeof(((struct sockaddr_un *)0)->sun_path);

	memset(text + 6, 'p', room - 2);
	ck_assert_ptr_null(endpoint_parse(text, &endpoint));
	ck_assert_uint_eq(strlen(endpoint.host), room - 1);
}
END_TEST

START_TEST(longest_host_is_understood)
{
	char text[ADDRESS_HOST_MAX + 8] = "";
	struct endpoint endpoint;

	memset(text, 'h', ADDRESS_HOST_MAX - 1);
	strcat(text, ":80");
	ck_assert_ptr_null(endpoint_parse(text, &endpoint));
	ck_assert_uint_eq(strlen(endpoint.host), ADDRESS_HOST_MAX - 1);
	ck_assert_uint_eq(endpoint.port, 80);
}
END_TEST

START_TEST(port_by_name)
{
	uint16_t port = 1;

	ck_assert_ptr_null(endpoint_parse_port("http", &port));
	ck_assert_uint_eq(port, 80);
}
END_TEST

/* A list of services may hold more than IANA's names do (RFC 6335, 5.1), but no blank. */
static const char *const not_services[] = {
	" ", "  ",     "\t", " http", "http ",	   "ht tp", "http\n", "-",   "-http", "+",
	"_", "80/tcp", "*",  "#",     "h\xC3\xB6", "80 ",   "+80",    "-80", "80.",   "1.5",
};

/*
 * Whatever the C library finds in its list: musl's takes a blank for the name of a service, and
 * 80/tcp, too.
 */
START_TEST(what_is_no_name_is_not_looked_up)
{
	uint16_t port = 1;

	ck_assert_ptr_nonnull(endpoint_parse_port(not_services[_i], &port));
	ck_assert_uint_eq(port, 1);
	ck_assert_str_eq(looked_up, "");
}
END_TEST

static const char *const services[] = {"http",	  "http-alt",	     "z39.50",
				       "whois++", "kerberos_master", "3com-tsmux",
				       "X11-1",	  "914c-g"};

START_TEST(name_of_a_service_is_looked_up)
{
	uint16_t port = 1;
	const char *why = endpoint_parse_port(services[_i], &port);

	ck_assert_str_eq(looked_up, services[_i]);
	ck_assert_msg((why == NULL) == (strcmp(services[_i], "http") == 0), "%s", why);
}
END_TEST

START_TEST(port_bounds)
{
	uint16_t port = 1;

	ck_assert_ptr_null(endpoint_parse_port("0", &port));
	ck_assert_uint_eq(port, 0);
	ck_assert_ptr_null(endpoint_parse_port("65535", &port));
	ck_assert_uint_eq(port, 65535);
	ck_assert_ptr_nonnull(endpoint_parse_port("65536", &port));
	ck_assert_uint_eq(port, 65535);
}
END_TEST

static const struct {
	const char *text, *shown;
} shown[] = {
	{"localhost:80", "localhost:80"},
	{"::1", "[::1]:0"},
	{"[::1]:80", "[::1]:80"},
	{"*:80", "*:80"},
	{":80", "*:80"},
	{"unix:/run/x.sock", "unix:/run/x.sock"},
	{"unix:a:b", "unix:a:b"},
	{"a\nb:80", "a\nb:80"}, /* raw: whoever shows it escapes it */
	{"unix:\x1B[2J\\x41", "unix:\x1B[2J\\x41"},
};

START_TEST(endpoint_is_shown)
{
	struct endpoint endpoint;
	char text[ADDRESS_TEXT_MAX];

	ck_assert_ptr_null(endpoint_parse(shown[_i].text, &endpoint));
	ck_assert_ptr_eq(endpoint_format(&endpoint, text, sizeof text), text);
	ck_assert_str_eq(text, shown[_i].shown);
}
END_TEST

START_TEST(shown_endpoint_is_cut_to_the_room)
{
	struct endpoint endpoint;
	char text[12] = "###########";

	ck_assert_ptr_null(endpoint_parse("localhost:12345", &endpoint));
	endpoint_format(&endpoint, text, 8);
	ck_assert_str_eq(text, "localho");
	ck_assert_int_eq(text[8], '#');
}
END_TEST

/* Several ways to write one name are the same endpoint. */
static const char *const abstract_names[][2] = {
	{"unix:@a", "unix:@a"},		  {"unix:@\\x61", "unix:@a"},
	{"unix:@\\141", "unix:@a"},	  {"unix:@@", "unix:@@"},
	{"unix:@a/b:80", "unix:@a/b:80"}, {"unix:@\\x00\\x5Cx", "unix:@\\000\\134x"},
};

START_TEST(abstract_name_is_shown_in_one_way)
{
	struct endpoint endpoint;
	char text[ADDRESS_TEXT_MAX];

	if (!HAS_ABSTRACT) {
		ck_assert_str_eq(endpoint_parse(abstract_names[_i][0], &endpoint),
				 "this system has no abstract sockets; the file of that name is "
				 "unix:./@NAME");
		return;
	}
	ck_assert_ptr_null(endpoint_parse(abstract_names[_i][0], &endpoint));
	ck_assert_int_eq(endpoint.kind, ENDPOINT_UNIX);
	ck_assert_str_eq(endpoint_format(&endpoint, text, sizeof text), abstract_names[_i][1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("endpoint");
	TCase *parsing = suite_case(suite, "parsing"), *showing = suite_case(suite, "showing");

	tcase_add_loop_test(parsing, endpoint_is_understood, 0, COUNT_OF(good));
	tcase_add_loop_test(parsing, endpoint_is_refused, 0, COUNT_OF(bad));
	tcase_add_test(parsing, longest_unix_path_is_understood);
	tcase_add_test(parsing, longest_host_is_understood);
	tcase_add_test(parsing, port_by_name);
	tcase_add_loop_test(parsing, what_is_no_name_is_not_looked_up, 0, COUNT_OF(not_services));
	tcase_add_loop_test(parsing, name_of_a_service_is_looked_up, 0, COUNT_OF(services));
	tcase_add_test(parsing, port_bounds);
	tcase_add_loop_test(showing, endpoint_is_shown, 0, COUNT_OF(shown));
	tcase_add_loop_test(showing, abstract_name_is_shown_in_one_way, 0,
			    COUNT_OF(abstract_names));
	tcase_add_test(showing, shown_endpoint_is_cut_to_the_room);
	return suite_run(suite);
}
