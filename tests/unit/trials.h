/* trials: addresses that are tried by connecting or by datagram, and what came of it. */
#ifndef UNIT_TRIALS_H
#define UNIT_TRIALS_H

#include "base/address.h"
#include "base/addresslist.h"
#include "client/attempts.h"
#include "looping.h"

static struct addresslist addresses;
static struct attempts *attempts;
static struct address source; /* that they are tried from, once it is set */
static struct attempts_request request = {.addresses = &addresses, .source = &source};

/* What the callback was told. */
static struct {
	bool has_answered;
	int fd, reason;
	size_t length;
	uint64_t connect_us;
	char address[ADDRESS_TEXT_MAX];
} outcome;

static const int families[] = {AF_INET, AF_INET6};

static inline void ended_cb(const struct attempts_result *result, void *argument)
{
	looping_called(argument);
	outcome.has_answered = result->has_answered;
	outcome.fd = result->fd;
	outcome.reason = result->reason;
	outcome.length = result->length;
	outcome.connect_us = result->connect_us;
	address_format(result->address, outcome.address, sizeof outcome.address);
	if (free_in_callback) {
		attempts_free(attempts);
		attempts = NULL;
	}
}

/* How many of the families this machine has, as the end of a loop test. */
static inline int families_end(void)
{
	return ipv6_works() ? (int)(sizeof families / sizeof *families) : 1;
}

/* Adds to the list where a descriptor is bound. */
static inline void add(int fd)
{
	struct address address = bound_address(fd);

	addresslist_add(&addresses, &address);
}

/* The i-th address as it is shown. */
static inline const char *shown(size_t i)
{
	static char text[ADDRESS_TEXT_MAX];

	return address_format(&addresses.all[i], text, sizeof text);
}

/* Has the addresses tried from this one. */
static inline void set_source(const char *host)
{
	ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, &source), 0);
}

static inline void assert_failed(int reason, size_t i)
{
	ck_assert(!outcome.has_answered);
	ck_assert_int_eq(outcome.fd, -1);
	ck_assert_msg(outcome.reason == reason, "%s", strerror(outcome.reason));
	ck_assert_str_eq(outcome.address, shown(i));
	ck_assert_uint_eq(outcome.length, 0);
}

/* Frees what was tried; nothing comes of it any more. */
static inline void end_trials(void)
{
	attempts_free(attempts);
	attempts = NULL;
}

#endif
