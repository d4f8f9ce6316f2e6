/* SPDX-License-Identifier: ISC */
/* check_proxies: who is greeted for a proxy, as whom, what is logged, and what a bad header does.
 */
#include "daemon/serve/proxies.h"

#include "daemon/serve/door.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/descriptors.h"
#include "base/log.h"
#include "base/loop.h"
#include "daemon/admit/gate.h"
#include "daemon/options.h"
#include "daemon/say/greeting.h"
#include "daemon/serve/hearing.h"
#include "daemon/serve/sessions.h"
#include "daemon/tell/stats.h"
#include "lib/capture.h"
#include "lib/extensions.h"
#include "lib/memory.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

/* A header, and the ends of the connection that it names; NULL: none, the socket's count. */
struct sample {
	const char *bytes;
	size_t size;
	const char *peer, *local;
	bool is_own; /* the connection is the proxy's */
};

#define BYTES(text) text, sizeof(text) - 1
#define V2 "\r\n\r\n\0\r\nQUIT\n"

static const struct sample samples[] = {
	{BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"), "192.0.2.1:56324",
	 "198.51.100.2:443", false},
	{BYTES("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n"), "[2001:db8::1]:1",
	 "[2001:db8::2]:65535", false},
	{BYTES("PROXY UNKNOWN\r\n"), NULL, NULL, false},
	{BYTES(V2 "\x21\x11\0\x0C\xC0\0\x02\x01\xC6\x33\x64\x02\xDC\x04\x01\xBB"),
	 "192.0.2.1:56324", "198.51.100.2:443", false},
	{BYTES(V2 "\x21\x21\0\x24"
		  "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01"
		  "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x02\0\x01\xFF\xFF"),
	 "[2001:db8::1]:1", "[2001:db8::2]:65535", false},
	{BYTES(V2 "\x21\0\0\0"), NULL, NULL, false},
	{BYTES(V2 "\x20\0\0\0"), NULL, NULL, true},
	{BYTES(V2 "\x20\x11\0\x0C\xC0\0\x02\x01\xC6\x33\x64\x02\xDC\x04\x01\xBB"), NULL, NULL,
	 true},
};
enum { NAMED, UNNAMED = 2, OWN = 6 };

static const int families[] = {AF_UNIX, AF_INET, AF_INET6};

static struct options options;
static struct stats stats;
static struct event_base *base;
static struct greeting *greeting;
static struct gate *gate;
static struct door *door;
static struct proxies *proxies;
static struct sessions *sessions;
static unsigned closed;	 /* how often the callback was called */
static bool copies_fail; /* strdup() finds no memory */

/* The ends of the connection made last, as the peer has them. */
static char mine[ADDRESS_TEXT_MAX], theirs[ADDRESS_TEXT_MAX];

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

char *__wrap_strdup(const char *text)
{
	return copies_fail ? NULL : __real_strdup(text);
}

/* Asserts nothing: there may be no memory for that. */
static void closed_cb(void *argument)
{
	++*(unsigned *)argument;
}

/* NULL: nobody is denied. */
static void setup_with(const char *denied)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	options = (struct options){.message = "{peer} {local} {proxy}",
				   .expand = true,
				   .timeout = 15000,
				   .idle = 15000};
	if (denied)
		options.deny = (struct cli_list){.texts = {denied}, .count = 1};
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	greeting = greeting_new(&options);
	ck_assert_ptr_nonnull(greeting);
	gate = gate_new(&options, false, &(int){0});
	ck_assert_ptr_nonnull(gate);
	door = door_new(base, &options, gate, &stats);
	ck_assert_ptr_nonnull(door);
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_DEBUG);
}

static void setup(void)
{
	setup_with(NULL);
}

static void start(void)
{
	proxies = proxies_new(&options, door, &stats);
	ck_assert_ptr_nonnull(proxies);
	sessions = sessions_new(base, &options, greeting, proxies_hearing(proxies), &stats, 100,
				closed_cb, &closed);
	ck_assert_ptr_nonnull(sessions);
}

