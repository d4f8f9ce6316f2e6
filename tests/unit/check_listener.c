/* SPDX-License-Identifier: ISC */
/* check_listener: who is accepted, when accepting pauses, how it goes on, and how it stops. */
#include "daemon/serve/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/loop.h"
#include "daemon/admit/gate.h"
#include "daemon/options.h"
#include "daemon/say/greeting.h"
#include "daemon/serve/door.h"
#include "daemon/serve/proxies.h"
#include "daemon/serve/sessions.h"
#include "daemon/setup/inherited.h"
#include "daemon/setup/sockets.h"
#include "daemon/tell/stats.h"
#include "fault.h"
#include "lib/capture.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

enum { ENDPOINTS_MAX = 3, PEERS_MAX = 200 };

static struct endpoint endpoints[ENDPOINTS_MAX];
static struct options options;
static struct stats stats;
static struct event_base *base;
static struct greeting *greeting;
static struct sockets *sockets;
static struct gate *gate;
static struct door *door;
static struct sessions *sessions;
static struct listener *listener;
static struct proxies *proxies; /* or NULL: there is no socket for them */
static unsigned finished;	/* how often the callback was called */
static size_t most_open;
static bool was_heard; /* the last peer of a count, when the callback was called */
static struct peer peers[PEERS_MAX];
static char folder[] = "/tmp/check_listener.XXXXXX";
static char unix_text[80];
static struct inherited inherited;

static void finished_cb(void *argument)
{
	char byte;

	ck_assert_ptr_eq(argument, &finished);
	finished++;
	if (options.count > 0)
		was_heard = recv(peers[options.count - 1].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >=
			    0;
}

static void closed_cb(void *argument)
{
	(void)argument;
	if (listener)
		listener_note_room(listener);
}

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(unix_text, sizeof unix_text, "unix:%s/socket", folder);
	options = (struct options){.endpoints = endpoints,
				   .message = "Hi from server",
				   .backlog = 1024,
				   .timeout = 60000,
				   .idle = 60000,
				   .source_prefix = {32, 64}};
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
}

/* Adds an address to listen on. */
static void add(const char *text)
{
	ck_assert_ptr_null(endpoint_parse(text, &endpoints[options.endpoint_count++]));
}

/* Starts to listen, on 127.0.0.1 unless the test has added addresses. */
static void start(size_t room)
{
	if (options.endpoint_count == 0)
		add("127.0.0.1:0");
	greeting = greeting_new(&options);
	gate = gate_new(&options, false, &(int){0});
	ck_assert_ptr_nonnull(gate);
	door = door_new(base, &options, gate, &stats);
	ck_assert_ptr_nonnull(door);
	sockets = sockets_open(&options);
	ck_assert_ptr_nonnull(sockets);
	proxies = sockets_have_role(sockets, SOCKET_PROXY) ? proxies_new(&options, door, &stats)
							   : NULL;
	sessions = sessions_new(base, &options, greeting, proxies ? proxies_hearing(proxies) : NULL,
				&stats, room, closed_cb, NULL);
	listener = listener_new(base, &options, sockets, sessions, door, &stats, finished_cb,
				&finished);
	ck_assert_ptr_nonnull(listener);
	sessions_count_sources(sessions, gate_leave, gate);
	door_watch(door, sessions);
}

/* Starts to listen for proxies as well; their socket is the last. */
static void start_with_proxies(size_t room)
{
	static struct endpoint endpoint;

	ck_assert_ptr_null(endpoint_parse("127.0.0.1:0", &endpoint));
	options.proxies = &endpoint;
	options.proxy_count = 1;
	start(room);
}

