/* SPDX-License-Identifier: ISC */
/* check_session_sources: however a session ends, its source is given back, once. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "daemon/admit/pairhash.h"
#include "daemon/admit/sources.h"
#include "daemon/options.h"
#include "daemon/say/ends.h"
#include "daemon/say/greeting.h"
#include "daemon/serve/hearing.h"
#include "daemon/serve/session.h"
#include "daemon/serve/sessions.h"
#include "daemon/tell/stats.h"
#include "lib/capture.h"
#include "lib/memory.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

/* What clients that are heard must say: "g" to be greeted, "r" to be refused, "." is bad. */
static void begin(void *parser)
{
	*(char *)parser = '\0';
}

static enum prelude_verdict take(void *parser, const char *bytes, size_t count, size_t *used)
{
	(void)count;
	*used = 1;
	*(char *)parser = *bytes;
	return *bytes == '.' ? PRELUDE_BAD : PRELUDE_WHOLE;
}

static const struct prelude_kind kind = {
	.size = 1, .most = 4, .ms = 100, .begin = begin, .take = take};

static struct options options;
static struct stats stats;
static struct event_base *base;
static struct greeting *greeting;
static struct sessions *sessions;
static struct hearing hearing;
static struct sources *sources;
static unsigned entered, left, closed;

static char great_text[OPTIONS_GREETING_MAX + 1];

/* Asserts nothing: there may be no memory for that. */
static void left_cb(struct source *source, void *argument)
{
	++*(unsigned *)argument;
	sources_leave(sources, source);
}

static void closed_cb(void *argument)
{
	++*(unsigned *)argument;
}

/* Counts another connection of the only source. */
static struct source *enter(void)
{
	struct admission admission = sources_enter(sources, (struct source_key){1, 2}, 0);

	ck_assert_int_eq(admission.verdict, VERDICT_ADMITTED);
	entered++;
	return admission.source;
}

/* Makes what a refused client hears; NULL: no memory. */
static struct bufferevent *make_words(void)
{
	struct bufferevent *output = bufferevent_socket_new(base, -1, 0);

	if (!output)
		return NULL;
	bufferevent_disable(output, EV_READ | EV_WRITE);
	if (evbuffer_add(bufferevent_get_output(output), "no", 2) == 0)
		return output;
	bufferevent_free(output);
	return NULL;
}

/* It has its source once it is heard, as a client that a proxy passes on. */
static bool heard_cb(struct session *session, enum prelude_verdict verdict, const void *parser,
		     void *argument)
{
	struct ends ends = {.peer.length = 0};
	struct bufferevent *words;

	(void)argument;
	if (verdict == PRELUDE_BAD) {
		session_close(session, ENDING_BAD_PRELUDE);
		return true;
	}
	session_note_source(session, enter());
	if (*(const char *)parser == 'g')
		return session_greet_heard(session, &ends);
	words = make_words();
	return words && session_refuse(session, words);
}

static void setup(void)
{
	static const struct sources_limits limits = {.most_open = 100};
	static const struct pairhash_secret secret = {{1, 2, 3, 4, 5}};

	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	memset(great_text, 'x', sizeof great_text - 1);
	options = (struct options){.message = "Hi", .timeout = 15000, .idle = 15000};
	hearing = (struct hearing){.prelude = &kind, .heard = heard_cb, .role = "letter"};
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	sources = sources_new(&limits, 4, &secret);
	ck_assert_ptr_nonnull(sources);
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_WARNING);
}

static void start(size_t room)
{
	greeting = greeting_new(&options);
	ck_assert_ptr_nonnull(greeting);
	sessions = sessions_new(base, &options, greeting, &hearing, &stats, room, closed_cb,
				&closed);
	ck_assert_ptr_nonnull(sessions);
	sessions_count_sources(sessions, left_cb, &left);
}

static void teardown(void)
{
	sessions_free(sessions);
	ck_assert_uint_gt(entered, 0);
	ck_assert_uint_eq(left, entered);
	ck_assert_uint_eq(sources_count_open(sources), 0);
	ck_assert_uint_eq(stats.refused_open, 0);
	sources_free(sources);
	greeting_free(greeting);
	loop_free(base);
}

static bool are_closed(void *count)
{
	return closed >= *(unsigned *)count;
}

