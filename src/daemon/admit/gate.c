/* SPDX-License-Identifier: ISC */
/* gate: who is let in: whose headers are believed, which networks may come, and how often. */
#include "gate.h"

#include <event2/util.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "lists.h"
#include "networkfile.h"
#include "networks.h"
#include "pairhash.h"
#include "source.h"
#include "sources.h"
#include "daemon/options.h"
#include "daemon/status.h"

/* So much of what the rate allows in its time may come at once. */
enum { BURST = 2 };

struct gate {
	const struct options *options;
	struct networks *trusted, *admitted; /* the latter NULL: there are no lists */
	struct source_masks masks;
	struct sources *connections, *datagrams; /* NULL: no limit */
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

/* Makes limits for each source, if there are any. False: no memory; logged. */
static bool make_sources(struct sources **sources, const struct rate *rate, uint32_t most_open)
{
	uint32_t most = RATE_COUNT_MAX;
	struct sources_limits limits = {
		.rate = *rate,
		.burst = rate->count < most / BURST ? BURST * rate->count : most,
		.most_open = most_open,
	};
	struct pairhash_secret secret;

	if (rate->count == 0 && most_open == 0)
		return true;
	/* So that nobody can choose sources that share a place. */
	evutil_secure_rng_get_bytes(&secret, sizeof secret);
	*sources = sources_new(&limits, SOURCES_REMEMBERED, &secret);
	if (!*sources)
		log_error("out of memory");
	return *sources != NULL;
}

/* Makes the limits for each source. False: no memory; logged. */
static bool make_limits(struct gate *gate, bool has_datagrams)
{
	const struct options *options = gate->options;

	gate->masks = source_masks(&options->source_prefix);
	return make_sources(&gate->connections, &options->rate_per_source,
			    (uint32_t)options->max_per_source) &&
	       (!has_datagrams || make_sources(&gate->datagrams, &options->datagram_rate, 0));
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
	return gate->admitted || gate->connections;
}

static inline bool is_denied(const struct gate *gate, const struct sockaddr *address)
{
	return gate->admitted && !networks_allow(gate->admitted, address);
}

/* Judges a client by its source. (The clock is read first: then less must be kept for after it.) */
static struct admission limit(const struct gate *gate, struct sources *sources,
			      const struct sockaddr *address)
{
	uint64_t now_us;

	if (!sources || !source_has_key(address))
		return (struct admission){VERDICT_ADMITTED, NULL};
	now_us = clock_us();
	return sources_enter(sources, source_key(address, &gate->masks), now_us);
}

struct admission gate_enter(struct gate *gate, const struct sockaddr *address)
{
	if (is_denied(gate, address))
		return (struct admission){VERDICT_DENIED, NULL};
	return limit(gate, gate->connections, address);
}

struct admission gate_enter_again(struct gate *gate, const struct sockaddr *address)
{
	return sources_enter_again(gate->connections, source_key(address, &gate->masks));
}

void gate_leave(struct source *source, void *gate)
{
	const struct gate *left = gate;

	sources_leave(left->connections, source);
}

enum verdict gate_judge_datagram(struct gate *gate, const struct sockaddr *address)
{
	if (is_denied(gate, address))
		return VERDICT_DENIED;
	return limit(gate, gate->datagrams, address).verdict;
}

const char *gate_describe(enum verdict verdict)
{
	static const char *const words[] = {
		[VERDICT_ADMITTED] = "admitted",
		[VERDICT_DENIED] = "denied",
		[VERDICT_TOO_MANY] = "too many connections from there (see --max-per-source)",
		[VERDICT_TOO_OFTEN] = "too often from there (see --rate-per-source)",
		[VERDICT_NO_MEMORY] = "no memory to count it",
	};

	return words[verdict];
}

void gate_free(struct gate *gate)
{
	if (!gate)
		return;
	networks_free(gate->trusted);
	networks_free(gate->admitted);
	sources_free(gate->connections);
	sources_free(gate->datagrams);
	free(gate);
}
