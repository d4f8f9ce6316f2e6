/* SPDX-License-Identifier: ISC */
/* check_packets: datagrams come and go many at a time, and answers come from the address asked. */
#include "daemon/say/packets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/descriptors.h"
#include "base/destination.h"
#include "lib/extensions.h"
#include "lib/peers.h"
#include "lib/suite.h"

static struct packets *packets;
static struct address bound;
static int fd, peer; /* ours, and one that asks */

static void setup(void)
{
	packets = packets_new();
	ck_assert_ptr_nonnull(packets);
	fd = peer = -1;
}

static void teardown(void)
{
	packets_free(packets);
	if (fd >= 0)
		close(fd);
	if (peer >= 0)
		close(peer);
}

/* Lets our socket tell addresses, and notes its own. */
static void open_ours(int socket)
{
	fd = socket;
	bound = bound_address(fd);
	ck_assert(destination_want(fd, &bound));
}

/* Opens our socket on the loopback address, and a peer that is connected to it. */
static void open_both(int family)
{
	open_ours(datagrams_on_loopback(family));
	peer = datagrams_to(fd);
}

/* Opens our socket on all addresses of IPv4. */
static void open_wildcard(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int socket_of_all = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(socket_of_all, (struct sockaddr *)&any, sizeof any), 0);
	open_ours(socket_of_all);
}

/* Sends from a new peer to our port at that IPv4 address. */
static void ask_at(uint32_t number, int broadcast)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(number)};

	to.sin_port = htons(address_port(&bound));
	peer = datagrams_on_loopback(AF_INET);
	ck_assert_int_eq(setsockopt(peer, SOL_SOCKET, SO_BROADCAST, &broadcast, sizeof broadcast),
			 0);
	ck_assert_int_eq(sendto(peer, "x", 1, 0, (struct sockaddr *)&to, sizeof to), 1);
}

static void say(const char *bytes, size_t size)
{
	ck_assert_int_eq(send(peer, bytes, size, 0), (ssize_t)size);
}

/* Reads what has come; returns how many datagrams that were. */
static size_t receive(void)
{
	return packets_receive(packets, fd, &bound);
}

/* What the peer has heard, as a string; NULL: nothing. */
static const char *heard(void)
{
	static char bytes[PACKET_BYTES_MAX + 1];
	ssize_t n = recv(peer, bytes, sizeof bytes - 1, MSG_DONTWAIT);

	if (n < 0)
		return NULL;
	bytes[n] = '\0';
	return bytes;
}

static const char *shown(const struct address *address)
{
	static char text[ADDRESS_TEXT_MAX];

	return address_format(address, text, sizeof text);
}

/* Asserts that a descriptor is bound to this address. */
static void assert_is_bound_to(int socket, const struct address *address)
{
	struct address own = bound_address(socket);
	char text[ADDRESS_TEXT_MAX];

	address_format(&own, text, sizeof text);
	ck_assert_str_eq(shown(address), text);
}

static const int families[] = {AF_INET, AF_INET6};

START_TEST(nothing_has_come)
{
	open_both(families[_i]);
	ck_assert_uint_eq(receive(), 0);
	ck_assert_uint_eq(packets_send(packets, fd), 0);
}
END_TEST

START_TEST(request_is_read_with_both_addresses)
{
	const struct packet *packet;

	open_both(families[_i]);
	say("hello", 5);
	ck_assert_uint_eq(receive(), 1);
	packet = packets_get(packets, 0);
	ck_assert_uint_eq(packet->size, 5);
	ck_assert_int_eq(memcmp(packet->bytes, "hello", 5), 0);
	ck_assert(!packet->to_many);
	assert_is_bound_to(peer, &packet->peer);
	assert_is_bound_to(fd, packet->local);
}
END_TEST

START_TEST(request_may_be_empty)
{
	open_both(families[_i]);
	say("", 0);
	ck_assert_uint_eq(receive(), 1);
	ck_assert_uint_eq(packets_get(packets, 0)->size, 0);
}
END_TEST

