/* SPDX-License-Identifier: ISC */
/* check_entries: which of our own addresses are in each other's way, and what is closed when. */
#include "daemon/setup/entries.h"

#include <fcntl.h>

#include "base/abstract.h"
#include "base/address.h"
#include "lib/extensions.h"
#include "lib/suite.h"

/* An address in numbers with port 80, on the link of that number; 0: on none. */
static struct address make(const char *host, unsigned link)
{
	struct address address;

	ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, &address), 0);
	address_set_port(&address, 80);
	if (address.any.sa_family == AF_INET6)
		address.ipv6.sin6_scope_id = link;
	return address;
}

static const struct {
	const char *host, *other;
	unsigned link, other_link;
	bool overlap;
} cases[] = {
	{"127.0.0.1", "127.0.0.1", 0, 0, true},
	{"127.0.0.1", "127.0.0.2", 0, 0, false},
	{"127.0.0.1", "0.0.0.0", 0, 0, true},
	{"0.0.0.0", "127.0.0.1", 0, 0, true},
	{"::1", "::1", 0, 0, true},
	{"::", "::1", 0, 0, true},
	{"::1", "::", 0, 0, true},
	{"::1", "::2", 0, 0, false},
	{"::", "0.0.0.0", 0, 0, false},
	{"fe80::1", "fe80::1", 1, 1, true},
	{"fe80::1", "fe80::1", 1, 2, false}, /* each link has its own */
	{"::", "fe80::1", 0, 2, true},
};

START_TEST(overlap_is_found)
{
	struct address one = make(cases[_i].host, cases[_i].link);
	struct address other = make(cases[_i].other, cases[_i].other_link);
	struct entries entries = {.count = 0};
	struct socket_entry *entry = entries_add(&entries, -1, SOCKET_STREAM);

	ck_assert_ptr_nonnull(entry);
	entries_name(entry, &one);
	ck_assert_int_eq(entries_find_overlap(&entries, SOCKET_STREAM, &other) != NULL,
			 cases[_i].overlap);
	address_set_port(&other, 81);
	ck_assert_ptr_null(entries_find_overlap(&entries, SOCKET_STREAM, &other));
	entries_free(&entries);
}
END_TEST

/* TCP and UDP may share a port, unlike two sockets of one kind; nothing shares a path. */
START_TEST(kinds_are_apart)
{
	struct address address = make("127.0.0.1", 0), path;
	struct entries entries = {.count = 0};

	ck_assert(address_from_path("/tmp/check_entries", &path));
	entries_name(entries_add(&entries, -1, SOCKET_DATAGRAM), &address);
	entries_name(entries_add(&entries, -1, SOCKET_DATAGRAM), &path);
	ck_assert_ptr_null(entries_find_overlap(&entries, SOCKET_STREAM, &address));
	ck_assert_ptr_eq(entries_find_overlap(&entries, SOCKET_DATAGRAM, &address), entries.all);
	ck_assert_ptr_eq(entries_find_overlap(&entries, SOCKET_STREAM, &path), entries.all + 1);
	entries_free(&entries);
}
END_TEST

/* Unlike a path, an abstract name may be that of one socket of each kind. */
START_TEST(kinds_are_apart_with_abstract_names)
{
	struct entries entries = {.count = 0};
	struct address name;

	if (!HAS_ABSTRACT)
		return;
	ck_assert_ptr_null(abstract_read("check_entries", &name));
	entries_name(entries_add(&entries, -1, SOCKET_DATAGRAM), &name);
	ck_assert_ptr_null(entries_find_overlap(&entries, SOCKET_STREAM, &name));
	ck_assert_ptr_eq(entries_find_overlap(&entries, SOCKET_DATAGRAM, &name), entries.all);
	entries_free(&entries);
}
END_TEST

