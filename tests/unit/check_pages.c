/* SPDX-License-Identifier: ISC */
/* check_pages: greetings in shared memory are sent whole, and live as long as they are needed. */
#include "daemon/say/pages.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "fault.h"
#include "lib/capture.h"
#include "lib/extensions.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

/* Longer than buffers that are chosen small, and no multiple of a page. */
enum { SIZE = 300001, BUFFERS = 4096 };

static struct event_base *base;
static struct pages *pages;
static char text[SIZE];

static void setup(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_DEBUG);
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	pages = pages_new();
	ck_assert_ptr_nonnull(pages);
	for (size_t i = 0; i < SIZE; i++)
		text[i] = (char)(i * i / 4096);
}

static void teardown(void)
{
	pages_free(pages);
	loop_free(base);
}

static bool is_ended(void *peer)
{
	peer_receive(peer, SIZE_MAX);
	return ((struct peer *)peer)->ended || ((struct peer *)peer)->error;
}

/* A bufferevent on one end of a connection, with what is held; the other end has small buffers. */
static struct bufferevent *queue(int family, struct peer *peer)
{
	int fd;
	struct bufferevent *output;

	*peer = peer_pair(family, &fd, BUFFERS);
	output = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	ck_assert_ptr_nonnull(output);
	ck_assert(pages_queue(pages, bufferevent_get_output(output)));
	return output;
}

static void written_cb(struct bufferevent *output, void *argument)
{
	(void)argument;
	ck_assert_int_eq(shutdown(bufferevent_getfd(output), SHUT_WR), 0);
}

/* Has the loop send what is queued, and asserts that the peer gets these bytes. */
static void assert_sent(struct bufferevent *output, struct peer *peer, const char *bytes)
{
	bufferevent_setcb(output, NULL, written_cb, NULL, NULL);
	ck_assert(run_until(base, is_ended, peer, PATIENCE_MS));
	assert_greeted(peer, bytes, SIZE);
	peer_close(peer);
	bufferevent_free(output);
}

static const int families[] = {AF_INET, AF_UNIX};

START_TEST(held_bytes_are_sent)
{
	struct peer peer;
	int fd;
	ssize_t sent;

	ck_assert(pages_hold(pages, text, SIZE));
	peer = peer_pair(families[_i], &fd, 0);
	sent = pages_send(pages, fd);
	ck_assert_int_gt(sent, 0);
	close(fd);
	ck_assert(run_until(base, is_ended, &peer, PATIENCE_MS));
	assert_greeted(&peer, text, (size_t)sent);
	peer_close(&peer);
}
END_TEST

START_TEST(queued_bytes_are_sent_by_the_loop)
{
	struct peer peer;

	ck_assert(pages_hold(pages, text, SIZE));
	assert_sent(queue(families[_i], &peer), &peer, text);
}
END_TEST

/* They are sent without their owner, and leave nothing behind. */
START_TEST(queued_bytes_outlive_what_held_them)
{
	int before = lowest_descriptor();
	struct peer peer;
	struct bufferevent *output;

	ck_assert(pages_hold(pages, text, SIZE));
	output = queue(families[_i], &peer);
	pages_free(pages);
	pages = NULL;
	assert_sent(output, &peer, text);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(lowest_descriptor(), before);
}
END_TEST

/* All are still queued: another finds no place until one of them has gone. */
START_TEST(only_so_many_are_open)
{
	int before = lowest_descriptor();
	struct peer peers[PAGES_MOST];
	struct bufferevent *outputs[PAGES_MOST];

	for (int i = 0; i < PAGES_MOST; i++) {
		text[0] = (char)i;
		ck_assert(pages_hold(pages, text, SIZE));
		outputs[i] = queue(AF_INET, &peers[i]);
	}
	ck_assert(!pages_hold(pages, text, SIZE));
	assert_told("copied for each client: earlier ones are still sent");
	for (int i = 0; i < PAGES_MOST; i++) {
		text[0] = (char)i;
		assert_sent(outputs[i], &peers[i], text);
		event_base_loop(base, EVLOOP_NONBLOCK);
		ck_assert(pages_hold(pages, text, SIZE));
	}
	pages_drop(pages);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(lowest_descriptor(), before);
}
END_TEST

