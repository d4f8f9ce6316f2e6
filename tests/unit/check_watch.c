/* SPDX-License-Identifier: ISC */
/* check_watch: who has input is told of while it is there, and nobody else is. */
#include "daemon/serve/watch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "fault.h"
#include "lib/capture.h"
#include "lib/extensions.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

/* How many of them are told of in a turn, and more. */
enum { A_TURN = 16, MANY = 40 };

/* A socket that is watched, and its far end. */
struct owner {
	int fd;
	struct peer peer;
	bool is_closed;
	unsigned told;
};

static struct event_base *base;
static struct watch *watch;
static struct owner owners[MANY];
static unsigned told; /* of all */
static bool is_read;  /* what has come is */
static bool is_last;  /* whoever is told of leaves, and takes all others along */

static void leave(struct owner *owner)
{
	watch_forget(watch, owner->fd, owner);
	close(owner->fd);
	owner->is_closed = true;
}

static void input_cb(void *argument)
{
	struct owner *owner = argument;
	char byte;

	ck_assert(!owner->is_closed);
	owner->told++;
	told++;
	if (is_read)
		(void)recv(owner->fd, &byte, 1, MSG_DONTWAIT);
	for (int i = 0; is_last && i < MANY; i++)
		leave(&owners[i]);
}

static void setup(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_WARNING);
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	watch = watch_new(base, input_cb);
	ck_assert_ptr_nonnull(watch);
}

/* Watches one more socket. */
static void add(struct owner *owner)
{
	owner->peer = peer_pair(AF_UNIX, &owner->fd, 0);
	ck_assert(watch_add(watch, owner->fd, owner));
}

/* The same, but the socket's descriptor is that one, which is free. */
static void add_as(struct owner *owner, int fd)
{
	int given;

	ck_assert_int_eq(dup2(STDERR_FILENO, fd), fd); /* so that the far end does not take it */
	owner->peer = peer_pair(AF_UNIX, &given, 0);
	owner->fd = dup2(given, fd);
	ck_assert_int_eq(owner->fd, fd);
	close(given);
	ck_assert(watch_add(watch, fd, owner));
}

static void add_all(void)
{
	for (int i = 0; i < MANY; i++)
		add(&owners[i]);
}

static void teardown(void)
{
	for (int i = 0; i < MANY; i++) {
		if (owners[i].fd > 0 && !owners[i].is_closed)
			leave(&owners[i]);
		if (owners[i].fd > 0)
			peer_close(&owners[i].peer);
	}
	watch_free(watch);
	loop_free(base);
}

static bool has_told(void *count)
{
	return told >= *(unsigned *)count;
}

static void wait_for_told(unsigned count)
{
	ck_assert(run_until(base, has_told, &count, PATIENCE_MS));
}

/* Nobody is told of any more. */
static void assert_told_no_more(void)
{
	unsigned before = told;

	run_for(base, 20);
	ck_assert_uint_eq(told, before);
}

START_TEST(input_is_told_while_it_is_there)
{
	add_all();
	assert_told_no_more();
	ck_assert_uint_eq(peer_send(&owners[7].peer, 3), 3);
	wait_for_told(5);
	is_read = true;
	wait_for_told(8);
	assert_told_no_more();
	ck_assert_uint_eq(owners[7].told, told);
}
END_TEST

START_TEST(end_is_told)
{
	add_all();
	ck_assert_int_eq(shutdown(owners[3].peer.fd, SHUT_WR), 0);
	wait_for_told(3);
	ck_assert_uint_eq(owners[3].told, told);
}
END_TEST

START_TEST(removed_socket_stays_open_and_is_not_told)
{
	add_all();
	ck_assert_uint_eq(peer_send(&owners[3].peer, 1), 1);
	wait_for_told(1);
	watch_remove(watch, owners[3].fd, &owners[3]);
	assert_told_no_more();
	ck_assert_int_eq(send(owners[3].fd, "x", 1, MSG_NOSIGNAL), 1);
	ck_assert(watch_add(watch, owners[3].fd, &owners[3]));
	wait_for_told(told + 1);
}
END_TEST

