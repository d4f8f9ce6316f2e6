/* SPDX-License-Identifier: ISC */
/* census: finds all addresses of the target. */
#include "census.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <stdlib.h>

#include "base/addresslist.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/nameerror.h"
#include "deadline.h"
#include "finding.h"
#include "known.h"
#include "options.h"
#include "result.h"

struct census {
	const struct options *options;
	census_cb *ended;
	void *argument;
	struct addresslist found;
	struct finding *finding;
	struct deadline *deadline;
	struct event *over; /* calls back from the loop, never from census_start() */
	struct probe_result failure;
};

/* Ends it, and makes the loop call back. */
static void end_census(struct census *census)
{
	deadline_clear(census->deadline);
	finding_free(census->finding);
	census->finding = NULL;
	census->failure.times.end = clock_us() - census->failure.began_us;
	event_active(census->over, EV_TIMEOUT, 0);
}

static void over_cb(evutil_socket_t fd, short what, void *argument)
{
	struct census *census = argument;
	bool has_failed = census->failure.status != STATUS_GREETED;

	(void)fd;
	(void)what;
	census->ended(&census->found, has_failed ? &census->failure : NULL, census->argument);
}

static void found_cb(const struct resolver_news *news, void *argument)
{
	struct census *census = argument;

	if (news->failure)
		result_fail_resolving(&census->failure, news, options_family(census->options));
	if (news->is_settled)
		addresslist_clear(&census->found);
	if (news->addresses)
		addresslist_add_all(&census->found, news->addresses);
	if (news->more_come)
		return;
	/* The last word may be that there is no such name, after one family had an answer. */
	if (census->found.count == 0 && census->failure.status == STATUS_GREETED)
		result_fail(&census->failure, STATUS_UNRESOLVED, STAGE_RESOLVE, "%s",
			    nameerror_words(EAI_NONAME));
	end_census(census);
}

/* Returns what may be missing, since only these are known. */
static const char *missing(const struct addresslist *found)
{
	size_t ipv6 = 0;

	for (size_t i = 0; i < found->count; i++)
		ipv6 += found->all[i].any.sa_family == AF_INET6;
	return ipv6 == 0	      ? "; IPv6 addresses may be missing"
	       : ipv6 == found->count ? "; IPv4 addresses may be missing"
				      : "; addresses may be missing";
}

/* The time is over. What is known until then may be only a part. */
static void late_cb(void *argument)
{
	struct census *census = argument;
	const struct options *options = census->options;

	result_fail_late(&census->failure, STAGE_RESOLVE, options->timeout, options);
	if (census->found.count > 0)
		result_append(&census->failure, missing(&census->found));
	end_census(census);
}

/* Starts the lookup, if the target needs one. */
static void start_census(struct census *census, struct event_base *base)
{
	const struct options *options = census->options;

	if (known_addresses(&options->target, options_family(options), &census->found)) {
		end_census(census);
		return;
	}
	census->finding = finding_start(base, options, found_cb, census);
	if (census->finding)
		return;
	result_fail_lookup(&census->failure, errno);
	end_census(census);
}

struct census *census_start(struct event_base *base, const struct options *options,
			    census_cb *ended, void *argument)
{
	struct census *census = calloc(1, sizeof *census);

	if (!census)
		return NULL;
	census->options = options;
	census->ended = ended;
	census->argument = argument;
	result_begin(&census->failure);
	census->deadline = deadline_new(base, late_cb, census);
	census->over = evtimer_new(base, over_cb, census);
	if (!census->deadline || !census->over ||
	    !deadline_set(census->deadline, options->timeout)) {
		census_free(census);
		return NULL;
	}
	start_census(census, base);
	return census;
}

void census_free(struct census *census)
{
	if (!census)
		return;
	finding_free(census->finding);
	deadline_free(census->deadline);
	loop_free_event(census->over);
	free(census);
}
