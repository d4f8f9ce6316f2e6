/* SPDX-License-Identifier: ISC */
/* trying: tries the addresses of a target as they become known. */
#include "trying.h"

#include <stdlib.h>

#include "base/addresslist.h"
#include "base/clock.h"
#include "base/log.h"
#include "ask.h"
#include "expect.h"
#include "options.h"
#include "race.h"
#include "resolver.h"
#include "result.h"
#include "stageline.h"

struct trying {
	struct event_base *base;
	const struct options *options;
	struct probe_result *result;
	attempts_cb *ended;
	void *argument;
	uint64_t start_us;
	struct attempts *attempts; /* NULL: not started */
	struct addresslist known;  /* so far */
};

struct trying *trying_new(struct event_base *base, const struct options *options,
			  struct probe_result *result, attempts_cb *ended, void *argument)
{
	struct trying *trying = malloc(sizeof *trying);

	if (!trying)
		return NULL;
	trying->attempts = NULL;
	addresslist_clear(&trying->known);
	trying->base = base;
	trying->options = options;
	trying->result = result;
	trying->ended = ended;
	trying->argument = argument;
	trying->start_us = clock_us();
	return trying;
}

/* Starts to ask by datagram. NULL: no memory. */
static struct attempts *start_ask(const struct trying *trying,
				  const struct attempts_request *request)
{
	const struct options *options = trying->options;
	uint64_t patience = options->read_timeout > 0 && options->read_timeout < options->timeout
				    ? options->read_timeout
				    : options->timeout;
	struct ask_terms terms = {
		.size = (size_t)options->bytes,
		.patience = patience,
		.answer = malloc(expect_room(options)),
		.room = expect_room(options),
	};

	trying->result->bytes = terms.answer;
	return terms.answer
		       ? ask_start(trying->base, request, &terms, trying->ended, trying->argument)
		       : NULL;
}

/* Logs, for -v, those that are new, and how long it took to learn them. */
static void log_addresses(const struct trying *trying, const struct addresslist *addresses)
{
	struct addresslist fresh;
	char all[1024];

	addresslist_clear(&fresh);
	for (size_t i = 0; i < addresses->count; i++)
		if (!addresslist_has(&trying->known, &addresses->all[i]))
			addresslist_add(&fresh, &addresses->all[i]);
	if (fresh.count == 0 || trying->options->target.kind == ENDPOINT_UNIX)
		return;
	stageline_log(trying->options, "resolve: %s (%.1f ms)",
		      addresslist_format(&fresh, all, sizeof all),
		      (double)(clock_us() - trying->start_us) / 1000);
}

/* Stores the addresses, and logs the new ones. True if there are any. */
static bool note_addresses(struct trying *trying, const struct addresslist *addresses)
{
	bool has_new = false;

	if (log_shows(LOG_LEVEL_DEBUG))
		log_addresses(trying, addresses);
	for (size_t i = 0; i < addresses->count; i++)
		has_new |= !addresslist_has(&trying->known, &addresses->all[i]);
	if (has_new) {
		addresslist_add_all(&trying->known, addresses);
		trying->result->addresses = addresslist_fingerprint(&trying->known);
	}
	return has_new;
}

bool trying_start(struct trying *trying, const struct addresslist *addresses, bool more_come)
{
	const struct options *options = trying->options;
	const struct attempts_request request = {
		.addresses = addresses,
		.more_come = more_come,
		.source = &options->source,
		.trace = trying->result->trace,
		.options = options,
	};

	note_addresses(trying, addresses);
	trying->attempts = options->udp ? start_ask(trying, &request)
					: race_start(trying->base, &request, trying->ended,
						     trying->argument);
	return trying_is_started(trying);
}

bool trying_is_started(const struct trying *trying)
{
	return trying->attempts != NULL;
}

const struct addresslist *trying_known(const struct trying *trying)
{
	return &trying->known;
}

bool trying_add(struct trying *trying, const struct resolver_news *news)
{
	bool has_new = news->addresses && note_addresses(trying, news->addresses);

	if (news->is_settled)
		attempts_settle(trying->attempts, news->addresses);
	else
		attempts_add(trying->attempts, news->addresses, news->more_come);
	return has_new;
}

bool trying_stands(const struct trying *trying, struct attempts_result *failed)
{
	return trying->attempts && attempts_stand(trying->attempts, failed);
}

void trying_free(struct trying *trying)
{
	if (!trying)
		return;
	attempts_free(trying->attempts);
	free(trying);
}
