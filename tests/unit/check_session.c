/* SPDX-License-Identifier: ISC */
/* check_session: every way in which a session can go, over socketpairs and real TCP connections. */
#include "daemon/serve/sessions.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/socket.h"
#include "daemon/options.h"
#include "daemon/say/greeting.h"
#include "daemon/say/template.h"
#include "daemon/serve/session.h"
#include "daemon/tell/stats.h"
#include "fault.h"
#include "lib/capture.h"
#include "lib/extensions.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

/* The kinds of connections; the last is left out where there is no IPv6. */
static const int families[] = {AF_UNIX, AF_INET, AF_INET6};
enum { FIRST_TCP = 1 };

/* A greeting that no socket buffer holds, with a pattern that shows any loss. */
enum { GREAT = OPTIONS_GREETING_MAX };

static char great_text[GREAT + 1];

static struct options options;
static struct stats stats;
static struct event_base *base;
static struct greeting *greeting;
static struct sessions *sessions;
static size_t room;		/* for sessions */
static unsigned closed;		/* how often the callback was called */
static size_t open_when_closed; /* what sessions_open() said then */

static void closed_cb(void *argument)
{
	ck_assert_ptr_eq(argument, &closed);
	closed++;
	if (sessions)
		open_when_closed = sessions_open(sessions);
}

static void setup(void)
{
	options = (struct options){.message = "Hi from server", .timeout = 15000, .idle = 15000};
	room = 1000;
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_DEBUG);
}

/* A file with the greeting in it, for the tests that read it again. */
static char path[] = "/tmp/check_session.XXXXXX";

static void setup_file(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	setup();
	options.message = NULL;
	options.message_file = path;
}

/* Replaces what the file holds, which looks old, so that it is read at once. */
static void write_text(const char *text)
{
	struct timespec long_ago[] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, long_ago, 0), 0);
}

/* Makes the sessions, when the test has set the options. */
static void start(void)
{
	greeting = greeting_new(&options);
	ck_assert_ptr_nonnull(greeting);
	ck_assert(greeting_watch(greeting, base));
	capture_clear(STDERR_FILENO);
	sessions = sessions_new(base, &options, greeting, NULL, &stats, room, closed_cb, &closed);
	ck_assert_ptr_nonnull(sessions);
}

/* Fills in the great greeting; no byte of it means anything if it is expanded. */
static void make_great_text(void)
{
	for (size_t i = 0; i < GREAT; i++)
		great_text[i] = (char)('!' + i * i / 7 % 90);
	for (char *at = great_text; (at = strchr(at, '\\'));)
		*at = '/';
}

static void start_with_great_greeting(void)
{
	make_great_text();
	options.message = great_text;
	start();
}

static void teardown(void)
{
	sessions_free(sessions);
	greeting_free(greeting);
	loop_free(base);
}

static void teardown_file(void)
{
	teardown();
	ck_assert_int_eq(unlink(path), 0);
}

/* Opens a session with a new peer; small buffers keep a great greeting on our side. */
static struct peer open_session(int family, int buffers, const char *name)
{
	int fd;
	struct peer peer = peer_pair(family, &fd, buffers);

	ck_assert(sessions_greet(sessions, fd, NULL, name));
	return peer;
}

/* Conditions for run_until(). */

static bool is_ended(void *peer)
{
	peer_receive(peer, SIZE_MAX);
	return ((struct peer *)peer)->ended || ((struct peer *)peer)->error;
}

static bool is_closed(void *count)
{
	return closed >= *(unsigned *)count;
}

static bool is_greeted(void *count)
{
	return stats.greeted >= *(unsigned *)count;
}

static void wait_for_end(struct peer *peer)
{
	ck_assert(run_until(base, is_ended, peer, PATIENCE_MS));
}

static void wait_for_closed(unsigned count)
{
	ck_assert_msg(run_until(base, is_closed, &count, PATIENCE_MS), "%u of %u closed", closed,
		      count);
}

static bool is_open(void *count)
{
	return sessions_open(sessions) == *(size_t *)count;
}

static void wait_for_open(size_t count)
{
	ck_assert(run_until(base, is_open, &count, PATIENCE_MS));
}

static void wait_for_greeted(unsigned count)
{
	ck_assert(run_until(base, is_greeted, &count, PATIENCE_MS));
}

/* Asserts every counter; those that are not named are 0. */
static void assert_stats(struct stats wanted)
{
#define SAME(counter)                                                                              \
	ck_assert_msg(stats.counter == wanted.counter, #counter " is %lu, not %lu",                \
		      (unsigned long)stats.counter, (unsigned long)wanted.counter)
	SAME(accepted);
	SAME(greeted);
	SAME(left);
	SAME(reset);
	SAME(reset_greeting);
	SAME(timed_out_greeting);
	SAME(timed_out_linger);
	SAME(flooded);
	SAME(evicted);
	SAME(stopped);
	SAME(failed);
	SAME(bytes_sent);
	SAME(bytes_discarded);
	SAME(accept_pauses);
	SAME(open);
#undef SAME
}

#define ASSERT_STATS(...) assert_stats((struct stats){__VA_ARGS__})

START_TEST(greeting_comes_whole_and_ends)
{
	struct peer peer;

	start();
	peer = open_session(families[_i], 0, "peer");
	wait_for_end(&peer);
	assert_greeted(&peer, "Hi from server", 14);
	ck_assert_uint_eq(closed, 0); /* it waits for the peer */
	peer_close(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .bytes_sent = 14);
	assert_told("closed: peer: done, 14 bytes sent, 0 discarded, ");
}
END_TEST

START_TEST(empty_greeting_is_an_end)
{
	struct peer peer;

	options.message = "";
	start();
	peer = open_session(families[_i], 0, "peer");
	wait_for_end(&peer);
	assert_greeted(&peer, "", 0);
	peer_close(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1);
	assert_told("closed: peer: done, 0 bytes sent, 0 discarded, ");
}
END_TEST

/* Receives 16 KiB in each turn of the loop. */
static bool reads_slowly(void *argument)
{
	struct peer *peer = argument;

	peer_receive(peer, 16384);
	return peer->ended || peer->error;
}

/* Who is not to be greeted now hears nothing before the loop's next turn. */
static void greet_next_turn(int family, const char *text)
{
	struct peer peer;
	int fd;

	options.message = text;
	start();
	peer = peer_pair(family, &fd, 0);
	ck_assert(sessions_greet_later(sessions, fd, NULL, NULL));
	ck_assert_uint_eq(peer_receive(&peer, SIZE_MAX), 0);
	ck_assert(!peer.ended);
	wait_for_end(&peer);
	assert_greeted(&peer, text, strlen(text));
	peer_close(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .bytes_sent = strlen(text));
}

START_TEST(greeting_can_wait_for_the_next_turn)
{
	greet_next_turn(families[_i], "Hi from server");
}
END_TEST

START_TEST(empty_greeting_can_wait_for_the_next_turn)
{
	greet_next_turn(families[_i], "");
}
END_TEST

START_TEST(slow_reader_gets_all_of_a_great_greeting)
{
	struct peer peer;

	start_with_great_greeting();
	peer = open_session(families[_i], 16384, "peer");
	run_for(base, 50);
	ASSERT_STATS(.greeted = 0); /* nothing is greeted that has not left us */
	ck_assert(run_until(base, reads_slowly, &peer, PATIENCE_MS));
	assert_greeted(&peer, great_text, GREAT);
	peer_close(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .bytes_sent = GREAT);
}
END_TEST