START_TEST(long_request_is_cut)
{
	static const char bytes[9000];

	open_both(families[_i]);
	say(bytes, sizeof bytes);
	say(bytes, PACKET_BYTES_MAX);
	say(bytes, PACKET_BYTES_MAX - 1);
	ck_assert_uint_eq(receive(), 3);
	ck_assert_uint_eq(packets_get(packets, 0)->size, PACKET_BYTES_MAX);
	ck_assert_uint_eq(packets_get(packets, 1)->size, PACKET_BYTES_MAX);
	ck_assert_uint_eq(packets_get(packets, 2)->size, PACKET_BYTES_MAX - 1);
}
END_TEST

START_TEST(many_are_read_in_turns)
{
	open_both(families[_i]);
	for (char i = 0; i < PACKETS_MAX + 5; i++)
		say(&i, 1);
	ck_assert_uint_eq(receive(), PACKETS_MAX);
	for (int i = 0; i < PACKETS_MAX; i++)
		ck_assert_int_eq(packets_get(packets, (size_t)i)->bytes[0], i);
	ck_assert_uint_eq(receive(), 5);
	ck_assert_int_eq(packets_get(packets, 4)->bytes[0], PACKETS_MAX + 4);
	ck_assert_uint_eq(receive(), 0);
}
END_TEST

static void answer(size_t i, const char *text)
{
	packets_answer(packets, i, text, strlen(text));
}

START_TEST(only_what_is_answered_is_sent)
{
	open_both(families[_i]);
	say("one", 3);
	say("two", 3);
	say("three", 5);
	ck_assert_uint_eq(receive(), 3);
	answer(0, "1");
	answer(2, "");
	ck_assert_uint_eq(packets_send(packets, fd), 0);
	ck_assert_str_eq(heard(), "1");
	ck_assert_str_eq(heard(), "");
	ck_assert_ptr_null(heard());
}
END_TEST

START_TEST(answers_are_sent_once)
{
	open_both(families[_i]);
	say("one", 3);
	ck_assert_uint_eq(receive(), 1);
	answer(0, "1");
	ck_assert_uint_eq(packets_send(packets, fd), 0);
	ck_assert_uint_eq(receive(), 0);
	ck_assert_uint_eq(packets_send(packets, fd), 0);
	ck_assert_str_eq(heard(), "1");
	ck_assert_ptr_null(heard());
}
END_TEST

START_TEST(all_of_a_turn_are_answered)
{
	open_both(families[_i]);
	for (int i = 0; i < PACKETS_MAX; i++)
		say("request", 7);
	ck_assert_uint_eq(receive(), PACKETS_MAX);
	for (size_t i = 0; i < PACKETS_MAX; i++)
		answer(i, "answer");
	ck_assert_uint_eq(packets_send(packets, fd), 0);
	for (int i = 0; i < PACKETS_MAX; i++)
		ck_assert_str_eq(heard(), "answer");
	ck_assert_ptr_null(heard());
}
END_TEST

/*
 * 127.0.0.2 is ours as well, and the routing table has 127.0.0.1 answer to 127.0.0.1: so it is
 * where the system tells nothing.
 */
START_TEST(answer_comes_from_the_address_that_was_asked)
{
	struct address from = {.length = sizeof from.room};
	char told[ADDRESS_TEXT_MAX], answering[ADDRESS_TEXT_MAX], byte;
	unsigned port;

	open_wildcard();
	port = address_port(&bound);
	snprintf(told, sizeof told, HAS_DESTINATION ? "127.0.0.2:%u" : "0.0.0.0:%u", port);
	snprintf(answering, sizeof answering, "127.0.0.%d:%u", HAS_DESTINATION ? 2 : 1, port);
	ask_at(0x7F000002, 0);
	ck_assert_uint_eq(receive(), 1);
	ck_assert(!packets_get(packets, 0)->to_many);
	ck_assert_str_eq(shown(packets_get(packets, 0)->local), told);
	answer(0, "1");
	ck_assert_uint_eq(packets_send(packets, fd), 0);
	ck_assert_int_eq(recvfrom(peer, &byte, 1, MSG_DONTWAIT, &from.any, &from.length), 1);
	ck_assert_str_eq(shown(&from), answering);
}
END_TEST