static void teardown(void)
{
	listener_free(listener);
	listener = NULL;
	sessions_free(sessions);
	proxies_free(proxies);
	door_free(door);
	gate_free(gate);
	sockets_close(sockets);
	greeting_free(greeting);
	loop_free(base);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* Connects peers to the i-th socket. */
static void connect_peers(size_t socket, int first, int count)
{
	for (int i = first; i < first + count; i++)
		peers[i] = peer_of_listener(sockets_at(sockets, socket)->fd, 0);
}

/* The peers that a condition is about. */
struct range {
	int first, count;
};

/* Whether all of them have seen an end. Notes how many sessions are open at once. */
static bool are_ended(void *argument)
{
	const struct range *range = argument;
	bool all = true;

	if (sessions_open(sessions) > most_open)
		most_open = sessions_open(sessions);
	for (int i = range->first; i < range->first + range->count; i++) {
		peer_receive(&peers[i], SIZE_MAX);
		all = all && (peers[i].ended || peers[i].error);
	}
	return all;
}

/* Waits until they all are greeted, and asserts that they are. */
static void wait_for_greeted(int first, int count)
{
	struct range range = {first, count};

	ck_assert(run_until(base, are_ended, &range, PATIENCE_MS));
	for (int i = first; i < first + count; i++)
		assert_greeted(&peers[i], "Hi from server", 14);
}

/* Asserts that none of them has heard anything. */
static void assert_waiting(int first, int count)
{
	for (int i = first; i < first + count; i++) {
		ck_assert_uint_eq(peer_receive(&peers[i], SIZE_MAX), 0);
		ck_assert(!peers[i].ended && !peers[i].error);
	}
}

static void close_peers(int first, int count)
{
	for (int i = first; i < first + count; i++)
		peer_close(&peers[i]);
}

START_TEST(who_connects_is_greeted)
{
	start(10);
	connect_peers(0, 0, 1);
	wait_for_greeted(0, 1);
	ck_assert_uint_eq(stats.accepted, 1);
	close_peers(0, 1);
}
END_TEST

START_TEST(every_socket_is_listened_on)
{
	add("127.0.0.1:0");
	add(unix_text);
	add(ipv6_works() ? "[::1]:0" : "127.0.0.1:0");
	start(10);
	for (int i = 0; i < 3; i++)
		connect_peers((size_t)i, i, 1);
	wait_for_greeted(0, 3);
	ck_assert_uint_eq(stats.accepted, 3);
	close_peers(0, 3);
}
END_TEST

/* What {local} stands for is what the readiness line said. */
START_TEST(each_socket_greets_with_its_own_address)
{
	struct range range = {0, 3};

	options.message = "{local}";
	options.expand = true;
	add("127.0.0.1:0");
	add(unix_text);
	add(ipv6_works() ? "[::1]:0" : "127.0.0.1:0");
	start(10);
	for (int i = 0; i < 3; i++)
		connect_peers((size_t)i, i, 1);
	ck_assert(run_until(base, are_ended, &range, PATIENCE_MS));
	for (int i = 0; i < 3; i++) {
		const char *address = sockets_at(sockets, (size_t)i)->text;
		assert_greeted(&peers[i], address, strlen(address));
	}
	close_peers(0, 3);
}
END_TEST

START_TEST(connection_is_logged)
{
	char line[ADDRESS_TEXT_MAX + 16], name[ADDRESS_TEXT_MAX];
	struct address address;

	start(10);
	connect_peers(0, 0, 1);
	address = bound_address(peers[0].fd);
	address_format(&address, name, sizeof name);
	wait_for_greeted(0, 1);
	snprintf(line, sizeof line, "connected: %s\n", name);
	ck_assert_str_eq(captured(STDERR_FILENO), line);
	close_peers(0, 1);
}
END_TEST

START_TEST(unix_connection_is_logged)
{
	add(unix_text);
	start(10);
	connect_peers(0, 0, 1);
	wait_for_greeted(0, 1);
	ck_assert_str_eq(captured(STDERR_FILENO), "connected: unix:(unnamed)\n");
	close_peers(0, 1);
}
END_TEST

START_TEST(connection_is_not_logged_if_quiet)
{
	start(10);
	log_open("haild", LOG_LEVEL_WARNING);
	connect_peers(0, 0, 1);
	wait_for_greeted(0, 1);
	assert_told_nothing();
	close_peers(0, 1);
}
END_TEST

static bool is_finished(void *argument)
{
	(void)argument;
	return finished > 0;
}

static bool none_is_open(void *argument)
{
	(void)argument;
	return sessions_open(sessions) == 0;
}

START_TEST(close_is_logged_if_verbose)
{
	start(10);
	log_open("haild", LOG_LEVEL_DEBUG);
	connect_peers(0, 0, 1);
	wait_for_greeted(0, 1);
	close_peers(0, 1);
	ck_assert(run_until(base, none_is_open, NULL, PATIENCE_MS));
	assert_told("\nclosed: 127.0.0.1:");
	assert_told(": done, 14 bytes sent, 0 discarded, ");
}
END_TEST

START_TEST(accepted_socket_is_not_inherited)
{
	int fd;

	start(10);
	connect_peers(0, 0, 1);
	fd = lowest_descriptor();
	wait_for_greeted(0, 1);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	close_peers(0, 1);
}
END_TEST

static void send_header(struct peer *peer)
{
	static const char header[] = "PROXY TCP4 192.0.2.1 198.51.100.2 7 80\r\n";

	ck_assert_int_eq(send(peer->fd, header, strlen(header), MSG_NOSIGNAL),
			 (ssize_t)strlen(header));
}

/* One is in the same room; the other sockets' clients are greeted meanwhile. */
START_TEST(proxy_is_heard_first)
{
	start_with_proxies(10);
	connect_peers(1, 0, 1);
	connect_peers(0, 1, 1);
	wait_for_greeted(1, 1);
	run_for(base, 20);
	assert_waiting(0, 1);
	ck_assert_uint_eq(sessions_open(sessions), 2);
	capture_clear(STDERR_FILENO);
	send_header(&peers[0]);
	wait_for_greeted(0, 1);
	assert_told("connected: 192.0.2.1:7 by 127.0.0.1:");
	ck_assert_uint_eq(stats.accepted, 2);
	ck_assert_uint_eq(stats.proxied, 1);
	close_peers(0, 2);
}
END_TEST

/* The room may be full of those that say nothing. */
START_TEST(silent_proxies_take_room)
{
	start_with_proxies(2);
	connect_peers(1, 0, 2);
	run_for(base, 20);
	connect_peers(0, 2, 1);
	run_for(base, 50);
	assert_waiting(0, 3);
	ck_assert_uint_eq(stats.accept_pauses, 1);
	send_header(&peers[1]);
	wait_for_greeted(1, 1);
	close_peers(1, 1);
	wait_for_greeted(2, 1);
	close_peers(2, 1);
	close_peers(0, 1);
}
END_TEST

START_TEST(full_listener_lets_others_wait)
{
	start(2);
	connect_peers(0, 0, 5);
	wait_for_greeted(0, 2);
	run_for(base, 250); /* which is not yet the second after which lingerers make room */
	assert_waiting(2, 3);
	ck_assert_uint_eq(sessions_open(sessions), 2);
	ck_assert_uint_eq(stats.accepted, 2);
	ck_assert_uint_eq(stats.accept_pauses, 1);
	assert_told("2 open, the most allowed; other connections wait in the queue\n");
	close_peers(0, 5);
}
END_TEST

static bool has_paused(void *argument)
{
	(void)argument;
	return stats.accept_pauses > 0;
}

/* More have just been greeted than a turn looks at: it is only known later that none has closed. */
START_TEST(full_listener_is_told_when_all_are_looked_at)
{
	enum { ROOM = 100 };

	start(ROOM);
	connect_peers(0, 0, ROOM + 1);
	ck_assert(run_until(base, has_paused, NULL, PATIENCE_MS));
	ck_assert_uint_eq(stats.accept_pauses, 1);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "100 open, the most allowed"), 1);
	close_peers(0, ROOM + 1);
}
END_TEST

