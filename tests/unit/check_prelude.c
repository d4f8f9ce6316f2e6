/* SPDX-License-Identifier: ISC */
/* check_prelude: what a client must say first, over socketpairs: in pieces, too long, or never. */
#include "daemon/serve/prelude.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

/* A kind of prelude: up to five letters, which end with a full stop; a question mark is bad. */
struct letters {
	char text[8];
	size_t length;
};

static void begin(void *parser)
{
	memset(parser, 0, sizeof(struct letters));
}

static enum prelude_verdict take(void *parser, const char *bytes, size_t count, size_t *used)
{
	struct letters *letters = parser;

	for (*used = 0; *used < count;) {
		char byte = bytes[(*used)++];
		ck_assert_uint_lt(letters->length, sizeof letters->text);
		letters->text[letters->length++] = byte;
		if (byte == '.' || byte == '?')
			return byte == '.' ? PRELUDE_WHOLE : PRELUDE_BAD;
	}
	return PRELUDE_MORE;
}

static const struct prelude_kind kind = {
	.size = sizeof(struct letters), .most = 6, .ms = 1000, .begin = begin, .take = take};

static struct event_base *base;
static struct peer peer;
static int ours;
static struct prelude *prelude;
static bool free_in_callback;
static unsigned heard; /* how often the callback was called */
static enum prelude_verdict verdict;
static char text[8];

static void heard_cb(enum prelude_verdict what, void *argument)
{
	ck_assert_ptr_eq(argument, &heard);
	heard++;
	verdict = what;
	memcpy(text, ((const struct letters *)prelude_parser(prelude))->text, sizeof text);
	if (free_in_callback) {
		prelude_free(prelude);
		prelude = NULL;
	}
}

static void setup(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	peer = peer_pair(AF_UNIX, &ours, 0);
	prelude = prelude_new(&kind, base, ours, heard_cb, &heard);
	ck_assert_ptr_nonnull(prelude);
}

static void teardown(void)
{
	prelude_free(prelude);
	close(ours);
	loop_free(base);
}

static void say(const char *words)
{
	ck_assert_int_eq(send(peer.fd, words, strlen(words), MSG_NOSIGNAL), (ssize_t)strlen(words));
}

static bool is_heard(void *argument)
{
	(void)argument;
	return heard > 0;
}

static void wait_for(enum prelude_verdict wanted)
{
	ck_assert(run_until(base, is_heard, NULL, PATIENCE_MS));
	ck_assert_int_eq(verdict, wanted);
	ck_assert_uint_eq(heard, 1);
}

/* What a client says, in one go, and what comes of it. */
static const struct {
	const char *words;
	enum prelude_verdict verdict;
	const char *text;
} rows[] = {
	{".", PRELUDE_WHOLE, "."},
	{"a.", PRELUDE_WHOLE, "a."},
	{"abcde.", PRELUDE_WHOLE, "abcde."},
	{"a.bcdefgh", PRELUDE_WHOLE, "a."},
	{"a?", PRELUDE_BAD, "a?"},
	{"abcde?.", PRELUDE_BAD, "abcde?"},
	{"abcdef", PRELUDE_TOO_LONG, "abcdef"},
	{"abcdef.", PRELUDE_TOO_LONG, "abcdef"},
};

/* It is there already. */
START_TEST(said_at_once_is_heard_at_once)
{
	say(rows[_i].words);
	ck_assert(prelude_begin(prelude));
	ck_assert_uint_eq(heard, 1);
	ck_assert_int_eq(verdict, rows[_i].verdict);
	ck_assert_str_eq(text, rows[_i].text);
}
END_TEST

/* It comes byte by byte; whoever has heard enough listens no more. */
START_TEST(said_slowly_is_the_same)
{
	ck_assert(prelude_begin(prelude));
	free_in_callback = true;
	for (const char *at = rows[_i].words; *at && heard == 0; at++) {
		char byte[] = {*at, '\0'};
		say(byte);
		run_for(base, 5);
	}
	wait_for(rows[_i].verdict);
	ck_assert_str_eq(text, rows[_i].text);
}
END_TEST

/* In two pieces, cut anywhere. */
START_TEST(said_in_two_is_the_same)
{
	char first[16];

	for (size_t cut = 1; cut < strlen(rows[_i].words); cut++) {
		snprintf(first, sizeof first, "%.*s", (int)cut, rows[_i].words);
		prelude_free(prelude);
		prelude = prelude_new(&kind, base, ours, heard_cb, &heard);
		ck_assert_ptr_nonnull(prelude);
		heard = 0;
		say(first);
		ck_assert(prelude_begin(prelude));
		say(rows[_i].words + cut);
		wait_for(rows[_i].verdict);
		ck_assert_str_eq(text, rows[_i].text);
		while (recv(ours, first, sizeof first, MSG_DONTWAIT) > 0)
			continue; /* what came after it */
	}
}
END_TEST

START_TEST(half_said_is_not_heard)
{
	say("abc");
	ck_assert(prelude_begin(prelude));
	run_for(base, 20);
	ck_assert_uint_eq(heard, 0);
}
END_TEST

START_TEST(end_is_told)
{
	say("abc");
	ck_assert(prelude_watch(prelude));
	peer_close(&peer);
	wait_for(PRELUDE_ENDED);
}
END_TEST

START_TEST(reset_is_told)
{
	struct peer other;

	prelude_free(prelude);
	close(ours);
	other = peer_pair(AF_INET, &ours, 0);
	prelude = prelude_new(&kind, base, ours, heard_cb, &heard);
	ck_assert_ptr_nonnull(prelude);
	ck_assert(prelude_watch(prelude));
	peer_reset(&other);
	wait_for(PRELUDE_RESET);
}
END_TEST

/* With memory for so many of libevent's allocations, it is watched or not, and nothing leaks. */
START_TEST(lack_of_memory_is_survived)
{
	bool is_watched;
	int granted = 0;

	do {
		grants = granted++;
		is_watched = prelude_begin(prelude);
	} while (!is_watched && granted < 100);
	grants = -1;
	ck_assert(is_watched);
	ck_assert_int_gt(granted, 1);
	say(".");
	wait_for(PRELUDE_WHOLE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("prelude");
	TCase *tests = suite_case(suite, "prelude");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, said_at_once_is_heard_at_once, 0, COUNT_OF(rows));
	tcase_add_loop_test(tests, said_slowly_is_the_same, 0, COUNT_OF(rows));
	tcase_add_loop_test(tests, said_in_two_is_the_same, 0, COUNT_OF(rows));
	tcase_add_test(tests, half_said_is_not_heard);
	tcase_add_test(tests, end_is_told);
	tcase_add_test(tests, reset_is_told);
	tcase_add_test(tests, lack_of_memory_is_survived);
	return suite_run(suite);
}