static void setup_started(void)
{
	setup();
	start();
}

static void setup_denying(void)
{
	setup_with("192.0.2.1");
	start();
}

static void teardown(void)
{
	sessions_free(sessions);
	proxies_free(proxies);
	door_free(door);
	gate_free(gate);
	greeting_free(greeting);
	loop_free(base);
}

static void say(struct peer *peer, const char *bytes, size_t count)
{
	ck_assert_int_eq(send(peer->fd, bytes, count, MSG_NOSIGNAL), (ssize_t)count);
}

/* Hears the other end of a connection, whose name without a header is `name`. */
static void hear(int fd, const char *name)
{
	ck_assert(sessions_hear_first(sessions, fd, name));
}

/* Makes a connection. */
static struct peer connect_peer(int family, int *fd)
{
	struct peer peer = peer_pair(family, fd, 0);
	struct address own = bound_address(peer.fd), to = bound_address(*fd);

	address_format(&own, mine, sizeof mine);
	address_format(&to, theirs, sizeof theirs);
	return peer;
}

/* Makes a proxy that has said these bytes when it comes. */
static struct peer come_with(int family, const char *bytes, size_t count)
{
	int fd;
	struct peer peer = connect_peer(family, &fd);

	say(&peer, bytes, count);
	hear(fd, "proxy");
	return peer;
}

static bool is_ended(void *peer)
{
	peer_receive(peer, SIZE_MAX);
	return ((struct peer *)peer)->ended || ((struct peer *)peer)->error;
}

static void wait_for_end(struct peer *peer)
{
	ck_assert(run_until(base, is_ended, peer, PATIENCE_MS));
}

static bool is_closed(void *count)
{
	return closed >= *(unsigned *)count;
}

static void wait_for_closed(unsigned count)
{
	ck_assert_msg(run_until(base, is_closed, &count, PATIENCE_MS), "%u of %u closed", closed,
		      count);
}

/* Asserts every counter of connections; those that are not named are 0. */
static void assert_stats(struct stats wanted)
{
	wanted.bytes_sent = stats.bytes_sent;
	memcpy(wanted.lives, stats.lives, sizeof wanted.lives);
	wanted.lives_ms = stats.lives_ms;
#define SAME(name, kind, help)                                                                     \
	ck_assert_msg(stats.name == wanted.name, #name " is %lu, not %lu",                         \
		      (unsigned long)stats.name, (unsigned long)wanted.name);
	STATS_ALL(SAME)
#undef SAME
}

#define ASSERT_STATS(...) assert_stats((struct stats){__VA_ARGS__})

/* Waits for the peer's greeting, and asserts that it is as the header says. */
static void assert_greeted_as(struct peer *peer, const struct sample *sample)
{
	char text[3 * ADDRESS_TEXT_MAX];

	snprintf(text, sizeof text, "%s %s %s", sample->peer ? sample->peer : mine,
		 sample->local ? sample->local : theirs, mine);
	wait_for_end(peer);
	assert_greeted(peer, text, strlen(text));
}

/* Asserts that the peer has heard nothing, and was reset. */
static void assert_refused(struct peer *peer)
{
	wait_for_end(peer);
	ck_assert_uint_eq(peer->length, 0);
	ck_assert_int_ne(peer->error, 0);
}

/* Every header, over every kind of connection. */
enum { SAMPLES = COUNT_OF(samples) };

START_TEST(header_at_once)
{
	const struct sample *sample = &samples[_i % SAMPLES];
	struct peer peer = come_with(families[_i / SAMPLES], sample->bytes, sample->size);

	assert_greeted_as(&peer, sample);
	peer_close(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .proxied = sample->peer != NULL, .proxied_local = !sample->peer);
}
END_TEST

