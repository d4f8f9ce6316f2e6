/* SPDX-License-Identifier: ISC */
/* check_sockets: which sockets come of the options, all or none, and that nothing is left. */
#include "daemon/setup/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/zone.h"
#include "daemon/options.h"
#include "daemon/setup/kernel.h"
#include "fault.h"
#include "lib/apart.h"
#include "lib/capture.h"
#include "lib/extensions.h"
#include "lib/peers.h"
#include "lib/suite.h"

enum { ENDPOINTS_MAX = 4 };

/* A user with no rights, if there are others than root. */
enum { NOBODY = 65534 };

static struct endpoint endpoints[ENDPOINTS_MAX];
static struct options options;
static struct sockets *sockets;
static char folder[] = "/tmp/check_sockets.XXXXXX";
static char path[64], unix_text[80];

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/socket", folder);
	snprintf(unix_text, sizeof unix_text, "unix:%s", path);
	options = (struct options){.endpoints = endpoints, .backlog = 16};
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
}

static void teardown(void)
{
	sockets_close(sockets);
	(void)unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* Adds an address to listen on. */
static void add(const char *text)
{
	struct endpoint *endpoint = &endpoints[options.endpoint_count++];

	ck_assert_ptr_null(endpoint_parse(text, endpoint));
}

/* Opens the sockets of one address. */
static void open_one(const char *text)
{
	add(text);
	sockets = sockets_open(&options);
}

/* The port of the i-th socket, as the kernel knows it. */
static uint16_t port_of(size_t i)
{
	struct address address = bound_address(sockets_at(sockets, i)->fd);

	return address_port(&address);
}

static void assert_address(size_t i, const char *format)
{
	char text[ADDRESS_TEXT_MAX];

	ck_assert_uint_lt(i, sockets_count(sockets));
	snprintf(text, sizeof text, "%s:%u", format, port_of(i));
	ck_assert_str_eq(sockets_at(sockets, i)->text, text);
}

/* Binds a socket of another program to a free port of 127.0.0.1; returns its descriptor. */
static int occupy(char *text, size_t size)
{
	int fd = listen_on_loopback(AF_INET, 1);
	struct address address = bound_address(fd);

	address_format(&address, text, size);
	return fd;
}

/* Binds a UNIX socket of another program to the path; returns its descriptor. */
static int occupy_path(int type)
{
	struct address address;
	int fd = socket(AF_UNIX, type, 0);

	ck_assert(address_from_path(path, &address));
	ck_assert_int_eq(bind(fd, &address.any, address.length), 0);
	return fd;
}

START_TEST(free_port_is_told)
{
	open_one("127.0.0.1:0");
	ck_assert_uint_eq(sockets_count(sockets), 1);
	ck_assert_uint_ne(port_of(0), 0);
	assert_address(0, "127.0.0.1");
	assert_told_nothing();
}
END_TEST

/*
 * A port that Linux may take back is gone once the socket has ceased to listen, and the next
 * listen(2) brings another. Elsewhere, a listening socket cannot be shut down.
 */
START_TEST(free_port_is_kept_until_the_socket_is_closed)
{
	uint16_t port;
	int fd;

	add("127.0.0.1:0");
	options.reuse_port = _i == 1 && HAS_REUSE_PORT;
	sockets = sockets_open(&options);
	ck_assert_ptr_nonnull(sockets);
	port = port_of(0);
	fd = sockets_at(sockets, 0)->fd;
	if (shutdown(fd, SHUT_RD) == 0)
		ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_uint_eq(port_of(0), port);
}
END_TEST

START_TEST(given_port_is_taken)
{
	char text[ADDRESS_TEXT_MAX];

	close(occupy(text, sizeof text));
	open_one(text);
	ck_assert_str_eq(sockets_at(sockets, 0)->text, text);
}
END_TEST

START_TEST(socket_can_be_connected_to)
{
	struct peer peer;

	open_one("127.0.0.1:0");
	peer = peer_of_listener(sockets_at(sockets, 0)->fd, 0);
	ck_assert_int_ge(accept(sockets_at(sockets, 0)->fd, NULL, NULL), 0);
	peer_close(&peer);
}
END_TEST

/* So greeting and end travel in one segment; where the system can't, in two. */
START_TEST(accepted_socket_holds_back_writes)
{
	int on = 0, fd;
	socklen_t length = sizeof on;
	struct peer peer;

	open_one("127.0.0.1:0");
	peer = peer_of_listener(sockets_at(sockets, 0)->fd, 0);
	fd = accept(sockets_at(sockets, 0)->fd, NULL, NULL);
	ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, &length), 0);
	ck_assert_int_eq(on, HAS_HOLDING_BACK);
	close(fd);
	peer_close(&peer);
}
END_TEST

START_TEST(localhost_is_both_families_on_one_port)
{
	open_one("localhost:0");
	ck_assert_uint_eq(sockets_count(sockets), 2);
	assert_address(0, "127.0.0.1");
	assert_address(1, "[::1]");
	ck_assert_uint_eq(port_of(0), port_of(1));
	assert_told_nothing();
}
END_TEST

static const char *const wildcards[] = {"*:0", ":0"};

START_TEST(wildcard_is_both_families_on_one_port)
{
	open_one(wildcards[_i]);
	ck_assert_uint_eq(sockets_count(sockets), 2);
	assert_address(0, "0.0.0.0");
	assert_address(1, "[::]");
	ck_assert_uint_eq(port_of(0), port_of(1));
}
END_TEST

START_TEST(ipv6_socket_is_of_ipv6_only)
{
	struct address address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	open_one("[::]:0");
	ck_assert_uint_eq(sockets_count(sockets), 1);
	address = loopback(AF_INET, port_of(0));
	ck_assert_int_eq(connect(fd, &address.any, address.length), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	close(fd);
}
END_TEST

START_TEST(sockets_keep_the_order_of_the_options)
{
	add("127.0.0.1:0");
	add(unix_text);
	add("127.0.0.1:0");
	sockets = sockets_open(&options);
	ck_assert_uint_eq(sockets_count(sockets), 3);
	assert_address(0, "127.0.0.1");
	ck_assert_str_eq(sockets_at(sockets, 1)->text, unix_text);
	assert_address(2, "127.0.0.1");
	ck_assert_uint_ne(port_of(0), port_of(2));
}
END_TEST

START_TEST(descriptors_are_non_blocking_and_not_inherited)
{
	add("127.0.0.1:0");
	add(unix_text);
	sockets = sockets_open(&options);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_ne(fcntl(sockets_at(sockets, i)->fd, F_GETFL) & O_NONBLOCK, 0);
		ck_assert_int_ne(fcntl(sockets_at(sockets, i)->fd, F_GETFD) & FD_CLOEXEC, 0);
	}
}
END_TEST

START_TEST(port_in_use_is_refused)
{
	char text[ADDRESS_TEXT_MAX], line[ADDRESS_TEXT_MAX + 64];

	occupy(text, sizeof text);
	open_one(text);
	ck_assert_ptr_null(sockets);
	snprintf(line, sizeof line, "haild: cannot listen on %s: %s", text, strerror(EADDRINUSE));
	assert_one_error_line(line);
}
END_TEST

START_TEST(same_address_twice_is_refused)
{
	char text[ADDRESS_TEXT_MAX];

	close(occupy(text, sizeof text));
	add(text);
	add(text);
	sockets = sockets_open(&options);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on 127.0.0.1:");
}
END_TEST

START_TEST(of_all_or_none_none_is_left)
{
	char busy[ADDRESS_TEXT_MAX], idle[ADDRESS_TEXT_MAX];
	int before;

	occupy(busy, sizeof busy);
	close(occupy(idle, sizeof idle));
	before = lowest_descriptor();
	add(idle);
	add(unix_text);
	add(busy);
	sockets = sockets_open(&options);
	ck_assert_ptr_null(sockets);
	ck_assert_int_eq(lowest_descriptor(), before);
	ck_assert_int_eq(access(path, F_OK), -1);
	/* The first is free again. */
	options.endpoint_count = 0;
	open_one(idle);
	ck_assert_ptr_nonnull(sockets);
}
END_TEST

