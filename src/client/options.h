/* SPDX-License-Identifier: ISC */
/* options: hailto's settings, from its command line. */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/endpoint.h"
#include "base/attributes.h"
#include "base/cli.h"

/* In place of a number: the option is not given. */
#define OPTIONS_UNSET UINT64_MAX

struct shares;

struct options {
	bool has_target;	 /* else ask the user */
	struct endpoint target;	 /* the only one, or the first */
	struct endpoint *others; /* the further ones */
	size_t other_count;
	char **command; /* to run after success, ended by NULL, in argv; or NULL */
	bool ipv4, ipv6;
	uint64_t bytes;				/* the most bytes to print */
	uint64_t timeout;			/* ms, for everything */
	uint64_t connect_timeout, read_timeout; /* ms; 0: limited by timeout alone */
	struct address source;			/* to connect from; length 0: any */
	const char *source_text;
	uint64_t wait;	   /* ms to go on trying; 0: ask once */
	uint64_t count;	   /* how many times to ask; 0: without end; OPTIONS_UNSET: once */
	uint64_t interval; /* ms between them; OPTIONS_UNSET: none is wanted */
	uint64_t parallel; /* the most attempts at the same time */
	bool any, tally, all;
	const char *expect_shares;			    /* or NULL */
	struct shares *shares;				    /* the same, read; counts, too */
	const char *expect, *expect_prefix, *reject_prefix; /* or NULL */
	uint64_t talk_first;			/* how many bytes to send before anything is read */
	unsigned proxy_version;			/* of the PROXY header to begin with; 0: none */
	bool proxy_is_local;			/* it is for no client's connection */
	struct address proxy_source;		/* the client that it names; length 0: ourselves */
	const char *send_proxy, *send_proxy_v2; /* or NULL */
	bool udp, zero, invert, raw, escape, json, quiet;
	bool detailed;	  /* a report tells more than the greeting */
	bool steady;	  /* a connection counts only if it lasts for a moment */
	uint64_t verbose; /* how often -v was given */
	uint64_t serial;  /* of the attempt, if it is one of many; else 0 */
};

/*
 * Reads the command line. One line on standard error says what is wrong. Call options_free() in any
 * case.
 */
enum cli_outcome options_read(struct options *options, int argc, char **argv) MUST_CHECK;

/* Frees what the options hold. */
void options_free(struct options *options);

/* Returns how many servers are asked, and the i-th of them. */
size_t options_target_count(const struct options *options);
const struct endpoint *options_target(const struct options *options, size_t i);

/* True if all targets can be asked in the way that the options want; otherwise logs why not. */
bool options_suit_targets(const struct options *options) MUST_CHECK;

/* True if there are many attempts, and a summary at the end. */
bool options_want_many(const struct options *options);

/* True if attempts begin by a clock, and not as soon as they may. */
bool options_keep_clock(const struct options *options);

/* Returns the address family that the options leave; AF_UNSPEC: any. */
int options_family(const struct options *options);

#endif