START_TEST(header_byte_by_byte)
{
	const struct sample *sample = &samples[_i % SAMPLES];
	struct peer peer = come_with(families[_i / SAMPLES], sample->bytes, 1);

	for (size_t i = 1; i < sample->size; i++) {
		ck_assert_int_ge(event_base_loop(base, EVLOOP_NONBLOCK), 0);
		ck_assert_uint_eq(peer_receive(&peer, SIZE_MAX), 0);
		ck_assert(!peer.ended);
		ck_assert_uint_eq(stats.proxied + stats.proxied_local, 0);
		say(&peer, sample->bytes + i, 1);
	}
	assert_greeted_as(&peer, sample);
	peer_close(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .proxied = sample->peer != NULL, .proxied_local = !sample->peer);
}
END_TEST

/* What the client has said stands after the header, in its segment and in others. */
START_TEST(header_with_the_clients_bytes)
{
	enum { MORE = 60000 };
	const struct sample *sample = &samples[_i % SAMPLES];
	size_t half = sample->size / 2;
	struct peer peer = come_with(families[_i / SAMPLES], sample->bytes, half);
	char segment[200] = {0};

	ck_assert_int_ge(event_base_loop(base, EVLOOP_NONBLOCK), 0);
	memcpy(segment, sample->bytes + half, sample->size - half);
	say(&peer, segment, sizeof segment);
	ck_assert_uint_eq(peer_send(&peer, MORE), MORE);
	assert_greeted_as(&peer, sample);
	peer_close(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .proxied = sample->peer != NULL, .proxied_local = !sample->peer,
		     .bytes_discarded = MORE + sizeof segment - (sample->size - half));
}
END_TEST

/* The client's end of the stream may come with the header. */
START_TEST(header_and_half_close)
{
	struct peer peer;
	int fd;

	peer = connect_peer(families[_i], &fd);
	say(&peer, samples[NAMED].bytes, samples[NAMED].size);
	ck_assert_int_eq(shutdown(peer.fd, SHUT_WR), 0);
	hear(fd, "proxy");
	assert_greeted_as(&peer, &samples[NAMED]);
	wait_for_closed(1);
	ASSERT_STATS(.greeted = 1, .proxied = 1);
	peer_close(&peer);
}
END_TEST

/* Nobody is left to greet, or has an address: HAProxy checks so. */
START_TEST(header_and_reset)
{
	int fd;
	struct peer peer = connect_peer(AF_INET, &fd);
	const struct sample *sample = &samples[_i];

	say(&peer, sample->bytes, sample->size);
	peer_reset(&peer);
	hear(fd, "proxy");
	ck_assert_uint_eq(closed, 1);
	ASSERT_STATS(.header_left = 1);
	assert_told("closed: proxy proxy: reset in prelude, 0 bytes sent, 0 discarded, ");
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "\n"), 1);
}
END_TEST

/* Not one of them begins with a whole header. */
static const struct {
	const char *bytes;
	size_t size;
	const char *why;
} bad_headers[] = {
	{BYTES("GET / HTTP/1.0\r\n\r\n"), "no PROXY header"},
	{BYTES("\0"), "no PROXY header"},
	{BYTES(V2 "\x11\x11\0\x0C"), "version"},
	{BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n"), ""},
	{BYTES("PROXY TCP4 192.0.2.256 198.51.100.2 56324 443\r\n"), ""},
};

START_TEST(bad_header)
{
	struct peer peer = come_with(AF_INET, bad_headers[_i].bytes, bad_headers[_i].size), other;
	char line[ADDRESS_TEXT_MAX + 32];

	ck_assert_uint_eq(closed, 1);
	assert_refused(&peer);
	snprintf(line, sizeof line, "haild: %s: bad PROXY header: ", mine);
	assert_told(line);
	assert_told(bad_headers[_i].why);
	assert_told("; closed (more are only counted, as header_bad)\n");
	assert_told("closed: proxy proxy: bad prelude, 0 bytes sent, 0 discarded, ");
	capture_clear(STDERR_FILENO);
	other = come_with(AF_INET, bad_headers[_i].bytes, bad_headers[_i].size);
	assert_refused(&other);
	ASSERT_STATS(.header_bad = 2);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "bad PROXY header"), 0);
	peer_close(&other);
	peer_close(&peer);
}
END_TEST