START_TEST(closed_port_is_free_at_once)
{
	char text[ADDRESS_TEXT_MAX];
	struct peer peer;
	int fd;

	open_one("127.0.0.1:0");
	strcpy(text, sockets_at(sockets, 0)->text);
	peer = peer_of_listener(sockets_at(sockets, 0)->fd, 0);
	fd = accept(sockets_at(sockets, 0)->fd, NULL, NULL);
	close(fd); /* ours first: now the port is in TIME_WAIT */
	peer_close(&peer);
	sockets_close(sockets);
	options.endpoint_count = 0;
	open_one(text);
	ck_assert_ptr_nonnull(sockets);
}
END_TEST

/* Asserts that the option to share is refused where the system has none; true: it has. */
static bool can_share(const struct sockets *opened)
{
	ck_assert_int_eq(opened != NULL, HAS_REUSE_PORT);
	if (!opened)
		assert_told("Protocol not available (this system has no --reuse-port)");
	return opened;
}

START_TEST(reuse_port_lets_two_share)
{
	struct sockets *other;

	options.reuse_port = true;
	add("127.0.0.1:0");
	sockets = sockets_open(&options);
	if (!can_share(sockets))
		return;
	options.endpoint_count = 0;
	add(sockets_at(sockets, 0)->text);
	other = sockets_open(&options);
	ck_assert_ptr_nonnull(other);
	ck_assert_str_eq(sockets_at(other, 0)->text, sockets_at(sockets, 0)->text);
	sockets_close(other);
}
END_TEST

START_TEST(without_reuse_port_two_cannot_share)
{
	open_one("127.0.0.1:0");
	options.endpoint_count = 0;
	add(sockets_at(sockets, 0)->text);
	ck_assert_ptr_null(sockets_open(&options));
}
END_TEST

static const struct {
	const char *text, *told;
} strangers[] = {
	{"203.0.113.1:0", "cannot listen on 203.0.113.1:0: "}, /* TEST-NET-3 */
	{"[2001:db8::1]:0", "cannot listen on [2001:db8::1]:0: "},
	{"fe80::1%no-such-zone", "cannot listen on [fe80::1%no-such-zone]:0: "},
};

START_TEST(address_that_is_not_ours_is_refused)
{
	open_one(strangers[_i].text);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: ");
	assert_told(strangers[_i].told);
}
END_TEST

/* A label has 63 characters at most: no name server is asked for this one. */
START_TEST(unknown_name_is_refused)
{
	char name[80] = "";

	memset(name, 'x', 70);
	open_one(name);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on xxx");
}
END_TEST

/* Whether an unprivileged user is kept from low ports; containers may allow them. */
static bool low_ports_are_kept(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
	int first = 1024;

	if (!file)
		return true;
	if (fscanf(file, "%d", &first) != 1)
		first = 1024;
	fclose(file);
	return first > 17;
}

/* Becomes a user with no rights, if it has any. */
static void become_nobody(void)
{
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(NOBODY), 0);
}

static void become_oneself_again(void)
{
	if (geteuid() != getuid())
		ck_assert_int_eq(seteuid(getuid()), 0);
}

/* Whether there is a user with no rights to become; in a user namespace there may be but root. */
static bool can_become_nobody(void)
{
	return geteuid() != 0 || (seteuid(NOBODY) == 0 && seteuid(getuid()) == 0);
}

START_TEST(low_port_is_refused_with_advice)
{
	become_nobody();
	open_one("127.0.0.1:17");
	become_oneself_again();
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on 127.0.0.1:17: Permission denied");
	assert_told("CAP_NET_BIND_SERVICE");
}
END_TEST

START_TEST(want_of_descriptors_is_told)
{
	struct rlimit before, scarce;

	if (_i == 2)
		close(occupy_path(SOCK_STREAM)); /* is it stale? A socket is needed to know */
	add(_i == 0 ? "127.0.0.1:0" : unix_text);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	scarce = before;
	scarce.rlim_cur = (rlim_t)lowest_descriptor();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &scarce), 0);
	sockets = sockets_open(&options);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on ");
	assert_told(strerror(EMFILE));
	assert_told(" (raise the descriptor limit, ulimit -n)");
	ck_assert_int_eq(access(path, F_OK), _i == 2 ? 0 : -1);
}
END_TEST

START_TEST(missing_family_is_one_warning)
{
	add("localhost:0");
	add("localhost:0");
	fault_bind = (struct fault){.reason = EADDRNOTAVAIL, .times = -1, .kind = AF_INET6};
	sockets = sockets_open(&options);
	ck_assert_uint_eq(sockets_count(sockets), 2);
	assert_address(0, "127.0.0.1");
	assert_address(1, "127.0.0.1");
	assert_one_error_line("haild: not listening on [::1]:");
}
END_TEST

START_TEST(missing_first_family_is_one_warning)
{
	fault_bind = (struct fault){.reason = EAFNOSUPPORT, .times = -1, .kind = AF_INET};
	open_one("localhost:0");
	ck_assert_uint_eq(sockets_count(sockets), 1);
	assert_address(0, "[::1]");
	assert_one_error_line("haild: not listening on 127.0.0.1:0");
}
END_TEST

START_TEST(no_family_at_all_is_refused)
{
	fault_bind = (struct fault){.reason = EADDRNOTAVAIL, .times = -1};
	open_one("localhost:0");
	ck_assert_ptr_null(sockets);
	assert_told("haild: cannot listen on ");
}
END_TEST

/* The first family's free port is another's in the second: another one is tried. */
START_TEST(another_free_port_is_tried)
{
	int before = lowest_descriptor();

	fault_bind = (struct fault){.reason = EADDRINUSE, .times = 3, .kind = AF_INET6};
	open_one("localhost:0");
	ck_assert_uint_eq(sockets_count(sockets), 2);
	ck_assert_int_eq(fault_bind.times, 0);
	ck_assert_uint_eq(port_of(0), port_of(1));
	zone_close();
	ck_assert_int_eq(lowest_descriptor(), before + 2);
	assert_told_nothing();
}
END_TEST

START_TEST(trying_free_ports_ends)
{
	int before = lowest_descriptor();

	fault_bind = (struct fault){.reason = EADDRINUSE, .times = -1, .kind = AF_INET6};
	open_one("localhost:0");
	ck_assert_ptr_null(sockets);
	ck_assert_int_eq(lowest_descriptor(), before);
	assert_one_error_line("haild: cannot listen on localhost:0: found no port");
}
END_TEST

START_TEST(given_port_is_tried_once)
{
	fault_bind = (struct fault){.reason = EADDRINUSE, .times = 1, .kind = AF_INET6};
	add("localhost:0");
	endpoints[0].port = 54321;
	sockets = sockets_open(&options);
	ck_assert_ptr_null(sockets);
	assert_told("haild: cannot listen on ");
}
END_TEST

START_TEST(capped_backlog_is_warned_of)
{
	options.backlog = 2147483647;
	open_one("127.0.0.1:0");
	ck_assert_ptr_nonnull(sockets);
	assert_one_error_line("haild: the kernel caps the backlog of 2147483647 at ");
}
END_TEST

START_TEST(unix_socket_listens_at_its_path)
{
	struct peer peer;

	open_one(unix_text);
	ck_assert_str_eq(sockets_at(sockets, 0)->text, unix_text);
	peer = peer_of_listener(sockets_at(sockets, 0)->fd, 0);
	peer_close(&peer);
	assert_told_nothing();
}
END_TEST