START_TEST(many_share_one_greeting)
{
	enum { MANY = 40 };
	struct peer peers[MANY];

	start_with_great_greeting();
	for (int i = 0; i < MANY; i++)
		peers[i] = open_session(families[_i], 65536, NULL);
	ck_assert_uint_eq(sessions_open(sessions), MANY);
	for (int i = MANY - 1; i >= 0; i--) {
		wait_for_end(&peers[i]);
		assert_greeted(&peers[i], great_text, GREAT);
		peer_close(&peers[i]);
	}
	wait_for_closed(MANY);
	ASSERT_STATS(.greeted = MANY, .bytes_sent = (uint64_t)MANY * GREAT);
}
END_TEST

/* The kernel resets who closes with unread input: this peer would lose its greeting. */
START_TEST(peer_that_talks_first_loses_nothing)
{
	struct peer peer;
	int fd;

	start();
	peer = peer_pair(families[_i], &fd, 0);
	ck_assert_uint_eq(peer_send(&peer, 65536), 65536);
	ck_assert(sessions_greet(sessions, fd, NULL, "peer"));
	wait_for_greeted(1);
	run_for(base, 20);
	wait_for_end(&peer);
	assert_greeted(&peer, "Hi from server", 14);
	ck_assert_uint_eq(peer_send(&peer, 3), 3);
	peer_close(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .bytes_sent = 14, .bytes_discarded = 65539);
	assert_told("closed: peer: done, 14 bytes sent, 65539 discarded, ");
}
END_TEST

START_TEST(peer_that_half_closes_while_it_is_greeted_is_greeted_whole)
{
	struct peer peer;

	start_with_great_greeting();
	peer = open_session(families[_i], 16384, NULL);
	ck_assert_int_eq(shutdown(peer.fd, SHUT_WR), 0);
	ck_assert(run_until(base, reads_slowly, &peer, PATIENCE_MS));
	assert_greeted(&peer, great_text, GREAT);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .bytes_sent = GREAT);
	peer_close(&peer);
}
END_TEST

static void count_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	++*(unsigned *)argument;
}

/* The end of its input stays readable, and must not be looked at again and again. */
START_TEST(peer_that_half_closes_and_does_not_read_makes_nothing_spin)
{
	struct timeval often = {.tv_usec = 10000};
	unsigned ticks = 0, turns = 0;
	struct event *tick = event_new(base, -1, EV_PERSIST, count_cb, &ticks);
	struct peer peer;

	start_with_great_greeting();
	peer = open_session(families[_i], 4096, NULL);
	ck_assert_int_eq(shutdown(peer.fd, SHUT_WR), 0);
	event_add(tick, &often);
	while (ticks < 20) {
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
		turns++;
	}
	event_free(tick);
	ck_assert_uint_le(turns, 60);
	ck_assert_uint_eq(closed, 0);
	peer_close(&peer);
}
END_TEST

START_TEST(peer_that_half_closes_first_is_greeted)
{
	struct peer peer;
	int fd;

	start();
	peer = peer_pair(families[_i], &fd, 0);
	ck_assert_int_eq(shutdown(peer.fd, SHUT_WR), 0);
	ck_assert(sessions_greet(sessions, fd, NULL, NULL));
	wait_for_closed(1);
	wait_for_end(&peer);
	assert_greeted(&peer, "Hi from server", 14);
	peer_close(&peer);
	ASSERT_STATS(.greeted = 1, .bytes_sent = 14);
}
END_TEST

START_TEST(peer_that_talks_through_a_great_greeting_gets_it)
{
	struct peer peer;

	start_with_great_greeting();
	peer = open_session(families[_i], 16384, NULL);
	peer_send(&peer, 1000);
	ck_assert(run_until(base, reads_slowly, &peer, PATIENCE_MS));
	assert_greeted(&peer, great_text, GREAT);
	peer_close(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .bytes_sent = GREAT, .bytes_discarded = 1000);
}
END_TEST

START_TEST(silent_peer_that_never_closes_is_closed)
{
	uint64_t opened = clock_ms();
	struct peer peer;
	int error = -1;
	socklen_t length = sizeof error;

	options.idle = 60;
	start();
	peer = open_session(families[_i], 0, "peer");
	wait_for_end(&peer);
	wait_for_closed(1);
	ck_assert_uint_ge(clock_ms() - opened, 50);
	assert_greeted(&peer, "Hi from server", 14);
	ASSERT_STATS(.greeted = 1, .timed_out_linger = 1, .bytes_sent = 14);
	assert_told("closed: peer: timed out in linger, 14 bytes sent, 0 discarded, ");
	/* It was closed plainly: a reset could overtake the greeting. */
	ck_assert_int_eq(getsockopt(peer.fd, SOL_SOCKET, SO_ERROR, &error, &length), 0);
	ck_assert_int_eq(error, 0);
	peer_close(&peer);
}
END_TEST

/* A peer that does something small in each turn, until the session is closed. */
struct trickler {
	struct peer *peer;
	uint64_t next_ms;
};

static bool sends_a_byte(void *argument)
{
	struct trickler *trickler = argument;

	if (clock_ms() >= trickler->next_ms) {
		trickler->next_ms = clock_ms() + 20;
		peer_receive(trickler->peer, SIZE_MAX);
		peer_send(trickler->peer, 1);
	}
	return closed > 0;
}

START_TEST(peer_that_sends_a_trickle_is_closed_at_the_deadline)
{
	uint64_t opened = clock_ms();
	struct trickler trickler;
	struct peer peer;

	options.idle = 400;
	options.timeout = 1000;
	start();
	peer = open_session(families[_i], 0, "peer");
	trickler = (struct trickler){.peer = &peer};
	ck_assert(run_until(base, sends_a_byte, &trickler, PATIENCE_MS));
	/* It outlived its idle time, for it was not idle, but not its timeout. */
	ck_assert_uint_ge(clock_ms() - opened, 990);
	ck_assert_uint_lt(clock_ms() - opened, 5000);
	ck_assert_uint_ge(stats.bytes_discarded, 5);
	ASSERT_STATS(.greeted = 1, .timed_out_linger = 1, .bytes_sent = 14,
		     .bytes_discarded = stats.bytes_discarded);
	assert_told("closed: peer: timed out in linger, 14 bytes sent, ");
	peer_close(&peer);
}
END_TEST

static bool reads_a_byte(void *argument)
{
	struct trickler *trickler = argument;

	if (clock_ms() >= trickler->next_ms) {
		trickler->next_ms = clock_ms() + 20;
		peer_receive(trickler->peer, 1);
	}
	return closed > 0;
}

START_TEST(peer_that_reads_a_trickle_is_reset_at_the_deadline)
{
	uint64_t opened = clock_ms();
	struct trickler trickler;
	struct peer peer;

	options.timeout = 300;
	start_with_great_greeting();
	peer = open_session(families[_i], 16384, "peer");
	trickler = (struct trickler){.peer = &peer};
	ck_assert(run_until(base, reads_a_byte, &trickler, PATIENCE_MS));
	ck_assert_uint_ge(clock_ms() - opened, 290);
	wait_for_end(&peer);
	/* An end of the stream would tell it that this part is all there is. */
	ck_assert(!peer.ended);
	ck_assert_int_eq(peer.error, ECONNRESET);
	ck_assert_uint_gt(peer.length, 1);
	ck_assert_uint_lt(peer.length, GREAT);
	ck_assert_uint_ge(stats.bytes_sent, peer.length);
	ck_assert_uint_lt(stats.bytes_sent, GREAT);
	ASSERT_STATS(.timed_out_greeting = 1, .bytes_sent = stats.bytes_sent);
	assert_told("closed: peer: timed out in greeting, ");
	peer_close(&peer);
}
END_TEST

START_TEST(idle_time_begins_when_the_greeting_has_gone)
{
	uint64_t opened = clock_ms();
	struct peer peer;

	options.timeout = 300;
	options.idle = 30;
	start_with_great_greeting();
	peer = open_session(families[_i], 16384, NULL);
	wait_for_closed(1);
	ck_assert_uint_ge(clock_ms() - opened, 290);
	ASSERT_STATS(.timed_out_greeting = 1, .bytes_sent = stats.bytes_sent);
	peer_close(&peer);
}
END_TEST