/* A service manager may have asked for other notes: the kernel takes none of them back. */
START_TEST(other_notes_keep_up_no_answer)
{
	int on = 1;

	open_wildcard();
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on), 0);
	for (int i = 0; i < 3; i++) {
		ask_at(0x7F000002, 0);
		ck_assert_uint_eq(receive(), 1);
		ck_assert(!packets_get(packets, 0)->to_many);
		answer(0, "1");
		ck_assert_uint_eq(packets_send(packets, fd), 0);
		ck_assert_str_eq(heard(), "1");
		close(peer);
	}
	peer = -1;
}
END_TEST

/* Returns whether the kernel was asked to report where datagrams are sent to. */
static bool is_wanted(void)
{
#ifdef HAVE_STRUCT_IN_PKTINFO_IPI_SPEC_DST
	bool is_ipv6 = bound.any.sa_family == AF_INET6;
	int on = 0;
	socklen_t length = sizeof on;

	ck_assert_int_eq(getsockopt(fd, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
				    is_ipv6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on, &length),
			 0);
	return on;
#else
	return false;
#endif
}

/* Opens our socket on an address, in the family of that. */
static void open_at(const char *text)
{
	struct address at = {.length = sizeof at.ipv6};
	bool is_ipv6 = strchr(text, ':');
	int family = is_ipv6 ? AF_INET6 : AF_INET,
	    one = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	at.any.sa_family = (sa_family_t)family;
	ck_assert_int_eq(inet_pton(family, text,
				   is_ipv6 ? (void *)&at.ipv6.sin6_addr
					   : (void *)&at.ipv4.sin_addr),
			 1);
	ck_assert_int_eq(bind(one, &at.any, at.length), 0);
	open_ours(one);
}

/* Whatever comes to these was sent to them, and to one machine. */
static const char *const known[] = {"127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"};
/* Which address was meant, or that it was a broadcast one, only the kernel knows of these. */
static const char *const unknown[] = {
	"0.0.0.0", "127.255.255.255", "255.255.255.255",	"224.0.0.1",
	"::",	   "::ffff:0.0.0.0",  "::ffff:127.255.255.255",
};

START_TEST(kernel_is_not_asked_what_is_known)
{
	open_at(known[_i]);
	ck_assert(!is_wanted());
}
END_TEST

START_TEST(kernel_is_asked_what_is_not_known)
{
	open_at(unknown[_i]);
	ck_assert_int_eq(is_wanted(), HAS_DESTINATION);
}
END_TEST

/* A socket may be bound to a broadcast address itself. */
START_TEST(broadcast_to_a_broadcast_address_is_to_many)
{
	open_at("127.255.255.255");
	ask_at(0x7FFFFFFF, 1);
	ck_assert_uint_eq(receive(), 1);
	ck_assert_int_eq(packets_get(packets, 0)->to_many, HAS_DESTINATION);
}
END_TEST

START_TEST(broadcast_is_to_many)
{
	open_wildcard();
	ask_at(0x7FFFFFFF, 1); /* 127.255.255.255 */
	ck_assert_uint_eq(receive(), 1);
	ck_assert_int_eq(packets_get(packets, 0)->to_many, HAS_DESTINATION);
}
END_TEST

/* Nobody can be answered at port 0. */
START_TEST(answer_that_is_refused_keeps_up_no_other)
{
	open_both(families[_i]);
	for (int i = 0; i < 4; i++)
		say("request", 7);
	ck_assert_uint_eq(receive(), 4);
	for (size_t i = 0; i < 4; i++)
		answer(i, i % 2 ? "odd" : "even");
	address_set_port(&packets_get(packets, 0)->peer, 0);
	address_set_port(&packets_get(packets, 3)->peer, 0);
	ck_assert_uint_eq(packets_send(packets, fd), 2);
	ck_assert_str_eq(heard(), "odd");
	ck_assert_str_eq(heard(), "even");
	ck_assert_ptr_null(heard());
}
END_TEST

