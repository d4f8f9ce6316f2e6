/* SPDX-License-Identifier: ISC */
/*
 * fuzz_client_options: whatever hailto's command line holds, it is understood and lies in its
 * ranges, or is refused in one harmless line.
 *
 * The input is words, see command.h.
 */
#include "client/options.h"

#include <string.h>

#include "base/log.h"
#include "command.h"
#include "fuzz.h"
#include "target.h"
#include "world.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, MIB = 1024 * 1024, DATAGRAM_MAX = 65507 };
enum { COUNT_MAX = 10000000, PARALLEL_MAX = 10000 };

static void check_complaint(void)
{
	fuzz_check_complaint(world.errors.bytes, world.errors.length, "hailto");
}

/* Checks that a source is of the family that is wanted, and that it is one. */
static void check_source(const struct options *options)
{
	int family = options_family(options);

	if (!options->source_text) {
		FUZZ_CHECK(options->source.length == 0);
		return;
	}
	FUZZ_CHECK(family == options->source.any.sa_family);
	FUZZ_CHECK(options->source.length ==
		   (family == AF_INET ? sizeof options->source.ipv4 : sizeof options->source.ipv6));
	FUZZ_CHECK(!(options->ipv4 && family != AF_INET) && !(options->ipv6 && family != AF_INET6));
}

/* Checks that no two options contradict each other. */
static void check_peace(const struct options *options)
{
	const char *expected = options->expect ? options->expect : options->expect_prefix;
	const char *rejected = options->reject_prefix;

	FUZZ_CHECK(!options->ipv4 || !options->ipv6);
	FUZZ_CHECK(!options->raw || !options->escape);
	FUZZ_CHECK(!options->quiet || !options->verbose);
	FUZZ_CHECK(!options->json ||
		   (!options->raw && !options->escape && !options->quiet && !options->command));
	FUZZ_CHECK(!options->expect || !options->expect_prefix);
	FUZZ_CHECK(!expected || (!options->zero && strlen(expected) <= options->bytes));
	FUZZ_CHECK(!rejected ||
		   (!options->zero && *rejected && strlen(rejected) <= options->bytes));
	FUZZ_CHECK(!options->invert || (!expected && !rejected && options->zero == !options->udp));
	FUZZ_CHECK(!options->steady || (options->zero && options->wait > 0 && !options->invert));
	FUZZ_CHECK(!options->udp || (!options->zero && options->connect_timeout == 0 &&
				     options->bytes <= DATAGRAM_MAX));
}

/* Checks that many attempts have what they need, and nothing that is for one. */
static void check_many(const struct options *options)
{
	bool counts = options->count != OPTIONS_UNSET;

	FUZZ_CHECK(!counts || options->count <= COUNT_MAX);
	FUZZ_CHECK(options->parallel >= 1 && options->parallel <= PARALLEL_MAX);
	FUZZ_CHECK(options->interval <= DAY_MS || options->interval == OPTIONS_UNSET);
	FUZZ_CHECK(counts || (options->interval == OPTIONS_UNSET && options->parallel == 1 &&
			      !options->expect_shares));
	FUZZ_CHECK(!counts || options->parallel > 1 || options->interval != OPTIONS_UNSET);
	if (!options_want_many(options)) {
		FUZZ_CHECK(!options->any && !options->tally);
		return;
	}
	FUZZ_CHECK(counts != options->all && options->other_count == 0 && !options->command);
	FUZZ_CHECK(options->wait == 0 && !options->invert && !options->raw && !options->escape);
	FUZZ_CHECK(!options->zero || (!options->tally && !options->expect_shares));
	FUZZ_CHECK(!options->all || !options->udp || address_port(&options->source) == 0);
	FUZZ_CHECK(options->parallel == 1 || address_port(&options->source) == 0);
}

static void check_understood(const struct options *options)
{
	FUZZ_CHECK(options->bytes >= 1 && options->bytes <= MIB);
	FUZZ_CHECK(options->timeout >= 1 && options->timeout <= DAY_MS);
	FUZZ_CHECK(options->connect_timeout <= DAY_MS && options->read_timeout <= DAY_MS);
	FUZZ_CHECK(options->wait <= DAY_MS);
	FUZZ_CHECK(!options->command || *options->command);
	check_peace(options);
	check_source(options);
	check_many(options);
	if (!options->has_target)
		return;
	for (size_t i = 0; i < options_target_count(options); i++)
		check_target(options_target(options, i));
	if (!options_suit_targets(options)) {
		check_complaint();
		return;
	}
	FUZZ_CHECK(world.errors.length == 0);
	for (size_t i = 0; i < options_target_count(options); i++)
		FUZZ_CHECK(!options->udp || options_target(options, i)->kind != ENDPOINT_UNIX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command command;
	struct options options;
	enum cli_outcome outcome;

	log_open("hailto", LOG_LEVEL_WARNING);
	world_begin();
	command_open(&command, "hailto", data, size);
	outcome = options_read(&options, command.argument_count, command.arguments);
	FUZZ_CHECK(outcome != CLI_FAILED);
	if (outcome == CLI_BAD)
		check_complaint();
	else
		FUZZ_CHECK(world.errors.length == 0);
	if (outcome == CLI_GO)
		check_understood(&options);
	options_free(&options);
	command_close(&command);
	return 0;
}