/* One timer serves all sessions: each must live its own time. */
START_TEST(each_session_has_its_own_deadline)
{
	struct peer first, second, third;
	uint64_t opened[3];

	options.timeout = 200;
	start();
	opened[0] = clock_ms();
	first = open_session(families[_i], 0, NULL);
	run_for(base, 100);
	opened[1] = clock_ms();
	second = open_session(families[_i], 0, NULL);
	ck_assert(closed == 0 || clock_ms() - opened[0] >= 200); /* on a busy machine */
	wait_for_closed(1);
	ck_assert_uint_ge(clock_ms() - opened[0], 190);
	ck_assert(closed == 1 || clock_ms() - opened[1] >= 200);
	wait_for_closed(2);
	ck_assert_uint_ge(clock_ms() - opened[1], 190);
	/* And when there was none to wait for, the timer starts anew. */
	opened[2] = clock_ms();
	third = open_session(families[_i], 0, NULL);
	wait_for_closed(3);
	ck_assert_uint_ge(clock_ms() - opened[2], 190);
	ck_assert_uint_lt(clock_ms() - opened[2], 5000);
	ASSERT_STATS(.greeted = 3, .timed_out_linger = 3, .bytes_sent = 42);
	peer_close(&first);
	peer_close(&second);
	peer_close(&third);
}
END_TEST

START_TEST(peer_that_resets_while_lingering_is_counted)
{
	struct peer peer;

	start();
	peer = open_session(families[_i], 0, "peer");
	wait_for_end(&peer);
	peer_reset(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .reset = 1, .bytes_sent = 14);
	assert_told("closed: peer: reset by peer, 14 bytes sent, 0 discarded, ");
}
END_TEST

START_TEST(peer_that_resets_while_greeted_is_counted)
{
	struct peer peer;

	start_with_great_greeting();
	peer = open_session(families[_i], 16384, "peer");
	run_for(base, 20);
	peer_reset(&peer);
	wait_for_closed(1);
	ck_assert_uint_gt(stats.bytes_sent, 0);
	ck_assert_uint_lt(stats.bytes_sent, GREAT);
	ASSERT_STATS(.reset_greeting = 1, .bytes_sent = stats.bytes_sent);
	assert_told("closed: peer: reset in greeting, ");
}
END_TEST

START_TEST(peer_that_has_reset_before_is_counted)
{
	struct peer peer;
	int fd;

	start();
	peer = peer_pair(families[_i], &fd, 0);
	peer_reset(&peer);
	ck_assert(sessions_greet(sessions, fd, NULL, "peer"));
	wait_for_closed(1);
	ASSERT_STATS(.reset_greeting = 1);
	assert_told("closed: peer: reset in greeting, 0 bytes sent, 0 discarded, ");
}
END_TEST

START_TEST(peer_that_has_reset_before_an_empty_greeting_is_counted)
{
	struct peer peer;
	int fd;

	options.message = "";
	start();
	peer = peer_pair(families[_i], &fd, 0);
	peer_reset(&peer);
	ck_assert(sessions_greet(sessions, fd, NULL, "peer"));
	ck_assert_uint_eq(closed, 1); /* within the call */
	ASSERT_STATS(.reset_greeting = 1);
}
END_TEST

/* Its kernel answers the greeting with a reset, whether or not its end of stream came before. */
START_TEST(peer_that_closes_before_it_is_greeted_has_left)
{
	struct peer peer;
	int fd;

	start();
	peer = peer_pair(families[_i], &fd, 0);
	socket_hold_back(fd); /* as haild's sockets do, so that the reset follows our half-close */
	peer_close(&peer);
	ck_assert(sessions_greet(sessions, fd, NULL, "peer"));
	wait_for_closed(1);
	if (HAS_HOLDING_BACK && !has_tcpinfo()) {
		ASSERT_STATS(.greeted = 1, .bytes_sent = 14);
		assert_told("closed: peer: done, 14 bytes sent, 0 discarded, up to ");
	} else if (HAS_HOLDING_BACK) {
		ASSERT_STATS(.greeted = 1, .left = 1, .bytes_sent = 14);
		assert_told("closed: peer: left without the greeting, 14 bytes sent, 0 discarded, "
			    "up to ");
	} else { /* the greeting leaves at once, and its reset is here before our half-close */
		ASSERT_STATS(.reset_greeting = 1, .bytes_sent = 14);
		assert_told("closed: peer: reset in greeting, 14 bytes sent, 0 discarded, ");
	}
}
END_TEST

/* Without -v nobody asks, and it counts as any other. */
START_TEST(peer_that_has_left_is_not_asked_about_in_vain)
{
	struct peer peer;
	int fd;

	start();
	peer = peer_pair(families[_i], &fd, 0);
	socket_hold_back(fd); /* as haild's sockets do, so that the reset follows our half-close */
	peer_close(&peer);
	ck_assert(sessions_greet(sessions, fd, NULL, NULL));
	wait_for_closed(1);
	ck_assert_uint_eq(stats.greeted, HAS_HOLDING_BACK);
	ck_assert_uint_eq(stats.reset_greeting, !HAS_HOLDING_BACK);
	ck_assert_uint_eq(stats.left, 0);
}
END_TEST

/* It has all that was sent: the empty greeting. */
START_TEST(peer_that_closes_before_an_empty_greeting_has_not_left)
{
	struct peer peer;
	int fd;

	options.message = "";
	start();
	peer = peer_pair(families[_i], &fd, 0);
	socket_hold_back(fd); /* as haild's sockets do, so that the reset follows our half-close */
	peer_close(&peer);
	ck_assert(sessions_greet(sessions, fd, NULL, "peer"));
	wait_for_closed(1);
	ck_assert_uint_eq(stats.left, 0);
}
END_TEST

/* The duration in the last line of the log: all but the name and what was exchanged. */
static unsigned logged_ms(void)
{
	const char *log = captured(STDERR_FILENO), *last = strrchr(log, ',');
	unsigned ms;

	ck_assert_msg(last && sscanf(last, ", %u ms", &ms) == 1, "%s", log);
	return ms;
}

/*
 * Nobody else comes, so we look 20 ms after the greeting, when it has long gone. On a busy machine
 * its end may take as long to reach us, but not each time.
 */
START_TEST(time_until_we_look_is_not_the_clients)
{
	struct peer peer;
	unsigned count = 0;

	start();
	do {
		capture_clear(STDERR_FILENO);
		peer = open_session(families[_i], 0, "peer");
		peer_receive(&peer, SIZE_MAX);
		peer_close(&peer);
		wait_for_closed(++count);
	} while (has_tcpinfo() && logged_ms() >= 16 && count < 500);
	if (has_tcpinfo())
		ck_assert_uint_lt(logged_ms(), 16);
	else
		assert_told("discarded, up to ");
}
END_TEST

/*
 * Has so many clients come and close at once, and looks at them, as when others come, until they
 * are closed. Returns after how many ms that was.
 */
static uint64_t see_off(unsigned count)
{
	uint64_t began = clock_ms();
	size_t others = sessions_open(sessions);

	for (unsigned i = 0; i < count; i++) {
		struct peer peer = open_session(AF_INET, 0, NULL);
		peer_receive(&peer, SIZE_MAX);
		peer_close(&peer);
	}
	while (sessions_open(sessions) > others) {
		ck_assert_uint_lt(clock_ms() - began, 10000);
		sessions_look_at_due(sessions, SIZE_MAX);
	}
	return clock_ms() - began;
}

/* Has a client come that stays for longer than we wait before we look. */
static struct peer see_one_stay(void)
{
	struct peer peer = open_session(AF_INET, 0, NULL);

