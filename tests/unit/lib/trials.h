/* SPDX-License-Identifier: ISC */
/* trials: addresses that are tried by connecting or by datagram, and what came of it. */
#ifndef UNIT_TRIALS_H
#define UNIT_TRIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "client/attempts.h"

extern struct addresslist addresses;
extern struct attempts *attempts;
extern struct address source;		/* that they are tried from, once it is set */
extern struct attempts_request request; /* for these addresses, from this source */

/* What the callback was told. */
extern struct trials_outcome {
	bool has_answered;
	bool is_refused;
	int fd, reason;
	size_t length;
	uint64_t connect_us;
	char address[ADDRESS_TEXT_MAX];
} outcome;

/* IPv4 and IPv6, in this order. */
extern const int families[2];

void ended_cb(const struct attempts_result *result, void *argument);

/* How many of the families this machine has, as the end of a loop test. */
int families_end(void);

/* Adds to the list where a descriptor is bound. */
void add(int fd);

/* The i-th address as it is shown. */
const char *shown(size_t i);

/* Has the addresses tried from this one. */
void set_source(const char *host);

void assert_failed(int reason, size_t i);

/* Frees what was tried; nothing comes of it any more. */
void end_trials(void);

#endif