START_TEST(room_is_made_use_of_at_once)
{
	enum { ROUNDS = 6 };
	uint64_t begun;

	start(1);
	connect_peers(0, 0, ROUNDS);
	wait_for_greeted(0, 1);
	run_for(base, 20);
	assert_waiting(1, ROUNDS - 1);
	begun = clock_ms();
	for (int i = 1; i < ROUNDS; i++) {
		close_peers(i - 1, 1);
		wait_for_greeted(i, 1);
	}
	/* The timer that looks for room would take 100 ms each time. */
	ck_assert_uint_lt(clock_ms() - begun, 400);
	ck_assert_uint_eq(stats.evicted, 0);
	close_peers(ROUNDS - 1, 1);
}
END_TEST

/* Each peer leaves when it is greeted. */
static bool leave_greeted(void *argument)
{
	const struct range *range = argument;
	int left = 0;

	if (sessions_open(sessions) > most_open)
		most_open = sessions_open(sessions);
	for (int i = range->first; i < range->first + range->count; i++) {
		if (peers[i].fd < 0)
			continue;
		peer_receive(&peers[i], SIZE_MAX);
		if (!peers[i].ended) {
			left++;
			continue;
		}
		assert_greeted(&peers[i], "Hi from server", 14);
		peer_close(&peers[i]);
		peers[i].fd = -1;
	}
	return left == 0;
}

START_TEST(all_are_served_in_the_end)
{
	struct range range = {0, PEERS_MAX};

	start(8);
	connect_peers(0, 0, PEERS_MAX);
	ck_assert(run_until(base, leave_greeted, &range, PATIENCE_MS));
	ck_assert_uint_eq(most_open, 8);
	ck_assert_uint_eq(stats.accepted, PEERS_MAX);
	ck_assert_uint_ge(stats.accept_pauses, PEERS_MAX / 8 - 1);
	ck_assert_uint_eq(stats.evicted, 0);
	/* One line tells of all these pauses. */
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "the most allowed"), 1);
}
END_TEST

START_TEST(long_lingerer_makes_room)
{
	uint64_t opened = clock_ms();

	start(1);
	connect_peers(0, 0, 2);
	wait_for_greeted(0, 2);
	ck_assert_uint_ge(clock_ms() - opened, 1000);
	ck_assert_uint_lt(clock_ms() - opened, 5000);
	ck_assert_uint_eq(stats.evicted, 1);
	ck_assert_uint_eq(sessions_open(sessions), 1);
	close_peers(0, 2);
}
END_TEST

/* One turn of the loop must not be all accepting: the rest of the loop has its timers. */
START_TEST(accepting_leaves_others_their_turn)
{
	start(PEERS_MAX + 1);
	connect_peers(0, 0, PEERS_MAX);
	event_base_loop(base, EVLOOP_ONCE);
	ck_assert_uint_ge(stats.accepted, 1);
	ck_assert_uint_le(stats.accepted, 16);
	wait_for_greeted(0, PEERS_MAX);
	ck_assert_uint_eq(stats.accept_pauses, 0);
	close_peers(0, PEERS_MAX);
}
END_TEST

/* So many are greeted and close before a newcomer comes. */
enum { EARLIER = 20 };

/* Lets them be greeted and close. False: on a busy machine, that took so long that some were due.
 */
static bool close_unnoticed(void)
{
	uint64_t began = clock_ms();

	memset(peers, 0, sizeof peers);
	connect_peers(0, 0, EARLIER);
	wait_for_greeted(0, EARLIER);
	close_peers(0, EARLIER);
	return clock_ms() - began < 20;
}

/* Lets a newcomer come when all of them are due; returns how many that one turn notices. */
static size_t notice_closed(void)
{
	uint64_t due = clock_ms() + 40;
	size_t before = sessions_open(sessions);

	while (clock_ms() < due) /* the loop does not run meanwhile */
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	connect_peers(0, EARLIER, 1);
	event_base_loop(base, EVLOOP_ONCE);
	return before + 1 - sessions_open(sessions);
}

