/* SPDX-License-Identifier: ISC */
/* check_datagram: which datagrams are answered, with what, and what is counted and told. */
#include "daemon/say/datagram.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "daemon/options.h"
#include "daemon/say/greeting.h"
#include "daemon/say/packets.h"
#include "daemon/setup/inherited.h"
#include "daemon/setup/sockets.h"
#include "daemon/tell/stats.h"
#include "lib/capture.h"
#include "lib/extensions.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

enum { ENDPOINTS_MAX = 2, HEARD_MAX = 600 };

static struct endpoint endpoints[ENDPOINTS_MAX];
static struct options options;
static struct stats stats;
static struct event_base *base;
static struct greeting *greeting;
static struct sockets *sockets;
static struct datagrams *datagrams;
static int peer;
static char folder[] = "/tmp/check_datagram.XXXXXX";
static char unix_text[80], file[80];
static struct inherited inherited;

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(unix_text, sizeof unix_text, "unix:%s/socket", folder);
	snprintf(file, sizeof file, "%s/message", folder);
	options = (struct options){.endpoints = endpoints,
				   .message = "Hi from server",
				   .backlog = 16,
				   .udp = true};
	base = event_base_new();
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
}

static void teardown(void)
{
	datagrams_free(datagrams);
	sockets_close(sockets);
	greeting_free(greeting);
	event_base_free(base);
	libevent_global_shutdown();
	if (peer > 0)
		close(peer);
	(void)unlink(file);
	(void)unlink(unix_text + strlen("unix:"));
	ck_assert_int_eq(rmdir(folder), 0);
}

/* Adds an address to listen on. */
static void add(const char *text)
{
	ck_assert_ptr_null(endpoint_parse(text, &endpoints[options.endpoint_count++]));
}

/* Opens what the datagrams need, on 127.0.0.1 unless the test has added addresses. */
static void prepare(void)
{
	if (options.endpoint_count == 0)
		add("127.0.0.1:0");
	greeting = greeting_new(&options);
	ck_assert_ptr_nonnull(greeting);
	sockets = sockets_open(&options);
	ck_assert_ptr_nonnull(sockets);
}

/* The descriptor of the i-th of the sockets for datagrams; -1: there are fewer. */
static int descriptor(size_t i)
{
	for (size_t k = 0; k < sockets_count(sockets); k++)
		if (sockets_at(sockets, k)->kind == SOCKET_DATAGRAM && i-- == 0)
			return sockets_at(sockets, k)->fd;
	return -1;
}

/* Starts to answer; a peer is connected to the i-th socket for datagrams. */
static void start(size_t i)
{
	prepare();
	datagrams = datagrams_new(base, sockets, greeting, &stats);
	ck_assert_ptr_nonnull(datagrams);
	peer = datagrams_to(descriptor(i));
}

static bool are_received(void *argument)
{
	return stats.datagrams == *(uint64_t *)argument;
}

/* Runs the loop until so many datagrams have been received in all. */
static void wait_received(uint64_t count)
{
	ck_assert(run_until(base, are_received, &count, PATIENCE_MS));
}

/* Sends a request of that size, and waits until it has been looked at. */
static void ask(size_t size)
{
	static const char bytes[2000];

	ck_assert_int_eq(send(peer, bytes, size, 0), (ssize_t)size);
	wait_received(stats.datagrams + 1);
}

/* What the peer has heard, as a string; NULL: nothing. */
static const char *heard(void)
{
	static char bytes[HEARD_MAX + 1];
	ssize_t n = recv(peer, bytes, HEARD_MAX, MSG_DONTWAIT);

	if (n < 0)
		return NULL;
	bytes[n] = '\0';
	return bytes;
}

static void assert_counted(uint64_t received, uint64_t answered, uint64_t too_small,
			   uint64_t ignored)
{
	ck_assert_uint_eq(stats.datagrams, received);
	ck_assert_uint_eq(stats.datagrams_answered, answered);
	ck_assert_uint_eq(stats.datagrams_too_small, too_small);
	ck_assert_uint_eq(stats.datagrams_ignored, ignored);
	ck_assert_uint_eq(stats.datagrams_failed, 0);
}

/* Writes a new message into the file, which looks old, so that it is read at once. */
static void write_file(const char *text)
{
	struct timespec long_ago[] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
	FILE *out = fopen(file, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_int_ge(fputs(text, out), 0);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, file, long_ago, 0), 0);
}

START_TEST(longer_request_is_answered)
{
	start(0);
	ask(15);
	ck_assert_str_eq(heard(), "Hi from server");
	ck_assert_ptr_null(heard());
	assert_counted(1, 1, 0, 0);
	assert_told_nothing();
}
END_TEST

static const size_t small[] = {0, 1, 13, 14};