/* All have input in the same turn, and the first to be told of ends them all. */
START_TEST(forgotten_socket_is_not_told)
{
	add_all();
	for (int i = 0; i < MANY; i++)
		ck_assert_uint_eq(peer_send(&owners[i].peer, 1), 1);
	is_last = true;
	wait_for_told(1);
	assert_told_no_more();
	ck_assert_uint_eq(told, 1);
}
END_TEST

/* A descriptor that is taken again is another socket. */
START_TEST(next_socket_of_a_descriptor_is_told_as_itself)
{
	add(&owners[0]);
	leave(&owners[0]);
	add_as(&owners[1], owners[0].fd);
	ck_assert_uint_eq(peer_send(&owners[1].peer, 1), 1);
	wait_for_told(1);
	ck_assert_uint_eq(owners[1].told, told);
}
END_TEST

START_TEST(turn_tells_of_few_and_all_have_theirs)
{
	unsigned most = 0;

	is_read = true;
	add_all();
	for (int i = 0; i < MANY; i++)
		ck_assert_uint_eq(peer_send(&owners[i].peer, 1), 1);
	while (told < MANY) {
		unsigned before = told;
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
		most = told - before > most ? told - before : most;
	}
	if (HAS_CLOSING_EPOLL)
		ck_assert_uint_eq(most, A_TURN);
	for (int i = 0; i < MANY; i++)
		ck_assert_uint_eq(owners[i].told, 1);
}
END_TEST

START_TEST(high_descriptor_is_watched)
{
	add_as(&owners[0], 300);
	ck_assert_uint_eq(peer_send(&owners[0].peer, 1), 1);
	wait_for_told(1);
}
END_TEST

START_TEST(want_of_a_watch_is_an_error)
{
	struct owner *owner = &owners[0];

	owner->peer = peer_pair(AF_UNIX, &owner->fd, 0);
	fault_epoll = (struct fault){.reason = ENOSPC, .times = 1, .kind = EPOLL_CTL_ADD};
	ck_assert(!watch_add(watch, owner->fd, owner));
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert(watch_add(watch, owner->fd, owner));
}
END_TEST

/* Makes another watch with so much memory of libevent's; returns whether it could be. */
static bool make_another(int allowed)
{
	struct watch *other;

	grants = allowed;
	other = watch_new(base, input_cb);
	grants = -1;
	watch_free(other);
	return other != NULL;
}

START_TEST(want_of_memory_makes_none)
{
	if (HAS_CLOSING_EPOLL)
		ck_assert(!make_another(0));
	ck_assert(make_another(-1));
}
END_TEST

START_TEST(want_of_a_descriptor_makes_none)
{
	struct rlimit limit, none;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)lowest_descriptor();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(make_another(-1), !HAS_CLOSING_EPOLL);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert(make_another(-1));
}
END_TEST

START_TEST(null_may_be_freed)
{
	watch_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watch");
	TCase *tests = suite_case(suite, "all");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, input_is_told_while_it_is_there);
	tcase_add_test(tests, end_is_told);
	tcase_add_test(tests, removed_socket_stays_open_and_is_not_told);
	tcase_add_test(tests, forgotten_socket_is_not_told);
	tcase_add_test(tests, next_socket_of_a_descriptor_is_told_as_itself);
	tcase_add_test(tests, turn_tells_of_few_and_all_have_theirs);
	tcase_add_test(tests, high_descriptor_is_watched);
	tcase_add_test(tests, want_of_a_watch_is_an_error);
	tcase_add_test(tests, want_of_memory_makes_none);
	tcase_add_test(tests, want_of_a_descriptor_makes_none);
	tcase_add_test(tests, null_may_be_freed);
	return suite_run(suite);
}