	for (uint64_t began = clock_ms(); clock_ms() - began < 25;)
		sessions_look_at_due(sessions, SIZE_MAX);
	return peer;
}

/* On a busy machine a single look may come at any time, but not each. */
START_TEST(we_look_as_soon_as_it_is_worth_it)
{
	enum { TRIES = 100 };
	struct peer staying[TRIES];
	unsigned tries = 0, stay = 0;

	start();
	ck_assert_uint_ge(see_off(1), 20);
	do
		see_off(100);
	while (see_off(1) >= 10 && ++tries < TRIES);
	ck_assert_uint_lt(tries, TRIES);
	do
		staying[stay++] = see_one_stay();
	while (see_off(1) < 16 && stay < TRIES);
	ck_assert_uint_lt(stay, TRIES);
	while (stay > 0)
		peer_close(&staying[--stay]);
}
END_TEST

/*
 * A client may stay for less than we usually take until we look: -i is kept all the same. On a
 * busy machine a try may take longer, but not each.
 */
START_TEST(short_idle_time_is_kept)
{
	unsigned count = 0, ms;
	uint64_t opened;

	options.idle = 1;
	start();
	do {
		struct peer peer;
		opened = clock_ms();
		peer = open_session(families[_i], 0, NULL);
		wait_for_closed(++count);
		ms = (unsigned)(clock_ms() - opened);
		peer_close(&peer);
	} while (ms >= 20 && count < 100);
	ck_assert_uint_lt(ms, 20);
	ck_assert_uint_eq(stats.timed_out_linger, count);
}
END_TEST

/* How many clients each callback may see to, and more of them. */
enum { A_TURN = 16, CROWD = 100 };

/* Opens sessions with many peers that have all there is to read. */
static void open_crowd(struct peer *peers)
{
	for (int i = 0; i < CROWD; i++)
		peers[i] = open_session(AF_INET, 0, NULL);
	for (int i = 0; i < CROWD; i++)
		peer_receive(&peers[i], SIZE_MAX);
}

/*
 * Runs the loop until all of the crowd are closed; in no turn may it close more than a few, of each
 * queue that they are in.
 */
static void assert_closed_by_turns(unsigned queues)
{
	unsigned most = 0;

	while (closed < CROWD) {
		unsigned before = closed;
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
		if (closed - before > most)
			most = closed - before;
	}
	ck_assert_uint_ge(most, 1);
	ck_assert_uint_le(most, queues * A_TURN);
}

START_TEST(a_turn_looks_at_few_clients)
{
	struct peer peers[CROWD];

	start();
	open_crowd(peers);
	for (int i = 0; i < CROWD; i++)
		peer_close(&peers[i]);
	assert_closed_by_turns(1);
	ASSERT_STATS(.greeted = CROWD, .bytes_sent = CROWD * 14);
}
END_TEST

/* What needs room at once looks at a few at once, and at the others without waiting for their time.
 */
START_TEST(hurried_look_is_by_turns_too)
{
	struct peer peers[CROWD];

	room = CROWD;
	start();
	open_crowd(peers);
	for (int i = 0; i < CROWD; i++)
		peer_close(&peers[i]);
	ck_assert_int_eq(sessions_find_room(sessions), SESSIONS_ADMIT);
	ck_assert_uint_eq(closed, A_TURN);
	assert_closed_by_turns(1);
}
END_TEST

START_TEST(look_at_a_stop_leaves_nobody_out)
{
	struct peer peers[CROWD];

	start();
	open_crowd(peers);
	for (int i = 0; i < CROWD; i++)
		peer_close(&peers[i]);
	sessions_look_at_all(sessions);
	ck_assert_uint_eq(closed, CROWD);
}
END_TEST

START_TEST(a_turn_cuts_few_clients)
{
	struct peer peers[CROWD];

	options.timeout = 300;
	start();
	open_crowd(peers);
	assert_closed_by_turns(2); /* on a busy machine only some of them linger by then */
	ASSERT_STATS(.greeted = CROWD, .timed_out_linger = CROWD, .bytes_sent = CROWD * 14);
	for (int i = 0; i < CROWD; i++)
		peer_close(&peers[i]);
}
END_TEST

START_TEST(a_turn_cuts_few_silent_clients)
{
	struct peer peers[CROWD];

	options.idle = 300;
	start();
	open_crowd(peers);
	wait_for_greeted(CROWD);
	assert_closed_by_turns(1);
	ASSERT_STATS(.greeted = CROWD, .timed_out_linger = CROWD, .bytes_sent = CROWD * 14);
	for (int i = 0; i < CROWD; i++)
		peer_close(&peers[i]);
}
END_TEST

/* A peer that sends as much as it can, up to a limit. */
struct flooder {
	struct peer *peer;
	size_t left;
};

static bool floods(void *argument)
{
	struct flooder *flooder = argument;

	flooder->left -= peer_send(flooder->peer, flooder->left);
	return closed > 0 || flooder->left == 0;
}

START_TEST(peer_that_floods_is_cut_at_the_most)
{
	struct flooder flooder;
	struct peer peer;

	start();
	peer = open_session(families[_i], 0, "peer");
	wait_for_end(&peer);
	flooder = (struct flooder){.peer = &peer, .left = 10 * (size_t)SESSION_DISCARD_MAX};
	ck_assert(run_until(base, floods, &flooder, PATIENCE_MS));
	ck_assert_uint_eq(closed, 1);
	ASSERT_STATS(.greeted = 1, .flooded = 1, .bytes_sent = 14,
		     .bytes_discarded = SESSION_DISCARD_MAX);
	assert_told("closed: peer: sent too much, 14 bytes sent, 16777216 discarded, ");
	peer_close(&peer);
}
END_TEST

/* It reads not a byte before it has sent more than all buffers hold. */
START_TEST(peer_that_sends_all_before_it_reads_gets_a_great_greeting)
{
	struct flooder flooder;
	struct peer peer;

	start_with_great_greeting();
	peer = open_session(families[_i], 16384, "peer");
	flooder = (struct flooder){.peer = &peer, .left = 4 * GREAT};
	ck_assert(run_until(base, floods, &flooder, PATIENCE_MS));
	ck_assert_uint_eq(closed, 0);
	wait_for_end(&peer);
	assert_greeted(&peer, great_text, GREAT);
	peer_close(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .bytes_sent = GREAT, .bytes_discarded = 4 * GREAT);
}
END_TEST

START_TEST(peer_that_floods_instead_of_reading_is_reset)
{
	struct flooder flooder;
	struct peer peer;

	start_with_great_greeting();
	peer = open_session(families[_i], 16384, "peer");
	flooder = (struct flooder){.peer = &peer, .left = 10 * (size_t)SESSION_DISCARD_MAX};
	ck_assert(run_until(base, floods, &flooder, PATIENCE_MS));
	ck_assert_uint_eq(closed, 1);
	ck_assert_uint_eq(stats.flooded, 1);
	ck_assert_uint_eq(stats.greeted, 0);
	peer_close(&peer);
}
END_TEST

static bool has_discarded(void *count)
{
	return stats.bytes_discarded >= *(uint64_t *)count;
}

START_TEST(peer_that_sends_just_less_is_not_cut)
{
	uint64_t most = SESSION_DISCARD_MAX - 1;
	struct flooder flooder;
	struct peer peer;

	start();
	peer = open_session(families[_i], 0, NULL);
	wait_for_end(&peer);
	flooder = (struct flooder){.peer = &peer, .left = SESSION_DISCARD_MAX - 1};
	ck_assert(run_until(base, floods, &flooder, PATIENCE_MS));
	ck_assert(run_until(base, has_discarded, &most, PATIENCE_MS));
	ck_assert_uint_eq(closed, 0);
	peer_close(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .bytes_sent = 14, .bytes_discarded = most);
}
END_TEST