START_TEST(unix_path_is_removed_at_the_end)
{
	open_one(unix_text);
	ck_assert_int_eq(access(path, F_OK), 0);
	sockets_close(sockets);
	sockets = NULL;
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(stale_unix_path_is_replaced)
{
	int before = lowest_descriptor();
	struct peer peer;

	close(occupy_path(SOCK_STREAM));
	open_one(unix_text);
	ck_assert_ptr_nonnull(sockets);
	ck_assert_int_eq(lowest_descriptor(), before + 1);
	peer = peer_of_listener(sockets_at(sockets, 0)->fd, 0);
	peer_close(&peer);
	assert_told_nothing();
}
END_TEST

START_TEST(same_name_in_another_folder_is_another_path)
{
	char inner[80], text[100];

	snprintf(inner, sizeof inner, "%s/inner", folder);
	snprintf(text, sizeof text, "unix:%s/socket", inner);
	ck_assert_int_eq(mkdir(inner, 0700), 0);
	add(unix_text);
	add(text);
	sockets = sockets_open(&options);
	ck_assert_ptr_nonnull(sockets);
	assert_told_nothing();
	sockets_close(sockets);
	sockets = NULL;
	ck_assert_int_eq(rmdir(inner), 0);
}
END_TEST

/* Pipes: the rival starts when it hears something, and tells whether it has the path. */
static int to_rival[2], from_rival[2];

/* Makes another daemon's process, which starts at the path when it is told to. */
static pid_t make_rival(void)
{
	char start;
	pid_t rival;

	ck_assert(pipe(to_rival) == 0 && pipe(from_rival) == 0);
	add(unix_text);
	rival = fork();
	if (rival != 0)
		return rival;
	if (read(to_rival[0], &start, 1) == 1 &&
	    write(from_rival[1], sockets_open(&options) ? "1" : "0", 1) == 1)
		pause();
	_exit(1);
}

/* Lets the rival start, and gives it time enough, if it does not wait for us. */
static void start_rival(void)
{
	struct pollfd told = {.fd = from_rival[0], .events = POLLIN};

	ck_assert_int_eq(write(to_rival[1], "1", 1), 1);
	ck_assert_int_ge(poll(&told, 1, 200), 0);
}

START_TEST(of_two_that_find_a_stale_unix_path_one_gets_it)
{
	pid_t rival = make_rival();
	char rival_has_it;

	close(occupy_path(SOCK_STREAM));
	fault_before_unlink = start_rival;
	sockets = sockets_open(&options);
	ck_assert_int_eq(read(from_rival[0], &rival_has_it, 1), 1);
	ck_assert_int_eq(rival_has_it == '1', sockets == NULL);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(kill(rival, SIGKILL), 0);
	ck_assert_int_eq(waitpid(rival, NULL, 0), rival);
}
END_TEST

START_TEST(lock_of_a_stranger_is_no_obstacle)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY);

	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	close(occupy_path(SOCK_STREAM));
	open_one(unix_text);
	ck_assert_ptr_nonnull(sockets);
	close(fd);
}
END_TEST

START_TEST(living_unix_socket_is_left_alone)
{
	struct peer peer;
	int fd = occupy_path(SOCK_STREAM);

	ck_assert_int_eq(listen(fd, 16), 0);
	open_one(unix_text);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on unix:/tmp/");
	assert_told(strerror(EADDRINUSE));
	peer = peer_of_listener(fd, 0); /* it lives still, at its path */
	peer_close(&peer);
	close(fd);
}
END_TEST

START_TEST(busy_unix_socket_is_left_alone)
{
	int fd = occupy_path(SOCK_STREAM);
	struct peer first;

	ck_assert_int_eq(listen(fd, 0), 0);
	first = peer_of_listener(fd, 0); /* now its queue is full */
	open_one(unix_text);
	ck_assert_ptr_null(sockets);
	assert_told(strerror(EADDRINUSE));
	ck_assert_int_eq(access(path, F_OK), 0);
	peer_close(&first);
	close(fd);
}
END_TEST

START_TEST(datagram_socket_is_left_alone)
{
	int fd = occupy_path(SOCK_DGRAM);

	open_one(unix_text);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on unix:/tmp/");
	ck_assert_int_eq(access(path, F_OK), 0);
	close(fd);
}
END_TEST

START_TEST(regular_file_is_left_alone)
{
	FILE *file = fopen(path, "w");
	struct stat status;

	fputs("words", file);
	fclose(file);
	open_one(unix_text);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on unix:/tmp/");
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert(S_ISREG(status.st_mode));
	ck_assert_int_eq(status.st_size, 5);
}
END_TEST

START_TEST(symbolic_link_is_left_alone)
{
	struct stat status;

	ck_assert_int_eq(symlink("nowhere", path), 0);
	open_one(unix_text);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on unix:/tmp/");
	ck_assert_int_eq(lstat(path, &status), 0);
	ck_assert(S_ISLNK(status.st_mode));
}
END_TEST

START_TEST(missing_folder_is_told)
{
	open_one("unix:/no/such/folder/socket");
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on unix:/no/such/folder/socket: No such file");
	assert_told("(there is no such folder)");
}
END_TEST

START_TEST(replaced_unix_path_is_left_alone)
{
	int fd;

	open_one(unix_text);
	ck_assert_int_eq(unlink(path), 0);
	fd = occupy_path(SOCK_STREAM);
	sockets_close(sockets);
	sockets = NULL;
	ck_assert_int_eq(access(path, F_OK), 0);
	close(fd);
}
END_TEST

START_TEST(removed_unix_path_is_no_trouble)
{
	open_one(unix_text);
	ck_assert_int_eq(unlink(path), 0);
	sockets_close(sockets);
	sockets = NULL;
	assert_told_nothing();
}
END_TEST

