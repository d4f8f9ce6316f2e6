/* trying: the addresses of a target are tried as they become known. */
#include "trying.h"

#include <stdlib.h>

#include "base/addresslist.h"
#include "base/clock.h"
#include "base/log.h"
#include "expect.h"
#include "options.h"
#include "resolver.h"
#include "result.h"

struct trying {
	struct event_base *base;
	const struct options *options;
	struct probe_result *result;
	struct trying_ends ends;
	struct addresslist known; /* by now */
	uint64_t start_us;
	struct race *race;
	struct ask *ask; /* by datagram, instead of the race */
};

struct trying *trying_new(struct event_base *base, const struct options *options,
			  struct probe_result *result, const struct trying_ends *ends)
{
	struct trying *trying = calloc(1, sizeof *trying);

	if (!trying)
		return NULL;
	trying->base = base;
	trying->options = options;
	trying->result = result;
	trying->ends = *ends;
	trying->start_us = clock_us();
	return trying;
}

static struct race *start_race(const struct trying *trying, const struct addresslist *addresses,
			       bool more_come)
{
	const struct options *options = trying->options;

	return race_start(trying->base, addresses, more_come,
			  (const struct sockaddr *)&options->source, options->source_length,
			  trying->ends.raced, trying->ends.argument);
}

static struct ask *start_ask(const struct trying *trying, const struct addresslist *addresses,
			     bool more_come)
{
	const struct options *options = trying->options;
	uint64_t patience = options->read_timeout > 0 && options->read_timeout < options->timeout
				    ? options->read_timeout
				    : options->timeout;
	struct ask_request request = {
		.addresses = addresses,
		.more_come = more_come,
		.source = (const struct sockaddr *)&options->source,
		.source_length = options->source_length,
		.size = (size_t)options->bytes,
		.patience = patience,
		.answer = malloc(expect_room(options)),
		.room = expect_room(options),
	};

	trying->result->bytes = request.answer;
	return request.answer ? ask_start(trying->base, &request, trying->ends.asked,
					  trying->ends.argument)
			      : NULL;
}

/* Tells, with -v, which addresses the name has, and how long it took to learn them. */
static void log_addresses(const struct trying *trying, const struct addresslist *addresses)
{
	char all[1024];

	if (!log_shows(LOG_LEVEL_DEBUG) || trying->options->target.kind == ENDPOINT_UNIX)
		return;
	log_debug("resolve: %s (%.1f ms)", addresslist_format(addresses, all, sizeof all),
		  (double)(clock_us() - trying->start_us) / 1000);
}

/* Notes which addresses are known by now, and tells which are new. True if any is. */
static bool note_addresses(struct trying *trying, const struct addresslist *addresses)
{
	struct addresslist fresh = {.count = 0};

	for (size_t i = 0; i < addresses->count; i++) {
		const struct sockaddr *address = (const struct sockaddr *)&addresses->addresses[i];
		if (!addresslist_has(&trying->known, address, addresses->lengths[i]))
			addresslist_add(&fresh, address, addresses->lengths[i]);
	}
	if (fresh.count == 0)
		return false;
	log_addresses(trying, &fresh);
	addresslist_add_all(&trying->known, &fresh);
	/* For a failure that is nobody's in particular. */
	addresslist_format_briefly(&trying->known, trying->result->address,
				   sizeof trying->result->address);
	return true;
}

bool trying_start(struct trying *trying, const struct addresslist *addresses, bool more_come)
{
	note_addresses(trying, addresses);
	if (trying->options->udp)
		trying->ask = start_ask(trying, addresses, more_come);
	else
		trying->race = start_race(trying, addresses, more_come);
	return trying_is_started(trying);
}

bool trying_is_started(const struct trying *trying)
{
	return trying->race || trying->ask;
}

bool trying_add(struct trying *trying, const struct resolver_news *news)
{
	bool has_new = news->addresses && note_addresses(trying, news->addresses);

	if (trying->race && news->is_settled)
		race_settle(trying->race, news->addresses);
	else if (trying->race)
		race_add(trying->race, news->addresses, news->more_come);
	else if (news->is_settled)
		ask_settle(trying->ask, news->addresses);
	else
		ask_add(trying->ask, news->addresses, news->more_come);
	return has_new;
}

bool trying_stands(const struct trying *trying, struct race_result *failed)
{
	struct ask_result asked;

	if (trying->race)
		return race_stands(trying->race, failed);
	if (!trying->ask || !ask_stands(trying->ask, &asked))
		return false;
	*failed = (struct race_result){.reason = asked.reason,
				       .address = asked.address,
				       .length = asked.address_length};
	return true;
}

void trying_free(struct trying *trying)
{
	if (!trying)
		return;
	race_free(trying->race);
	ask_free(trying->ask);
	free(trying);
}