START_TEST(socket_for_both_families_overlaps_both)
{
	struct address any = make("::", 0), ipv4 = make("127.0.0.1", 0);
	struct entries entries = {.count = 0};
	struct socket_entry *entry = entries_add(&entries, -1, SOCKET_STREAM);

	entries_name(entry, &any);
	entry->takes_ipv4 = true;
	ck_assert_ptr_eq(entries_find_overlap(&entries, SOCKET_STREAM, &ipv4), entry);
	address_set_port(&ipv4, 81);
	ck_assert_ptr_null(entries_find_overlap(&entries, SOCKET_STREAM, &ipv4));
	entries_free(&entries);
}
END_TEST

/* Adds a socket of that kind. Returns its descriptor. */
static int add(struct entries *entries, enum socket_kind kind)
{
	int fd = socket(AF_INET, kind == SOCKET_STREAM ? SOCK_STREAM : SOCK_DGRAM, 0);

	ck_assert_ptr_nonnull(entries_add(entries, fd, kind));
	return fd;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

START_TEST(datagrams_are_closed_alone)
{
	struct entries entries = {.count = 0};
	int stream = add(&entries, SOCKET_STREAM), datagram = add(&entries, SOCKET_DATAGRAM);

	entries_close_datagrams(&entries);
	ck_assert(is_open(stream) && !is_open(datagram));
	ck_assert_uint_eq(entries.count, 2);
	ck_assert_int_eq(entries.all[1].fd, -1);
	entries_free(&entries);
	ck_assert(!is_open(stream));
}
END_TEST

START_TEST(inherited_listening_sockets_are_let_go_alone)
{
	struct entries entries = {.count = 0};
	int own = add(&entries, SOCKET_STREAM), stream = add(&entries, SOCKET_STREAM);
	int datagram = add(&entries, SOCKET_DATAGRAM);

	entries.all[1].inherited = entries.all[2].inherited = true;
	entries_let_go(&entries);
	ck_assert(is_open(own) && !is_open(stream) && is_open(datagram));
	ck_assert_int_eq(entries.all[1].fd, -1);
	entries_free(&entries);
}
END_TEST

START_TEST(truncation_closes_what_it_forgets)
{
	struct entries entries = {.count = 0};
	int first = add(&entries, SOCKET_STREAM);
	int others[] = {add(&entries, SOCKET_DATAGRAM), add(&entries, SOCKET_STREAM)};

	entries_truncate(&entries, 1);
	ck_assert(is_open(first) && !is_open(others[0]) && !is_open(others[1]));
	ck_assert_uint_eq(entries.count, 1);
	entries_free(&entries);
}
END_TEST

START_TEST(roles_are_split)
{
	struct entries entries = {.count = 0}, split = {.count = 0};
	int fds[5];

	for (int i = 0; i < 5; i++) {
		fds[i] = add(&entries, SOCKET_STREAM);
		entries.all[i].role = i % 2 == 1 ? SOCKET_METRICS : SOCKET_GREETING;
	}
	ck_assert(entries_split(&entries, SOCKET_METRICS, &split));
	ck_assert_uint_eq(entries.count, 3);
	ck_assert_uint_eq(split.count, 2);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq((i % 2 == 1 ? split : entries).all[i / 2].fd, fds[i]);
	entries_free(&entries);
	ck_assert(!is_open(fds[0]) && is_open(fds[1]) && is_open(fds[3]) && !is_open(fds[4]));
	entries_free(&split);
	ck_assert(!is_open(fds[1]) && !is_open(fds[3]));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("entries");
	TCase *tests = suite_case(suite, "all");

	tcase_add_loop_test(tests, overlap_is_found, 0, COUNT_OF(cases));
	tcase_add_test(tests, kinds_are_apart);
	tcase_add_test(tests, kinds_are_apart_with_abstract_names);
	tcase_add_test(tests, socket_for_both_families_overlaps_both);
	tcase_add_test(tests, datagrams_are_closed_alone);
	tcase_add_test(tests, inherited_listening_sockets_are_let_go_alone);
	tcase_add_test(tests, roles_are_split);
	tcase_add_test(tests, truncation_closes_what_it_forgets);
	return suite_run(suite);
}
