/* SPDX-License-Identifier: ISC */
/* check_outbox: whichever allocation fails while a greeting is queued, it costs one client at most.
 */
#include "daemon/say/outbox.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "daemon/options.h"
#include "daemon/say/greeting.h"
#include "daemon/serve/sessions.h"
#include "daemon/tell/stats.h"
#include "fault.h"
#include "lib/capture.h"
#include "lib/extensions.h"
#include "lib/peers.h"
#include "lib/suite.h"

/* More than what is queued takes: the last of these tries fails nothing. */
enum { TRIES = 16 };

/* A greeting that no socket takes at once, so that each client takes what was ready. */
enum { GREAT = OPTIONS_GREETING_MAX - 32, BUFFERS = 4096, SERIAL_LENGTH = 8 };

static char text[GREAT + 1];

static struct options options;
static struct stats stats;
static struct event_base *base;
static struct greeting *greeting;
static struct sessions *sessions;
static unsigned closed;
static long blocks; /* of libevent's, in use */
static int failing; /* the number of the one allocation that fails, from 1; 0: none */

static bool is_granted(void)
{
	return failing == 0 || --failing > 0;
}

static void *counting_malloc(size_t size)
{
	void *block = is_granted() ? malloc(size) : NULL;

	blocks += block != NULL;
	return block;
}

static void *counting_realloc(void *block, size_t size)
{
	void *grown = is_granted() ? realloc(block, size) : NULL;

	blocks += !block && grown;
	return grown;
}

static void counting_free(void *block)
{
	blocks -= block != NULL;
	free(block);
}

static void closed_cb(void *argument)
{
	(void)argument;
	closed++;
}

/* Serves with the options' greeting, which is the text; with `expand` it begins with a serial. */
static void setup_with(struct options wanted)
{
	event_set_mem_functions(counting_malloc, counting_realloc, counting_free);
	options = wanted;
	options.timeout = options.idle = 15000;
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
	greeting = greeting_new(&options);
	ck_assert_ptr_nonnull(greeting);
	sessions = sessions_new(base, &options, greeting, NULL, &stats, 100, closed_cb, NULL);
	ck_assert_ptr_nonnull(sessions);
}

/* A text that is said to everyone. */
static void setup_shared(void)
{
	memset(text, '.', GREAT);
	setup_with((struct options){.message = text});
}

/* To each with its serial before what all share. */
static void setup_own(void)
{
	memset(text, '.', GREAT);
	memcpy(text, "{serial}", SERIAL_LENGTH);
	setup_with((struct options){.message = text, .expand = true});
}

/* From a file: only then sockets share its memory, if they can. */
static void setup_pages(void)
{
	static char path[] = "/tmp/check_outbox-XXXXXX";
	int fd = mkstemp(path);

	memset(text, '.', GREAT);
	ck_assert_int_eq(write(fd, text, GREAT), GREAT);
	close(fd);
	setup_with((struct options){.message_file = path});
	ck_assert_int_eq(unlink(path), 0);
}

/* What libevent has got it has back. */
static void teardown(void)
{
	sessions_free(sessions);
	greeting_free(greeting);
	event_base_free(base);
	libevent_global_shutdown();
	ck_assert_int_eq(blocks, 0);
}

static bool is_ended(void *peer)
{
	peer_receive(peer, SIZE_MAX);
	return ((struct peer *)peer)->ended || ((struct peer *)peer)->error;
}

static bool are_closed(void *count)
{
	return closed == *(unsigned *)count;
}

/* Opens a session; the allocation of that number fails, until the loop has turned once. */
static struct peer open_session(int number)
{
	int fd;
	struct peer peer = peer_pair(AF_INET, &fd, BUFFERS);

	failing = number;
	if (sessions_greet(sessions, fd, NULL, NULL))
		event_base_loop(base, EVLOOP_NONBLOCK);
	return peer;
}

/* Reads to the end, and closes; returns whether that was the whole greeting. */
static bool is_greeted(struct peer *peer)
{
	enum { SHARED = GREAT - SERIAL_LENGTH };
	size_t length = options.expand ? 1 + SHARED : GREAT;
	bool is_whole;

	ck_assert(run_until(base, is_ended, peer, PATIENCE_MS));
	is_whole = peer->ended;
	if (is_whole) {
		ck_assert_uint_eq(peer->length, length);
		ck_assert_mem_eq(peer->bytes + length - SHARED, text + SERIAL_LENGTH, SHARED);
	}
	peer_close(peer);
	return is_whole;
}

/* One is being greeted, one is hit, and the next has what the one that was hit should have had. */
START_TEST(failed_allocation_costs_one_client_at_most)
{
	int before = lowest_descriptor(), left;
	struct peer first = open_session(0), hit = open_session(_i + 1), next;
	unsigned all = 3;

	left = failing;
	failing = 0;
	if (_i == TRIES - 1)
		ck_assert_int_gt(left, 0);
	next = open_session(0);
	ck_assert_int_eq(is_greeted(&hit), stats.failed == 0);
	ck_assert(is_greeted(&next));
	ck_assert(is_greeted(&first));
	ck_assert(run_until(base, are_closed, &all, PATIENCE_MS));
	ck_assert_uint_eq(stats.greeted + stats.failed, all);
	/* The first must tell; of others libevent may make no fuss. */
	ck_assert_uint_le(stats.failed, left == 0);
	ck_assert(_i > 0 || stats.failed == 1);
	ck_assert_uint_eq(sessions_open(sessions), 0);
	ck_assert_int_eq(lowest_descriptor(), before);
}
END_TEST

/* The kernel may be short of memory after it has said that there is room. */
START_TEST(greeting_that_would_have_to_wait_is_whole)
{
	unsigned all = 1;
	struct peer peer = open_session(0);

	fault_sendfile = (struct fault){.reason = EAGAIN, .times = 3};
	ck_assert(is_greeted(&peer));
	ck_assert_int_eq(fault_sendfile.times, HAS_SHARED_PAGES ? 0 : 3);
	ck_assert(run_until(base, are_closed, &all, PATIENCE_MS));
	ck_assert_uint_eq(stats.greeted, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outbox");
	TCase *shared = suite_case(suite, "shared"), *own = suite_case(suite, "own");
	TCase *pages = suite_case(suite, "pages");

	tcase_add_checked_fixture(shared, setup_shared, teardown);
	tcase_add_loop_test(shared, failed_allocation_costs_one_client_at_most, 0, TRIES);
	tcase_add_checked_fixture(own, setup_own, teardown);
	tcase_add_loop_test(own, failed_allocation_costs_one_client_at_most, 0, TRIES);
	tcase_add_checked_fixture(pages, setup_pages, teardown);
	tcase_add_loop_test(pages, failed_allocation_costs_one_client_at_most, 0, TRIES);
	tcase_add_test(pages, greeting_that_would_have_to_wait_is_whole);
	return suite_run(suite);
}
