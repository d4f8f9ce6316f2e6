/* SPDX-License-Identifier: ISC */
/* check_hearing: clients that must say something first: what comes of it, and who is cut when. */
#include "daemon/serve/hearing.h"

#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/log.h"
#include "base/loop.h"
#include "daemon/options.h"
#include "daemon/say/ends.h"
#include "daemon/say/greeting.h"
#include "daemon/serve/session.h"
#include "daemon/serve/sessions.h"
#include "daemon/tell/stats.h"
#include "lib/capture.h"
#include "lib/peers.h"
#include "lib/suite.h"

/* What clients must say here: one letter. A full stop is bad. */
static void begin(void *parser)
{
	*(char *)parser = '\0';
}

static enum prelude_verdict take(void *parser, const char *bytes, size_t count, size_t *used)
{
	ck_assert_uint_gt(count, 0);
	*used = 1;
	*(char *)parser = *bytes;
	return *bytes == '.' ? PRELUDE_BAD : PRELUDE_WHOLE;
}

static const struct prelude_kind kind = {
	.size = 1, .most = 4, .ms = 150, .begin = begin, .take = take};

static struct options options;
static struct stats stats;
static struct event_base *base;
static struct greeting *greeting;
static struct sessions *sessions;
static size_t room; /* for sessions */
static struct hearing hearing;
static unsigned closed, heard, missed;
static enum ending ending;		      /* that hearing_missed_cb was told */
static struct address named, reached, passer; /* what hearing has told; length 0: not */
static const char *name;		      /* that a client has once it is heard, or NULL */
static bool lacks_memory;

static struct end end_at(const struct address *address)
{
	return (struct end){&address->any, address->length};
}

static bool heard_cb(struct session *session, enum prelude_verdict verdict, const void *parser,
		     void *argument)
{
	ck_assert_ptr_eq(argument, &heard);
	heard++;
	if (lacks_memory)
		return false;
	ck_assert_int_eq(*(const char *)parser == '.', verdict == PRELUDE_BAD);
	if (verdict == PRELUDE_WHOLE)
		return (!name || session_rename(session, name)) &&
		       session_greet_heard(session, &(struct ends){.peer = end_at(&named),
								   .local = end_at(&reached),
								   .proxy = end_at(&passer)});
	session_close(session, ENDING_BAD_PRELUDE);
	return true;
}

static void missed_cb(const struct session *session, enum ending how, void *argument)
{
	ck_assert_ptr_eq(argument, &heard);
	ck_assert_int_ge(session_socket(session), 0);
	missed++;
	ending = how;
}

static void closed_cb(void *argument)
{
	ck_assert_ptr_eq(argument, &closed);
	closed++;
}

static void setup(void)
{
	options = (struct options){.message = "{peer}/{local}/{proxy}",
				   .expand = true,
				   .timeout = 15000,
				   .idle = 15000};
	hearing = (struct hearing){.prelude = &kind,
				   .heard = heard_cb,
				   .missed = missed_cb,
				   .argument = &heard,
				   .role = "letter"};
	room = 10;
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_DEBUG);
}

static void start(void)
{
	greeting = greeting_new(&options);
	ck_assert_ptr_nonnull(greeting);
	capture_clear(STDERR_FILENO);
	sessions = sessions_new(base, &options, greeting, &hearing, &stats, room, closed_cb,
				&closed);
	ck_assert_ptr_nonnull(sessions);
}

static void teardown(void)
{
	sessions_free(sessions);
	greeting_free(greeting);
	loop_free(base);
}

static void say(struct peer *peer, const char *words)
{
	ck_assert_int_eq(send(peer->fd, words, strlen(words), MSG_NOSIGNAL),
			 (ssize_t)strlen(words));
}

/* Makes a client that has said these words when it comes. */
static struct peer come_with(const char *words)
{
	int fd;
	struct peer peer = peer_pair(AF_INET, &fd, 0);