START_TEST(flood_of_one_is_not_counted_for_another)
{
	struct peer peers[2];
	struct flooder flooder;

	start();
	for (int i = 0; i < 2; i++) {
		peers[i] = open_session(families[_i], 0, NULL);
		wait_for_end(&peers[i]);
		flooder = (struct flooder){.peer = &peers[i], .left = SESSION_DISCARD_MAX / 2 + 1};
		ck_assert(run_until(base, floods, &flooder, PATIENCE_MS));
	}
	for (int i = 0; i < 2; i++)
		peer_close(&peers[i]);
	wait_for_closed(2);
	ASSERT_STATS(.greeted = 2, .bytes_sent = 28, .bytes_discarded = SESSION_DISCARD_MAX + 2);
}
END_TEST

static bool has_room(void *argument)
{
	(void)argument;
	return sessions_find_room(sessions) == SESSIONS_ADMIT;
}

START_TEST(young_session_is_not_evicted)
{
	uint64_t opened = clock_ms();
	struct peer peer, another;

	room = 1;
	start();
	ck_assert(has_room(NULL));
	peer = open_session(families[_i], 0, NULL);
	wait_for_end(&peer);
	ck_assert_int_eq(sessions_find_room(sessions), SESSIONS_FULL);
	another = open_session(families[_i], 0, NULL);
	ck_assert_uint_eq(closed, 0);
	ck_assert(run_until(base, has_room, NULL, PATIENCE_MS));
	ck_assert_uint_ge(clock_ms() - opened, 1000);
	ck_assert_uint_eq(closed, 0); /* not before somebody needs it */
	peer_close(&peer);
	peer_close(&another);
}
END_TEST

START_TEST(who_lingers_longest_is_evicted)
{
	struct peer reader, first, second, third, fourth;

	room = 3;
	start_with_great_greeting();
	/* The oldest has its greeting last: it has just begun to linger when the others go. */
	reader = open_session(families[_i], 16384, "reader");
	first = open_session(families[_i], 0, "first");
	wait_for_end(&first);
	run_for(base, 20);
	second = open_session(families[_i], 0, "second");
	wait_for_end(&second);
	ck_assert(run_until(base, has_room, NULL, PATIENCE_MS));
	wait_for_end(&reader);
	third = open_session(families[_i], 16384, "third");
	ck_assert_uint_eq(closed, 1);
	assert_told("closed: first: made room for others, 1048576 bytes sent, 0 discarded, ");
	ck_assert(run_until(base, has_room, NULL, PATIENCE_MS));
	fourth = open_session(families[_i], 16384, "fourth");
	ck_assert_uint_eq(closed, 2);
	assert_told("closed: second: made room for others, ");
	ck_assert(!has_room(
		NULL)); /* the reader lingers since it was greeted, not since it was opened */
	ASSERT_STATS(.greeted = 3, .evicted = 2, .bytes_sent = 2 * GREAT);
	ck_assert_uint_eq(sessions_open(sessions), 3);
	peer_close(&third);
	peer_close(&fourth);
	peer_close(&reader);
	peer_close(&first);
	peer_close(&second);
}
END_TEST

START_TEST(session_that_greets_is_not_evicted)
{
	struct peer peer, another;

	room = 1;
	start_with_great_greeting();
	peer = open_session(families[_i], 16384, NULL);
	run_for(base, 1100);
	ck_assert(!has_room(NULL));
	another = open_session(families[_i], 16384, NULL);
	ck_assert_uint_eq(closed, 0);
	peer_close(&peer);
	peer_close(&another);
}
END_TEST

START_TEST(stop_closes_all_and_resets_the_ungreeted)
{
	struct peer reader, lingerer;

	start_with_great_greeting();
	reader = open_session(families[_i], 16384, "reader");
	lingerer = open_session(families[_i], 0, "lingerer");
	wait_for_end(&lingerer);
	sessions_stop(sessions);
	ck_assert_uint_eq(closed, 2);
	ck_assert_uint_eq(sessions_open(sessions), 0);
	assert_greeted(&lingerer, great_text, GREAT);
	wait_for_end(&reader);
	ck_assert_int_eq(reader.error, ECONNRESET);
	assert_told("closed: reader: stopped, ");
	assert_told("closed: lingerer: stopped, 1048576 bytes sent, 0 discarded, ");
	ck_assert_uint_lt(stats.bytes_sent, 2 * GREAT);
	ASSERT_STATS(.greeted = 1, .stopped = 2, .bytes_sent = stats.bytes_sent);
	peer_close(&reader);
	peer_close(&lingerer);
}
END_TEST

START_TEST(stopped_sessions_go_on)
{
	struct peer first, second;

	start();
	first = open_session(families[_i], 0, NULL);
	sessions_stop(sessions);
	sessions_stop(sessions); /* nobody is left */
	second = open_session(families[_i], 0, NULL);
	wait_for_end(&second);
	assert_greeted(&second, "Hi from server", 14);
	peer_close(&second);
	wait_for_closed(2);
	ASSERT_STATS(.greeted = 2, .stopped = 1, .bytes_sent = 28);
	peer_close(&first);
}
END_TEST

START_TEST(free_closes_what_is_left)
{
	struct peer peer;

	start();
	peer = open_session(families[_i], 0, NULL);
	wait_for_end(&peer);
	sessions_free(sessions);
	sessions = NULL;
	ck_assert_uint_eq(closed, 1);
	ASSERT_STATS(.greeted = 1, .stopped = 1, .bytes_sent = 14);
	peer_close(&peer);
}
END_TEST

START_TEST(open_sessions_are_counted)
{
	struct peer first, second;

	start();
	ck_assert_uint_eq(sessions_open(sessions), 0);
	first = open_session(families[_i], 0, NULL);
	ck_assert_uint_eq(sessions_open(sessions), 1);
	second = open_session(families[_i], 0, NULL);
	ck_assert_uint_eq(sessions_open(sessions), 2);
	wait_for_end(&first);
	wait_for_end(&second);
	peer_close(&first);
	wait_for_closed(1);
	ck_assert_uint_eq(open_when_closed, 1); /* its slot is free by then */
	peer_close(&second);
	wait_for_closed(2);
	ck_assert_uint_eq(open_when_closed, 0);
}
END_TEST

static void begun_cb(void *argument)
{
	++*(unsigned *)argument;
}

/* The first of several is told of, and so is the first after they have gone. */
START_TEST(first_session_is_told_of)
{
	struct peer first, second;
	unsigned begun = 0;

	start();
	sessions_watch(sessions, begun_cb, &begun);
	for (unsigned i = 1; i <= 3; i++) {
		first = open_session(families[_i], 0, NULL);
		ck_assert_uint_eq(begun, i);
		second = open_session(families[_i], 0, NULL);
		ck_assert_uint_eq(begun, i);
		wait_for_end(&first);
		wait_for_end(&second);
		peer_close(&first);
		peer_close(&second);
		wait_for_closed(2 * i);
	}
}
END_TEST

START_TEST(descriptor_is_closed)
{
	struct peer peer;
	int before;

	start();
	before = lowest_descriptor();
	peer = open_session(families[_i], 0, NULL);
	wait_for_end(&peer);
	peer_close(&peer);
	wait_for_closed(1);
	ck_assert_int_eq(lowest_descriptor(), before);
}
END_TEST

/* Many linger: what only few need must not be in each. */
START_TEST(session_is_small)
{
	ck_assert_uint_le(session_size(), 80);
}
END_TEST

START_TEST(session_without_a_name_is_not_logged)
{
	struct peer peer;

	start();
	peer = open_session(families[_i], 0, NULL);
	wait_for_end(&peer);
	peer_close(&peer);
	wait_for_closed(1);
	assert_told_nothing();
}
END_TEST