/* A UNIX socket says when the other side has no more room, as UDP does not on loopback. */
START_TEST(answers_for_which_there_is_no_room_are_lost)
{
	int ends[2];
	size_t came, answered = 0, failed = 0, arrived = 0;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	fd = ends[0];
	peer = ends[1];
	while (failed == 0) {
		say("request", 7);
		say("request", 7);
		came = receive();
		ck_assert_uint_eq(came, 2);
		answer(0, "answer");
		answer(1, "answer");
		failed = packets_send(packets, fd);
		answered += came;
	}
	while (heard())
		arrived++;
	ck_assert_uint_eq(arrived, answered - failed);
}
END_TEST

/* Opens a UNIX socket with an abstract name of its own. */
static int open_abstract(char *name)
{
	struct address own = {.length = offsetof(struct sockaddr_un, sun_path) + 2};
	int one = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	own.path.sun_family = AF_UNIX;
	do
		own.path.sun_path[1] = ++*name;
	while (bind(one, &own.any, own.length) < 0 && errno == EADDRINUSE);
	return one;
}

/* A UNIX socket has room for each peer apart: who reads is answered. */
START_TEST(peer_that_does_not_read_keeps_up_no_other)
{
	char name = 0;
	int silent;
	size_t failed = 0;

	fd = open_abstract(&name);
	silent = open_abstract(&name);
	peer = open_abstract(&name);
	bound = bound_address(fd);
	for (int rounds = 0; failed == 0; rounds++) {
		ck_assert_int_lt(rounds, 10000);
		ck_assert_int_eq(sendto(silent, "x", 1, 0, &bound.any, bound.length), 1);
		ck_assert_int_eq(sendto(peer, "x", 1, 0, &bound.any, bound.length), 1);
		ck_assert_uint_eq(receive(), 2);
		answer(0, "answer");
		answer(1, "answer");
		failed = packets_send(packets, fd);
		ck_assert_str_eq(heard(), "answer");
	}
	ck_assert_uint_eq(failed, 1);
	close(silent);
}
END_TEST