/* The timer alone would notice 16, and those that it has looked at before do not count. */
START_TEST(newcomer_has_earlier_ones_looked_at)
{
	bool is_told = false;

	start(PEERS_MAX);
	for (int i = 0; i < 100 && !is_told; i++) {
		is_told = close_unnoticed();
		if (is_told) {
			ck_assert_uint_eq(sessions_open(sessions), EARLIER);
			ck_assert_uint_eq(notice_closed(), 16 + 2);
			wait_for_greeted(EARLIER, 1);
			close_peers(EARLIER, 1);
		}
		ck_assert(run_until(base, none_is_open, NULL, PATIENCE_MS));
	}
	ck_assert(is_told);
}
END_TEST

static void end_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	*(bool *)argument = true;
}

/* Runs the loop for a time, which no other timer of the test divides; returns how often it woke. */
static unsigned count_turns(uint64_t ms)
{
	bool is_over = false;
	struct event *end = evtimer_new(base, end_cb, &is_over);
	unsigned turns = 0;

	ck_assert_ptr_nonnull(end);
	ck_assert(loop_add_timer(end, ms));
	while (!is_over) {
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
		turns++;
	}
	event_free(end);
	return turns;
}

/* Those that wait in the queue keep the socket readable: nothing may watch it during a pause. */
static void assert_rests(void)
{
	ck_assert_uint_le(count_turns(300),
			  10); /* three retries, and what is due to be looked at */
}

START_TEST(full_listener_rests)
{
	start(1);
	connect_peers(0, 0, 3);
	wait_for_greeted(0, 1);
	run_for(base, 50);
	assert_rests();
	close_peers(0, 3);
}
END_TEST

START_TEST(listener_in_want_rests)
{
	start(10);
	fault_accept = (struct fault){.reason = EMFILE, .times = -1};
	connect_peers(0, 0, 2);
	run_for(base, 20);
	fault_accept.calls = 0;
	assert_rests();
	ck_assert_uint_le(fault_accept.calls, 4);
	fault_accept.times = 0;
	wait_for_greeted(0, 2);
	close_peers(0, 2);
}
END_TEST

START_TEST(stopped_listener_rests)
{
	start(10);
	listener_stop(listener);
	ck_assert(run_until(base, is_finished, NULL, PATIENCE_MS));
	connect_peers(0, 0, 2);
	assert_rests();
	assert_waiting(0, 2);
	close_peers(0, 2);
}
END_TEST

/* One that waits at a stop for room for the rest. */
START_TEST(stopping_listener_rests)
{
	start(1);
	connect_peers(0, 0, 3);
	wait_for_greeted(0, 1);
	listener_stop(listener);
	run_for(base, 50);
	assert_rests();
	close_peers(0, 3);
}
END_TEST

static const int counts[] = {1, 3, 16, 100};

START_TEST(count_is_reached)
{
	options.count = (uint64_t)counts[_i];
	start(PEERS_MAX);
	connect_peers(0, 0, counts[_i] + 2);
	ck_assert(run_until(base, is_finished, NULL, PATIENCE_MS));
	wait_for_greeted(0, counts[_i]);
	run_for(base, 150);
	ck_assert_uint_eq(finished, 1);
	ck_assert(!was_heard); /* or it might tell others before the sockets are closed */
	ck_assert_uint_eq(stats.accepted, (uint64_t)counts[_i]);
	assert_waiting(counts[_i], 2);
	listener_stop(listener);
	ck_assert_uint_eq(stats.accepted, (uint64_t)counts[_i]);
	close_peers(0, counts[_i] + 2);
}
END_TEST

/* Although it has said its header already, the last one is greeted after the callback. */
START_TEST(count_ends_with_a_proxy)
{
	options.count = (uint64_t)_i + 1;
	start_with_proxies(10);
	for (int i = 0; i <= _i; i++) {
		connect_peers(1, i, 1);
		send_header(&peers[i]);
	}
	wait_for_greeted(0, _i + 1);
	ck_assert_uint_eq(finished, 1);
	ck_assert(!was_heard);
	ck_assert_uint_eq(stats.proxied, options.count);
	close_peers(0, _i + 1);
}
END_TEST

START_TEST(count_is_of_all_sockets)
{
	options.count = 2;
	add("127.0.0.1:0");
	add("127.0.0.1:0");
	start(10);
	connect_peers(0, 0, 3);
	connect_peers(1, 3, 3);
	ck_assert(run_until(base, is_finished, NULL, PATIENCE_MS));
	run_for(base, 20);
	ck_assert_uint_eq(finished, 1);
	ck_assert_uint_eq(stats.accepted, 2);
	close_peers(0, 6);
}
END_TEST

START_TEST(count_larger_than_the_room_is_reached)
{
	struct range range = {0, 10};

	options.count = 10;
	start(2);
	connect_peers(0, 0, 10);
	ck_assert(run_until(base, leave_greeted, &range, PATIENCE_MS));
	ck_assert(run_until(base, is_finished, NULL, PATIENCE_MS));
	ck_assert_uint_eq(stats.accepted, 10);
	ck_assert_uint_eq(finished, 1);
}
END_TEST