/* As checks do: that is no news. */
START_TEST(left_before_the_header)
{
	struct peer peer = come_with(families[_i], samples[0].bytes, (size_t)_i);

	peer_close(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.header_left = 1);
	assert_told("closed: proxy proxy: left in prelude, 0 bytes sent, 0 discarded, ");
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "\n"), 1);
}
END_TEST

START_TEST(reset_before_the_header)
{
	struct peer peer = come_with(AF_INET, "PROXY ", 6);

	peer_reset(&peer);
	wait_for_closed(1);
	ASSERT_STATS(.header_left = 1);
	assert_told("closed: proxy proxy: reset in prelude, 0 bytes sent, 0 discarded, ");
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "\n"), 1);
}
END_TEST

/* The line says how long there was, and comes once for many. */
static void miss_headers(uint64_t timeout, const char *within)
{
	struct peer peers[3];
	char line[80];

	options.timeout = timeout;
	start();
	for (int i = 0; i < 3; i++)
		peers[i] = come_with(AF_INET, samples[i].bytes, samples[i].size - 1);
	for (int i = 0; i < 3; i++) {
		assert_refused(&peers[i]);
		peer_close(&peers[i]);
	}
	ASSERT_STATS(.header_missing = 3);
	snprintf(line, sizeof line, ": no PROXY header within %s; closed. HAProxy needs ", within);
	assert_told(line);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "no PROXY header"), 1);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), ": timed out in prelude, 0 bytes"),
			 3);
}

START_TEST(header_that_does_not_come)
{
	miss_headers(60000, "3s");
}
END_TEST

START_TEST(header_that_does_not_come_in_a_short_life)
{
	miss_headers(100, "100ms");
}
END_TEST

START_TEST(freed_while_headers_are_awaited)
{
	size_t before = descriptors_count_open(descriptors_limit());
	struct peer peer;

	peer = come_with(AF_INET, "PROXY ", 6);
	sessions_free(sessions);
	sessions = NULL;
	assert_refused(&peer);
	peer_close(&peer);
	ASSERT_STATS(.stopped = 1);
	ck_assert_uint_eq(descriptors_count_open(descriptors_limit()) + HAS_CLOSING_EPOLL, before);
}
END_TEST

START_TEST(nothing_need_be_freed)
{
	proxies_free(NULL);
}
END_TEST

/* A plain client is greeted at once, in the same room. */
START_TEST(plain_clients_stand_beside)
{
	struct peer proxy = come_with(AF_INET, "PROXY ", 6), peer;
	char text[3 * ADDRESS_TEXT_MAX];
	int fd;

	peer = connect_peer(AF_INET, &fd);
	ck_assert(sessions_greet(sessions, fd, NULL, NULL));
	wait_for_end(&peer);
	snprintf(text, sizeof text, "%s %s ", mine, theirs);
	assert_greeted(&peer, text, strlen(text));
	ck_assert_uint_eq(sessions_open(sessions), 2);
	peer_close(&peer);
	peer_close(&proxy);
	wait_for_closed(2);
	ASSERT_STATS(.greeted = 1, .header_left = 1);
}
END_TEST

/* What the log says of each sample, at each level. */
static const struct {
	int sample;
	enum log_level level;
	const char *before, *after; /* the proxy's address, where somebody connects; or NULL */
	bool closed;
} told[] = {
	{NAMED, LOG_LEVEL_WARNING, NULL, NULL, false},
	{NAMED, LOG_LEVEL_INFO, "connected: 192.0.2.1:56324 by ", "\n", false},
	{NAMED, LOG_LEVEL_DEBUG, "connected: 192.0.2.1:56324 by ", "\n", true},
	{UNNAMED, LOG_LEVEL_WARNING, NULL, NULL, false},
	{UNNAMED, LOG_LEVEL_INFO, "connected: ", ", a proxy that names no client\n", false},
	{UNNAMED, LOG_LEVEL_DEBUG, "connected: ", ", a proxy that names no client\n", true},
	{OWN, LOG_LEVEL_WARNING, NULL, NULL, false},
	{OWN, LOG_LEVEL_INFO, NULL, NULL, false},
	{OWN, LOG_LEVEL_DEBUG, "connected: ", ", a proxy's own\n", true},
};

