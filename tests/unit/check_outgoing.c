/* SPDX-License-Identifier: ISC */
/* check_outgoing: what a failure to connect is called, and whose fault it is. */
#include "client/outgoing.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "lib/extensions.h"
#include "lib/peers.h"
#include "lib/suite.h"

static struct address to, source;

/* Makes an address with its port. */
static struct address make(const char *host, uint16_t port)
{
	struct address address;

	ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, &address), 0);
	address_set_port(&address, port);
	return address;
}

static int reason_of(int reason)
{
	return outgoing_reason(reason, &to, &source);
}

static const char *words_of(int reason)
{
	static char text[160];

	return outgoing_describe(reason, &to, &source, text, sizeof text);
}

START_TEST(address_that_could_be_had_means_that_ports_are_used_up)
{
	to = make("127.0.0.1", 80);
	ck_assert_int_eq(reason_of(EADDRNOTAVAIL), EADDRINUSE);
	source = make("127.0.0.2", 0);
	ck_assert_int_eq(reason_of(EADDRNOTAVAIL), EADDRINUSE);
	source = make("127.0.0.2", 4242);
	ck_assert_int_eq(reason_of(EADDRNOTAVAIL), EADDRINUSE);
}
END_TEST

START_TEST(address_that_we_lack_stays_so)
{
	to = make("127.0.0.1", 80);
	source = make("203.0.113.1", 0); /* TEST-NET-3 */
	ck_assert_int_eq(reason_of(EADDRNOTAVAIL), EADDRNOTAVAIL);
}
END_TEST

START_TEST(eagain_means_ports_but_not_for_unix_sockets)
{
	to = make("127.0.0.1", 80);
	ck_assert_int_eq(reason_of(EAGAIN), EADDRINUSE);
	ck_assert_int_eq(reason_of(ECONNREFUSED), ECONNREFUSED);
	ck_assert(address_from_path("/nowhere", &to));
	ck_assert_int_eq(reason_of(EAGAIN), EAGAIN);
}
END_TEST

START_TEST(advice_fits_the_cause)
{
	to = make("fe80::1", 80);
	ck_assert_ptr_nonnull(strstr(words_of(EINVAL), "ADDRESS%INTERFACE"));
	ck_assert_str_eq(words_of(ECONNREFUSED), strerror(ECONNREFUSED));
	to = make("::ffff:127.0.0.1", 80);
	ck_assert_str_eq(words_of(EINVAL), strerror(EINVAL));
	to = make("127.0.0.1", 80);
	ck_assert_str_eq(words_of(EINVAL), strerror(EINVAL));
	ck_assert_ptr_nonnull(strstr(words_of(EMFILE), "ulimit -n"));
	ck_assert_ptr_nonnull(strstr(words_of(EADDRINUSE), "all local ports are in use"));
	source = make("127.0.0.1", 4242);
	ck_assert_str_eq(words_of(EADDRINUSE), strerror(EADDRINUSE));
}
END_TEST

START_TEST(source_is_to_blame_for_what_it_says)
{
	source = make("127.0.0.1", 4242);
	ck_assert(outgoing_blames_source(EADDRINUSE, &source));
	ck_assert(outgoing_blames_source(EADDRNOTAVAIL, &source));
	ck_assert(outgoing_blames_source(EACCES, &source));
	ck_assert(!outgoing_blames_source(EMFILE, &source));
	ck_assert(!outgoing_blames_source(ENOMEM, &source));
	source = make("127.0.0.1", 0);
	ck_assert(!outgoing_blames_source(EADDRINUSE, &source));
}
END_TEST

