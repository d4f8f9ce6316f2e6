/* SPDX-License-Identifier: ISC */
/* check_inherited: which sockets are taken from a service manager, as what, and what is refused. */
#include "daemon/setup/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "lib/capture.h"
#include "daemon/options.h"
#include "daemon/setup/sockets.h"
#include "lib/extensions.h"
#include "lib/peers.h"
#include "lib/suite.h"

static struct inherited inherited;
static struct endpoint endpoint;
static struct options options;
static struct entries entries;
static struct sockets *sockets;
static char folder[] = "/tmp/check_inherited.XXXXXX";
static char path[64];

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/socket", folder);
	options = (struct options){.endpoints = &endpoint,
				   .inherited = &inherited,
				   .listens_by_default = true,
				   .backlog = 16};
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
}

static void teardown(void)
{
	sockets_close(sockets);
	entries_free(&entries);
	inherited_free(&inherited);
	(void)unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* Binds a UNIX socket of that type to the path; it listens if it can. */
static int make_unix(int type)
{
	struct address address;
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	ck_assert(address_from_path(path, &address));
	ck_assert_int_eq(bind(fd, &address.any, address.length), 0);
	if (type != SOCK_DGRAM)
		ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

static int make_stream(void)
{
	return listen_on_loopback(AF_INET, 1);
}

static int make_datagram(void)
{
	return datagrams_on_loopback(AF_INET);
}

static int make_unix_stream(void)
{
	return make_unix(SOCK_STREAM);
}

static int make_unix_datagram(void)
{
	return make_unix(SOCK_DGRAM);
}

static int make_seqpacket(void)
{
	return make_unix(SOCK_SEQPACKET);
}

static int make_silent(void)
{
	return bind_on_loopback(AF_INET, SOCK_STREAM);
}

static int make_connection(void)
{
	int listening = make_stream(), fd;
	struct peer peer = peer_of_listener(listening, 0);

	fd = accept(listening, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	peer_close(&peer);
	close(listening);
	return fd;
}

static int make_unix_connection(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	return ends[0]; /* the other end stays open */
}

static int make_unbound_datagram(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static int make_nameless_datagram(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	return ends[0];
}

static int make_file(void)
{
	return open("/dev/null", O_RDONLY);
}

static int make_fifo(void)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	return ends[0];
}

static int make_nothing(void)
{
	return 900;
}

static const struct {
	int (*make)(void);
	const char *name;
	enum socket_kind kind;
	enum sockets_datagrams datagrams;
	const char *problem; /* behind the descriptor; NULL: it is taken */
} kinds[] = {
	{make_stream, "", SOCKET_STREAM, SOCKETS_NO_DATAGRAMS, NULL},
	{make_stream, "web.socket", SOCKET_STREAM, SOCKETS_NO_DATAGRAMS, NULL},
	{make_unix_stream, "", SOCKET_STREAM, SOCKETS_NO_DATAGRAMS, NULL},
	{make_datagram, "", SOCKET_DATAGRAM, SOCKETS_IP_DATAGRAMS, NULL},
	{make_unix_datagram, "", SOCKET_DATAGRAM, SOCKETS_UNIX_DATAGRAMS, NULL},
	{make_seqpacket, "", 0, 0, ": it is neither a stream nor a datagram socket"},
	{make_silent, "", 0, 0, ": it does not listen"},
	{make_connection, "connection", 0, 0, " (connection): it is a connection; set Accept=no"},
	{make_unix_connection, "", 0, 0, ": it is a connection; set Accept=no"},
	{make_unbound_datagram, "", 0, 0, ": it is bound to no address"},
	{make_nameless_datagram, "", 0, 0, ": it is bound to no address"},
	{make_file, "stored", 0, 0, " (stored): it is no socket"},
	{make_fifo, "", 0, 0, ": it is no socket"},
	{make_nothing, "x", 0, 0, " (x): it is not open"},
	{make_datagram, "proxy", 0, 0, " (proxy): its name asks for PROXY headers, which need a"},
	{make_datagram, "metrics", 0, 0, " (metrics): its name asks for metrics, which need a"},
};

START_TEST(descriptor_is_judged)
{
	int fd = kinds[_i].make();
	const char *wanted = kinds[_i].problem;
	char problem[ACTIVATION_PROBLEM_MAX];
	struct address address;

	inherited_add(&inherited, fd, kinds[_i].name);
	ck_assert_uint_eq(inherited.entries.count, wanted == NULL);
	ck_assert_int_eq(inherited.datagrams, kinds[_i].datagrams);
	if (wanted) {
		snprintf(problem, sizeof problem, "cannot serve descriptor %d%s", fd, wanted);
		ck_assert_msg(strncmp(inherited.problem, problem, strlen(problem)) == 0, "'%s'",
			      inherited.problem);
		ck_assert(!inherited_take(&inherited, false, &entries));
		assert_one_error_line("haild: cannot serve descriptor ");
		return;
	}
	address = bound_address(fd);
	ck_assert_str_eq(inherited.problem, "");
	ck_assert_int_eq(inherited.entries.all->fd, fd);
	ck_assert_int_eq(inherited.entries.all->kind, kinds[_i].kind);
	ck_assert(inherited.entries.all->inherited);
	ck_assert(address_is_same(&inherited.entries.all->address, &address));
}
END_TEST

/* Names, and the role that each gives a stream socket. */
static const struct {
	const char *name;
	enum socket_role role;
} named[] = {
	{"proxy", SOCKET_PROXY},    {"metrics", SOCKET_METRICS}, {"web", SOCKET_GREETING},
	{"Proxy", SOCKET_GREETING}, {"proxy2", SOCKET_GREETING}, {"", SOCKET_GREETING},
};

START_TEST(name_gives_the_role)
{
	inherited_add(&inherited, make_stream(), named[_i].name);
	ck_assert(inherited_take(&inherited, false, &entries));
	ck_assert_uint_eq(entries.count, 1);
	ck_assert_int_eq(entries.all->role, named[_i].role);
}
END_TEST

#ifdef __linux__
#include <linux/netlink.h>

START_TEST(other_families_are_refused)
{
	int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE);

	ck_assert_int_ge(fd, 0);
	inherited_add(&inherited, fd, "");
	ck_assert_ptr_nonnull(strstr(inherited.problem, "of no family that haild knows"));
	close(fd);
}
END_TEST
#endif

/* What is set on a descriptor or its socket. */
static bool is_prepared(int fd)
{
	return fcntl(fd, F_GETFL) & O_NONBLOCK && fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

START_TEST(socket_is_made_ready)
{
	int fd = dup(kinds[_i].make()), held = 0;
	socklen_t length = sizeof held;

	ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
	inherited_add(&inherited, fd, "");
	ck_assert(!is_prepared(fd));
	ck_assert(inherited_take(&inherited, false, &entries));
	ck_assert_uint_eq(entries.count, 1);
	ck_assert(is_prepared(fd));
	if (HAS_HOLDING_BACK && kinds[_i].make == make_stream) {
		ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_CORK, &held, &length), 0);
		ck_assert_int_eq(held, 1);
	}
	assert_told_nothing();
}
END_TEST

/* In a check, the socket stays as it is: others have it as well. */
START_TEST(check_changes_no_socket)
{
	int fd = kinds[_i].make(), status = fcntl(fd, F_GETFL), flags = fcntl(fd, F_GETFD);

	inherited_add(&inherited, fd, "");
	ck_assert(inherited_take(&inherited, true, &entries));
	ck_assert_int_eq(fcntl(fd, F_GETFL), status);
	ck_assert_int_eq(fcntl(fd, F_GETFD), flags);
}
END_TEST

START_TEST(socket_that_has_gone_is_told)
{
	int fd = make_stream();

	inherited_add(&inherited, fd, "");
	close(fd);
	ck_assert(!inherited_take(&inherited, false, &entries));
	assert_one_error_line("haild: cannot serve the inherited socket 127.0.0.1:");
	entries.all->fd = -1;
}
END_TEST

START_TEST(path_stays)
{
	struct stat status;

	inherited_add(&inherited, make_unix_stream(), "");
	ck_assert(inherited_take(&inherited, false, &entries));
	entries_free(&entries);
	entries.count = 0;
	ck_assert_int_eq(stat(path, &status), 0);
}
END_TEST

START_TEST(only_both_families_take_ipv4)
{
	struct address any = {.ipv6.sin6_family = AF_INET6, .length = sizeof any.ipv6};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &_i, sizeof _i), 0);
	ck_assert_int_eq(bind(fd, &any.any, any.length), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	inherited_add(&inherited, fd, "");
	ck_assert_int_eq(inherited.entries.all->takes_ipv4, _i == 0);
}
END_TEST