START_TEST(close_is_logged_for_debugging_only)
{
	struct peer peer;

	start();
	log_open("haild", LOG_LEVEL_INFO);
	peer = open_session(families[_i], 0, "peer");
	wait_for_end(&peer);
	peer_close(&peer);
	wait_for_closed(1);
	assert_told_nothing();
}
END_TEST

START_TEST(name_is_copied)
{
	char name[] = "peer";
	struct peer peer;

	start();
	peer = open_session(families[_i], 0, name);
	memset(name, '#', sizeof name - 1);
	wait_for_end(&peer);
	peer_close(&peer);
	wait_for_closed(1);
	assert_told("closed: peer: done");
}
END_TEST

/* Has the greeting read again, after the file was written. */
static void reload(const char *text)
{
	write_text(text);
	greeting_reload(greeting);
	assert_told("read /tmp/");
	capture_clear(STDERR_FILENO);
}

/* Greets one more peer, whole, and lets it go. */
static void greet_one(int family, const char *text)
{
	struct peer peer = open_session(family, 0, NULL);

	wait_for_end(&peer);
	assert_greeted(&peer, text, strlen(text));
	peer_close(&peer);
}

START_TEST(who_comes_behind_a_reload_gets_the_new_greeting)
{
	write_text("first");
	start();
	greet_one(families[_i], "first");
	reload("the second");
	greet_one(families[_i], "the second");
	greet_one(families[_i], "the second");
	reload("");
	greet_one(families[_i], "");
	reload("third");
	greet_one(families[_i], "third");
	wait_for_closed(5);
	ASSERT_STATS(.greeted = 5, .bytes_sent = 5 + 10 + 10 + 5);
}
END_TEST

START_TEST(reload_that_fails_changes_nothing)
{
	write_text("first");
	start();
	ck_assert_int_eq(unlink(path), 0);
	greeting_reload(greeting);
	greet_one(families[_i], "first");
	wait_for_closed(1);
	assert_told("the old greeting stays");
	write_text("for the end of the test");
}
END_TEST

/* The old one must live until the last byte of it has gone, and not longer: sanitizers look. */
START_TEST(who_is_being_greeted_at_a_reload_gets_the_whole_old_greeting)
{
	struct peer peers[2];

	make_great_text();
	write_text(great_text);
	start();
	for (int i = 0; i < 2; i++)
		peers[i] = open_session(families[_i], 16384, NULL);
	run_for(base, 20);
	reload("second");
	greet_one(families[_i], "second");
	reload("third");
	greet_one(families[_i], "third");
	ck_assert_uint_eq(stats.greeted, 2);
	for (int i = 0; i < 2; i++) {
		ck_assert(run_until(base, reads_slowly, &peers[i], PATIENCE_MS));
		assert_greeted(&peers[i], great_text, GREAT);
		peer_close(&peers[i]);
	}
	wait_for_closed(4);
	ASSERT_STATS(.greeted = 4, .bytes_sent = 2 * GREAT + 6 + 5);
}
END_TEST

/* Its greeting is queued before the reload, and sent behind it. */
START_TEST(who_waits_for_its_turn_at_a_reload_gets_the_old_greeting)
{
	struct peer peer;
	int fd;

	write_text("first");
	start();
	peer = peer_pair(families[_i], &fd, 0);
	ck_assert(sessions_greet_later(sessions, fd, NULL, NULL));
	reload("second");
	wait_for_end(&peer);
	assert_greeted(&peer, "first", 5);
	peer_close(&peer);
	greet_one(families[_i], "second");
	wait_for_closed(2);
}
END_TEST

START_TEST(session_with_the_old_greeting_may_outlive_the_greeting)
{
	struct peer peer;

	make_great_text();
	write_text(great_text);
	start();
	peer = open_session(families[_i], 16384, NULL);
	reload("second");
	sessions_free(sessions);
	sessions = NULL;
	ASSERT_STATS(.stopped = 1, .bytes_sent = stats.bytes_sent);
	peer_close(&peer);
}
END_TEST

START_TEST(greeting_may_become_each_clients_own_and_back)
{
	options.expand = true;
	write_text("first");
	start();
	greet_one(families[_i], "first");
	reload("no {serial}\\n");
	greet_one(families[_i], "no 1\n");
	greet_one(families[_i], "no 2\n");
	reload("third");
	greet_one(families[_i], "third");
	reload("{serial}");
	greet_one(families[_i], "3");
	wait_for_closed(5);
	ASSERT_STATS(.greeted = 5, .bytes_sent = 5 + 5 + 5 + 5 + 1);
}
END_TEST

/* Sets a greeting that each client has expanded for itself. */
static void start_with_template(const char *text)
{
	options.message = text;
	options.expand = true;
	start();
}

/* Writes how a connected peer is seen: its own end, or its far one. */
static char *show_end(int (*which)(int, struct sockaddr *, socklen_t *), int fd, char *text)
{
	struct address address = {.length = sizeof address.room};

	ck_assert_int_eq(which(fd, &address.any, &address.length), 0);
	return address_format(&address, text, ADDRESS_TEXT_MAX);
}

START_TEST(each_client_hears_of_its_own_ends)
{
	struct peer peers[3];
	char ours[ADDRESS_TEXT_MAX], its[ADDRESS_TEXT_MAX], wanted[3 * ADDRESS_TEXT_MAX];
	size_t sent = 0;

	start_with_template("{serial}: {peer} at {local}\\n");
	for (int i = 0; i < 3; i++)
		peers[i] = open_session(families[_i], 0, NULL);
	for (int i = 0; i < 3; i++) {
		wait_for_end(&peers[i]);
		snprintf(wanted, sizeof wanted, "%d: %s at %s\n", i + 1,
			 show_end(getsockname, peers[i].fd, its),
			 show_end(getpeername, peers[i].fd, ours));
		assert_greeted(&peers[i], wanted, strlen(wanted));
		sent += strlen(wanted);
		peer_close(&peers[i]);
	}
	wait_for_closed(3);
	ASSERT_STATS(.greeted = 3, .bytes_sent = sent);
}
END_TEST

START_TEST(own_greeting_can_wait_for_the_next_turn)
{
	struct peer peers[2];
	int fd;

	start_with_template("{serial}");
	for (int i = 0; i < 2; i++) {
		peers[i] = peer_pair(families[_i], &fd, 0);
		ck_assert(sessions_greet_later(sessions, fd, NULL, NULL));
		ck_assert_uint_eq(peer_receive(&peers[i], SIZE_MAX), 0);
	}
	for (int i = 0; i < 2; i++) {
		wait_for_end(&peers[i]);
		assert_greeted(&peers[i], i == 0 ? "1" : "2", 1);
		peer_close(&peers[i]);
	}
	wait_for_closed(2);
	ASSERT_STATS(.greeted = 2, .bytes_sent = 2);
}
END_TEST

/* A great greeting that begins with the client's serial. */
static char *make_great_template(void)
{
	make_great_text();
	great_text[GREAT - 30] = '\0';
	memcpy(great_text, "{serial}", 8);
	return great_text;
}

/* Asserts that the peer was told so. */
static void assert_greeted_with_serial(const struct peer *peer, unsigned serial)
{
	char number[24];
	size_t length = (size_t)snprintf(number, sizeof number, "%u", serial);

	ck_assert_msg(peer->ended, "no end of stream: %s", strerror(peer->error));
	ck_assert_uint_eq(peer->length, length + GREAT - 30 - 8);
	ck_assert_mem_eq(peer->bytes, number, length);
	ck_assert_mem_eq(peer->bytes + length, great_text + 8, GREAT - 30 - 8);
}