START_TEST(log_says_who_is_greeted)
{
	const struct sample *sample = &samples[told[_i].sample];
	char line[2 * ADDRESS_TEXT_MAX];
	struct peer peer;
	int fd;

	log_open("haild", told[_i].level);
	peer = connect_peer(AF_INET, &fd);
	say(&peer, sample->bytes, sample->size);
	hear(fd, told[_i].level == LOG_LEVEL_DEBUG ? mine : NULL);
	wait_for_end(&peer);
	peer_close(&peer);
	wait_for_closed(1);
	if (told[_i].before) {
		snprintf(line, sizeof line, "%s%s%s", told[_i].before, mine, told[_i].after);
		assert_told(line);
	}
	if (told[_i].closed) {
		snprintf(line, sizeof line, "closed: %s: done, ",
			 sample->peer ? sample->peer : mine);
		assert_told(line);
	}
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "\n"),
			 (told[_i].before != NULL) + told[_i].closed);
}
END_TEST

/* A header may name the proxy's own address: that is a client all the same. */
START_TEST(log_says_a_client_at_the_proxys_address)
{
	char line[3 * ADDRESS_TEXT_MAX];
	struct peer peer;
	struct address own;
	int fd;

	peer = connect_peer(AF_INET, &fd);
	own = bound_address(peer.fd);
	snprintf(line, sizeof line, "PROXY TCP4 127.0.0.1 127.0.0.1 %u 80\r\n", address_port(&own));
	say(&peer, line, strlen(line));
	hear(fd, mine);
	wait_for_end(&peer);
	snprintf(line, sizeof line, "connected: %s by %s\n", mine, mine);
	assert_told(line);
	peer_close(&peer);
}
END_TEST

/* A client either has its greeting or was reset, and the next one has its greeting. */
static bool serve_scarcely(int *scarce, int granted)
{
	const struct sample *sample = &samples[NAMED];
	unsigned before = closed;
	int lowest = lowest_descriptor(), fd;
	struct peer peer = connect_peer(AF_INET, &fd);
	bool taken, is_greeted;

	say(&peer, sample->bytes, sample->size - 1);
	*scarce = granted;
	taken = sessions_hear_first(sessions, fd, "proxy");
	if (taken) {
		(void)send(peer.fd, "\n", 1, MSG_NOSIGNAL);
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
	}
	*scarce = -1;
	wait_for_end(&peer);
	is_greeted = peer.length > 0;
	if (is_greeted)
		assert_greeted_as(&peer, sample);
	peer_close(&peer);
	if (taken)
		wait_for_closed(before + 1);
	ck_assert_uint_eq(sessions_open(sessions), 0);
	ck_assert_int_eq(lowest_descriptor(), lowest);
	return is_greeted;
}

static void lack_memory(int *scarce)
{
	int granted = 0;
	struct peer peer;

	while (!serve_scarcely(scarce, granted))
		ck_assert_int_lt(++granted, 40);
	ck_assert_int_gt(granted, 0);
	ck_assert_uint_ge(stats.failed, (uint64_t)granted);
	peer = come_with(AF_INET, samples[NAMED].bytes, samples[NAMED].size);
	assert_greeted_as(&peer, &samples[NAMED]);
	peer_close(&peer);
}

START_TEST(want_of_our_memory_ends_one)
{
	lack_memory(&memory_grants);
}
END_TEST

START_TEST(want_of_libevents_memory_ends_one)
{
	lack_memory(&grants);
}
END_TEST