	say(&peer, words);
	ck_assert(sessions_hear_first(sessions, fd, "peer"));
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

static bool is_closed(void *argument)
{
	(void)argument;
	return closed > 0;
}

static void wait_for_closed(void)
{
	ck_assert(run_until(base, is_closed, NULL, PATIENCE_MS));
}

/* Asserts that the client was greeted with these texts; NULL: as the socket knows it. */
static void assert_told_of(struct peer *peer, const char *client, const char *local,
			   const char *proxy)
{
	struct address own = bound_address(peer->fd), to = {.length = sizeof to.room};
	char text[3 * ADDRESS_TEXT_MAX], mine[ADDRESS_TEXT_MAX], theirs[ADDRESS_TEXT_MAX];

	ck_assert_int_eq(getpeername(peer->fd, &to.any, &to.length), 0);
	address_format(&own, mine, sizeof mine);
	address_format(&to, theirs, sizeof theirs);
	snprintf(text, sizeof text, "%s/%s/%s", client ? client : mine, local ? local : theirs,
		 proxy);
	wait_for_end(peer);
	assert_greeted(peer, text, strlen(text));
}

static void read_address(const char *host, uint16_t port, struct address *address)
{
	ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, address), 0);
	address_set_port(address, port);
}

/* What it has said is decided on before sessions_hear_first() returns. */
START_TEST(said_already_is_answered_at_once)
{
	struct peer peer;

	start();
	peer = come_with("a");
	ck_assert_uint_eq(heard, 1);
	assert_told_of(&peer, NULL, NULL, "");
	peer_close(&peer);
	wait_for_closed();
	ck_assert_uint_eq(stats.greeted, 1);
	ck_assert_uint_eq(stats.bytes_discarded, 0);
	ck_assert_uint_eq(missed, 0);
	assert_told("closed: peer: done, ");
}
END_TEST

START_TEST(said_later_is_answered_then)
{
	struct peer peer;

	start();
	peer = come_with("");
	run_for(base, 20);
	ck_assert_uint_eq(heard, 0);
	ck_assert_uint_eq(peer_receive(&peer, SIZE_MAX), 0);
	say(&peer, "a");
	assert_told_of(&peer, NULL, NULL, "");
	peer_close(&peer);
	wait_for_closed();
	ck_assert_uint_eq(heard, 1);
}
END_TEST

/* Nothing is decided before the loop's next turn, whatever it has said. */
START_TEST(it_can_wait_for_the_next_turn)
{
	int fd;
	struct peer peer = peer_pair(AF_INET, &fd, 0);

	start();
	say(&peer, "a");
	ck_assert(sessions_hear_first_later(sessions, fd, "peer"));
	ck_assert_uint_eq(heard, 0);
	ck_assert_uint_eq(peer_receive(&peer, SIZE_MAX), 0);
	assert_told_of(&peer, NULL, NULL, "");
	peer_close(&peer);
	wait_for_closed();
}
END_TEST

/* Of the ends, the greeting has those that are known; the log has the new name. */
START_TEST(greeting_names_the_ends_given)
{
	struct peer peer;

	start();
	name = "someone";
	read_address("192.0.2.1", 7, &named);
	read_address("203.0.113.3", 9, &passer);
	peer = come_with("a");
	assert_told_of(&peer, "192.0.2.1:7", NULL, "203.0.113.3:9");
	peer_close(&peer);
	wait_for_closed();
	assert_told("closed: someone: done, ");
	read_address("2001:db8::1", 8, &reached);
	peer = come_with("a");
	assert_told_of(&peer, "192.0.2.1:7", "[2001:db8::1]:8", "203.0.113.3:9");
	peer_close(&peer);
}
END_TEST

/* One that must say nothing is told what the socket knows, whoever was greeted before. */
START_TEST(plain_client_hears_of_no_proxy)
{
	struct peer peer;
	int fd;

	start();
	read_address("192.0.2.1", 7, &named);
	read_address("2001:db8::1", 8, &reached);
	read_address("203.0.113.3", 9, &passer);
	peer = come_with("a");
	assert_told_of(&peer, "192.0.2.1:7", "[2001:db8::1]:8", "203.0.113.3:9");
	peer_close(&peer);
	peer = peer_pair(AF_INET, &fd, 0);
	ck_assert(sessions_greet(sessions, fd, NULL, NULL));
	assert_told_of(&peer, NULL, NULL, "");
	peer_close(&peer);
}
END_TEST