START_TEST(what_is_queued_nowhere_makes_room_at_once)
{
	int before = lowest_descriptor();

	for (int i = 0; i < 10; i++)
		ck_assert(pages_hold(pages, text, SIZE));
	pages_drop(pages);
	pages_drop(pages);
	ck_assert_int_eq(lowest_descriptor(), before);
}
END_TEST

/* Asserts that nothing is held, and that the log says why. */
static void assert_refused(const char *why)
{
	int before = lowest_descriptor();

	ck_assert(!pages_hold(pages, text, SIZE));
	ck_assert_int_eq(lowest_descriptor(), before);
	assert_told("the greeting is copied for each client: ");
	assert_told(why);
}

START_TEST(memory_may_be_refused)
{
	fault_memfd = (struct fault){.reason = EPERM, .times = 1};
	assert_refused("Operation not permitted");
	ck_assert(pages_hold(pages, text, SIZE));
}
END_TEST

/* So older kernels answer to a flag that they lack. */
START_TEST(a_flag_may_be_unknown)
{
	fault_memfd = (struct fault){.reason = EINVAL, .times = 2};
	assert_refused("Invalid argument");
	fault_memfd.times = 1;
	ck_assert(pages_hold(pages, text, SIZE));
}
END_TEST

START_TEST(sendfile_may_be_refused)
{
	fault_sendfile = (struct fault){.reason = ENOSYS, .times = 1};
	assert_refused("Function not implemented");
	ck_assert(pages_hold(pages, text, SIZE));
}
END_TEST

/* A process may be allowed files of so many bytes only, which holds for memory as well. */
START_TEST(size_may_be_refused)
{
	struct rlimit limit = {.rlim_cur = SIZE - 1, .rlim_max = SIZE - 1};

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_refused("File too large");
}
END_TEST

/* What is held then stays usable. */
START_TEST(want_of_memory_queues_nothing)
{
	struct peer peer;
	int before = lowest_descriptor();
	struct bufferevent *output = bufferevent_socket_new(base, -1, 0);
	struct evbuffer *buffer = bufferevent_get_output(output);

	ck_assert(pages_hold(pages, text, SIZE));
	for (int i = 0; i < 2; i++) {
		grants = i;
		ck_assert(!pages_queue(pages, buffer));
	}
	grants = -1;
	ck_assert_uint_eq(evbuffer_get_length(buffer), 0);
	bufferevent_free(output);
	assert_sent(queue(AF_INET, &peer), &peer, text);
	pages_drop(pages);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(lowest_descriptor(), before);
}
END_TEST

/* Without the extension there is no such memory. */
START_TEST(nothing_is_held)
{
	ck_assert(!pages_hold(pages, text, SIZE));
	ck_assert_str_eq(captured(STDERR_FILENO), "");
}
END_TEST

START_TEST(free_of_nothing_is_allowed)
{
	pages_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pages");
	TCase *life = suite_case(suite, "life"), *sending = suite_case(suite, "sending");
	TCase *failing = suite_case(suite, "failing");

	tcase_add_checked_fixture(life, setup, teardown);
	tcase_add_test(life, free_of_nothing_is_allowed);
	if (!HAS_SHARED_PAGES) {
		tcase_add_test(life, nothing_is_held);
		return suite_run(suite);
	}
	tcase_add_test(life, only_so_many_are_open);
	tcase_add_test(life, what_is_queued_nowhere_makes_room_at_once);
	tcase_add_loop_test(life, queued_bytes_outlive_what_held_them, 0, COUNT_OF(families));
	tcase_add_checked_fixture(sending, setup, teardown);
	tcase_add_loop_test(sending, held_bytes_are_sent, 0, COUNT_OF(families));
	tcase_add_loop_test(sending, queued_bytes_are_sent_by_the_loop, 0, COUNT_OF(families));
	tcase_add_checked_fixture(failing, setup, teardown);
	tcase_add_test(failing, want_of_memory_queues_nothing);
	tcase_add_test(failing, memory_may_be_refused);
	tcase_add_test(failing, a_flag_may_be_unknown);
	tcase_add_test(failing, sendfile_may_be_refused);
	tcase_add_test(failing, size_may_be_refused);
	return suite_run(suite);
}