/* libevent cannot watch the socket again when the pause is over: that must not last. */
START_TEST(want_of_a_watch_for_the_socket_is_tried_again)
{
	start(1);
	connect_peers(0, 0, 2);
	wait_for_greeted(0, 1);
	fault_epoll = (struct fault){.reason = ENOSPC, .times = 1, .kind = EPOLL_CTL_ADD};
	close_peers(0, 1);
	wait_for_greeted(1, 1);
	ck_assert_int_eq(fault_epoll.times, 0);
	assert_told("cannot accept connections: No space left on device");
	close_peers(1, 1);
}
END_TEST

START_TEST(stop_accepts_who_waits)
{
	add("127.0.0.1:0");
	add(unix_text);
	start(PEERS_MAX);
	connect_peers(0, 0, 100);
	connect_peers(1, 100, 3);
	listener_stop(listener);
	ck_assert_uint_eq(stats.accepted, 103);
	wait_for_greeted(0, 103);
	close_peers(0, 103);
}
END_TEST

/* Linux lets one more into a queue than its length. */
START_TEST(stop_accepts_all_of_a_full_queue)
{
	options.backlog = 3;
	start(10);
	connect_peers(0, 0, 4);
	listener_stop(listener);
	ck_assert_uint_eq(stats.accepted, 4);
	wait_for_greeted(0, 4);
	close_peers(0, 4);
}
END_TEST

/* As libevent makes them: a client that does not read must not hold up the others. */
START_TEST(stop_makes_sockets_that_do_not_block)
{
	int fd;

	start(10);
	connect_peers(0, 0, 1);
	fd = lowest_descriptor();
	listener_stop(listener);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	close_peers(0, 1);
}
END_TEST

/* Inherits a socket, whose other descriptor, a manager's, is returned. Others may be added. */
static int start_inherited(size_t room)
{
	int managers = listen_on_loopback(AF_INET, 16);

	inherited_add(&inherited, fcntl(managers, F_DUPFD_CLOEXEC, 0), "");
	ck_assert_str_eq(inherited.problem, "");
	options.inherited = &inherited;
	options.listens_by_default = options.endpoint_count == 0;
	start(room);
	return managers;
}

/* Asserts that so many wait in the queue, and nobody else. */
static void assert_queued(int managers, int count)
{
	set_nonblocking(managers);
	for (int i = 0; i < count; i++)
		ck_assert_int_ge(accept(managers, NULL, NULL), 0);
	ck_assert_int_lt(accept(managers, NULL, NULL), 0);
}

START_TEST(inherited_socket_is_served)
{
	int managers = start_inherited(10);

	connect_peers(0, 0, 3);
	wait_for_greeted(0, 3);
	close_peers(0, 3);
	close(managers);
}
END_TEST

/* Clients queued there are for the next instance; those at a socket of ours are greeted. */
START_TEST(stop_lets_inherited_sockets_go)
{
	int managers;

	add("127.0.0.1:0");
	managers = start_inherited(10);
	connect_peers(0, 0, 2);
	connect_peers(1, 2, 3);
	listener_stop(listener);
	sockets_let_go(sockets);
	ck_assert_uint_eq(stats.accepted, 3);
	wait_for_greeted(2, 3);
	ck_assert(run_until(base, is_finished, NULL, PATIENCE_MS));
	assert_queued(managers, 2);
	ck_assert_uint_eq(finished, 1);
	close_peers(0, 5);
	close(managers);
}
END_TEST

START_TEST(stop_with_inherited_sockets_alone_is_at_once)
{
	int managers = start_inherited(10);

	connect_peers(0, 0, 2);
	listener_stop(listener);
	sockets_let_go(sockets);
	ck_assert(run_until(base, is_finished, NULL, PATIENCE_MS));
	ck_assert_uint_eq(stats.accepted, 0);
	assert_queued(managers, 2);
	close_peers(0, 2);
	close(managers);
}
END_TEST

START_TEST(count_leaves_the_queue_of_an_inherited_socket)
{
	int managers;

	options.count = 2;
	managers = start_inherited(10);
	connect_peers(0, 0, 5);
	ck_assert(run_until(base, is_finished, NULL, PATIENCE_MS));
	wait_for_greeted(0, 2);
	ck_assert_uint_eq(stats.accepted, 2);
	assert_queued(managers, 3);
	close_peers(0, 5);
	close(managers);
}
END_TEST

START_TEST(stop_accepts_no_more_later)
{
	start(10);
	listener_stop(listener);
	ck_assert(run_until(base, is_finished, NULL, PATIENCE_MS));
	connect_peers(0, 0, 1); /* the socket itself is not the listener's to close */
	run_for(base, 150);
	assert_waiting(0, 1);
	ck_assert_uint_eq(stats.accepted, 0);
	ck_assert_uint_eq(finished, 1);
	close_peers(0, 1);
}
END_TEST

START_TEST(stop_accepts_the_rest_as_room_comes)
{
	start(3);
	connect_peers(0, 0, 5);
	listener_stop(listener);
	ck_assert_uint_eq(stats.accepted, 3);
	wait_for_greeted(0, 3);
	ck_assert_uint_eq(finished, 0);
	assert_waiting(3, 2);
	close_peers(0, 3);
	wait_for_greeted(3, 2);
	ck_assert(run_until(base, is_finished, NULL, PATIENCE_MS));
	ck_assert_uint_eq(stats.accepted, 5);
	ck_assert_uint_eq(finished, 1);
	close_peers(3, 2);
}
END_TEST