/* What the kernel does not take at once stays each client's own. */
START_TEST(slow_readers_get_all_of_their_own_great_greetings)
{
	enum { SOME = 11 };
	struct peer peers[SOME];

	start_with_template(make_great_template());
	for (int i = 0; i < SOME; i++)
		peers[i] = open_session(families[_i], 16384, NULL);
	run_for(base, 20);
	ASSERT_STATS(.greeted = 0);
	ck_assert_uint_eq(sessions_open(sessions), SOME);
	for (int i = SOME - 1; i >= 0; i--) {
		ck_assert(run_until(base, reads_slowly, &peers[i], PATIENCE_MS));
		assert_greeted_with_serial(&peers[i], (unsigned)i + 1);
		peer_close(&peers[i]);
	}
	wait_for_closed(SOME);
	ASSERT_STATS(.greeted = SOME, .bytes_sent = SOME * (GREAT - 30 - 7) + 2);
}
END_TEST

/* What was made for it must not be said to the next one. */
START_TEST(own_greeting_of_one_who_has_reset_is_dropped)
{
	struct peer peer;
	int fd;

	start_with_template("{serial}: {peer} at {local}\\n");
	peer = peer_pair(families[_i], &fd, 0);
	peer_reset(&peer);
	ck_assert(sessions_greet(sessions, fd, NULL, "peer"));
	ck_assert_uint_eq(closed, 1); /* within the call */
	ASSERT_STATS(.reset_greeting = 1);
	peer = open_session(families[_i], 0, NULL);
	wait_for_end(&peer);
	ck_assert(peer.length > 3 && memcmp(peer.bytes, "2: ", 3) == 0);
	ck_assert_int_eq(peer.bytes[peer.length - 1], '\n');
	peer_close(&peer);
	wait_for_closed(2);
	ASSERT_STATS(.greeted = 1, .reset_greeting = 1, .bytes_sent = peer.length);
}
END_TEST

static void setup_scarce(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	setup();
}

static void setup_scarce_file(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	setup_file();
}

/* How many allocations of libevent are granted before they begin to fail. */
enum { GRANTS_MAX = 12, NEEDED_AT_FIRST = 2 };

/* A session that can't be, or can't go on, must end all the same, with its descriptor. */
static void end_one_session_only(int allowed, int buffers)
{
	int before, fd;
	struct peer peer, other;
	unsigned before_other;

	before = lowest_descriptor();
	peer = peer_pair(AF_INET, &fd, buffers);
	grants = allowed;
	if (sessions_greet(sessions, fd, NULL, NULL))
		event_base_loop(base, EVLOOP_NONBLOCK);
	else
		ck_assert_uint_eq(stats.failed, 1);
	grants = -1;
	wait_for_open(0);
	ck_assert_uint_eq(stats.failed + stats.timed_out_linger + stats.timed_out_greeting, 1);
	peer_close(&peer);
	ck_assert_int_eq(lowest_descriptor(), before);
	/* The next one is served. */
	before_other = closed;
	other = open_session(AF_INET, 0, NULL);
	wait_for_end(&other);
	if (options.expand)
		assert_greeted_with_serial(&other, (unsigned)(*other.bytes - '0'));
	else
		assert_greeted(&other, options.message, strlen(options.message));
	peer_close(&other);
	wait_for_closed(before_other + 1);
}

START_TEST(want_of_memory_ends_one_session_only)
{
	options.timeout = 1000;
	options.idle = 300;
	start();
	end_one_session_only(_i, 0);
}
END_TEST

START_TEST(want_of_memory_ends_one_great_greeting_only)
{
	options.timeout = 1000;
	options.idle = 300;
	start_with_great_greeting();
	end_one_session_only(_i, 4096);
}
END_TEST

/* Whose greeting is its own needs memory for it, at the latest when it begins. */
START_TEST(want_of_memory_ends_one_own_greeting_only)
{
	options.timeout = 1000;
	options.idle = 300;
	start_with_template(make_great_template());
	end_one_session_only(_i, 4096);
}
END_TEST

/* To be ready for another greeting takes memory, too. */
START_TEST(want_of_memory_behind_a_reload_ends_one_session_only)
{
	options.timeout = 1000;
	options.idle = 300;
	write_text("first");
	start();
	greet_one(AF_INET, "first");
	wait_for_closed(1);
	reload("second");
	options.message = "second";
	end_one_session_only(_i, 0);
}
END_TEST

/*
 * Each user may watch so many descriptors by epoll (fs.epoll.max_user_watches); to be
 * greeted takes a watch only if the kernel doesn't take the greeting at once.
 */
static void refuse_watch(struct fault fault, int family)
{
	struct peer peer;
	int fd;

	start_with_great_greeting();
	peer = peer_pair(family, &fd, 4096);
	fault.reason = ENOSPC;
	fault_epoll = fault;
	ck_assert(!sessions_greet(sessions, fd, NULL, "peer"));
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_assert_uint_eq(sessions_open(sessions), 0);
	ck_assert_uint_lt(stats.bytes_sent, GREAT);
	ASSERT_STATS(.failed = 1, .bytes_sent = stats.bytes_sent);
	peer_close(&peer);
}

START_TEST(want_of_a_watch_for_input_ends_a_session_at_once)
{
	refuse_watch((struct fault){.kind = EPOLL_CTL_ADD, .times = 1}, families[_i]);
}
END_TEST

START_TEST(want_of_a_watch_for_output_ends_a_session_at_once)
{
	/* It is a watch of libevent's own, or the input's is changed, which libevent tries twice.
	 */
	refuse_watch(HAS_CLOSING_EPOLL
			     ? (struct fault){.kind = EPOLL_CTL_ADD, .spared = 1, .times = 1}
			     : (struct fault){.kind = EPOLL_CTL_MOD, .times = 2},
		     families[_i]);
}
END_TEST

/* Whoever stays has the greeting by then. */
START_TEST(want_of_a_watch_ends_who_stays)
{
	struct peer peer;

	start();
	peer = open_session(families[_i], 0, NULL);
	fault_epoll = (struct fault){.reason = ENOSPC, .times = 1, .kind = EPOLL_CTL_ADD};
	wait_for_closed(1);
	wait_for_end(&peer);
	assert_greeted(&peer, "Hi from server", 14);
	ASSERT_STATS(.greeted = 1, .failed = 1, .bytes_sent = 14);
	peer_close(&peer);
}
END_TEST

/* Who reads at once and closes costs libevent no watch, and once warm, no memory. */
START_TEST(client_that_closes_at_once_takes_no_watch_and_no_memory)
{
	start();
	fault_epoll = (struct fault){.reason = ENOSPC, .times = -1};
	grants = 0;
	for (unsigned i = 1; i <= 200; i++) {
		struct peer peer = open_session(AF_INET, 0, NULL);
		peer_receive(&peer, SIZE_MAX);
		assert_greeted(&peer, "Hi from server", 14);
		peer_close(&peer);
		while (closed < i)
			event_base_loop(base, EVLOOP_ONCE);
	}
	grants = -1;
	fault_epoll = (struct fault){0};
	ASSERT_STATS(.greeted = 200, .bytes_sent = 2800);
}
END_TEST