/* None of them is left, whoever they were for, and what was wrong with them. */
START_TEST(variables_are_removed)
{
	static const char *const names[] = {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
					    "LISTEN_PIDFDID"};
	static const char *const values[] = {"1", "garbage"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		setenv(names[i], values[_i], 1);
	inherited_find(&inherited);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		ck_assert_ptr_null(getenv(names[i]));
	ck_assert_uint_eq(inherited.entries.count, 0);
	ck_assert_int_eq(inherited.problem[0] != '\0', _i == 1);
}
END_TEST

START_TEST(nothing_is_inherited_without_variables)
{
	unsetenv("LISTEN_FDS");
	inherited_find(&inherited);
	ck_assert_str_eq(inherited.problem, "");
	ck_assert(inherited_take(&inherited, false, &entries));
	ck_assert(inherited_take(NULL, false, &entries));
	ck_assert_uint_eq(entries.count, 0);
}
END_TEST

/* Inherits a socket, and has an address of the options; `text` NULL: the default one. */
static int inherit(int (*make)(void), const char *text)
{
	int fd = make();

	inherited_add(&inherited, fd, "");
	ck_assert_ptr_null(endpoint_parse(text ? text : "127.0.0.1:0", &endpoint));
	options.endpoint_count = 1;
	options.listens_by_default = text == NULL;
	return fd;
}

START_TEST(default_address_is_not_added)
{
	int fd = inherit(make_stream, NULL);

	sockets = sockets_open(&options);
	ck_assert_ptr_nonnull(sockets);
	ck_assert_uint_eq(sockets_count(sockets), 1);
	ck_assert_int_eq(sockets_at(sockets, 0)->fd, fd);
}
END_TEST

/* One for balancers says where to listen as well. */
START_TEST(default_address_is_not_added_to_proxies)
{
	static struct endpoint proxy;

	inherited_add(&inherited, make_stream(), "proxy");
	ck_assert_ptr_null(endpoint_parse("127.0.0.1:0", &proxy));
	options.proxies = &proxy;
	options.proxy_count = 1;
	sockets = sockets_open(&options);
	ck_assert_ptr_nonnull(sockets);
	ck_assert_uint_eq(sockets_count(sockets), 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(sockets_at(sockets, i)->role, SOCKET_PROXY);
}
END_TEST

START_TEST(given_address_is_added)
{
	int fd = inherit(make_datagram, "127.0.0.1:0");

	sockets = sockets_open(&options);
	ck_assert_ptr_nonnull(sockets);
	ck_assert_uint_eq(sockets_count(sockets), 2); /* no more datagrams than those */
	ck_assert_int_eq(sockets_at(sockets, 0)->fd, fd);
	ck_assert(!sockets_at(sockets, 1)->inherited);
	ck_assert_int_eq(sockets_at(sockets, 1)->kind, SOCKET_STREAM);
	sockets_let_go(sockets);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	ck_assert_int_ge(sockets_at(sockets, 1)->fd, 0);
}
END_TEST

START_TEST(listening_socket_is_let_go)
{
	int fd = inherit(make_stream, "127.0.0.1:0");

	sockets = sockets_open(&options);
	ck_assert_ptr_nonnull(sockets);
	sockets_let_go(sockets);
	ck_assert_int_lt(fcntl(fd, F_GETFD), 0);
	ck_assert_int_eq(sockets_at(sockets, 0)->fd, -1);
	ck_assert_int_ge(sockets_at(sockets, 1)->fd, 0);
}
END_TEST

/* Writes the address of a socket, as an option could name it. */
static const char *address_of(int fd)
{
	static char text[ADDRESS_TEXT_MAX];
	struct address address = bound_address(fd);

	return address_format(&address, text, sizeof text);
}

static const struct {
	int (*make)(void);
	bool udp;
	bool refused;
} overlaps[] = {
	{make_stream, false, true},	   {make_stream, true, true},
	{make_datagram, false, false}, /* TCP may have the port as well */
	{make_datagram, true, true},	   {make_unix_stream, false, true},
	{make_unix_datagram, false, true}, /* a path has one socket */
};

START_TEST(address_must_not_be_inherited_already)
{
	int fd = inherit(overlaps[_i].make, "127.0.0.1:0");

	options.udp = overlaps[_i].udp;
	ck_assert_ptr_null(endpoint_parse(address_of(fd), &endpoint));
	ck_assert_int_eq(sockets_check(&options), !overlaps[_i].refused);
	if (overlaps[_i].refused)
		assert_told(": it is inherited already\n");
	else /* whoever else has the TCP port now is told of, and no fault */
		ck_assert_ptr_null(strstr(captured(STDERR_FILENO), "inherited"));
}
END_TEST

START_TEST(udp_needs_a_socket)
{
	inherit(_i == 0 ? make_stream : make_datagram, NULL);
	options.udp = true;
	ck_assert_int_eq(sockets_check(&options), _i == 1);
	if (_i == 0)
		assert_told("haild: --udp has no socket: none for datagrams is inherited");
}
END_TEST

START_TEST(datagrams_are_expected)
{
	ck_assert_int_eq(sockets_expect_datagrams(&options), SOCKETS_NO_DATAGRAMS);
	options.udp = true;
	ck_assert_int_eq(sockets_expect_datagrams(&options), SOCKETS_IP_DATAGRAMS);
	inherited_add(&inherited, make_unix_datagram(), "");
	inherited_add(&inherited, make_datagram(), "");
	ck_assert_int_eq(sockets_expect_datagrams(&options), SOCKETS_UNIX_DATAGRAMS);
	options.inherited = NULL;
	ck_assert_int_eq(sockets_expect_datagrams(&options), SOCKETS_IP_DATAGRAMS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("inherited");
	TCase *judged = suite_case(suite, "judged"), *taken = suite_case(suite, "taken");
	TCase *listed = suite_case(suite, "listed");

	tcase_add_checked_fixture(judged, setup, teardown);
	tcase_add_loop_test(judged, descriptor_is_judged, 0, COUNT_OF(kinds));
	tcase_add_loop_test(judged, name_gives_the_role, 0, COUNT_OF(named));
#ifdef __linux__
	tcase_add_test(judged, other_families_are_refused);
#endif
	if (ipv6_works())
		tcase_add_loop_test(judged, only_both_families_take_ipv4, 0, 2);
	tcase_add_loop_test(judged, variables_are_removed, 0, 2);
	tcase_add_test(judged, nothing_is_inherited_without_variables);
	tcase_add_checked_fixture(taken, setup, teardown);
	tcase_add_loop_test(taken, socket_is_made_ready, 0, 5);
	tcase_add_loop_test(taken, check_changes_no_socket, 0, 5);
	tcase_add_test(taken, socket_that_has_gone_is_told);
	tcase_add_test(taken, path_stays);
	tcase_add_checked_fixture(listed, setup, teardown);
	tcase_add_test(listed, default_address_is_not_added);
	tcase_add_test(listed, default_address_is_not_added_to_proxies);
	tcase_add_test(listed, given_address_is_added);
	tcase_add_test(listed, listening_socket_is_let_go);
	tcase_add_loop_test(listed, address_must_not_be_inherited_already, 0, COUNT_OF(overlaps));
	tcase_add_loop_test(listed, udp_needs_a_socket, 0, 2);
	tcase_add_test(listed, datagrams_are_expected);
	return suite_run(suite);
}