START_TEST(request_that_is_not_longer_is_dropped)
{
	start(0);
	ask(small[_i]);
	ck_assert_ptr_null(heard());
	assert_counted(1, 0, 1, 0);
}
END_TEST

START_TEST(request_of_any_length_is_answered_alike)
{
	start(0);
	ask(PACKET_BYTES_MAX);
	ask(2000);
	ck_assert_str_eq(heard(), "Hi from server");
	ck_assert_str_eq(heard(), "Hi from server");
}
END_TEST

START_TEST(empty_greeting_answers_what_is_not_empty)
{
	options.message = "";
	start(0);
	ask(0);
	ck_assert_ptr_null(heard());
	ask(1);
	ck_assert_str_eq(heard(), "");
	assert_counted(2, 1, 1, 0);
}
END_TEST

START_TEST(longest_greeting_is_answered)
{
	char longest[OPTIONS_ANSWER_MAX + 1] = "";

	memset(longest, 'x', OPTIONS_ANSWER_MAX);
	options.message = longest;
	start(0);
	ask(OPTIONS_ANSWER_MAX);
	ck_assert_ptr_null(heard());
	ask(OPTIONS_ANSWER_MAX + 1);
	ck_assert_str_eq(heard(), longest);
}
END_TEST

START_TEST(how_to_ask_is_explained_once)
{
	start(0);
	ask(5);
	assert_one_error_line("5 bytes from 127.0.0.1:");
	assert_told(" not answered: a request must have more than the 14 of the answer; ask with "
		    "hailto -u, or printf '%512s' | nc -u -w 1; more such are only counted\n");
	ask(6);
	ask(7);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "\n"), 1);
	assert_counted(3, 0, 3, 0);
}
END_TEST

START_TEST(answer_is_told_of_with_v)
{
	char line[ADDRESS_TEXT_MAX + 64], text[ADDRESS_TEXT_MAX];
	struct address own;

	log_open("haild", LOG_LEVEL_DEBUG);
	start(0);
	ask(100);
	own = bound_address(peer);
	snprintf(line, sizeof line, "answered: %s: 14 bytes\n",
		 address_format(&own, text, sizeof text));
	ck_assert_str_eq(captured(STDERR_FILENO), line);
}
END_TEST

/* More than one turn of the loop takes, and than a peer's queue would hold of long ones. */
START_TEST(all_of_many_are_answered)
{
	const int count = 3 * PACKETS_MAX + 5;
	int answers = 0;

	start(0);
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(send(peer, "a longer request", 16, 0), 16);
	wait_received((uint64_t)count);
	while (heard())
		answers++;
	ck_assert_int_eq(answers, count);
	assert_counted((uint64_t)count, (uint64_t)count, 0, 0);
}
END_TEST

/* So that connections have their turn between. */
START_TEST(one_turn_takes_only_so_many)
{
	start(0);
	for (int i = 0; i < PACKETS_MAX + 1; i++)
		ck_assert_int_eq(send(peer, "a longer request", 16, 0), 16);
	ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	ck_assert_uint_eq(stats.datagrams, PACKETS_MAX);
}
END_TEST

START_TEST(placeholders_are_filled_in)
{
	char text[ADDRESS_TEXT_MAX], expected[3 * ADDRESS_TEXT_MAX];
	struct address own;

	options.message = "{serial}: {peer} asks {local}";
	options.expand = true;
	start(0);
	own = bound_address(peer);
	address_format(&own, text, sizeof text);
	for (int serial = 1; serial <= 3; serial++) {
		ask(512);
		snprintf(expected, sizeof expected, "%d: %s asks %s", serial, text,
			 sockets_at(sockets, 0)->text);
		ck_assert_str_eq(heard(), expected);
	}
}
END_TEST

/* What counts is what this answer has, not the longest that there could be. */
START_TEST(placeholders_count_as_filled_in)
{
	options.message = "{local_address}"; /* 9 bytes */
	options.expand = true;
	start(0);
	ask(9);
	ck_assert_ptr_null(heard());
	ask(10);
	ck_assert_str_eq(heard(), "127.0.0.1");
	assert_counted(2, 1, 1, 0);
}
END_TEST

START_TEST(new_greeting_is_said_from_then_on)
{
	options.message = NULL;
	options.message_file = file;
	write_file("old");
	start(0);
	ask(100);
	ck_assert_str_eq(heard(), "old");
	write_file("the new one");
	ask(100);
	ck_assert_str_eq(heard(), "old");
	ck_assert(greeting_watch(greeting, base));
	greeting_reload(greeting);
	ask(100);
	ck_assert_str_eq(heard(), "the new one");
	ask(11);
	ck_assert_ptr_null(heard());
}
END_TEST