/* Whoever may not come is counted as that alone, and named if there is memory for the name. */
START_TEST(denied_once_with_or_without_a_name)
{
	const struct sample *sample = &samples[NAMED];
	int fd;
	struct peer peer = connect_peer(AF_INET, &fd);

	say(&peer, sample->bytes, sample->size - 1);
	hear(fd, "proxy");
	copies_fail = _i == 1;
	say(&peer, "\n", 1);
	wait_for_closed(1);
	copies_fail = false;
	wait_for_end(&peer);
	ck_assert_uint_eq(peer.length, 0);
	ASSERT_STATS(.proxied = 1, .denied = 1);
	assert_told(_i == 1 ? "closed: proxy: refused, 0 bytes"
			    : "closed: 192.0.2.1:56324: refused, 0 bytes");
	peer_close(&peer);
}
END_TEST

START_TEST(want_of_memory_makes_none)
{
	memory_grants = 0;
	proxies = proxies_new(&options, door, &stats);
	memory_grants = -1;
	ck_assert_ptr_null(proxies);
}
END_TEST

/* Makes the sessions with so much memory. */
static bool make_sessions(int *scarce, int granted)
{
	*scarce = granted;
	sessions = sessions_new(base, &options, greeting, proxies_hearing(proxies), &stats, 100,
				closed_cb, &closed);
	*scarce = -1;
	return sessions != NULL;
}

START_TEST(want_of_memory_makes_no_sessions)
{
	int *scarce = _i == 0 ? &grants : &memory_grants, granted = 0;

	proxies = proxies_new(&options, door, &stats);
	ck_assert_ptr_nonnull(proxies);
	while (!make_sessions(scarce, granted))
		ck_assert_int_lt(++granted, 40);
	ck_assert_int_gt(granted, 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proxies");
	TCase *headers = suite_case(suite, "headers"), *refused = suite_case(suite, "refused");
	TCase *times = suite_case(suite, "times"), *lines = suite_case(suite, "log");
	TCase *lack = suite_case(suite, "lack"), *none = suite_case(suite, "none");
	TCase *denied = suite_case(suite, "denied");
	int kinds = ipv6_works() ? COUNT_OF(families) : COUNT_OF(families) - 1;

	tcase_add_checked_fixture(headers, setup_started, teardown);
	tcase_add_loop_test(headers, header_at_once, 0, kinds * SAMPLES);
	tcase_add_loop_test(headers, header_byte_by_byte, 0, kinds * SAMPLES);
	tcase_add_loop_test(headers, header_with_the_clients_bytes, 0, kinds * SAMPLES);
	tcase_add_loop_test(headers, header_and_half_close, 0, kinds);
	tcase_add_test(headers, plain_clients_stand_beside);

	tcase_add_checked_fixture(refused, setup_started, teardown);
	tcase_add_loop_test(refused, header_and_reset, 0, SAMPLES);
	tcase_add_loop_test(refused, bad_header, 0, COUNT_OF(bad_headers));
	tcase_add_loop_test(refused, left_before_the_header, 0, kinds);
	tcase_add_test(refused, reset_before_the_header);
	tcase_add_test(refused, freed_while_headers_are_awaited);

	tcase_add_checked_fixture(times, setup, teardown);
	tcase_add_test(times, header_that_does_not_come);
	tcase_add_test(times, header_that_does_not_come_in_a_short_life);

	tcase_add_checked_fixture(lines, setup_started, teardown);
	tcase_add_loop_test(lines, log_says_who_is_greeted, 0, COUNT_OF(told));
	tcase_add_test(lines, log_says_a_client_at_the_proxys_address);

	tcase_add_checked_fixture(lack, setup_started, teardown);
	tcase_add_test(lack, want_of_our_memory_ends_one);
	tcase_add_test(lack, want_of_libevents_memory_ends_one);

	tcase_add_checked_fixture(denied, setup_denying, teardown);
	tcase_add_loop_test(denied, denied_once_with_or_without_a_name, 0, 2);

	tcase_add_checked_fixture(none, setup, teardown);
	tcase_add_test(none, want_of_memory_makes_none);
	tcase_add_loop_test(none, want_of_memory_makes_no_sessions, 0, 2);
	tcase_add_test(none, nothing_need_be_freed);
	return suite_run_at_once(suite);
}