static void wait_for_closed(unsigned count)
{
	ck_assert(run_until(base, are_closed, &count, PATIENCE_MS));
	ck_assert_uint_eq(sessions_open(sessions), 0);
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

/* A client of the source that is greeted at once. */
static struct peer come(void)
{
	int fd;
	struct peer peer = peer_pair(AF_INET, &fd, 4096);

	sessions_expect_from(sessions, enter());
	ck_assert(sessions_greet(sessions, fd, NULL, "peer"));
	return peer;
}

/* A client that says this, to be heard. */
static struct peer come_with(const char *words)
{
	int fd;
	struct peer peer = peer_pair(AF_INET, &fd, 0);

	ck_assert_int_eq(send(peer.fd, words, strlen(words), MSG_NOSIGNAL), (ssize_t)strlen(words));
	ck_assert(sessions_hear_first(sessions, fd, "proxy"));
	return peer;
}

/* Another client that has no source: one that was expected is not its own. */
static void sourceless_client_comes(void)
{
	unsigned before = left;
	int fd;
	struct peer peer = peer_pair(AF_INET, &fd, 0);

	ck_assert(sessions_greet(sessions, fd, NULL, NULL));
	wait_for_end(&peer);
	peer_close(&peer);
	sessions_look_at_all(sessions);
	ck_assert_uint_eq(left, before);
}

START_TEST(greeted)
{
	struct peer peer;

	start(10);
	peer = come();
	sourceless_client_comes();
	wait_for_end(&peer);
	ck_assert_uint_eq(left, 0);
	peer_close(&peer);
	wait_for_closed(2);
	ck_assert_uint_eq(stats.greeted, 2);
}
END_TEST

/*
 * A look at the source ends one of its sessions, whose client has closed, whether it is watched
 * already or not. Those of others are left alone, as are its own that stay.
 */
START_TEST(looked_at_by_source)
{
	struct admission other = sources_enter(sources, (struct source_key){3, 4}, 0);
	struct peer gone[2], stays, stranger;
	struct source *source;
	int fd;

	start(10);
	ck_assert_int_eq(other.verdict, VERDICT_ADMITTED);
	entered++;
	sessions_expect_from(sessions, other.source);
	stranger = peer_pair(AF_INET, &fd, 0);
	ck_assert(sessions_greet(sessions, fd, NULL, "stranger"));
	source = enter();
	sessions_expect_from(sessions, source);
	gone[0] = peer_pair(AF_INET, &fd, 0);
	ck_assert(sessions_greet(sessions, fd, NULL, "peer"));
	gone[1] = come();
	stays = come();
	if (_i == 1)
		run_for(base, 60); /* until all are watched */
	peer_close(&stranger);
	for (unsigned i = 0; i < 2; i++)
		peer_close(&gone[i]);
	for (unsigned i = 1; i <= 4; i++) {
		sessions_look_at_source(sessions, source);
		ck_assert_uint_eq(closed, i < 2 ? i : 2);
	}
	peer_close(&stays);
	wait_for_closed(4);
}
END_TEST

START_TEST(reset_while_it_lingers)
{
	struct peer peer;

	start(10);
	peer = come();
	wait_for_end(&peer);
	run_for(base, 60);
	peer_reset(&peer);
	wait_for_closed(1);
	ck_assert_uint_eq(stats.reset, 1);
}
END_TEST

START_TEST(reset_in_a_great_greeting)
{
	struct peer peer;

	options.message = great_text;
	start(10);
	peer = come();
	run_for(base, 10);
	peer_reset(&peer);
	wait_for_closed(1);
	ck_assert_uint_eq(stats.reset_greeting, 1);
}
END_TEST

START_TEST(cut_in_time)
{
	struct peer peer;

	options.message = _i == 0 ? "Hi" : great_text;
	options.timeout = options.idle = 50;
	start(10);
	peer = come();
	wait_for_closed(1);
	ck_assert_uint_eq(stats.timed_out_linger + stats.timed_out_greeting, 1);
	peer_close(&peer);
}
END_TEST

START_TEST(evicted)
{
	struct peer first, second;

	start(1);
	first = come();
	wait_for_end(&first);
	run_for(base, 1100); /* so long it must not be evicted */
	second = come();
	ck_assert_uint_eq(stats.evicted, 1);
	ck_assert_uint_eq(left, 1);
	wait_for_end(&second);
	peer_close(&first);
	peer_close(&second);
	wait_for_closed(2);
}
END_TEST

START_TEST(stopped)
{
	struct peer peers[2];

	options.message = _i == 1 ? great_text : "Hi";
	start(10);
	for (int i = 0; i < 2; i++)
		peers[i] = come();
	if (_i == 2)
		run_for(base, 60); /* until they linger */
	sessions_stop(sessions);
	ck_assert_uint_eq(closed, 2);
	for (int i = 0; i < 2; i++)
		peer_close(&peers[i]);
}
END_TEST

/* The teardown frees the sessions, and must find that all have left. */
START_TEST(freed)
{
	struct peer peer;

	start(10);
	peer = come();
	ck_assert_uint_eq(left, 0);
	peer_close(&peer);
}
END_TEST

/* What a client that is heard says, and whether it is greeted or refused then. */
START_TEST(heard)
{
	struct peer peer;

	start(10);
	peer = come_with(_i == 0 ? "g" : "r");
	wait_for_end(&peer);
	ck_assert_uint_eq(left, 0);
	ck_assert_uint_eq(stats.refused_open, (uint64_t)_i);
	peer_close(&peer);
	wait_for_closed(1);
	ck_assert_uint_eq(stats.greeted, _i == 0);
	ck_assert_uint_eq(stats.bytes_sent, _i == 0 ? 2 : 0);
}
END_TEST

/* Until it is heard it has no source. */
START_TEST(bad_or_silent)
{
	struct peer peer, other;

	start(10);
	peer = come_with(_i == 0 ? "." : "");
	if (_i == 2)
		peer_reset(&peer);
	wait_for_closed(1);
	ck_assert_uint_eq(entered, 0);
	if (_i != 2)
		peer_close(&peer);
	other = come_with("g");
	wait_for_end(&other);
	peer_close(&other);
}
END_TEST

START_TEST(turned_away)
{
	struct peer peer, refused;
	int fd;

	start(10);
	peer = come();
	refused = peer_pair(AF_INET, &fd, 0);
	ck_assert(sessions_turn_away(sessions, fd, "peer", make_words()));
	ck_assert_uint_eq(stats.refused_open, 1);
	wait_for_end(&refused);
	assert_greeted(&refused, "no", 2);
	peer_close(&refused);
	peer_close(&peer);
	wait_for_closed(2);
	ck_assert_uint_eq(stats.greeted, 1);
	ck_assert_uint_eq(stats.bytes_sent, 2);
}
END_TEST

static bool are_all_closed(void *argument)
{
	(void)argument;
	return sessions_open(sessions) == 0;
}

/* Lets a client come with so much of our memory; it may have no session at all. */
static bool come_scarcely(int *scarce, int granted)
{
	int fd;
	struct peer peer = peer_pair(AF_INET, &fd, 4096);
	struct source *source = enter();
	bool is_taken;

	*scarce = granted;
	sessions_expect_from(sessions, source);
	is_taken = sessions_greet(sessions, fd, NULL, "peer");
	*scarce = -1;
	if (!is_taken)
		ck_assert_uint_eq(left, entered);
	peer_reset(&peer);
	ck_assert(run_until(base, are_all_closed, NULL, PATIENCE_MS));
	sourceless_client_comes();
	ck_assert(run_until(base, are_all_closed, NULL, PATIENCE_MS));
	ck_assert_uint_eq(left, entered);
	return is_taken;
}

/* The great greeting needs memory for what the kernel does not take at once. */
START_TEST(want_of_memory)
{
	int *scarce = _i == 0 ? &memory_grants : &grants, granted = 0;

	options.message = great_text;
	start(10);
	while (!come_scarcely(scarce, granted))
		ck_assert_int_lt(++granted, 40);
	ck_assert_int_gt(granted, 0);
	ck_assert_uint_eq(stats.failed, (uint64_t)granted);
}
END_TEST

/* Turns a client away with so much of our memory; it is counted as refused, and no more. */
START_TEST(want_of_memory_for_a_refusal)
{
	struct bufferevent *words;
	struct peer peer, good;
	bool is_told;
	int fd;

	start(10);
	words = make_words();
	peer = peer_pair(AF_INET, &fd, 0);
	memory_grants = 0;
	is_told = sessions_turn_away(sessions, fd, NULL, words);
	memory_grants = -1;
	ck_assert(!is_told);
	ck_assert_uint_eq(stats.failed, 0);
	wait_for_end(&peer);
	ck_assert_int_eq(peer.error, ECONNRESET);
	peer_close(&peer);
	good = come();
	peer_close(&good);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("session_sources");
	TCase *plain = suite_case(suite, "greeted"), *first = suite_case(suite, "heard");
	TCase *lack = suite_case(suite, "memory");

	tcase_add_checked_fixture(plain, setup, teardown);
	tcase_add_test(plain, greeted);
	tcase_add_loop_test(plain, looked_at_by_source, 0, 2);
	tcase_add_test(plain, reset_while_it_lingers);
	tcase_add_test(plain, reset_in_a_great_greeting);
	tcase_add_loop_test(plain, cut_in_time, 0, 2);
	tcase_add_test(plain, evicted);
	tcase_add_loop_test(plain, stopped, 0, 3);
	tcase_add_test(plain, freed);
	tcase_add_checked_fixture(first, setup, teardown);
	tcase_add_loop_test(first, heard, 0, 2);
	tcase_add_loop_test(first, bad_or_silent, 0, 3);
	tcase_add_test(first, turned_away);
	tcase_add_checked_fixture(lack, setup, teardown);
	tcase_add_loop_test(lack, want_of_memory, 0, 2);
	tcase_add_test(lack, want_of_memory_for_a_refusal);
	return suite_run(suite);
}