START_TEST(both_families_are_answered)
{
	add("localhost:0");
	start((size_t)_i);
	ask(100);
	ck_assert_str_eq(heard(), "Hi from server");
}
END_TEST

/* Passes a socket as a service manager does, and starts to answer. */
static void start_inherited(int fd)
{
	inherited_add(&inherited, fd, "");
	ck_assert_str_eq(inherited.problem, "");
	options.inherited = &inherited;
	options.udp = false;
	options.listens_by_default = true;
	start(0);
}

/* Binds a UNIX socket for datagrams to a path. */
static int datagrams_on_path(const char *path)
{
	struct address address;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert(address_from_path(path, &address));
	ck_assert_int_eq(bind(fd, &address.any, address.length), 0);
	return fd;
}

/* Passes a UNIX socket, of which `peer` is a client. */
static void start_on_path(int client)
{
	int fd = datagrams_on_path(unix_text + strlen("unix:"));
	struct address address = bound_address(fd);

	inherited_add(&inherited, fd, "");
	options.inherited = &inherited;
	options.listens_by_default = true;
	prepare();
	datagrams = datagrams_new(base, sockets, greeting, &stats);
	ck_assert_ptr_nonnull(datagrams);
	peer = client;
	ck_assert_int_eq(connect(peer, &address.any, address.length), 0);
}

START_TEST(bound_unix_client_is_answered)
{
	char expected[100];

	options.message = "{peer}";
	options.expand = true;
	start_on_path(datagrams_on_path(file));
	ask(100);
	snprintf(expected, sizeof expected, "unix:%s", file);
	ck_assert_str_eq(heard(), expected);
	assert_counted(1, 1, 0, 0);
}
END_TEST

/* It has no address that an answer could be sent to. */
START_TEST(unbound_unix_client_is_ignored)
{
	start_on_path(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	ask(100);
	assert_counted(1, 0, 0, 1);
}
END_TEST

/* Neither hailto nor netcat is of use there. */
START_TEST(how_to_ask_a_unix_socket_is_explained)
{
	start_on_path(datagrams_on_path(file));
	ask(5);
	assert_told(" not answered: a request must have more than the 14 of the answer; more such "
		    "are only counted\n");
}
END_TEST

/* Opens a socket for both families on every address. */
static int datagrams_for_both(void)
{
	struct address any = {.ipv6.sin6_family = AF_INET6, .length = sizeof any.ipv6};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), off = 0;

	ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off), 0);
	ck_assert_int_eq(bind(fd, &any.any, any.length), 0);
	return fd;
}

/* Connects an IPv4 client to the socket for both families. */
static void become_ipv4(void)
{
	struct address to = loopback(AF_INET, address_port(&sockets_at(sockets, 0)->address));

	close(peer);
	peer = datagrams_on_loopback(AF_INET);
	ck_assert_int_eq(connect(peer, &to.any, to.length), 0);
}

START_TEST(ipv4_client_of_both_families_is_answered)
{
	char text[ADDRESS_TEXT_MAX], expected[2 * ADDRESS_TEXT_MAX];
	struct address own;

	options.message = HAS_DESTINATION ? "{peer} at {local_address}" : "{peer}";
	options.expand = true;
	start_inherited(datagrams_for_both());
	become_ipv4();
	own = bound_address(peer);
	ask(500);
	snprintf(expected, sizeof expected, "%s%s", address_format(&own, text, sizeof text),
		 HAS_DESTINATION ? " at 127.0.0.1" : "");
	ck_assert_str_eq(heard(), expected);
}
END_TEST

START_TEST(broadcast_to_both_families_is_ignored)
{
	struct address all = loopback(AF_INET, 0);
	int on = 1;

	start_inherited(datagrams_for_both());
	close(peer);
	peer = datagrams_on_loopback(AF_INET);
	all.ipv4.sin_addr.s_addr = htonl(0x7fffffff); /* 127.255.255.255 */
	address_set_port(&all, address_port(&sockets_at(sockets, 0)->address));
	ck_assert_int_eq(setsockopt(peer, SOL_SOCKET, SO_BROADCAST, &on, sizeof on), 0);
	ck_assert_int_eq(sendto(peer, "a longer request", 16, 0, &all.any, all.length), 16);
	wait_received(1);
	ck_assert_uint_eq(stats.datagrams_answered, 0);
}
END_TEST

START_TEST(unix_sockets_are_left_alone)
{
	add(unix_text);
	add("127.0.0.1:0");
	start(0);
	ck_assert_int_eq(descriptor(1), -1);
	ask(100);
	ck_assert_str_eq(heard(), "Hi from server");
}
END_TEST

