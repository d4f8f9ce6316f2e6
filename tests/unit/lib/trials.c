/* SPDX-License-Identifier: ISC */
/* trials: addresses that are tried by connecting or by datagram, and what came of it. */
#include "trials.h"

#include <check.h>
#include <string.h>
#include <sys/socket.h>

#include "looping.h"
#include "peers.h"

struct addresslist addresses;
struct attempts *attempts;
struct address source;
struct attempts_request request = {.addresses = &addresses, .source = &source};

struct trials_outcome outcome;
const int families[2] = {AF_INET, AF_INET6};

void ended_cb(const struct attempts_result *result, void *argument)
{
	looping_called(argument);
	outcome.has_answered = result->has_answered;
	outcome.fd = result->fd;
	outcome.is_refused = result->is_refused;
	outcome.reason = result->reason;
	outcome.length = result->length;
	outcome.connect_us = result->connect_us;
	address_format(result->address, outcome.address, sizeof outcome.address);
	if (free_in_callback) {
		attempts_free(attempts);
		attempts = NULL;
	}
}

int families_end(void)
{
	return ipv6_works() ? (int)(sizeof families / sizeof *families) : 1;
}

void add(int fd)
{
	struct address address = bound_address(fd);

	addresslist_add(&addresses, &address);
}

const char *shown(size_t i)
{
	static char text[ADDRESS_TEXT_MAX];

	return address_format(&addresses.all[i], text, sizeof text);
}

void set_source(const char *host)
{
	ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, &source), 0);
}

void assert_failed(int reason, size_t i)
{
	ck_assert(!outcome.has_answered);
	ck_assert_int_eq(outcome.fd, -1);
	ck_assert_msg(outcome.reason == reason, "%s", strerror(outcome.reason));
	ck_assert_str_eq(outcome.address, shown(i));
	ck_assert_uint_eq(outcome.length, 0);
}

void end_trials(void)
{
	attempts_free(attempts);
	attempts = NULL;
}
