/* check_address: every address is shown in one form, and made from what it is written as. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "suite.h"

static const struct {
	const char *text, *shown;
} endpoints[] = {
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

	ck_assert_ptr_null(endpoint_parse(endpoints[_i].text, &endpoint));
	ck_assert_ptr_eq(address_format_endpoint(&endpoint, text, sizeof text), text);
	ck_assert_str_eq(text, endpoints[_i].shown);
}
END_TEST

START_TEST(shown_endpoint_is_cut_to_the_room)
{
	struct endpoint endpoint;
	char text[12] = "###########";

	ck_assert_ptr_null(endpoint_parse("localhost:12345", &endpoint));
	address_format_endpoint(&endpoint, text, 8);
	ck_assert_str_eq(text, "localho");
	ck_assert_int_eq(text[8], '#');
}
END_TEST

/* Makes an IPv4 or IPv6 socket address; returns its length. */
static socklen_t make_address(const char *host, uint16_t port, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof *address);
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof *v4;
	}
	ck_assert_int_eq(inet_pton(AF_INET6, host, &v6->sin6_addr), 1);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof *v6;
}

static const struct {
	const char *host;
	uint16_t port;
	const char *shown, *shown_host;
} addresses[] = {
	{"127.0.0.1", 80, "127.0.0.1:80", "127.0.0.1"},
	{"0.0.0.0", 0, "0.0.0.0:0", "0.0.0.0"},
	{"255.255.255.255", 65535, "255.255.255.255:65535", "255.255.255.255"},
	{"::1", 80, "[::1]:80", "::1"},
	{"::", 12345, "[::]:12345", "::"},
	{"2001:db8::1", 80, "[2001:db8::1]:80", "2001:db8::1"},
	{"::ffff:192.0.2.1", 80, "192.0.2.1:80", "192.0.2.1"},
};

START_TEST(address_is_shown)
{
	struct sockaddr_storage address;
	socklen_t length = make_address(addresses[_i].host, addresses[_i].port, &address);
	char text[ADDRESS_TEXT_MAX];

	ck_assert_ptr_eq(address_format((struct sockaddr *)&address, length, text, sizeof text),
			 text);
	ck_assert_str_eq(text, addresses[_i].shown);
	ck_assert_ptr_eq(address_format_host((struct sockaddr *)&address, length, text,
					     sizeof text),
			 text);
	ck_assert_str_eq(text, addresses[_i].shown_host);
}
END_TEST

/* It is not mapped, and so no IPv4 peer's. C libraries differ in how they show its digits. */
START_TEST(compatible_address_is_shown)
{
	struct sockaddr_storage address;
	socklen_t length = make_address("::192.0.2.1", 80, &address);
	char text[ADDRESS_TEXT_MAX];

	address_format((struct sockaddr *)&address, length, text, sizeof text);
	ck_assert_msg(strcmp(text, "[::192.0.2.1]:80") == 0 || strcmp(text, "[::c000:201]:80") == 0,
		      "%s", text);
}
END_TEST

START_TEST(zone_is_shown)
{
	struct sockaddr_storage address;
	socklen_t length = make_address("fe80::1", 80, &address);
	char text[ADDRESS_TEXT_MAX];

	((struct sockaddr_in6 *)&address)->sin6_scope_id = 1;
	address_format((struct sockaddr *)&address, length, text, sizeof text);
	ck_assert_msg(strncmp(text, "[fe80::1%", 9) == 0, "%s", text);
	address_format_host((struct sockaddr *)&address, length, text, sizeof text);
	ck_assert_msg(strncmp(text, "fe80::1%", 8) == 0, "%s", text);
}
END_TEST

START_TEST(unknown_family_is_shown)
{
	struct sockaddr address = {.sa_family = AF_UNSPEC};
	char text[ADDRESS_TEXT_MAX];

	address_format(&address, sizeof address, text, sizeof text);
	ck_assert_str_eq(text, "(family 0)");
	address_format_host(&address, sizeof address, text, sizeof text);
	ck_assert_str_eq(text, "(family 0)");
}
END_TEST

START_TEST(unix_path_is_shown)
{
	struct sockaddr_un address;
	char text[ADDRESS_TEXT_MAX];

	ck_assert(address_from_path("/run/x.sock", &address));
	address_format((struct sockaddr *)&address, sizeof address, text, sizeof text);
	ck_assert_str_eq(text, "unix:/run/x.sock");
}
END_TEST