/* Sends a byte, and beside it a descriptor. */
static void say_with_descriptor(int socket)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} beside = {.header = {.cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS,
			       .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct iovec part = {.iov_base = (char[]){"x"}, .iov_len = 1};
	struct msghdr message = {.msg_name = &bound.any,
				 .msg_namelen = bound.length,
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = beside.bytes,
				 .msg_controllen = sizeof beside.bytes};

	memcpy(CMSG_DATA(&beside.header), &socket, sizeof socket);
	ck_assert_int_eq(sendmsg(peer, &message, 0), 1);
}

/* Opens our socket and a peer's as UNIX sockets. */
static void open_unix(void)
{
	char name = 0;

	fd = open_abstract(&name);
	peer = open_abstract(&name);
	bound = bound_address(fd);
}

/* Asks some times at once: what comes beside requests is closed, and they are answered. */
static void ask_with_descriptors(size_t times)
{
	size_t before = descriptors_count_open(descriptors_limit());

	for (size_t i = 0; i < times; i++)
		say_with_descriptor(peer);
	ck_assert_uint_eq(receive(), times);
	ck_assert_uint_eq(descriptors_count_open(descriptors_limit()), before);
	for (size_t i = 0; i < times; i++)
		answer(i, "answer");
	ck_assert_uint_eq(packets_send(packets, fd), 0);
	for (size_t i = 0; i < times; i++)
		ck_assert_str_eq(heard(), "answer");
}

START_TEST(descriptors_beside_a_request_are_not_kept)
{
	open_unix();
	for (int i = 0; i < 3; i++)
		ask_with_descriptors(1);
}
END_TEST

/* Asks at our address twice: both requests tell where they were sent, if that is ever told. */
static void ask_where(void)
{
	say("one", 3);
	say("two", 3);
	ck_assert_uint_eq(receive(), 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(packets_get(packets, i)->local != &bound, HAS_DESTINATION);
		ck_assert(!packets_get(packets, i)->to_many);
		answer(i, "answer");
	}
	ck_assert_uint_eq(packets_send(packets, fd), 0);
	ck_assert_str_eq(heard(), "answer");
	ck_assert_str_eq(heard(), "answer");
}

/* The same places serve all sockets, and what is needed beside a datagram differs. */
START_TEST(sockets_of_two_kinds_take_turns)
{
	int ours[2], peers[2];
	struct address addresses[2];

	for (int kind = 0; kind < 2; kind++) {
		if (kind == 0) {
			open_wildcard();
			peer = datagrams_to(fd);
		} else {
			open_unix();
		}
		ours[kind] = fd;
		peers[kind] = peer;
		addresses[kind] = bound;
	}
	for (int i = 0; i < 4; i++) {
		fd = ours[i % 2];
		peer = peers[i % 2];
		bound = addresses[i % 2];
		if (i % 2 == 0)
			ask_where();
		else
			ask_with_descriptors(3);
	}
	close(ours[0]);
	close(peers[0]);
}
END_TEST

START_TEST(socket_that_is_none_is_told)
{
	struct address any = {.length = sizeof any.ipv6};

	any.any.sa_family = (sa_family_t)families[_i];
	errno = 0;
	ck_assert_int_eq(destination_want(-1, &any), !HAS_DESTINATION);
	ck_assert_int_eq(errno, HAS_DESTINATION ? EBADF : 0);
	ck_assert_uint_eq(packets_receive(packets, -1, &bound), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packets");
	TCase *reading = suite_case(suite, "reading"), *answering = suite_case(suite, "answering");
	int end = ipv6_works() ? COUNT_OF(families) : 1;

	tcase_add_checked_fixture(reading, setup, teardown);
	tcase_add_loop_test(reading, nothing_has_come, 0, end);
	tcase_add_loop_test(reading, request_is_read_with_both_addresses, 0, end);
	tcase_add_loop_test(reading, request_may_be_empty, 0, end);
	tcase_add_loop_test(reading, long_request_is_cut, 0, end);
	tcase_add_loop_test(reading, many_are_read_in_turns, 0, end);
	tcase_add_loop_test(reading, socket_that_is_none_is_told, 0, end);
	tcase_add_checked_fixture(answering, setup, teardown);
	tcase_add_loop_test(answering, only_what_is_answered_is_sent, 0, end);
	tcase_add_loop_test(answering, answers_are_sent_once, 0, end);
	tcase_add_loop_test(answering, all_of_a_turn_are_answered, 0, end);
	tcase_add_loop_test(answering, answer_that_is_refused_keeps_up_no_other, 0, end);
	tcase_add_test(answering, answers_for_which_there_is_no_room_are_lost);
#ifdef __linux__
	tcase_add_test(answering, peer_that_does_not_read_keeps_up_no_other);
	tcase_add_test(answering, descriptors_beside_a_request_are_not_kept);
	tcase_add_test(answering, sockets_of_two_kinds_take_turns);
#endif
	tcase_add_test(answering, other_notes_keep_up_no_answer);
	tcase_add_test(answering, answer_comes_from_the_address_that_was_asked);
	tcase_add_test(reading, broadcast_is_to_many);
	tcase_add_test(reading, broadcast_to_a_broadcast_address_is_to_many);
	tcase_add_loop_test(reading, kernel_is_not_asked_what_is_known, 0,
			    ipv6_works() ? COUNT_OF(known) : 2);
	tcase_add_loop_test(reading, kernel_is_asked_what_is_not_known, 0,
			    ipv6_works() ? COUNT_OF(unknown) : 4);
	return suite_run(suite);
}