/* Asks from another peer at our port of 127.255.255.255. Returns whether it is answered. */
static bool ask_by_broadcast(void)
{
	struct address to = {.length = sizeof to.room};
	int on = 1, fd = datagrams_on_loopback(AF_INET);
	bool answered;

	ck_assert_int_eq(getpeername(peer, &to.any, &to.length), 0);
	to.ipv4.sin_addr.s_addr = htonl(0x7FFFFFFF);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on), 0);
	ck_assert_int_eq(sendto(fd, "a longer request", 16, 0, &to.any, to.length), 16);
	wait_received(stats.datagrams + 1);
	answered = recv(fd, &on, sizeof on, MSG_DONTWAIT) >= 0;
	close(fd);
	return answered;
}

/* A system that does not tell where a datagram was sent to hides that it was to many. */
START_TEST(broadcast_is_ignored)
{
	add("0.0.0.0:0");
	start(0);
	ck_assert_int_eq(ask_by_broadcast(), !HAS_DESTINATION);
	assert_counted(1, !HAS_DESTINATION, 0, HAS_DESTINATION);
	assert_told_nothing();
}
END_TEST

START_TEST(refusal_of_an_answer_harms_nothing)
{
	start(0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(send(peer, "a longer request", 16, 0), 16);
		close(peer); /* the answer is refused by ICMP */
		wait_received((uint64_t)i + 1);
		peer = datagrams_to(descriptor(0));
	}
	ask(100);
	ck_assert_str_eq(heard(), "Hi from server");
	assert_counted(4, 4, 0, 0);
}
END_TEST

START_TEST(free_ends_it_and_leaves_the_sockets)
{
	start(0);
	ask(100);
	ck_assert_str_eq(heard(), "Hi from server");
	datagrams_free(datagrams);
	datagrams = NULL;
	ck_assert_int_eq(send(peer, "a longer request", 16, 0), 16); /* is received by nobody */
	run_for(base, 50);
	ck_assert_ptr_null(heard());
	ck_assert_uint_eq(stats.datagrams, 1);
	ck_assert_int_ge(fcntl(descriptor(0), F_GETFD), 0);
}
END_TEST

START_TEST(free_of_nothing_is_allowed)
{
	datagrams_free(NULL);
}
END_TEST

static void setup_scarce(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	setup();
}

/* The one source needs an event, and the loop room to watch it. */
START_TEST(want_of_memory_makes_none)
{
	prepare();
	grants = _i;
	datagrams = datagrams_new(base, sockets, greeting, &stats);
	grants = -1;
	ck_assert_ptr_null(datagrams);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("datagram");
	TCase *answers = suite_case(suite, "answers"), *silence = suite_case(suite, "silence");
	TCase *life = suite_case(suite, "life"), *memory = suite_case(suite, "memory");

	tcase_add_checked_fixture(answers, setup, teardown);
	tcase_add_test(answers, longer_request_is_answered);
	tcase_add_test(answers, request_of_any_length_is_answered_alike);
	tcase_add_test(answers, empty_greeting_answers_what_is_not_empty);
	tcase_add_test(answers, longest_greeting_is_answered);
	tcase_add_test(answers, answer_is_told_of_with_v);
	tcase_add_test(answers, all_of_many_are_answered);
	tcase_add_test(answers, one_turn_takes_only_so_many);
	tcase_add_test(answers, placeholders_are_filled_in);
	tcase_add_test(answers, placeholders_count_as_filled_in);
	tcase_add_test(answers, new_greeting_is_said_from_then_on);
	if (ipv6_works())
		tcase_add_loop_test(answers, both_families_are_answered, 0, 2);
	tcase_add_test(answers, unix_sockets_are_left_alone);
	tcase_add_test(answers, bound_unix_client_is_answered);
	if (ipv6_works())
		tcase_add_test(answers, ipv4_client_of_both_families_is_answered);
	tcase_add_checked_fixture(silence, setup, teardown);
	tcase_add_loop_test(silence, request_that_is_not_longer_is_dropped, 0, COUNT_OF(small));
	tcase_add_test(silence, how_to_ask_is_explained_once);
	tcase_add_test(silence, broadcast_is_ignored);
	tcase_add_test(silence, unbound_unix_client_is_ignored);
	tcase_add_test(silence, how_to_ask_a_unix_socket_is_explained);
	if (ipv6_works() && HAS_DESTINATION)
		tcase_add_test(silence, broadcast_to_both_families_is_ignored);
	tcase_add_checked_fixture(life, setup, teardown);
	tcase_add_test(life, refusal_of_an_answer_harms_nothing);
	tcase_add_test(life, free_ends_it_and_leaves_the_sockets);
	tcase_add_test(life, free_of_nothing_is_allowed);
	tcase_add_checked_fixture(memory, setup_scarce, teardown);
	tcase_add_loop_test(memory, want_of_memory_makes_none, 0, 2);
	return suite_run(suite);
}