/* Of one whose address is handed down, the socket is asked only for the other end. */
START_TEST(plain_client_is_who_it_is_told_to_be)
{
	struct address teller;
	struct peer peer;
	int fd;

	start();
	read_address("198.51.100.9", 5, &teller);
	peer = peer_pair(AF_INET, &fd, 0);
	ck_assert(sessions_greet(sessions, fd, &(struct ends){.peer = end_at(&teller)}, NULL));
	assert_told_of(&peer, "198.51.100.9:5", NULL, "");
	peer_close(&peer);
}
END_TEST

/* What follows is thrown away and counted, whether or not it comes in the same segment. */
START_TEST(rest_is_discarded)
{
	struct peer peer;

	start();
	peer = come_with("abcdef");
	assert_told_of(&peer, NULL, NULL, "");
	ck_assert_uint_eq(peer_send(&peer, 100), 100);
	peer_close(&peer);
	wait_for_closed();
	ck_assert_uint_eq(stats.bytes_discarded, 105);
	assert_told(" bytes sent, 105 discarded, ");
}
END_TEST

START_TEST(bad_one_is_closed_as_it_is_heard)
{
	struct peer peer;

	start();
	peer = come_with(".");
	ck_assert_uint_eq(closed, 1);
	wait_for_end(&peer);
	ck_assert_uint_eq(peer.length, 0);
	ck_assert_int_ne(peer.error, 0);
	ck_assert_uint_eq(stats.header_bad, 1);
	ck_assert_uint_eq(missed, 0);
	assert_told("closed: letter peer: bad prelude, 0 bytes sent, 0 discarded, ");
	peer_close(&peer);
}
END_TEST

START_TEST(want_of_memory_ends_it)
{
	struct peer peer;

	start();
	lacks_memory = true;
	peer = come_with("a");
	ck_assert_uint_eq(closed, 1);
	wait_for_end(&peer);
	ck_assert_int_ne(peer.error, 0);
	ck_assert_uint_eq(stats.failed, 1);
	peer_close(&peer);
}
END_TEST

START_TEST(one_that_leaves_is_missed)
{
	struct peer peer;

	start();
	peer = come_with("");
	if (_i == 0)
		peer_close(&peer);
	else
		peer_reset(&peer);
	wait_for_closed();
	ck_assert_uint_eq(missed, 1);
	ck_assert_int_eq(ending, _i == 0 ? ENDING_LEFT_PRELUDE : ENDING_RESET_PRELUDE);
	ck_assert_uint_eq(stats.header_left, 1);
	ck_assert_uint_eq(heard, 0);
}
END_TEST

/* Nobody need want to know. */
START_TEST(one_may_be_missed_by_nobody)
{
	struct peer peer;

	hearing.missed = NULL;
	start();
	peer = come_with("");
	peer_close(&peer);
	wait_for_closed();
	ck_assert_uint_eq(stats.header_left, 1);
}
END_TEST

/* The time is that of the prelude, or of all of its life if that is shorter. */
START_TEST(silent_one_is_cut_in_time)
{
	struct peer peer;

	if (_i == 1)
		options.timeout = 50;
	start();
	peer = come_with("");
	wait_for_end(&peer);
	ck_assert_int_ne(peer.error, 0);
	ck_assert_uint_eq(missed, 1);
	ck_assert_int_eq(ending, ENDING_TIMED_OUT_PRELUDE);
	ck_assert_uint_eq(stats.header_missing, 1);
	ck_assert_uint_eq(stats.timed_out_linger, 0);
	assert_told("closed: letter peer: timed out in prelude, 0 bytes sent, 0 discarded, ");
	peer_close(&peer);
}
END_TEST

/* Once it is heard, that time has no meaning. */
START_TEST(heard_one_lingers_as_any_other)
{
	struct peer peer;

	start();
	peer = come_with("a");
	wait_for_end(&peer);
	run_for(base, 2 * kind.ms);
	ck_assert_uint_eq(closed, 0);
	peer_close(&peer);
	wait_for_closed();
	ck_assert_uint_eq(stats.header_missing, 0);
	ck_assert_uint_eq(stats.timed_out_linger, 0);
}
END_TEST