START_TEST(want_of_memory_at_first_makes_no_sessions)
{
	struct greeting *some = greeting_new(&options);

	grants = _i;
	sessions = sessions_new(base, &options, some, NULL, &stats, room, closed_cb, &closed);
	grants = -1;
	ck_assert_ptr_null(sessions);
	greeting_free(some);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("session");
	TCase *each = suite_case(suite, "every kind"), *tcp = suite_case(suite, "TCP");
	TCase *memory = suite_case(suite, "memory"), *reloads = suite_case(suite, "reloads");
	TCase *own = suite_case(suite, "own"), *scarce = suite_case(suite, "memory at reloads");
	TCase *deadlines = suite_case(suite, "deadlines"), *admission = suite_case(suite, "room");
	TCase *great = suite_case(suite, "memory, great"),
	      *own_great = suite_case(suite, "memory, own");
	int end = ipv6_works() ? COUNT_OF(families) : COUNT_OF(families) - 1;

	tcase_add_checked_fixture(each, setup, teardown);
	tcase_set_timeout(each, 60);
	tcase_add_loop_test(each, greeting_comes_whole_and_ends, 0, end);
	tcase_add_loop_test(each, empty_greeting_is_an_end, 0, end);
	tcase_add_loop_test(each, greeting_can_wait_for_the_next_turn, 0, end);
	tcase_add_loop_test(each, empty_greeting_can_wait_for_the_next_turn, 0, end);
	tcase_add_loop_test(each, slow_reader_gets_all_of_a_great_greeting, 0, end);
	tcase_add_loop_test(each, many_share_one_greeting, 0, end);
	tcase_add_loop_test(each, peer_that_talks_first_loses_nothing, 0, end);
	tcase_add_loop_test(each, peer_that_half_closes_first_is_greeted, 0, end);
	tcase_add_loop_test(each, peer_that_half_closes_and_does_not_read_makes_nothing_spin, 0,
			    end);
	tcase_add_loop_test(each, peer_that_half_closes_while_it_is_greeted_is_greeted_whole, 0,
			    end);
	tcase_add_loop_test(each, peer_that_talks_through_a_great_greeting_gets_it, 0, end);
	tcase_add_loop_test(each, peer_that_sends_all_before_it_reads_gets_a_great_greeting, 0,
			    end);
	tcase_add_loop_test(each, peer_that_floods_instead_of_reading_is_reset, 0, end);
	tcase_add_loop_test(each, peer_that_floods_is_cut_at_the_most, 0, end);
	tcase_add_loop_test(each, peer_that_sends_just_less_is_not_cut, 0, end);
	tcase_add_loop_test(each, flood_of_one_is_not_counted_for_another, 0, end);
	tcase_add_loop_test(each, stopped_sessions_go_on, 0, end);
	tcase_add_loop_test(each, free_closes_what_is_left, 0, end);
	tcase_add_loop_test(each, open_sessions_are_counted, 0, end);
	tcase_add_loop_test(each, first_session_is_told_of, 0, end);
	tcase_add_loop_test(each, descriptor_is_closed, 0, end);
	tcase_add_loop_test(each, session_without_a_name_is_not_logged, 0, end);
	tcase_add_loop_test(each, close_is_logged_for_debugging_only, 0, end);
	tcase_add_loop_test(each, name_is_copied, 0, end);
	tcase_add_test(each, session_is_small);
	tcase_add_checked_fixture(deadlines, setup, teardown);
	tcase_add_loop_test(deadlines, silent_peer_that_never_closes_is_closed, 0, end);
	tcase_add_loop_test(deadlines, peer_that_sends_a_trickle_is_closed_at_the_deadline, 0, end);
	tcase_add_loop_test(deadlines, idle_time_begins_when_the_greeting_has_gone, 0, end);
	tcase_add_loop_test(deadlines, each_session_has_its_own_deadline, 0, end);
	tcase_add_checked_fixture(admission, setup, teardown);
	tcase_add_loop_test(admission, young_session_is_not_evicted, 0, end);
	tcase_add_loop_test(admission, who_lingers_longest_is_evicted, 0, end);
	tcase_add_loop_test(admission, session_that_greets_is_not_evicted, 0, end);
	/* A socketpair knows no reset. */
	tcase_add_checked_fixture(tcp, setup, teardown);
	tcase_set_timeout(tcp, 60);
	tcase_add_loop_test(tcp, peer_that_reads_a_trickle_is_reset_at_the_deadline, FIRST_TCP,
			    end);
	tcase_add_loop_test(tcp, peer_that_resets_while_lingering_is_counted, FIRST_TCP, end);
	tcase_add_loop_test(tcp, peer_that_resets_while_greeted_is_counted, FIRST_TCP, end);
	tcase_add_loop_test(tcp, peer_that_has_reset_before_is_counted, FIRST_TCP, end);
	tcase_add_loop_test(tcp, peer_that_has_reset_before_an_empty_greeting_is_counted, FIRST_TCP,
			    end);
	tcase_add_loop_test(tcp, peer_that_closes_before_it_is_greeted_has_left, FIRST_TCP, end);
	tcase_add_loop_test(tcp, peer_that_has_left_is_not_asked_about_in_vain, FIRST_TCP, end);
	tcase_add_loop_test(tcp, peer_that_closes_before_an_empty_greeting_has_not_left, FIRST_TCP,
			    end);
	tcase_add_loop_test(tcp, time_until_we_look_is_not_the_clients, FIRST_TCP, end);
	tcase_add_test(tcp, we_look_as_soon_as_it_is_worth_it);
	tcase_add_loop_test(tcp, short_idle_time_is_kept, FIRST_TCP, end);
	tcase_add_test(tcp, a_turn_looks_at_few_clients);
	tcase_add_test(tcp, hurried_look_is_by_turns_too);
	tcase_add_test(tcp, look_at_a_stop_leaves_nobody_out);
	tcase_add_test(tcp, a_turn_cuts_few_clients);
	tcase_add_test(tcp, a_turn_cuts_few_silent_clients);
	tcase_add_loop_test(tcp, stop_closes_all_and_resets_the_ungreeted, FIRST_TCP, end);
	tcase_add_loop_test(each, want_of_a_watch_for_input_ends_a_session_at_once, 0, end);
	tcase_add_loop_test(each, want_of_a_watch_for_output_ends_a_session_at_once, 0, end);
	tcase_add_loop_test(each, want_of_a_watch_ends_who_stays, 0, end);
	tcase_add_checked_fixture(memory, setup_scarce, teardown);
	tcase_add_test(memory, client_that_closes_at_once_takes_no_watch_and_no_memory);
	tcase_set_timeout(memory, 60);
	tcase_add_loop_test(memory, want_of_memory_ends_one_session_only, 0, GRANTS_MAX);
	tcase_add_loop_test(memory, want_of_memory_at_first_makes_no_sessions, 0, NEEDED_AT_FIRST);
	tcase_add_checked_fixture(great, setup_scarce, teardown);
	tcase_add_loop_test(great, want_of_memory_ends_one_great_greeting_only, 0, GRANTS_MAX);
	tcase_add_checked_fixture(own_great, setup_scarce, teardown);
	tcase_add_loop_test(own_great, want_of_memory_ends_one_own_greeting_only, 0, GRANTS_MAX);
	tcase_add_checked_fixture(scarce, setup_scarce_file, teardown_file);
	tcase_add_loop_test(scarce, want_of_memory_behind_a_reload_ends_one_session_only, 0,
			    GRANTS_MAX);
	tcase_add_checked_fixture(reloads, setup_file, teardown_file);
	tcase_add_loop_test(reloads, who_comes_behind_a_reload_gets_the_new_greeting, 0, end);
	tcase_add_loop_test(reloads, reload_that_fails_changes_nothing, 0, end);
	tcase_add_loop_test(reloads, who_is_being_greeted_at_a_reload_gets_the_whole_old_greeting,
			    0, end);
	tcase_add_loop_test(reloads, who_waits_for_its_turn_at_a_reload_gets_the_old_greeting, 0,
			    end);
	tcase_add_loop_test(reloads, session_with_the_old_greeting_may_outlive_the_greeting, 0,
			    end);
	tcase_add_loop_test(reloads, greeting_may_become_each_clients_own_and_back, 0, end);
	tcase_add_checked_fixture(own, setup, teardown);
	tcase_add_loop_test(own, each_client_hears_of_its_own_ends, 0, end);
	tcase_add_loop_test(own, own_greeting_can_wait_for_the_next_turn, 0, end);
	tcase_add_loop_test(own, slow_readers_get_all_of_their_own_great_greetings, 0, end);
	tcase_add_loop_test(own, own_greeting_of_one_who_has_reset_is_dropped, FIRST_TCP, end);
	return suite_run_at_once(suite);
}
