/* SPDX-License-Identifier: ISC */
/*
 * fuzz_options: whatever haild's command line and environment hold, they are understood and
 * lie in their ranges, or are refused in one harmless line.
 *
 * The input is words, see command.h; with HAILD_FULL stdout can't be written.
 */
#include <config.h>

#include "daemon/options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/log.h"
#include "base/prefix.h"
#include "base/timestamp.h"
#include "command.h"
#include "fuzz.h"
#include "world.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static bool is_time(uint64_t ms)
{
	return ms >= 1 && ms <= DAY_MS;
}

/* Checks the place to listen, and that it comes after no other that is the same. */
static void check_endpoint(const struct endpoint *first, const struct endpoint *endpoint)
{
	bool has_host = endpoint->host[0] != '\0';

	FUZZ_CHECK(has_host == (endpoint->kind != ENDPOINT_ANY));
	FUZZ_CHECK(endpoint->kind != ENDPOINT_UNIX || endpoint->port == 0);
	for (; first < endpoint; first++)
		FUZZ_CHECK(first->kind != endpoint->kind || first->port != endpoint->port ||
			   strcmp(first->host, endpoint->host) != 0 ||
			   (first->port == 0 && first->kind != ENDPOINT_UNIX));
}

static void check_networks(const struct cli_list *list)
{
	char why[PREFIX_WHY_MAX];
	struct prefix prefix;

	for (size_t i = 0; i < list->count; i++)
		FUZZ_CHECK(prefix_parse(list->texts[i], &prefix, why));
}

static bool is_rate(const struct rate *rate)
{
	return rate->count >= 1 && rate->count <= RATE_COUNT_MAX && rate->ms >= 1 &&
	       rate->ms <= RATE_MS_MAX;
}

/* Checks who may come, and how often. */
static void check_admission(const struct options *options)
{
	check_networks(&options->proxy_from);
	check_networks(&options->allow);
	check_networks(&options->deny);
	FUZZ_CHECK(options->max_per_source <= INT_MAX);
	FUZZ_CHECK(options->source_prefix.ipv4 <= 32 && options->source_prefix.ipv6 <= 128);
	if (options->rate_given && strcmp(options->rate_given, "0") == 0) {
		FUZZ_CHECK(options->rate_per_source.count == 0 &&
			   options->datagram_rate.count == 0);
		return;
	}
	FUZZ_CHECK(is_rate(&options->datagram_rate));
	FUZZ_CHECK(options->rate_given ? is_rate(&options->rate_per_source)
				       : options->rate_per_source.count == 0);
}

static void check_understood(const struct options *options)
{
	bool can_udp = false;

	FUZZ_CHECK(options->endpoint_count + options->proxy_count > 0);
	FUZZ_CHECK(options->endpoint_count == options->listen.count);
	FUZZ_CHECK(options->proxy_count == options->proxies_given.count);
	for (size_t i = 0; i < options->proxy_count; i++)
		check_endpoint(options->proxies, &options->proxies[i]);
	for (size_t i = 0; i < options->endpoint_count; i++) {
		check_endpoint(options->endpoints, &options->endpoints[i]);
		can_udp |= options->endpoints[i].kind != ENDPOINT_UNIX;
	}
	FUZZ_CHECK(can_udp || !options->udp);
	FUZZ_CHECK(options->metrics_count == options->metrics_given.count);
	for (size_t i = 0; i < options->metrics_count; i++) {
		check_endpoint(options->metrics, &options->metrics[i]);
		FUZZ_CHECK(options->metrics[i].has_port ||
			   options->metrics[i].kind == ENDPOINT_UNIX);
	}
	FUZZ_CHECK(!options->message != !options->message_file);
	FUZZ_CHECK(options->count <= UINT32_MAX);
	FUZZ_CHECK(options->max_connections <= INT_MAX);
	FUZZ_CHECK(options->backlog >= 1 && options->backlog <= INT_MAX);
	FUZZ_CHECK(is_time(options->timeout) && is_time(options->idle));
	FUZZ_CHECK(options->drain <= DAY_MS);
	FUZZ_CHECK(options->lame_duck <= DAY_MS);
	FUZZ_CHECK(!options->quiet || !options->verbose);
	FUZZ_CHECK(options->socket_mode.bits <= (options->socket_mode.is_given ? 0777 : 0));
	check_admission(options);
}

/* Checks that this is one harmless line in the form of the log. */
static void check_complaint(const struct options *options)
{
	const char *text = world.errors.bytes;
	size_t length = world.errors.length, time = options->log_time ? TIMESTAMP_MAX : 0;

	FUZZ_CHECK(length > time);
	if (!options->log_json) {
		fuzz_check_complaint(text + time, length - time, "haild");
		return;
	}
	FUZZ_CHECK(memcmp(text, "{\"time\":\"", 9) == 0);
	FUZZ_CHECK(length > 12 && memcmp(text + length - 3, "\"}\n", 3) == 0);
	FUZZ_CHECK(fuzz_is_harmless(text, length - 1, ""));
}

/* Checks that what was told is that HAILD_PORT is not ours: nothing else is without harm. */
static void check_warning(const struct options *options, enum cli_outcome outcome)
{
	check_complaint(options);
	world.errors.bytes[world.errors.length] = '\0';
	FUZZ_CHECK(strstr(world.errors.bytes, "HAILD_PORT is '") != NULL);
	FUZZ_CHECK(outcome == CLI_GO && strstr(options->port, "://") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command command;
	struct options options;
	char **outside = environ;
	enum cli_outcome outcome;

	log_open("haild", LOG_LEVEL_INFO);
	log_set_form(false, false);
	world_begin();
	command_open(&command, "haild", data, size);
	environ = command.variables;
	world.is_full = getenv("HAILD_FULL") != NULL;
	outcome = options_read(&options, command.argument_count, command.arguments);
	environ = outside;
	FUZZ_CHECK(outcome != CLI_FAILED || world.is_full);
	if (outcome == CLI_BAD || outcome == CLI_FAILED)
		check_complaint(&options);
	else if (world.errors.length > 0)
		check_warning(&options, outcome);
	if (outcome == CLI_GO)
		check_understood(&options);
	options_free(&options);
	command_close(&command);
	return 0;
}