/* Whoever shows it escapes it, once. */
START_TEST(unix_path_is_written_raw)
{
	struct sockaddr_un address;
	char text[ADDRESS_TEXT_MAX];

	ck_assert(address_from_path("/run/\x1B\n\xFF\\x41", &address));
	address_format((struct sockaddr *)&address, sizeof address, text, sizeof text);
	ck_assert_str_eq(text, "unix:/run/\x1B\n\xFF\\x41");
	address_format_host((struct sockaddr *)&address, sizeof address, text, sizeof text);
	ck_assert_str_eq(text, "unix:/run/\x1B\n\xFF\\x41");
}
END_TEST

START_TEST(unix_path_that_fills_the_room_is_shown_whole)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[ADDRESS_TEXT_MAX];

	/* Linux ends no such path with a NUL. */
	memset(address.sun_path, '\n', sizeof address.sun_path);
	address_format((struct sockaddr *)&address, sizeof address, text, sizeof text);
	ck_assert_uint_eq(strlen(text), 5 + sizeof address.sun_path);
}
END_TEST

START_TEST(length_beyond_the_path_is_survived)
{
	struct sockaddr_storage storage = {.ss_family = AF_UNIX};
	char text[ADDRESS_TEXT_MAX];

	memset(((struct sockaddr_un *)&storage)->sun_path, 'p',
	       sizeof(((struct sockaddr_un *)0)->sun_path));
	address_format((struct sockaddr *)&storage, sizeof storage, text, sizeof text);
	ck_assert_uint_eq(strlen(text), 5 + sizeof(((struct sockaddr_un *)0)->sun_path));
}
END_TEST

START_TEST(unix_path_ends_at_the_length)
{
	struct sockaddr_un address;
	char text[ADDRESS_TEXT_MAX];

	ck_assert(address_from_path("/run/x.sock", &address));
	address_format((struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + 4,
		       text, sizeof text);
	ck_assert_str_eq(text, "unix:/run");
}
END_TEST

START_TEST(unix_socket_without_a_name_is_shown)
{
	struct sockaddr_un address;
	char text[ADDRESS_TEXT_MAX];

	/* accept() gives the family only; what lies behind it is not ours. */
	memset(&address, 'x', sizeof address);
	address.sun_family = AF_UNIX;
	address_format((struct sockaddr *)&address, sizeof address.sun_family, text, sizeof text);
	ck_assert_str_eq(text, "unix:(unnamed)");
	address_format_host((struct sockaddr *)&address, sizeof address.sun_family, text,
			    sizeof text);
	ck_assert_str_eq(text, "unix:(unnamed)");
}
END_TEST

START_TEST(empty_path_makes_no_address)
{
	struct sockaddr_un address;

	ck_assert(!address_from_path("", &address));
}
END_TEST

START_TEST(long_path_makes_no_address)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1] = "";
	struct sockaddr_un address;

	memset(path, 'p', sizeof path - 1);
	ck_assert(!address_from_path(path, &address));
	path[sizeof path - 2] = '\0';
	ck_assert(address_from_path(path, &address));
	ck_assert_str_eq(address.sun_path, path);
	ck_assert_int_eq(address.sun_family, AF_UNIX);
}
END_TEST

static const char *const hosts[] = {"127.0.0.1", "::1"};

START_TEST(port_is_set_and_read)
{
	struct sockaddr_storage address;

	make_address(hosts[_i], 80, &address);
	ck_assert_uint_eq(address_port((struct sockaddr *)&address), 80);
	address_set_port((struct sockaddr *)&address, 12345);
	ck_assert_uint_eq(address_port((struct sockaddr *)&address), 12345);
}
END_TEST

START_TEST(unix_address_has_no_port)
{
	struct sockaddr_un address, before;

	ck_assert(address_from_path("/run/x.sock", &address));
	before = address;
	address_set_port((struct sockaddr *)&address, 12345);
	ck_assert_mem_eq(&address, &before, sizeof address);
	ck_assert_uint_eq(address_port((struct sockaddr *)&address), 0);
}
END_TEST