START_TEST(heard_one_lingers_until_its_deadline)
{
	struct peer peer;

	options.timeout = 200;
	start();
	peer = come_with("a");
	wait_for_end(&peer);
	wait_for_closed();
	ck_assert_uint_eq(stats.timed_out_linger, 1);
	peer_close(&peer);
}
END_TEST

/* Makes a client that comes, is heard or not, and lingers from then on. */
static struct peer come_and_linger(bool is_heard, const char *called)
{
	struct peer peer;
	int fd;

	name = called;
	if (is_heard) {
		peer = come_with("a");
	} else {
		peer = peer_pair(AF_INET, &fd, 0);
		ck_assert(sessions_greet(sessions, fd, NULL, called));
	}
	run_for(base, 60);
	return peer;
}

/* Whether it was heard first or not, the one that has lingered longest makes room. */
START_TEST(one_that_has_lingered_longest_makes_room)
{
	static const char *const names[] = {"first", "second", "third"};
	enum { SOME = sizeof names / sizeof *names };
	struct peer peers[2 * SOME];
	char line[80];
	int fd;

	room = SOME;
	start();
	for (int i = 0; i < SOME; i++)
		peers[i] = come_and_linger(i % 2 == _i, names[i]);
	for (int i = 0; i < SOME; i++) {
		capture_clear(STDERR_FILENO);
		name = "newcomer";
		peers[SOME + i] = peer_pair(AF_INET, &fd, 0);
		say(&peers[SOME + i], "a");
		ck_assert(sessions_hear(sessions, fd, "newcomer"));
		snprintf(line, sizeof line, "closed: %s: made room for others, ", names[i]);
		assert_told(line);
	}
	for (int i = 0; i < 2 * SOME; i++)
		peer_close(&peers[i]);
}
END_TEST

START_TEST(free_closes_those_that_are_heard)
{
	int before = lowest_descriptor();
	struct peer peer;

	start();
	peer = come_with("");
	sessions_free(sessions);
	sessions = NULL;
	wait_for_end(&peer);
	ck_assert_int_ne(peer.error, 0);
	ck_assert_uint_eq(stats.stopped, 1);
	ck_assert_uint_eq(missed, 0);
	peer_close(&peer);
	ck_assert_int_eq(lowest_descriptor(), before);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hearing");
	TCase *heard_case = suite_case(suite, "heard"), *missed_case = suite_case(suite, "missed");

	tcase_add_checked_fixture(heard_case, setup, teardown);
	tcase_add_test(heard_case, said_already_is_answered_at_once);
	tcase_add_test(heard_case, said_later_is_answered_then);
	tcase_add_test(heard_case, it_can_wait_for_the_next_turn);
	tcase_add_test(heard_case, greeting_names_the_ends_given);
	tcase_add_test(heard_case, plain_client_hears_of_no_proxy);
	tcase_add_test(heard_case, plain_client_is_who_it_is_told_to_be);
	tcase_add_test(heard_case, rest_is_discarded);
	tcase_add_test(heard_case, bad_one_is_closed_as_it_is_heard);
	tcase_add_test(heard_case, want_of_memory_ends_it);
	tcase_add_test(heard_case, heard_one_lingers_as_any_other);
	tcase_add_test(heard_case, heard_one_lingers_until_its_deadline);
	tcase_add_loop_test(heard_case, one_that_has_lingered_longest_makes_room, 0, 2);
	tcase_add_test(heard_case, free_closes_those_that_are_heard);

	tcase_add_checked_fixture(missed_case, setup, teardown);
	tcase_add_loop_test(missed_case, one_that_leaves_is_missed, 0, 2);
	tcase_add_test(missed_case, one_may_be_missed_by_nobody);
	tcase_add_loop_test(missed_case, silent_one_is_cut_in_time, 0, 2);
	return suite_run_at_once(suite);
}