START_TEST(stop_accepts_up_to_the_count)
{
	options.count = 2;
	start(10);
	connect_peers(0, 0, 5);
	listener_stop(listener);
	ck_assert_uint_eq(stats.accepted, 2);
	close_peers(0, 5);
}
END_TEST

START_TEST(stopped_listener_makes_no_use_of_room)
{
	start(10);
	listener_stop(listener);
	ck_assert(run_until(base, is_finished, NULL, PATIENCE_MS));
	listener_note_room(listener);
	connect_peers(0, 0, 1);
	run_for(base, 20);
	assert_waiting(0, 1);
	close_peers(0, 1);
}
END_TEST

/* Leaves no descriptor for an accept; returns the limits as they were. */
static struct rlimit take_descriptors_away(void)
{
	struct rlimit before, scarce;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	scarce = before;
	scarce.rlim_cur = (rlim_t)lowest_descriptor();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &scarce), 0);
	return before;
}

START_TEST(want_of_descriptors_is_waited_out)
{
	struct rlimit before;
	int count = 3;

	start(10);
	connect_peers(0, 0, count);
	before = take_descriptors_away();
	run_for(base, 350);
	assert_waiting(0, count);
	/* One attempt in 100 ms, one line for all: libevent alone would spin. */
	ck_assert_uint_ge(stats.accept_pauses, 2);
	ck_assert_uint_le(stats.accept_pauses, 5);
	assert_one_error_line("haild: cannot accept connections: ");
	assert_told(strerror(EMFILE));
	assert_told("; they wait in the queue; retrying every 100 ms\n");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	wait_for_greeted(0, count);
	close_peers(0, count);
}
END_TEST

/* One peer is greeted, one waits for a descriptor. Returns how long after the first's close. */
static uint64_t wait_for_a_descriptor(void)
{
	struct rlimit before;
	uint64_t closed;

	memset(peers, 0, sizeof peers);
	connect_peers(0, 0, 1);
	wait_for_greeted(0, 1);
	connect_peers(0, 1, 1);
	before = take_descriptors_away();
	run_for(base, 10);
	assert_waiting(1, 1);
	closed = clock_ms();
	close_peers(0, 1);
	wait_for_greeted(1, 1);
	closed = clock_ms() - closed;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	close_peers(1, 1);
	return closed;
}

/* The timer would take 100 ms less those 10; of a busy machine the best of several counts. */
START_TEST(closed_session_ends_the_wait_for_descriptors)
{
	uint64_t best = UINT64_MAX;

	start(10);
	for (int i = 0; i < 10 && best >= 50; i++) {
		uint64_t ms = wait_for_a_descriptor();
		best = ms < best ? ms : best;
		ck_assert(run_until(base, none_is_open, NULL, PATIENCE_MS));
	}
	ck_assert_uint_lt(best, 50);
}
END_TEST

static const int shortages[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM};

START_TEST(shortage_pauses_and_is_told_once)
{
	start(10);
	fault_accept = (struct fault){.reason = shortages[_i], .times = 3};
	connect_peers(0, 0, 1);
	wait_for_greeted(0, 1);
	ck_assert_uint_eq(stats.accept_pauses, 3);
	assert_told(strerror(shortages[_i]));
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "haild: cannot accept"), 1);
	close_peers(0, 1);
}
END_TEST

/* It lasts longer than the time after which another one would be told. */
START_TEST(long_shortage_is_told_once)
{
	start(10);
	fault_accept = (struct fault){.reason = EMFILE, .times = -1};
	connect_peers(0, 0, 1);
	run_for(base, 10500);
	ck_assert_uint_ge(stats.accept_pauses, 10);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "haild: cannot accept"), 1);
	close_peers(0, 1);
}
END_TEST

/* accept(2): what went wrong on the network for one connection; the next may be well. */
static const int transients[] = {
	EAGAIN,	     EINTR,	ECONNABORTED, ENETDOWN,	  EPROTO,
	ENOPROTOOPT, EHOSTDOWN, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH,
#ifdef ENONET
	ENONET,
#endif
};

START_TEST(transient_error_is_passed_over)
{
	start(10);
	fault_accept = (struct fault){.reason = transients[_i], .times = 3};
	connect_peers(0, 0, 1);
	wait_for_greeted(0, 1);
	ck_assert_int_eq(fault_accept.times, 0);
	ck_assert_uint_eq(stats.accept_pauses, 0);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "haild: "), 0);
	close_peers(0, 1);
}
END_TEST

/* The one who was aborted in the queue must not cost the others their greeting. */
START_TEST(transient_error_at_a_stop_is_passed_over)
{
	start(10);
	fault_accept = (struct fault){.reason = transients[_i], .times = 1};
	connect_peers(0, 0, 2);
	listener_stop(listener);
	ck_assert_uint_eq(stats.accepted, 2);
	wait_for_greeted(0, 2);
	close_peers(0, 2);
}
END_TEST

/* A listener that libevent cannot watch would leave its clients in the queue for ever. */
START_TEST(want_of_a_watch_makes_no_listener)
{
	start(10);
	listener_free(listener);
	fault_epoll = (struct fault){.reason = ENOSPC, .times = 1, .kind = EPOLL_CTL_ADD};
	listener = listener_new(base, &options, sockets, sessions, door, &stats, finished_cb,
				&finished);
	ck_assert_ptr_null(listener);
}
END_TEST