static const struct {
	const char *host;
	int family;
	const char *shown; /* NULL: it is no literal of the family */
} literals[] = {
	{"127.0.0.1", AF_UNSPEC, "127.0.0.1:0"},
	{"127.0.0.1", AF_INET, "127.0.0.1:0"},
	{"127.0.0.1", AF_INET6, NULL},
	/* What inet_aton() takes. */
	{"127.1", AF_UNSPEC, NULL},
	{"2130706433", AF_UNSPEC, NULL},
	{"0", AF_INET, NULL},
	{"010.0.0.1", AF_UNSPEC, NULL},
	{"0x7f.0.0.1", AF_UNSPEC, NULL},
	{"127.0.0.1 ", AF_UNSPEC, NULL},
	{"::1", AF_UNSPEC, "[::1]:0"},
	{"::1", AF_INET6, "[::1]:0"},
	{"2001:db8::1", AF_INET, NULL},
	{"fe80::1%lo", AF_UNSPEC, "[fe80::1%lo]:0"},
	{"fe80::1%no-such-zone", AF_UNSPEC, NULL},
	{"localhost", AF_UNSPEC, NULL},
	{"127.0.0.1.", AF_UNSPEC, NULL},
	{"256.0.0.1", AF_UNSPEC, NULL},
	{"[::1]", AF_UNSPEC, NULL},
	{"", AF_UNSPEC, NULL},
};

START_TEST(literal_is_an_address)
{
	struct sockaddr_storage address;
	socklen_t length;
	char text[ADDRESS_TEXT_MAX];
	int failure = address_from_literal(literals[_i].host, literals[_i].family, &address,
					   &length);

	ck_assert_msg((failure == 0) == (literals[_i].shown != NULL), "%s: %d", literals[_i].host,
		      failure);
	if (failure)
		return;
	address_format((struct sockaddr *)&address, length, text, sizeof text);
	ck_assert_str_eq(text, literals[_i].shown);
}
END_TEST

static const struct {
	const char *host;
	unsigned zone;
	int reason;
	const char *told; /* a word of the advice; "": there is none */
} failures[] = {
	{"fe80::1", 0, EINVAL, "needs its zone"},
	{"fe80::1", 0, ENETUNREACH, "needs its zone"},
	{"febf::1", 0, EINVAL, "needs its zone"},
	{"fe80::1", 1, EINVAL, ""},
	{"fe80::1", 0, ECONNREFUSED, ""},
	{"fec0::1", 0, EINVAL, ""},
	{"::1", 0, EINVAL, ""},
	{"::ffff:169.254.0.1", 0, EINVAL, ""},
	{"169.254.0.1", 0, EINVAL, ""},
};

START_TEST(zone_that_is_missing_is_advised)
{
	struct sockaddr_storage address;
	const char *advice;

	make_address(failures[_i].host, 80, &address);
	if (address.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&address)->sin6_scope_id = failures[_i].zone;
	advice = address_advice((struct sockaddr *)&address, failures[_i].reason);
	ck_assert_msg(*advice == '\0' ? *failures[_i].told == '\0'
				      : strstr(advice, failures[_i].told) && *failures[_i].told,
		      "'%s'", advice);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("address");
	TCase *showing = suite_case(suite, "showing"), *parts = suite_case(suite, "parts");

	tcase_add_loop_test(showing, endpoint_is_shown, 0, COUNT_OF(endpoints));
	tcase_add_test(showing, shown_endpoint_is_cut_to_the_room);
	tcase_add_loop_test(showing, address_is_shown, 0, COUNT_OF(addresses));
	tcase_add_test(showing, compatible_address_is_shown);
	tcase_add_test(showing, zone_is_shown);
	tcase_add_test(showing, unknown_family_is_shown);
	tcase_add_test(showing, unix_path_is_shown);
	tcase_add_test(showing, unix_path_is_written_raw);
	tcase_add_test(showing, unix_path_that_fills_the_room_is_shown_whole);
	tcase_add_test(showing, length_beyond_the_path_is_survived);
	tcase_add_test(showing, unix_path_ends_at_the_length);
	tcase_add_test(showing, unix_socket_without_a_name_is_shown);
	tcase_add_loop_test(parts, literal_is_an_address, 0, COUNT_OF(literals));
	tcase_add_loop_test(parts, zone_that_is_missing_is_advised, 0, COUNT_OF(failures));
	tcase_add_test(parts, empty_path_makes_no_address);
	tcase_add_test(parts, long_path_makes_no_address);
	tcase_add_loop_test(parts, port_is_set_and_read, 0, COUNT_OF(hosts));
	tcase_add_test(parts, unix_address_has_no_port);
	return suite_run(suite);
}
