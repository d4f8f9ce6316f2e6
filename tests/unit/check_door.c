/* SPDX-License-Identifier: ISC */
/* check_door: who is let in, what counts and is told of the others, and what they hear. */
#include "daemon/serve/door.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/log.h"
#include "base/loop.h"
#include "daemon/admit/gate.h"
#include "daemon/options.h"
#include "daemon/say/greeting.h"
#include "daemon/serve/sessions.h"
#include "daemon/tell/stats.h"
#include "lib/capture.h"
#include "lib/memory.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

static struct options options;
static struct stats stats;
static struct event_base *base;
static struct gate *gate;
static int status; /* that gate_new() has left */
static struct door *door;
static struct greeting *greeting;
static struct sessions *sessions;

static void setup(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	options = (struct options){.message = "Hi",
				   .timeout = 15000,
				   .idle = 15000,
				   .source_prefix = {32, 64}};
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
}

static void start(void)
{
	gate = gate_new(&options, true, &status);
	ck_assert_ptr_nonnull(gate);
	door = door_new(base, &options, gate, &stats);
	ck_assert_ptr_nonnull(door);
}

static void closed_cb(void *argument)
{
	(void)argument;
}

/* Makes sessions that the door watches. */
static void start_watching(size_t room)
{
	start();
	greeting = greeting_new(&options);
	sessions = sessions_new(base, &options, greeting, NULL, &stats, room, closed_cb, NULL);
	ck_assert_ptr_nonnull(sessions);
	sessions_count_sources(sessions, gate_leave, gate);
	door_watch(door, sessions);
}

static void teardown(void)
{
	sessions_free(sessions);
	greeting_free(greeting);
	door_free(door);
	gate_free(gate);
	loop_free(base);
}

static struct address address_of(const char *text)
{
	struct address address;

	ck_assert_int_eq(address_from_literal(text, AF_UNSPEC, &address), 0);
	address_set_port(&address, 4242);
	return address;
}

static struct admission ask(const char *from)
{
	struct address address = address_of(from);

	return door_admit(door, &address.any, address.length);
}

/* Lets in a client whose connection stays. */
static struct source *enter(const char *from)
{
	struct admission admission = ask(from);

	ck_assert_int_eq(admission.verdict, VERDICT_ADMITTED);
	return admission.source;
}

static void refuse(const char *from)
{
	struct admission admission = ask(from);

	ck_assert_int_ne(admission.verdict, VERDICT_ADMITTED);
	ck_assert_ptr_null(admission.source);
}

static void deny(const char *network)
{
	options.deny.texts[options.deny.count++] = network;
}

START_TEST(without_options_none_is_turned_away)
{
	start();
	ck_assert(!door_is_guarded(door));
	ck_assert_ptr_null(enter("192.0.2.1"));
	assert_told_nothing();
}
END_TEST

START_TEST(denied_are_counted_and_told_once)
{
	deny("192.0.2.0/24");
	start();
	ck_assert(door_is_guarded(door));
	for (int i = 0; i < 10; i++)
		refuse("192.0.2.1");
	ck_assert_ptr_null(enter("198.51.100.1"));
	ck_assert_uint_eq(stats.denied, 10);
	ck_assert_str_eq(captured(STDERR_FILENO),
			 "192.0.2.1:4242: not let in: denied (more are only counted)\n");
}
END_TEST

START_TEST(too_many_are_counted)
{
	struct source *source;

	options.max_per_source = 1;
	start();
	source = enter("192.0.2.1");
	refuse("192.0.2.1");
	ck_assert_uint_eq(stats.too_many, 1);
	assert_told("192.0.2.1:4242: not let in: too many connections from there (see "
		    "--max-per-source) (more are only counted)\n");
	gate_leave(source, gate);
	gate_leave(enter("192.0.2.1"), gate);
}
END_TEST

START_TEST(too_often_are_counted)
{
	options.rate_per_source = (struct rate){.count = 1, .ms = RATE_MS_MAX};
	start();
	for (int i = 0; i < 2; i++)
		enter("192.0.2.1");
	refuse("192.0.2.1");
	ck_assert_uint_eq(stats.too_often, 1);
	assert_told("not let in: too often from there (see --rate-per-source) ");
}
END_TEST

/* So many sources are open that one has no place. */
START_TEST(uncounted_count_as_failed)
{
	struct address address = address_of("10.0.0.0");
	enum verdict verdict = VERDICT_ADMITTED;

	options.max_per_source = 1;
	start();
	memory_grants = 0;
	for (uint32_t i = 0; i < 1000000 && verdict == VERDICT_ADMITTED; i++) {
		address.ipv4.sin_addr.s_addr = htonl(ntohl(address.ipv4.sin_addr.s_addr) + 1);
		verdict = door_admit(door, &address.any, address.length).verdict;
	}
	memory_grants = -1;
	ck_assert_int_eq(verdict, VERDICT_NO_MEMORY);
	ck_assert_uint_eq(stats.failed, 1);
	assert_told("not let in: no memory to count it ");
}
END_TEST