/* Waits until they all have met their end, and asserts that they heard this. */
static void wait_for_refused(int first, int count, const char *words)
{
	struct range range = {first, count};

	ck_assert(run_until(base, are_ended, &range, PATIENCE_MS));
	for (int i = first; i < first + count; i++)
		assert_greeted(&peers[i], words, strlen(words));
}

static void deny_all(void)
{
	options.deny.texts[options.deny.count++] = "127.0.0.0/8";
}

/* It has no session, but the histogram knows of it. */
START_TEST(denied_client_is_closed_without_a_word)
{
	deny_all();
	start(10);
	connect_peers(0, 0, 3);
	wait_for_refused(0, 3, "");
	ck_assert_uint_eq(stats.accepted, 3);
	ck_assert_uint_eq(stats.denied, 3);
	ck_assert_uint_eq(stats.lives[0], 3);
	ck_assert_uint_eq(sessions_open(sessions), 0);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "not let in"), 1);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "connected: "), 0);
	close_peers(0, 3);
}
END_TEST

START_TEST(denied_client_hears_the_refusal)
{
	deny_all();
	options.refusal = "not from there";
	start(10);
	connect_peers(0, 0, 1);
	ck_assert_uint_eq(peer_send(&peers[0], 65536), 65536);
	wait_for_refused(0, 1, options.refusal);
	ck_assert_uint_eq(stats.refused_open, 1);
	close_peers(0, 1);
	ck_assert(run_until(base, none_is_open, NULL, PATIENCE_MS));
	ck_assert_uint_eq(stats.denied, 1);
	ck_assert_uint_eq(stats.greeted + stats.reset + stats.bytes_sent, 0);
}
END_TEST

/* The count bounds what is accepted. */
START_TEST(refused_clients_count)
{
	deny_all();
	options.refusal = _i == 0 ? NULL : "no";
	options.count = 2;
	start(10);
	connect_peers(0, 0, 3);
	ck_assert(run_until(base, is_finished, NULL, PATIENCE_MS));
	wait_for_refused(0, 2, _i == 0 ? "" : "no");
	ck_assert_uint_eq(stats.denied, 2);
	assert_waiting(2, 1);
	close_peers(0, 3);
}
END_TEST

START_TEST(source_has_only_so_many)
{
	options.max_per_source = 2;
	start(10);
	connect_peers(0, 0, 2);
	wait_for_greeted(0, 2);
	connect_peers(0, 2, 1);
	wait_for_refused(2, 1, "");
	ck_assert_uint_eq(stats.too_many, 1);
	close_peers(0, 1);
	run_for(base, 50);
	connect_peers(0, 3, 1);
	wait_for_greeted(3, 1);
	close_peers(1, 3);
}
END_TEST

START_TEST(clients_at_a_stop_are_judged)
{
	options.max_per_source = 2;
	start(10);
	connect_peers(0, 0, 5);
	listener_stop(listener);
	wait_for_greeted(0, 2);
	wait_for_refused(2, 3, "");
	ck_assert_uint_eq(stats.too_many, 3);
	close_peers(0, 5);
}
END_TEST

static void setup_scarce(void)
{
	event_set_mem_functions(scarce_malloc, realloc, free);
	setup();
}

/* A session needs memory only for a greeting that the kernel doesn't take at once. */
START_TEST(want_of_memory_for_a_session_pauses)
{
	static char great[OPTIONS_GREETING_MAX + 1];
	struct range both = {0, 2};

	memset(great, 'x', sizeof great - 1);
	options.message = great;
	start(10);
	connect_peers(0, 0, 2);
	grants = 0;
	event_base_loop(base, EVLOOP_ONCE);
	grants = -1;
	ck_assert_uint_eq(stats.failed, 1);
	ck_assert_uint_eq(stats.accept_pauses, 1);
	assert_told("haild: cannot accept connections: ");
	assert_told(strerror(ENOMEM));
	ck_assert(run_until(base, are_ended, &both, PATIENCE_MS));
	ck_assert_int_eq(peers[0].error, ECONNRESET);
	assert_greeted(&peers[1], great, sizeof great - 1);
	ck_assert_uint_eq(stats.accepted, 2);
	close_peers(0, 2);
}
END_TEST

/* Otherwise the source would have too many open for ever. */
START_TEST(want_of_memory_gives_the_source_back)
{
	static char great[OPTIONS_GREETING_MAX + 1];
	struct range one = {0, 1};

	memset(great, 'x', sizeof great - 1);
	options.message = great;
	options.max_per_source = 1;
	start(10);
	connect_peers(0, 0, 1);
	grants = 0;
	event_base_loop(base, EVLOOP_ONCE);
	grants = -1;
	ck_assert_uint_eq(stats.failed, 1);
	ck_assert(run_until(base, are_ended, &one, PATIENCE_MS));
	connect_peers(0, 1, 1);
	one.first = 1;
	ck_assert(run_until(base, are_ended, &one, PATIENCE_MS));
	assert_greeted(&peers[1], great, sizeof great - 1);
	ck_assert_uint_eq(stats.too_many, 0);
	close_peers(0, 2);
}
END_TEST