/* The broadcast address of the loopback network is one as well. */
START_TEST(source_is_of_one_machine)
{
	static const char *const many[] = {"224.0.0.1", "239.255.255.255", "255.255.255.255",
					   "127.255.255.255"};
	static const char *const one[] = {"127.0.0.1", "0.0.0.0", "192.0.2.1", "::1", "ff02::1"};

	for (size_t i = 0; i < COUNT_OF(many); i++) {
		source = make(many[i], 0);
		ck_assert_msg(outgoing_means_many(&source), "%s", many[i]);
	}
	for (size_t i = 0; i < COUNT_OF(one); i++) {
		source = make(one[i], 0);
		ck_assert_msg(!outgoing_means_many(&source), "%s", one[i]);
	}
}
END_TEST

static const struct {
	int reason;
	enum status status;
} statuses[] = {
	{ECONNREFUSED, STATUS_REFUSED}, {EADDRNOTAVAIL, STATUS_REFUSED},
	{ENETUNREACH, STATUS_REFUSED},	{EINVAL, STATUS_REFUSED},
	{ETIMEDOUT, STATUS_UNANSWERED}, {EADDRINUSE, STATUS_INTERNAL},
	{EMFILE, STATUS_INTERNAL},	{ENFILE, STATUS_INTERNAL},
	{ENOBUFS, STATUS_INTERNAL},	{ENOMEM, STATUS_INTERNAL},
};

START_TEST(exit_status_follows_from_the_cause)
{
	ck_assert_int_eq(outgoing_status(statuses[_i].reason), statuses[_i].status);
}
END_TEST

/* Not before Linux 4.2, and not where QEMU 7.2 stands between. */
static bool can_bind_without_port(void)
{
#ifdef IP_BIND_ADDRESS_NO_PORT
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, result;

	ck_assert_int_ge(fd, 0);
	result = setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	close(fd);
	return result == 0;
#else
	return false;
#endif
}

START_TEST(source_without_port_leaves_the_choice_to_connect)
{
	struct address bound;
	int fd;

	source = make("127.0.0.2", 0);
	fd = outgoing_open(AF_INET, SOCK_STREAM, &source);
	ck_assert_int_ge(fd, 0);
	bound = bound_address(fd);
	ck_assert_int_eq(address_port(&bound) == 0, HAS_LATE_PORT && can_bind_without_port());
	ck_assert_uint_eq(bound.ipv4.sin_addr.s_addr, source.ipv4.sin_addr.s_addr);
	close(fd);
}
END_TEST

static const struct {
	int reason;
	sa_family_t family;
	bool is_refusal;
} refusals[] = {
	{ECONNREFUSED, AF_INET, true},	{ECONNREFUSED, AF_INET6, true},
	{ECONNREFUSED, AF_UNIX, true},	{ENOENT, AF_UNIX, true},
	{ENOENT, AF_INET, false},	{ETIMEDOUT, AF_INET, false},
	{EHOSTUNREACH, AF_INET, false}, {ENETUNREACH, AF_INET6, false},
	{EACCES, AF_UNIX, false},
};

START_TEST(refusal_is_told_from_other_failures)
{
	to.any.sa_family = refusals[_i].family;
	ck_assert_int_eq(outgoing_is_refusal(refusals[_i].reason, &to), refusals[_i].is_refusal);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outgoing");
	TCase *cause = suite_case(suite, "cause"), *blame = suite_case(suite, "blame");
	TCase *binding = suite_case(suite, "binding");

	tcase_add_test(cause, address_that_could_be_had_means_that_ports_are_used_up);
	tcase_add_test(cause, address_that_we_lack_stays_so);
	tcase_add_test(cause, eagain_means_ports_but_not_for_unix_sockets);
	tcase_add_test(blame, advice_fits_the_cause);
	tcase_add_test(blame, source_is_to_blame_for_what_it_says);
	tcase_add_test(blame, source_is_of_one_machine);
	tcase_add_loop_test(blame, exit_status_follows_from_the_cause, 0, COUNT_OF(statuses));
	tcase_add_test(binding, source_without_port_leaves_the_choice_to_connect);
	tcase_add_loop_test(cause, refusal_is_told_from_other_failures, 0, COUNT_OF(refusals));
	return suite_run(suite);
}