/* Counts and lines of proxies are their own. */
START_TEST(distrusted_proxies_are_counted_and_told_once)
{
	struct address good = address_of("127.0.0.1"), bad = address_of("192.0.2.1");

	start();
	ck_assert(door_trusts(door, &good.any, good.length));
	assert_told_nothing();
	for (int i = 0; i < 5; i++)
		ck_assert(!door_trusts(door, &bad.any, bad.length));
	ck_assert_uint_eq(stats.distrusted, 5);
	assert_one_error_line("haild: 192.0.2.1:4242: not believed, closed: ");
	assert_told("--proxy-from");
}
END_TEST

START_TEST(datagrams_have_counters_of_their_own)
{
	struct address denied = address_of("192.0.2.1"), other = address_of("198.51.100.1");

	deny("192.0.2.0/24");
	options.datagram_rate = (struct rate){.count = 1, .ms = RATE_MS_MAX};
	start();
	ck_assert(!door_admit_datagram(&denied, door));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(door_admit_datagram(&other, door), i < 2);
	ck_assert_uint_eq(stats.datagrams_denied, 1);
	ck_assert_uint_eq(stats.datagrams_too_often, 1);
	ck_assert_uint_eq(stats.denied + stats.too_often, 0);
	assert_told_nothing(); /* anybody's name can stand on a datagram */
}
END_TEST

/* Asserts what a refused client hears; NULL: nothing. */
static void assert_words(const char *words)
{
	struct bufferevent *output = door_make_refusal(door);
	struct evbuffer *queued;

	ck_assert((output != NULL) == (words != NULL));
	if (!output)
		return;
	queued = bufferevent_get_output(output);
	ck_assert_uint_eq(evbuffer_get_length(queued), strlen(words));
	if (*words)
		ck_assert_mem_eq(evbuffer_pullup(queued, -1), words, strlen(words));
	ck_assert_int_eq(bufferevent_get_enabled(output), 0);
	ck_assert_int_eq((int)bufferevent_getfd(output), -1);
	bufferevent_free(output);
}

static const char *const refusals[] = {NULL, "", "no", "{peer}\n"};

START_TEST(refusal_has_its_words)
{
	options.refusal = refusals[_i];
	start();
	assert_words(refusals[_i]);
}
END_TEST

/* An eighth of the room, and one more. */
START_TEST(few_hear_the_refusal)
{
	options.refusal = "no";
	start_watching(16);
	for (stats.refused_open = 0; stats.refused_open <= 2; stats.refused_open++)
		assert_words("no");
	assert_words(NULL);
	stats.refused_open = 0;
}
END_TEST

/* Makes what is said with so much memory. */
static bool make_refusal(int granted)
{
	struct bufferevent *output;

	grants = granted;
	output = door_make_refusal(door);
	grants = -1;
	if (output)
		bufferevent_free(output);
	return output != NULL;
}

START_TEST(want_of_memory_says_nothing)
{
	int granted = 0;

	options.refusal = "no";
	start();
	while (!make_refusal(granted))
		ck_assert_int_lt(++granted, 20);
	ck_assert_int_gt(granted, 0);
}
END_TEST

START_TEST(want_of_memory_makes_no_door)
{
	gate = gate_new(&options, true, &status);
	memory_grants = 0;
	door = door_new(base, &options, gate, &stats);
	memory_grants = -1;
	ck_assert_ptr_null(door);
}
END_TEST

static bool is_ended(void *argument)
{
	struct peer *peer = argument;

	peer_receive(peer, SIZE_MAX);
	return peer->ended || peer->error;
}

/* The peer has closed, but haild looks for that only some time later. */
START_TEST(closed_clients_are_not_too_many)
{
	struct source *stays;
	struct peer peer;
	int fd;

	options.max_per_source = 2;
	start_watching(10);
	stays = enter("192.0.2.1");
	peer = peer_pair(AF_INET, &fd, 0);
	sessions_expect_from(sessions, enter("192.0.2.1"));
	ck_assert(sessions_greet(sessions, fd, NULL, NULL));
	ck_assert(is_ended(&peer));
	peer_close(&peer);
	gate_leave(enter("192.0.2.1"), gate);
	ck_assert_uint_eq(sessions_open(sessions), 0);
	ck_assert_uint_eq(stats.too_many, 0);
	gate_leave(stays, gate);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("door");
	TCase *counted = suite_case(suite, "counted"), *words = suite_case(suite, "words");

	tcase_add_checked_fixture(counted, setup, teardown);
	tcase_add_test(counted, without_options_none_is_turned_away);
	tcase_add_test(counted, denied_are_counted_and_told_once);
	tcase_add_test(counted, too_many_are_counted);
	tcase_add_test(counted, too_often_are_counted);
	tcase_add_test(counted, uncounted_count_as_failed);
	tcase_add_test(counted, distrusted_proxies_are_counted_and_told_once);
	tcase_add_test(counted, datagrams_have_counters_of_their_own);
	tcase_add_test(counted, closed_clients_are_not_too_many);
	tcase_add_checked_fixture(words, setup, teardown);
	tcase_add_loop_test(words, refusal_has_its_words, 0, COUNT_OF(refusals));
	tcase_add_test(words, few_hear_the_refusal);
	tcase_add_test(words, want_of_memory_says_nothing);
	tcase_add_test(words, want_of_memory_makes_no_door);
	return suite_run(suite);
}