START_TEST(want_of_memory_makes_no_listener)
{
	start(10);
	listener_free(listener);
	grants = _i;
	listener = listener_new(base, &options, sockets, sessions, door, &stats, finished_cb,
				&finished);
	grants = -1;
	ck_assert_ptr_null(listener);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("listener");
	TCase *accepting = suite_case(suite, "accepting"), *room = suite_case(suite, "room");
	TCase *stopping = suite_case(suite, "stopping"), *errors = suite_case(suite, "errors");
	TCase *memory = suite_case(suite, "memory"), *judged = suite_case(suite, "judged");
	TCase *resting = suite_case(suite, "resting");

	tcase_add_checked_fixture(judged, setup, teardown);
	tcase_add_test(judged, denied_client_is_closed_without_a_word);
	tcase_add_test(judged, denied_client_hears_the_refusal);
	tcase_add_loop_test(judged, refused_clients_count, 0, 2);
	tcase_add_test(judged, source_has_only_so_many);
	tcase_add_test(judged, clients_at_a_stop_are_judged);
	tcase_add_checked_fixture(accepting, setup, teardown);
	tcase_set_timeout(accepting, 60);
	tcase_add_test(accepting, who_connects_is_greeted);
	tcase_add_test(accepting, every_socket_is_listened_on);
	tcase_add_test(accepting, each_socket_greets_with_its_own_address);
	tcase_add_test(accepting, connection_is_logged);
	tcase_add_test(accepting, unix_connection_is_logged);
	tcase_add_test(accepting, connection_is_not_logged_if_quiet);
	tcase_add_test(accepting, close_is_logged_if_verbose);
	tcase_add_test(accepting, accepted_socket_is_not_inherited);
	tcase_add_test(accepting, accepting_leaves_others_their_turn);
	tcase_add_test(accepting, newcomer_has_earlier_ones_looked_at);
	tcase_add_test(accepting, proxy_is_heard_first);
	tcase_add_checked_fixture(room, setup, teardown);
	tcase_set_timeout(room, 60);
	tcase_add_test(room, full_listener_lets_others_wait);
	tcase_add_test(room, silent_proxies_take_room);
	tcase_add_test(room, full_listener_is_told_when_all_are_looked_at);
	tcase_add_test(room, want_of_a_watch_for_the_socket_is_tried_again);
	tcase_add_test(room, room_is_made_use_of_at_once);
	tcase_add_test(room, all_are_served_in_the_end);
	tcase_add_test(room, long_lingerer_makes_room);
	tcase_add_checked_fixture(resting, setup, teardown);
	tcase_set_timeout(resting, 60);
	tcase_add_test(resting, full_listener_rests);
	tcase_add_test(resting, listener_in_want_rests);
	tcase_add_test(resting, stopped_listener_rests);
	tcase_add_test(resting, stopping_listener_rests);
	tcase_add_checked_fixture(stopping, setup, teardown);
	tcase_set_timeout(stopping, 60);
	tcase_add_loop_test(stopping, count_is_reached, 0, COUNT_OF(counts));
	tcase_add_loop_test(stopping, count_ends_with_a_proxy, 0, 3);
	tcase_add_test(stopping, count_is_of_all_sockets);
	tcase_add_test(stopping, count_larger_than_the_room_is_reached);
	tcase_add_test(stopping, stop_accepts_who_waits);
	tcase_add_test(stopping, stop_accepts_all_of_a_full_queue);
	tcase_add_test(stopping, stop_makes_sockets_that_do_not_block);
	tcase_add_test(stopping, inherited_socket_is_served);
	tcase_add_test(stopping, stop_lets_inherited_sockets_go);
	tcase_add_test(stopping, stop_with_inherited_sockets_alone_is_at_once);
	tcase_add_test(stopping, count_leaves_the_queue_of_an_inherited_socket);
	tcase_add_test(stopping, stop_accepts_no_more_later);
	tcase_add_test(stopping, stop_accepts_the_rest_as_room_comes);
	tcase_add_test(stopping, stop_accepts_up_to_the_count);
	tcase_add_test(stopping, stopped_listener_makes_no_use_of_room);
	tcase_add_checked_fixture(errors, setup, teardown);
	tcase_set_timeout(errors, 60);
	tcase_add_test(errors, want_of_descriptors_is_waited_out);
	tcase_add_test(errors, closed_session_ends_the_wait_for_descriptors);
	tcase_add_loop_test(errors, shortage_pauses_and_is_told_once, 0, COUNT_OF(shortages));
	tcase_add_test(errors, long_shortage_is_told_once);
	tcase_add_loop_test(errors, transient_error_is_passed_over, 0, COUNT_OF(transients));
	tcase_add_loop_test(errors, transient_error_at_a_stop_is_passed_over, 1,
			    COUNT_OF(transients)); /* EAGAIN is the end of the queue */
	tcase_add_test(errors, want_of_a_watch_makes_no_listener);
	tcase_add_checked_fixture(memory, setup_scarce, teardown);
	tcase_set_timeout(memory, 60);
	tcase_add_test(memory, want_of_memory_for_a_session_pauses);
	tcase_add_test(memory, want_of_memory_gives_the_source_back);
	tcase_add_loop_test(memory, want_of_memory_makes_no_listener, 0, 4);
	return suite_run(suite);
}
