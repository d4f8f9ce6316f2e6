/* SPDX-License-Identifier: ISC */
/* gate: who is let in: whose headers are believed, which networks may come, and how often. */
#include "gate.h"

#include <event2/util.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/siphash.h"
#include "lists.h"
#include "networkfile.h"
#include "networks.h"
#include "opensources.h"
#include "ratelimit.h"
#include "source.h"
#include "daemon/options.h"
#include "daemon/status.h"

/* So much of what the rate allows in its time may come at once. */
enum { BURST = 2 };

/* For so many connections the count of each source is fast; more only make it slower. */
enum { CONNECTIONS = 16384 };

struct gate {
	const struct options *options;
	struct networks *trusted, *admitted; /* the latter NULL: there are no lists */
	struct siphash_secret secret;
	struct opensources *open;    /* NULL: no limit */
	struct ratelimit *rate;	     /* of connections; NULL: no limit */
	struct ratelimit *datagrams; /* NULL: no limit */
};

static bool has_lists(const struct options *options)
{
	return options->allow.count + options->deny.count + options->deny_files.count > 0;
}

/* Makes the networks whose headers are believed. False: no memory; logged. */
static bool make_trusted(struct gate *gate)
{
	gate->trusted = lists_make_trusted(gate->options);
	if (!gate->trusted)
		log_error("out of memory");
	return gate->trusted != NULL;
}

/*
 * Makes the networks of the lists, in place of the old ones. False: the old ones stay; logged, and
 * `status` is the exit code at a start.
 */
static bool make_admitted(struct gate *gate, int *status)
{
	char why[LISTS_WHY_MAX];
	struct networks *networks = lists_make_admitted(gate->options, why);

	if (!networks) {
		*status = strcmp(why, LISTS_NO_MEMORY) == 0 ? STATUS_FAILURE : STATUS_USAGE;
		log_error("%s%s", why, gate->admitted ? "; the old networks stay" : "");
		return false;
	}
	networks_free(gate->admitted);
	gate->admitted = networks;
	return true;
}

/* Makes a limit of that rate, if there is one. False: no memory; logged. */
static bool make_rate(const struct rate *rate, struct ratelimit **limit)
{
	uint32_t most = RATE_COUNT_MAX;

	if (rate->count == 0)
		return true;
	*limit = ratelimit_new(rate, rate->count < most / BURST ? BURST * rate->count : most,
			       RATELIMIT_SOURCES);
	if (!*limit)
		log_error("out of memory");
	return *limit != NULL;
}

/* Makes the limits for each source. False: no memory; logged. */
static bool make_limits(struct gate *gate, bool has_datagrams)
{
	const struct options *options = gate->options;

	/* So that nobody can choose sources that share a place. */
	evutil_secure_rng_get_bytes(&gate->secret, sizeof gate->secret);
	if (options->max_per_source > 0) {
		gate->open = opensources_new(CONNECTIONS, (uint32_t)options->max_per_source);
		if (!gate->open) {
			log_error("out of memory");
			return false;
		}
	}
	return make_rate(&options->rate_per_source, &gate->rate) &&
	       (!has_datagrams || make_rate(&options->datagram_rate, &gate->datagrams));
}

struct gate *gate_new(const struct options *options, bool has_datagrams, int *status)
{
	struct gate *gate = calloc(1, sizeof *gate);

	*status = STATUS_FAILURE;
	if (!gate) {
		log_error("out of memory");
		return NULL;
	}
	gate->options = options;
	if (make_trusted(gate) && (!has_lists(options) || make_admitted(gate, status)) &&
	    make_limits(gate, has_datagrams))
		return gate;
	gate_free(gate);
	return NULL;
}

bool gate_has_files(const struct gate *gate)
{
	return gate->options->deny_files.count > 0;
}

bool gate_is_settled(const struct gate *gate)
{
	const struct cli_list *files = &gate->options->deny_files;

	for (size_t i = 0; i < files->count; i++)
		if (!networkfile_is_settled(files->texts[i]))
			return false;
	return true;
}

bool gate_reload(struct gate *gate)
{
	const struct cli_list *files = &gate->options->deny_files;
	int status;

	if (files->count == 0)
		return true;
	if (!make_admitted(gate, &status))
		return false;
	for (size_t i = 0; i < files->count; i++)
		log_info("read %s again", files->texts[i]);
	return true;
}

bool gate_trusts(const struct gate *gate, const struct sockaddr *address)
{
	return networks_allow(gate->trusted, address);
}

bool gate_has_limits(const struct gate *gate)
{
	return gate->admitted || gate->open || gate->rate;
}

/* Counts a connection of the source. */
static enum gate_verdict count(struct gate *gate, const struct source_key *key,
			       struct opensource **source)
{
	static const enum gate_verdict verdicts[] = {
		[OPENSOURCES_ADMITTED] = GATE_ADMITTED,
		[OPENSOURCES_TOO_MANY] = GATE_TOO_MANY,
		[OPENSOURCES_NO_MEMORY] = GATE_NO_MEMORY,
	};

	return verdicts[opensources_enter(gate->open, key, source)];
}

/* Judges a client by its source; a connection is counted, and sets `source`. */
static enum gate_verdict limit(struct gate *gate, struct ratelimit *rate,
			       const struct sockaddr *address, struct opensource **source)
{
	struct source_key key;

	if (!source_key(address, &gate->options->source_prefix, &gate->secret, &key))
		return GATE_ADMITTED;
	if (rate && !ratelimit_take(rate, &key, clock_us()))
		return GATE_TOO_OFTEN;
	return source && gate->open ? count(gate, &key, source) : GATE_ADMITTED;
}

enum gate_verdict gate_enter(struct gate *gate, const struct sockaddr *address,
			     struct opensource **source)
{
	*source = NULL;
	if (gate->admitted && !networks_allow(gate->admitted, address))
		return GATE_DENIED;
	return gate->open || gate->rate ? limit(gate, gate->rate, address, source) : GATE_ADMITTED;
}

enum gate_verdict gate_enter_again(struct gate *gate, const struct sockaddr *address,
				   struct opensource **source)
{
	struct source_key key;

	*source = NULL;
	if (!source_key(address, &gate->options->source_prefix, &gate->secret, &key))
		return GATE_ADMITTED;
	return count(gate, &key, source);
}

void gate_leave(struct gate *gate, struct opensource *source)
{
	if (source)
		opensources_leave(gate->open, source);
}

enum gate_verdict gate_judge_datagram(struct gate *gate, const struct sockaddr *address)
{
	if (gate->admitted && !networks_allow(gate->admitted, address))
		return GATE_DENIED;
	return gate->datagrams ? limit(gate, gate->datagrams, address, NULL) : GATE_ADMITTED;
}

const char *gate_describe(enum gate_verdict verdict)
{
	static const char *const words[] = {
		[GATE_ADMITTED] = "admitted",
		[GATE_DENIED] = "denied",
		[GATE_TOO_MANY] = "too many connections from there (see --max-per-source)",
		[GATE_TOO_OFTEN] = "too often from there (see --rate-per-source)",
		[GATE_NO_MEMORY] = "no memory to count it",
	};

	return words[verdict];
}

void gate_free(struct gate *gate)
{
	if (!gate)
		return;
	networks_free(gate->trusted);
	networks_free(gate->admitted);
	opensources_free(gate->open);
	ratelimit_free(gate->rate);
	ratelimit_free(gate->datagrams);
	free(gate);
}