/* The rights that the path's socket has. */
static unsigned rights(void)
{
	struct stat status;

	ck_assert_int_eq(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static unsigned rights_at_bind;

/* What a socket would get if it were made now, as bind() makes it. */
static void note_rights(void)
{
	mode_t mask = umask(0);

	umask(mask);
	rights_at_bind = 0777 & ~(unsigned)mask;
}

static const unsigned modes[] = {0, 0600, 0660, 0666, 0777, 0007};

START_TEST(unix_socket_has_the_mode_that_is_given)
{
	mode_t before = umask(027);

	options.socket_mode = (struct cli_mode){.is_given = true, .bits = modes[_i]};
	fault_before_bind = note_rights;
	open_one(unix_text);
	ck_assert_ptr_nonnull(sockets);
	ck_assert_uint_eq(rights(), modes[_i]);
	/* Not for a moment wider. */
	ck_assert_uint_eq(rights_at_bind, modes[_i]);
	ck_assert_uint_eq(umask(before), 027);
}
END_TEST

static void drop_umask(void)
{
	umask(0);
}

/* As a folder's default ACL does, or a system whose bind(2) ignores the umask. */
START_TEST(mode_is_set_where_the_umask_does_not_count)
{
	options.socket_mode = (struct cli_mode){.is_given = true, .bits = modes[_i]};
	fault_before_bind = drop_umask;
	open_one(unix_text);
	ck_assert_ptr_nonnull(sockets);
	ck_assert_uint_eq(rights(), modes[_i]);
}
END_TEST

static const unsigned masks[] = {0, 022, 077, 0777};

START_TEST(unix_socket_follows_the_umask_else)
{
	umask(masks[_i]);
	open_one(unix_text);
	ck_assert_ptr_nonnull(sockets);
	ck_assert_uint_eq(rights(), 0777 & ~masks[_i]);
}
END_TEST

/* A name that no other test has. */
static const char *abstract_text(void)
{
	static char text[80];

	snprintf(text, sizeof text, "unix:@check_sockets \\000%s", folder);
	return text;
}

/* Binds a socket of another program to the abstract name. */
static int occupy_name(int type)
{
	struct address address;
	int fd = socket(AF_UNIX, type, 0);

	ck_assert(address_from_path(abstract_text() + 5, &address));
	ck_assert_int_eq(bind(fd, &address.any, address.length), 0);
	return fd;
}

START_TEST(abstract_socket_listens_and_leaves_nothing)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct address address;

	if (!HAS_ABSTRACT)
		return;
	options.socket_mode = (struct cli_mode){.is_given = true, .bits = 0};
	open_one(abstract_text());
	ck_assert_ptr_nonnull(sockets);
	ck_assert_str_eq(sockets_at(sockets, 0)->text, abstract_text());
	ck_assert(address_from_path(abstract_text() + 5, &address));
	ck_assert_int_eq(connect(fd, &address.any, address.length), 0);
	sockets_close(sockets);
	sockets = NULL;
	assert_told_nothing();
	close(fd);
	close(occupy_name(SOCK_STREAM)); /* free again */
}
END_TEST

START_TEST(abstract_name_in_use_is_refused)
{
	char line[160];
	int fd;

	if (!HAS_ABSTRACT)
		return;
	fd = occupy_name(SOCK_STREAM);
	open_one(abstract_text());
	ck_assert_ptr_null(sockets);
	snprintf(line, sizeof line,
		 "haild: cannot listen on %s: %s (another socket has it; 'ss -xap' shows whose)\n",
		 abstract_text(), strerror(EADDRINUSE));
	assert_one_error_line(line);
	ck_assert(sockets_check(&options));
	assert_told(" is in use now");
	close(fd);
}
END_TEST

/* Datagram sockets have names of their own. */
START_TEST(abstract_name_of_another_kind_is_no_obstacle)
{
	int fd;

	if (!HAS_ABSTRACT)
		return;
	fd = occupy_name(SOCK_DGRAM);
	open_one(abstract_text());
	ck_assert_ptr_nonnull(sockets);
	close(fd);
}
END_TEST

START_TEST(check_of_an_abstract_name_leaves_it_free)
{
	if (!HAS_ABSTRACT)
		return;
	add(abstract_text());
	ck_assert(sockets_check(&options));
	assert_told_nothing();
	close(occupy_name(SOCK_STREAM));
}
END_TEST

/* Nor is it the path that reads alike. */
START_TEST(abstract_name_twice_is_refused)
{
	char other[ADDRESS_TEXT_MAX];

	if (!HAS_ABSTRACT)
		return;
	snprintf(other, sizeof other, "unix:@\\x63%s", abstract_text() + 7);
	add(abstract_text());
	add(unix_text);
	add(_i ? other : "unix:@check_sockets");
	sockets = sockets_open(&options);
	ck_assert_int_eq(sockets == NULL, _i);
	if (_i)
		assert_told(": it is given twice\n");
}
END_TEST

START_TEST(abstract_name_that_is_forbidden_is_told)
{
	if (!HAS_ABSTRACT)
		return;
	fault_bind = (struct fault){.reason = EACCES, .times = -1};
	open_one(abstract_text());
	ck_assert_ptr_null(sockets);
	assert_told(": Permission denied (a security policy of this system forbids it)\n");
}
END_TEST

START_TEST(unix_path_that_cannot_be_bound_is_told)
{
	int before = lowest_descriptor();

	fault_bind = (struct fault){.reason = EACCES, .times = 1, .kind = AF_UNIX};
	open_one(unix_text);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on unix:/tmp/");
	assert_told("Permission denied");
	ck_assert_int_eq(lowest_descriptor(), before);
}
END_TEST

START_TEST(check_of_free_addresses_succeeds_and_leaves_nothing)
{
	int before = lowest_descriptor();

	add("127.0.0.1:0");
	add(unix_text);
	ck_assert(sockets_check(&options));
	ck_assert_int_eq(lowest_descriptor(), before);
	ck_assert_int_eq(access(path, F_OK), -1);
	assert_told_nothing();
}
END_TEST

START_TEST(check_of_a_port_in_use_succeeds)
{
	char text[ADDRESS_TEXT_MAX], line[ADDRESS_TEXT_MAX + 32];

	occupy(text, sizeof text);
	add(text);
	ck_assert(sockets_check(&options));
	snprintf(line, sizeof line, "%s is in use now\n", text);
	ck_assert_str_eq(captured(STDERR_FILENO), line);
}
END_TEST

START_TEST(check_tries_another_free_port)
{
	fault_bind = (struct fault){.reason = EADDRINUSE, .times = 3, .kind = AF_INET6};
	add("localhost:0");
	ck_assert(sockets_check(&options));
	ck_assert_int_eq(fault_bind.times, 0);
	assert_told_nothing();
}
END_TEST

START_TEST(check_of_a_living_unix_socket_succeeds)
{
	int fd = occupy_path(SOCK_STREAM);

	ck_assert_int_eq(listen(fd, 16), 0);
	add(unix_text);
	ck_assert(sockets_check(&options));
	assert_told(" is in use now\n");
	ck_assert_int_eq(access(path, F_OK), 0);
	close(fd);
}
END_TEST

START_TEST(check_leaves_a_stale_unix_path)
{
	close(occupy_path(SOCK_STREAM));
	add(unix_text);
	ck_assert(sockets_check(&options));
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(check_of_an_impossible_address_fails)
{
	static const char *const impossible[] = {"203.0.113.1:0", "unix:/no/such/folder/socket",
						 "unix:/dev/null"};

	add(impossible[_i]);
	ck_assert(!sockets_check(&options));
	assert_one_error_line("haild: cannot listen on ");
}
END_TEST

static struct address first;
static int binds;

/* Tries to connect to the address that was bound before this one. */
static void connect_to_first(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (binds++ > 0) {
		ck_assert_int_eq(connect(fd, &first.any, first.length), -1);
		ck_assert_int_eq(errno, ECONNREFUSED);
	}
	close(fd);
}

START_TEST(nobody_connects_while_checking)
{
	char text[ADDRESS_TEXT_MAX];

	close(occupy(text, sizeof text));
	add(text);
	add("127.0.0.2:0");
	first = loopback(AF_INET, endpoints[0].port);
	fault_before_bind = connect_to_first;
	ck_assert(sockets_check(&options));
	ck_assert_int_eq(binds, 3); /* the port that the kernel chose is bound by its number, too */
	assert_told_nothing();
}
END_TEST

/* Addresses on one port of which one has what comes to the other, and those of which none has. */
static const struct {
	const char *one, *other;
	const char *refused; /* of their addresses, the one that can't be had; NULL: none */
	const char *own;     /* the one that has it; NULL: it is the same */
} overlaps[] = {
	{"*", "localhost", "127.0.0.1", "0.0.0.0"},
	{"localhost", "*", "0.0.0.0", "127.0.0.1"},
	{"localhost", "127.0.0.1", "127.0.0.1", NULL},
	{"127.0.0.1", "localhost", "127.0.0.1", NULL},
	{"*", "::1", "[::1]", "[::]"},
	{"[::]", "[::1]", "[::1]", "[::]"},
	{"127.0.0.1", "0.0.0.0", "0.0.0.0", "127.0.0.1"},
	{"0.0.0.0", "::1", NULL, NULL},
	{"127.0.0.1", "127.0.0.2", NULL, NULL},
	{"127.0.0.1", "[::1]", NULL, NULL},
};

/*
 * Finds a port that is free on every address, and keeps other programs from it: a socket that
 * does not listen is not in the way of another one with SO_REUSEADDR.
 */
static uint16_t reserve_port(void)
{
	struct address ipv4, ipv6;
	int on = 1, fd, fd6;

	ck_assert_int_eq(address_from_literal("0.0.0.0", AF_INET, &ipv4), 0);
	ck_assert_int_eq(address_from_literal("::", AF_INET6, &ipv6), 0);

	do {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		fd6 = socket(AF_INET6, SOCK_STREAM, 0);
		address_set_port(&ipv4, 0);
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		setsockopt(fd6, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		setsockopt(fd6, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
		ck_assert_int_eq(bind(fd, &ipv4.any, ipv4.length), 0);
		ipv4 = bound_address(fd);
		address_set_port(&ipv6, address_port(&ipv4));
	} while (bind(fd6, &ipv6.any, ipv6.length) < 0);
	return address_port(&ipv4);
}

/* Adds both addresses, on this port. */
static void add_both(int i, uint16_t port)
{
	add(overlaps[i].one);
	add(overlaps[i].other);
	endpoints[0].port = endpoints[1].port = port;
}

static void assert_overlap_told(int i)
{
	char line[256];
	unsigned port = endpoints[0].port;

	if (overlaps[i].own)
		snprintf(line, sizeof line,
			 "haild: cannot listen on %s:%u: it overlaps %s:%u, which is given as well",
			 overlaps[i].refused, port, overlaps[i].own, port);
	else
		snprintf(line, sizeof line, "haild: cannot listen on %s:%u: it is given twice",
			 overlaps[i].refused, port);
	assert_one_error_line(line);
}

START_TEST(addresses_that_overlap_are_refused)
{
	add_both(_i, reserve_port());
	sockets = sockets_open(&options);
	ck_assert_int_eq(sockets == NULL, overlaps[_i].refused != NULL);
	if (!sockets)
		assert_overlap_told(_i);
}
END_TEST

START_TEST(check_finds_addresses_that_overlap)
{
	add_both(_i, reserve_port());
	ck_assert_int_eq(sockets_check(&options), overlaps[_i].refused == NULL);
	if (overlaps[_i].refused)
		assert_overlap_told(_i);
}
END_TEST

/* As when the settings of a daemon that runs are checked. */
START_TEST(check_finds_an_overlap_in_what_is_in_use)
{
	char text[ADDRESS_TEXT_MAX];

	occupy(text, sizeof text);
	add_both(0, (uint16_t)atoi(strchr(text, ':') + 1));
	ck_assert(!sockets_check(&options));
	assert_told(": it overlaps 0.0.0.0:");
}
END_TEST

START_TEST(with_reuse_port_addresses_may_overlap)
{
	struct sockets *other;

	options.reuse_port = true;
	add("*:0");
	other = sockets = sockets_open(&options);
	if (!can_share(sockets))
		return;
	options.endpoint_count = 0;
	add_both(0, port_of(0));
	ck_assert(sockets_check(&options));
	sockets = sockets_open(&options);
	ck_assert_ptr_nonnull(sockets);
	sockets_close(other);
}
END_TEST

START_TEST(unix_path_in_other_words_is_given_twice)
{
	char other[sizeof unix_text + 8];

	snprintf(other, sizeof other, "unix:%s/./socket", folder);
	add(unix_text);
	add(other);
	if (_i == 0) {
		sockets = sockets_open(&options);
		ck_assert_ptr_null(sockets);
	} else {
		ck_assert(!sockets_check(&options));
	}
	assert_one_error_line("haild: cannot listen on unix:/tmp/");
	assert_told("/./socket: it overlaps unix:/tmp/");
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(unix_paths_in_one_folder_are_different)
{
	char other[sizeof unix_text + 8];

	snprintf(other, sizeof other, "%s2", unix_text);
	add(unix_text);
	add(other);
	ck_assert(sockets_check(&options));
	sockets = sockets_open(&options);
	ck_assert_uint_eq(sockets_count(sockets), 2);
}
END_TEST

/* What is said of failures that are made, and of those that the address itself is the cause of. */
static const struct {
	const char *address;
	int reason; /* 0: the kernel's own */
	int reuse_port;
	const char *told;
} causes[] = {
	{"127.0.0.1:50000", EACCES, 0, "Permission denied (a security policy of this system"},
	{"127.0.0.1:0", EACCES, 0, "Permission denied (a security policy of this system"},
	{"127.0.0.1:17", EPERM, 0, "not permitted (a security policy of this system forbids it)"},
	{"127.0.0.1:0", EADDRINUSE, 0, "in use (no port is free that the kernel could choose)"},
	{"127.0.0.1:50000", EADDRINUSE, 0,
	 "in use (another socket has it; 'ss -tap sport = :50000' shows whose)"},
	{"127.0.0.1:50000", EADDRINUSE, 1,
	 "in use (another socket has it, without --reuse-port or of another user; 'ss -tap"},
	{"203.0.113.1:0", 0, 0, "(not an address of this machine)"},
	{"127.0.0.1:0", EADDRNOTAVAIL, 0, "(this machine has it, but not ready; 'ip address'"},
	{"127.0.0.1:0", EAFNOSUPPORT, 0, "(the kernel has no IPv4, or a sandbox forbids it)"},
	{"127.0.0.1:0", EINVAL, 0, "Invalid argument\n"},
	{"127.0.0.1:0", ENFILE, 0, "(all descriptors of the machine are in use; see fs.file-max)"},
	{"127.0.0.1:0", ENOBUFS, 0, "No buffer space available\n"},
	{"127.0.0.1:0", ENOPROTOOPT, 0, "Protocol not available\n"},
	{"127.0.0.1:0", ENOPROTOOPT, 1, "Protocol not available (this system has no --reuse-port)"},
	{"[::ffff:127.0.0.1]:0", 0, 0,
	 "cannot listen on [::ffff:127.0.0.1]:0: Invalid argument (this is IPv4 in IPv6; write "
	 "127.0.0.1)"},
	{"fe80::1", 0, 0, "(a link-local address needs its zone, ADDRESS%INTERFACE)"},
	{"ff02::1", 0, 0, "Invalid argument (a multicast address, and TCP has none)"},
	{"fe80::1%4000000", 0, 0, "No such device (its zone is no interface of this machine)"},
	{"fe80::1%no-such-zone", 0, 0, "(its zone is no interface of this machine)"},
	{"[::1]:0", EINVAL, 0, "Invalid argument\n"},
};

START_TEST(advice_comes_from_the_cause)
{
	if (strchr(causes[_i].address, ']') || strstr(causes[_i].address, "::"))
		if (!ipv6_works())
			return;
	if (causes[_i].reuse_port && !HAS_REUSE_PORT && causes[_i].reason != ENOPROTOOPT)
		return; /* that is refused before */
	options.reuse_port = causes[_i].reuse_port != 0;
	if (causes[_i].reason)
		fault_bind = (struct fault){.reason = causes[_i].reason, .times = -1};
	open_one(causes[_i].address);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on ");
	assert_told(causes[_i].told);
}
END_TEST

/* The first port that needs no right, and the last that does. */
START_TEST(advice_on_rights_knows_the_first_free_port)
{
	uint64_t free_from = kernel_number("/proc/sys/net/ipv4/ip_unprivileged_port_start", 1024);
	char address[32], told[80];

	if (free_from == 0 || free_from > UINT16_MAX)
		return; /* then all ports are of one kind */
	fault_bind = (struct fault){.reason = EACCES, .times = -1};
	for (uint64_t port = free_from - 1; port <= free_from; port++) {
		if (port == 0)
			continue;
		snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)port);
		snprintf(told, sizeof told,
			 port < free_from ? "(ports below %u need CAP_NET_BIND_SERVICE)"
					  : "(a security policy of this system forbids it)",
			 (unsigned)free_from);
		options.endpoint_count = 0;
		capture_clear(STDERR_FILENO);
		open_one(address);
		ck_assert_ptr_null(sockets);
		assert_told(told);
	}
}
END_TEST

START_TEST(lookup_without_descriptors_is_not_an_unknown_name)
{
	struct rlimit before, scarce;

	add("no-such-host.invalid:0");
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	scarce = before;
	scarce.rlim_cur = (rlim_t)lowest_descriptor();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &scarce), 0);
	sockets = sockets_open(&options);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on no-such-host.invalid:0: ");
	assert_told(strerror(EMFILE));
	assert_told(" (raise the descriptor limit, ulimit -n)");
}
END_TEST

/* Opens or checks the UNIX socket as a user with no rights. */
static bool can_open_as_nobody(bool checking)
{
	bool can;

	become_nobody();
	add(unix_text);
	sockets = checking ? NULL : sockets_open(&options);
	can = checking ? sockets_check(&options) : sockets != NULL;
	become_oneself_again();
	return can;
}

static const struct {
	mode_t mode;  /* of the folder */
	int has_dead; /* a socket that nobody has any more */
	const char *told;
} closed[] = {
	{0, 0, ": Permission denied (a folder on the way does not let us through)"},
	{0, 1, ": Permission denied (a folder on the way does not let us through)"},
	{0555, 0, ": Permission denied (its folder does not let us write)"},
	{0555, 1, ": Permission denied (its folder does not let us write)"},
};

START_TEST(folder_that_is_closed_is_told)
{
	if (closed[_i / 2].has_dead) {
		close(occupy_path(SOCK_STREAM));
		ck_assert_int_eq(chmod(path, 0666), 0);
	}
	ck_assert_int_eq(chmod(folder, closed[_i / 2].mode), 0);
	ck_assert(!can_open_as_nobody(_i % 2));
	ck_assert_int_eq(chmod(folder, 0700), 0);
	assert_one_error_line("haild: cannot listen on unix:/tmp/");
	assert_told(closed[_i / 2].told);
}
END_TEST

static const struct {
	mode_t mode; /* of the socket of another user */
	const char *told;
} of_others[] = {
	{0600, ": Permission denied (a socket is there that we may not use, or not remove)"},
	{0666, ": Operation not permitted (a socket is there that we may not use, or not remove)"},
};

START_TEST(socket_of_another_user_is_told)
{
	close(occupy_path(SOCK_STREAM));
	ck_assert_int_eq(chmod(path, of_others[_i / 2].mode), 0);
	ck_assert_int_eq(chmod(folder, 01777), 0);
	ck_assert(!can_open_as_nobody(_i % 2));
	assert_one_error_line("haild: cannot listen on unix:/tmp/");
	assert_told(of_others[_i / 2].told);
}
END_TEST

/* Asserts that the socket after the i-th, which is for streams, is for datagrams to its address. */
static void assert_pair(size_t i)
{
	const struct socket_entry *stream = sockets_at(sockets, i);
	const struct socket_entry *datagram = sockets_at(sockets, i + 1);
	char text[ADDRESS_TEXT_MAX];
	struct address address = bound_address(datagram->fd);

	ck_assert_int_eq(stream->kind, SOCKET_STREAM);
	ck_assert_int_eq(datagram->kind, SOCKET_DATAGRAM);
	address_format(&address, text, sizeof text);
	ck_assert_str_eq(text, stream->text);
	ck_assert_str_eq(datagram->text, stream->text);
	ck_assert(address_is_same(&datagram->address, &address));
}

/* Opens the sockets of one address, for datagrams, too. */
static void open_one_with_udp(const char *text)
{
	options.udp = true;
	open_one(text);
}

/* Binds a UDP socket of another program to a free loopback port; returns its descriptor. */
static int occupy_udp(char *text, size_t size)
{
	/* Nobody else has a port there: the one by TCP is free. */
	struct sockaddr_in own = {.sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(0x7f010000 | (getpid() & 0xffff))};
	struct address address;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
	address = bound_address(fd);
	address_format(&address, text, size);
	return fd;
}

START_TEST(without_u_there_is_none_for_datagrams)
{
	open_one("127.0.0.1:0");
	ck_assert_uint_eq(sockets_count(sockets), 1);
	ck_assert_int_eq(sockets_at(sockets, 0)->kind, SOCKET_STREAM);
}
END_TEST

START_TEST(datagrams_have_the_same_address)
{
	open_one_with_udp("127.0.0.1:0");
	ck_assert_uint_eq(sockets_count(sockets), 2);
	assert_pair(0);
	assert_told_nothing();
}
END_TEST

START_TEST(datagram_descriptor_is_non_blocking_and_not_inherited)
{
	open_one_with_udp("127.0.0.1:0");
	ck_assert_int_ne(fcntl(sockets_at(sockets, 1)->fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(sockets_at(sockets, 1)->fd, F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

static const char *const in_both_families[] = {"localhost:0", "*:0"};

START_TEST(datagrams_of_both_families_are_on_one_port)
{
	open_one_with_udp(in_both_families[_i]);
	ck_assert_uint_eq(sockets_count(sockets), 4);
	ck_assert_uint_eq(port_of(0), port_of(2));
	assert_pair(0);
	assert_pair(2);
}
END_TEST

START_TEST(unix_socket_has_none_for_datagrams)
{
	add(unix_text);
	open_one_with_udp("127.0.0.1:0");
	ck_assert_uint_eq(sockets_count(sockets), 3);
	ck_assert_str_eq(sockets_at(sockets, 0)->text, unix_text);
	ck_assert_int_eq(sockets_at(sockets, 0)->kind, SOCKET_STREAM);
	assert_pair(1);
}
END_TEST

START_TEST(datagrams_are_closed_alone)
{
	struct peer peer;
	int datagrams;

	open_one_with_udp("127.0.0.1:0");
	datagrams = sockets_at(sockets, 1)->fd;
	sockets_close_datagrams(sockets);
	ck_assert_int_eq(fcntl(datagrams, F_GETFD), -1);
	ck_assert_int_eq(sockets_at(sockets, 1)->fd, -1);
	peer = peer_of_listener(sockets_at(sockets, 0)->fd, 0);
	peer_close(&peer);
}
END_TEST

START_TEST(udp_port_in_use_is_refused_and_none_is_left)
{
	char busy[ADDRESS_TEXT_MAX], line[ADDRESS_TEXT_MAX + 64];
	int other = occupy_udp(busy, sizeof busy), before = lowest_descriptor();

	add("127.0.0.1:0");
	add(unix_text);
	open_one_with_udp(busy);
	ck_assert_ptr_null(sockets);
	ck_assert_int_eq(lowest_descriptor(), before);
	ck_assert_int_eq(access(path, F_OK), -1);
	snprintf(line, sizeof line, "haild: cannot listen on %s by UDP: %s", busy,
		 strerror(EADDRINUSE));
	assert_one_error_line(line);
	close(other);
}
END_TEST

START_TEST(tcp_port_in_use_is_not_said_to_be_of_udp)
{
	char busy[ADDRESS_TEXT_MAX], line[ADDRESS_TEXT_MAX + 64];

	occupy(busy, sizeof busy);
	open_one_with_udp(busy);
	ck_assert_ptr_null(sockets);
	snprintf(line, sizeof line, "haild: cannot listen on %s: %s", busy, strerror(EADDRINUSE));
	assert_one_error_line(line);
}
END_TEST

/* The port that TCP has got is another program's by UDP: another one is tried. */
START_TEST(another_port_that_is_free_by_udp_is_tried)
{
	int before = lowest_descriptor();

	fault_bind = (struct fault){.reason = EADDRINUSE, .times = 1, .kind = AF_INET, .spared = 1};
	open_one_with_udp("127.0.0.1:0");
	ck_assert_uint_eq(sockets_count(sockets), 2);
	ck_assert_int_eq(fault_bind.times, 0);
	assert_pair(0);
	ck_assert_int_eq(lowest_descriptor(), before + 2);
	assert_told_nothing();
}
END_TEST

START_TEST(want_of_a_descriptor_for_datagrams_is_told)
{
	struct rlimit before, scarce;
	int lowest = lowest_descriptor();

	options.udp = true;
	add("127.0.0.1:0");
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	scarce = before;
	scarce.rlim_cur = (rlim_t)lowest + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &scarce), 0);
	sockets = sockets_open(&options);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on 127.0.0.1:");
	assert_told(" by UDP: ");
	assert_told(strerror(EMFILE));
	assert_told(" (raise the descriptor limit, ulimit -n)");
	ck_assert_int_eq(lowest_descriptor(), lowest);
}
END_TEST

/* By UDP, SO_REUSEADDR would let another program have the same port. */
START_TEST(udp_port_is_not_shared)
{
	struct address address;
	int on = 1, other = socket(AF_INET, SOCK_DGRAM, 0);

	open_one_with_udp("127.0.0.1:0");
	address = bound_address(sockets_at(sockets, 1)->fd);
	ck_assert_int_eq(setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
	ck_assert_int_eq(bind(other, &address.any, address.length), -1);
	ck_assert_int_eq(errno, EADDRINUSE);
	close(other);
}
END_TEST

START_TEST(reuse_port_shares_the_udp_port)
{
	struct sockets *other;

	options.reuse_port = options.udp = true;
	add("127.0.0.1:0");
	sockets = sockets_open(&options);
	if (!can_share(sockets))
		return;
	options.endpoint_count = 0;
	add(sockets_at(sockets, 0)->text);
	other = sockets_open(&options);
	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(sockets_at(other, 1)->kind, SOCKET_DATAGRAM);
	ck_assert_str_eq(sockets_at(other, 1)->text, sockets_at(sockets, 1)->text);
	sockets_close(other);
}
END_TEST

START_TEST(check_of_datagrams_leaves_nothing)
{
	int before = lowest_descriptor();

	options.udp = true;
	add("127.0.0.1:0");
	ck_assert(sockets_check(&options));
	ck_assert_int_eq(lowest_descriptor(), before);
	assert_told_nothing();
}
END_TEST

START_TEST(check_of_a_udp_port_in_use_succeeds)
{
	char text[ADDRESS_TEXT_MAX], line[ADDRESS_TEXT_MAX + 32];
	int other = occupy_udp(text, sizeof text);

	options.udp = true;
	add(text);
	ck_assert(sockets_check(&options));
	snprintf(line, sizeof line, "%s by UDP is in use now\n", text);
	ck_assert_str_eq(captured(STDERR_FILENO), line);
	close(other);
}
END_TEST

/* Makes the test case of sockets for datagrams. */
static void add_udp(Suite *suite)
{
	TCase *udp = suite_case(suite, "UDP");

	tcase_add_checked_fixture(udp, setup, teardown);
	tcase_add_test(udp, without_u_there_is_none_for_datagrams);
	tcase_add_test(udp, datagrams_have_the_same_address);
	tcase_add_test(udp, datagram_descriptor_is_non_blocking_and_not_inherited);
	if (ipv6_works())
		tcase_add_loop_test(udp, datagrams_of_both_families_are_on_one_port, 0,
				    COUNT_OF(in_both_families));
	tcase_add_test(udp, unix_socket_has_none_for_datagrams);
	tcase_add_test(udp, datagrams_are_closed_alone);
	tcase_add_test(udp, udp_port_in_use_is_refused_and_none_is_left);
	tcase_add_test(udp, tcp_port_in_use_is_not_said_to_be_of_udp);
	tcase_add_test(udp, another_port_that_is_free_by_udp_is_tried);
	tcase_add_test(udp, want_of_a_descriptor_for_datagrams_is_told);
	tcase_add_test(udp, udp_port_is_not_shared);
	tcase_add_test(udp, reuse_port_shares_the_udp_port);
	tcase_add_test(udp, check_of_datagrams_leaves_nothing);
	tcase_add_test(udp, check_of_a_udp_port_in_use_succeeds);
}

/* Makes the test case of addresses that are in each other's way. */
static void add_overlaps(Suite *suite)
{
	TCase *overlap = suite_case(suite, "overlap");

	tcase_add_checked_fixture(overlap, setup, teardown);
	if (ipv6_works()) {
		tcase_add_loop_test(overlap, addresses_that_overlap_are_refused, 0,
				    COUNT_OF(overlaps));
		tcase_add_loop_test(overlap, check_finds_addresses_that_overlap, 0,
				    COUNT_OF(overlaps));
	}
	tcase_add_test(overlap, check_finds_an_overlap_in_what_is_in_use);
	tcase_add_test(overlap, with_reuse_port_addresses_may_overlap);
	tcase_add_loop_test(overlap, unix_path_in_other_words_is_given_twice, 0, 2);
	tcase_add_test(overlap, unix_paths_in_one_folder_are_different);
}

/* Adds an address for metrics. */
static void add_metrics_address(const char *text)
{
	static struct endpoint metrics[2];

	options.metrics = metrics;
	ck_assert_ptr_null(endpoint_parse(text, &metrics[options.metrics_count++]));
}

/* The addresses of both roles are bound together; --udp and --reuse-port are of the greeting. */
START_TEST(metrics_come_last_and_part)
{
	struct sockets *metrics;

	options.udp = true;
	options.reuse_port = HAS_REUSE_PORT;
	add_metrics_address("127.0.0.1:0");
	add_metrics_address(unix_text);
	open_one("127.0.0.1:0");
	ck_assert_ptr_nonnull(sockets);
	ck_assert_uint_eq(sockets_count(sockets), 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(sockets_at(sockets, i)->role,
				 i < 2 ? SOCKET_GREETING : SOCKET_METRICS);
	metrics = sockets_split(sockets, SOCKET_METRICS);
	ck_assert_ptr_nonnull(metrics);
	ck_assert_uint_eq(sockets_count(sockets), 2);
	ck_assert_uint_eq(sockets_count(metrics), 2);
	sockets_close(sockets);
	sockets = NULL;
	ck_assert_int_eq(access(path, F_OK), 0);
	sockets_close(metrics);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(without_metrics_nothing_parts)
{
	struct sockets *metrics;

	open_one("127.0.0.1:0");
	metrics = sockets_split(sockets, SOCKET_METRICS);
	ck_assert_ptr_nonnull(metrics);
	ck_assert_uint_eq(sockets_count(metrics), 0);
	ck_assert_uint_eq(sockets_count(sockets), 1);
	sockets_close(metrics);
}
END_TEST

/* Even with --reuse-port: half of the scrapes would be of another daemon. */
START_TEST(port_for_metrics_is_not_shared)
{
	char text[ADDRESS_TEXT_MAX];
	struct sockets *others;

	options.reuse_port = HAS_REUSE_PORT;
	add_metrics_address("127.0.0.1:0");
	open_one("127.0.0.1:0");
	ck_assert_ptr_nonnull(sockets);
	snprintf(text, sizeof text, "%s", sockets_at(sockets, 1)->text);
	ck_assert_ptr_null(endpoint_parse(text, options.metrics));
	others = sockets_open(&options);
	ck_assert_ptr_null(others);
	assert_one_error_line("haild: cannot listen on ");
	assert_told("in use");
}
END_TEST

/* Neither with --reuse-port. */
START_TEST(address_for_metrics_is_not_that_of_the_greeting)
{
	int fd = occupy(unix_text, sizeof unix_text); /* finds a port */

	close(fd);
	options.reuse_port = _i == 1 && HAS_REUSE_PORT;
	add_metrics_address(unix_text);
	open_one(unix_text);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on 127.0.0.1:");
	assert_told(": it is given twice\n");
}
END_TEST

START_TEST(check_has_metrics)
{
	add("127.0.0.1:0");
	add_metrics_address("127.0.0.1:0");
	ck_assert(sockets_check(&options));
	add_metrics_address("unix:/no/such/folder/socket");
	ck_assert(!sockets_check(&options));
	assert_one_error_line("haild: cannot listen on unix:/no/such/folder/socket: ");
}
END_TEST

/* Adds an address for balancers. */
static void add_proxy_address(const char *text)
{
	static struct endpoint proxies[2];

	options.proxies = proxies;
	ck_assert_ptr_null(endpoint_parse(text, &proxies[options.proxy_count++]));
}

/* They stay with those that are greeted on, but are for no datagrams. */
START_TEST(proxies_come_between)
{
	static const enum socket_role roles[] = {SOCKET_GREETING, SOCKET_GREETING, SOCKET_PROXY,
						 SOCKET_PROXY, SOCKET_METRICS};
	struct sockets *metrics;

	options.udp = true;
	add_proxy_address("127.0.0.1:0");
	add_proxy_address(unix_text);
	add_metrics_address("127.0.0.1:0");
	open_one("127.0.0.1:0");
	ck_assert_ptr_nonnull(sockets);
	ck_assert_uint_eq(sockets_count(sockets), COUNT_OF(roles));
	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		ck_assert_int_eq(sockets_at(sockets, i)->role, roles[i]);
		ck_assert_int_eq(sockets_at(sockets, i)->kind,
				 i == 1 ? SOCKET_DATAGRAM : SOCKET_STREAM);
	}
	metrics = sockets_split(sockets, SOCKET_METRICS);
	ck_assert_ptr_nonnull(metrics);
	ck_assert_uint_eq(sockets_count(sockets), 4);
	sockets_close(metrics);
}
END_TEST

START_TEST(proxies_may_be_alone)
{
	add_proxy_address("127.0.0.1:0");
	sockets = sockets_open(&options);
	ck_assert_ptr_nonnull(sockets);
	ck_assert_uint_eq(sockets_count(sockets), 1);
	ck_assert_int_eq(sockets_at(sockets, 0)->role, SOCKET_PROXY);
}
END_TEST

/* Several daemons behind one balancer may share it, as the port that is greeted on. */
START_TEST(port_for_proxies_can_be_shared)
{
	char text[ADDRESS_TEXT_MAX];
	struct sockets *others;

	options.reuse_port = true;
	add_proxy_address("*:0");
	sockets = sockets_open(&options);
	if (!can_share(sockets))
		return;
	snprintf(text, sizeof text, "%s", sockets_at(sockets, 0)->text);
	ck_assert_ptr_null(endpoint_parse(text, options.proxies));
	others = sockets_open(&options);
	ck_assert_ptr_nonnull(others);
	ck_assert_uint_eq(port_of(0), address_port(&sockets_at(others, 0)->address));
	sockets_close(others);
	/* Overlaps in one role are no harm. */
	add_proxy_address("127.0.0.1:0");
	options.proxies[1].port = port_of(0);
	others = sockets_open(&options);
	ck_assert_ptr_nonnull(others);
	sockets_close(others);
}
END_TEST

/* Neither with --reuse-port: the kernel would give some clients to the one, some to the other. */
START_TEST(address_for_proxies_is_of_no_other_role)
{
	bool is_metrics = _i / 2 == 1;
	int fd = occupy(unix_text, sizeof unix_text); /* finds a port */

	close(fd);
	options.reuse_port = _i % 2 == 1 && HAS_REUSE_PORT;
	add_proxy_address(unix_text);
	if (is_metrics)
		add_metrics_address(unix_text);
	open_one(is_metrics ? "127.0.0.1:0" : unix_text);
	ck_assert_ptr_null(sockets);
	assert_one_error_line("haild: cannot listen on 127.0.0.1:");
	assert_told(": it is given twice\n");
}
END_TEST

START_TEST(check_has_proxies)
{
	add("127.0.0.1:0");
	add_proxy_address("127.0.0.1:0");
	ck_assert(sockets_check(&options));
	add_proxy_address("unix:/no/such/folder/socket");
	ck_assert(!sockets_check(&options));
	assert_one_error_line("haild: cannot listen on unix:/no/such/folder/socket: ");
}
END_TEST

/* Makes the test case of the sockets for balancers. */
static void add_proxies(Suite *suite)
{
	TCase *proxies = suite_case(suite, "proxies");

	tcase_add_checked_fixture(proxies, setup, teardown);
	tcase_add_test(proxies, proxies_come_between);
	tcase_add_test(proxies, proxies_may_be_alone);
	tcase_add_test(proxies, port_for_proxies_can_be_shared);
	tcase_add_loop_test(proxies, address_for_proxies_is_of_no_other_role, 0, 4);
	tcase_add_test(proxies, check_has_proxies);
}

/* Makes the test case of the sockets for metrics. */
static void add_metrics(Suite *suite)
{
	TCase *metrics = suite_case(suite, "metrics");

	tcase_add_checked_fixture(metrics, setup, teardown);
	tcase_add_test(metrics, metrics_come_last_and_part);
	tcase_add_test(metrics, without_metrics_nothing_parts);
	tcase_add_test(metrics, port_for_metrics_is_not_shared);
	tcase_add_loop_test(metrics, address_for_metrics_is_not_that_of_the_greeting, 0, 2);
	tcase_add_test(metrics, check_has_metrics);
}

/* Makes the test case of what is said to help. */
static void add_advice(Suite *suite)
{
	TCase *advice = suite_case(suite, "advice");

	tcase_add_checked_fixture(advice, setup, teardown);
	tcase_add_loop_test(advice, advice_comes_from_the_cause, 0, COUNT_OF(causes));
	tcase_add_test(advice, advice_on_rights_knows_the_first_free_port);
	tcase_add_test(advice, lookup_without_descriptors_is_not_an_unknown_name);
	if (!can_become_nobody()) {
		printf("skipped: root is the only user here, and no port or folder is closed to it\n");
		return;
	}
	tcase_add_loop_test(advice, folder_that_is_closed_is_told, 0, 2 * COUNT_OF(closed));
	if (geteuid() == 0)
		tcase_add_loop_test(advice, socket_of_another_user_is_told, 0,
				    2 * COUNT_OF(of_others));
}

int main(void)
{
	Suite *suite = suite_create("sockets");
	TCase *tcp = suite_case(suite, "TCP"), *both = suite_case(suite, "both families");
	TCase *local = suite_case(suite, "UNIX"), *check = suite_case(suite, "check");

	apart_from_others();
	tcase_add_checked_fixture(tcp, setup, teardown);
	tcase_add_test(tcp, free_port_is_told);
	tcase_add_loop_test(tcp, free_port_is_kept_until_the_socket_is_closed, 0, 2);
	tcase_add_test(tcp, given_port_is_taken);
	tcase_add_test(tcp, socket_can_be_connected_to);
	tcase_add_test(tcp, accepted_socket_holds_back_writes);
	tcase_add_test(tcp, sockets_keep_the_order_of_the_options);
	tcase_add_test(tcp, descriptors_are_non_blocking_and_not_inherited);
	tcase_add_test(tcp, port_in_use_is_refused);
	tcase_add_test(tcp, same_address_twice_is_refused);
	tcase_add_test(tcp, of_all_or_none_none_is_left);
	tcase_add_test(tcp, closed_port_is_free_at_once);
	tcase_add_test(tcp, reuse_port_lets_two_share);
	tcase_add_test(tcp, without_reuse_port_two_cannot_share);
	tcase_add_loop_test(tcp, address_that_is_not_ours_is_refused, 0, COUNT_OF(strangers));
	tcase_add_test(tcp, unknown_name_is_refused);
	if (low_ports_are_kept() && can_become_nobody())
		tcase_add_test(tcp, low_port_is_refused_with_advice);
	tcase_add_loop_test(tcp, want_of_descriptors_is_told, 0, 3);
	tcase_add_test(tcp, missing_family_is_one_warning);
	tcase_add_test(tcp, no_family_at_all_is_refused);
	tcase_add_test(tcp, capped_backlog_is_warned_of);
	tcase_add_checked_fixture(both, setup, teardown);
	if (ipv6_works()) {
		tcase_add_test(both, localhost_is_both_families_on_one_port);
		tcase_add_loop_test(both, wildcard_is_both_families_on_one_port, 0,
				    COUNT_OF(wildcards));
		tcase_add_test(both, ipv6_socket_is_of_ipv6_only);
		tcase_add_test(both, missing_first_family_is_one_warning);
		tcase_add_test(both, another_free_port_is_tried);
		tcase_add_test(both, check_tries_another_free_port);
		tcase_add_test(both, trying_free_ports_ends);
		tcase_add_test(both, given_port_is_tried_once);
	}
	tcase_add_checked_fixture(local, setup, teardown);
	tcase_add_test(local, unix_socket_listens_at_its_path);
	tcase_add_test(local, unix_path_is_removed_at_the_end);
	tcase_add_test(local, stale_unix_path_is_replaced);
	tcase_add_test(local, same_name_in_another_folder_is_another_path);
	tcase_add_test(local, of_two_that_find_a_stale_unix_path_one_gets_it);
	tcase_add_test(local, lock_of_a_stranger_is_no_obstacle);
	tcase_add_test(local, living_unix_socket_is_left_alone);
	tcase_add_test(local, busy_unix_socket_is_left_alone);
	tcase_add_test(local, datagram_socket_is_left_alone);
	tcase_add_test(local, regular_file_is_left_alone);
	tcase_add_test(local, symbolic_link_is_left_alone);
	tcase_add_test(local, missing_folder_is_told);
	tcase_add_test(local, replaced_unix_path_is_left_alone);
	tcase_add_test(local, removed_unix_path_is_no_trouble);
	tcase_add_loop_test(local, unix_socket_has_the_mode_that_is_given, 0, COUNT_OF(modes));
	tcase_add_loop_test(local, mode_is_set_where_the_umask_does_not_count, 0, COUNT_OF(modes));
	tcase_add_loop_test(local, unix_socket_follows_the_umask_else, 0, COUNT_OF(masks));
	tcase_add_test(local, abstract_socket_listens_and_leaves_nothing);
	tcase_add_test(local, abstract_name_in_use_is_refused);
	tcase_add_test(local, abstract_name_of_another_kind_is_no_obstacle);
	tcase_add_test(local, check_of_an_abstract_name_leaves_it_free);
	tcase_add_loop_test(local, abstract_name_twice_is_refused, 0, 2);
	tcase_add_test(local, abstract_name_that_is_forbidden_is_told);
	tcase_add_test(local, unix_path_that_cannot_be_bound_is_told);
	tcase_add_checked_fixture(check, setup, teardown);
	tcase_add_test(check, check_of_free_addresses_succeeds_and_leaves_nothing);
	tcase_add_test(check, check_of_a_port_in_use_succeeds);
	tcase_add_test(check, check_of_a_living_unix_socket_succeeds);
	tcase_add_test(check, check_leaves_a_stale_unix_path);
	tcase_add_loop_test(check, check_of_an_impossible_address_fails, 0, 3);
	tcase_add_test(check, nobody_connects_while_checking);
	add_overlaps(suite);
	add_advice(suite);
	add_udp(suite);
	add_metrics(suite);
	add_proxies(suite);
	return suite_run(suite);
}
