/* SPDX-License-Identifier: ISC */
/* resolver: finds a host's addresses without holding up the event loop. */
#include "resolver.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "base/loop.h"
#include "base/nameerror.h"
#include "lookups.h"
#include "stageline.h"
#include "watchdog.h"

/*
 * How long to wait for both families before asking for each apart: the Resolution Delay of RFC
 * 8305, 3. A separate answer that comes after that has already waited for the other family, and
 * waits no longer. An IPv6 address that is there at once waits too: the machine's order, which only
 * the joint lookup gives, is worth 50 ms.
 */
enum { APART_MS = 50 };

/* Lookups, as bits: the joint one of both families, which is the reference, and one of each. */
enum { TOGETHER = 1, IPV6 = 2, IPV4 = 4, APART = IPV6 | IPV4 };

struct resolver {
	struct resolver_request request;
	struct lookups *lookups;
	unsigned under_way;
	unsigned spoken; /* separate lookups that have given all they will */
	const struct lookups_answer *ipv6, *ipv4; /* found apart, and not reported yet */
	const char *canonical; /* the name of the host that was reported; NULL: none yet */
	bool is_apart;	       /* each was asked for apart, or cannot be */
	const struct lookups_answer *failed;	/* the joint lookup, if it has */
	const struct lookups_answer *left_open; /* by a separate one, which failed for now */
	struct event *news, *delay;
	resolver_cb *callback;
	void *argument;
};

static const char *words_of(const struct lookups_answer *answer)
{
	return answer->system ? strerror(answer->system) : nameerror_words(answer->failure);
}

/* True if a failure leaves open whether the host has an address. */
static bool is_open(const struct lookups_answer *answer)
{
	return answer->system || answer->failure == EAI_AGAIN || answer->failure == EAI_FAIL;
}

/*
 * True if the joint lookup has said everything. "No address" may be true of one family alone; "no
 * such name" is true of both.
 */
static bool is_settled(const struct lookups_answer *together)
{
	return together->failure == 0 || (!together->system && together->failure == EAI_NONAME);
}

/*
 * Asks for each family apart, IPv6 first (RFC 8305, 3). The name is used as it was given, so search
 * domains, aliases and the order of sources apply to each.
 */
static void ask_apart(struct resolver *resolver, const char *why)
{
	if (resolver->is_apart || resolver->request.family != AF_UNSPEC)
		return;
	resolver->is_apart = true;
	stageline_log(resolver->request.options, "resolve: %s; asking for IPv6 and IPv4 apart",
		      why);
	if (lookups_start(resolver->lookups, AF_INET6, AI_CANONNAME))
		resolver->under_way |= IPV6;
	if (lookups_start(resolver->lookups, AF_INET, AI_CANONNAME))
		resolver->under_way |= IPV4;
}

/* Adds what was found to the list, with the port. */
static void collect(const struct resolver *resolver, const struct addrinfo *found,
		    struct addresslist *list)
{
	struct address address;

	for (; found; found = found->ai_next) {
		address_set(&address, found->ai_addr, found->ai_addrlen);
		address_set_port(&address, resolver->request.port);
		addresslist_add(list, &address);
	}
}

/*
 * Adds a separate answer to the list, unless it is of another host than an earlier one. Two search
 * domains may each know the name for one family.
 */
static void collect_apart(struct resolver *resolver, const struct lookups_answer **answer,
			  struct addresslist *list)
{
	const char *canonical = *answer ? (*answer)->found->ai_canonname : NULL;

	if (canonical &&
	    (!resolver->canonical || strcasecmp(canonical, resolver->canonical) == 0)) {
		resolver->canonical = canonical;
		resolver->spoken |= (*answer)->family == AF_INET6 ? IPV6 : IPV4;
		collect(resolver, (*answer)->found, list);
	}
	*answer = NULL;
}

/* True if the separate lookups have said all that the joint one will. */
static bool is_whole(const struct resolver *resolver)
{
	return resolver->canonical && resolver->spoken == APART;
}

/* True if a lookup is under way that may bring something new. */
static bool more_come(const struct resolver *resolver)
{
	return !is_whole(resolver) && resolver->under_way != 0;
}

/*
 * The failure to report: that of the joint lookup, unless a separate one shows that a single
 * family, which it leaves open, was the cause. Either may come first.
 */
static const struct lookups_answer *telling_failure(const struct resolver *resolver)
{
	return resolver->left_open && !resolver->failed->system ? resolver->left_open
								: resolver->failed;
}

/* Hands over news; after the last ones stops waiting. The callback may free everything. */
static void tell(struct resolver *resolver, struct resolver_news *news)
{
	if (!news->addresses && !resolver->canonical) {
		news->failure = words_of(telling_failure(resolver));
		news->lack = telling_failure(resolver)->system;
	}
	if (!news->more_come) {
		event_del(resolver->news);
		evtimer_del(resolver->delay);
	}
	resolver->callback(news, resolver->argument);
}

/* Reports what the joint lookup found, or that there is no such name. */
static void tell_settled(struct resolver *resolver, const struct lookups_answer *together)
{
	struct addresslist list = {.count = 0};
	struct resolver_news news = {.is_settled = true, .is_whole = true};

	resolver->left_open = NULL;
	if (together->failure == 0)
		collect(resolver, together->found, &list);
	if (list.count > 0)
		news.addresses = &list;
	tell(resolver, &news);
}

/* Reports what was found apart, and whether more may come. */
static void tell_apart(struct resolver *resolver)
{
	struct addresslist list = {.count = 0};
	struct resolver_news news = {0};

	/* IPv4 alone waits a moment for IPv6. */
	if (!resolver->ipv6 && resolver->under_way & IPV6 && evtimer_pending(resolver->delay, NULL))
		return;
	collect_apart(resolver, &resolver->ipv6, &list);
	collect_apart(resolver, &resolver->ipv4, &list);
	news.more_come = more_come(resolver);
	news.is_whole = is_whole(resolver);
	if (list.count > 0)
		news.addresses = &list;
	if (news.addresses || !news.more_come)
		tell(resolver, &news);
}

static void delay_cb(evutil_socket_t fd, short what, void *argument)
{
	struct resolver *resolver = argument;

	(void)fd;
	(void)what;
	if (resolver->is_apart)
		tell_apart(resolver);
	else
		ask_apart(resolver, "no answer for 50 ms");
}

/* Stores a failure. What the machine lacked for a separate lookup does not matter: those are extra.
 */
static void note_failure(struct resolver *resolver, const struct lookups_answer *answer,
			 unsigned which)
{
	stageline_log(resolver->request.options, "resolve: %s%s",
		      which == IPV4   ? "IPv4: "
		      : which == IPV6 ? "IPv6: "
				      : "",
		      words_of(answer));
	if (which == TOGETHER)
		resolver->failed = answer;
	else if (!answer->system && is_open(answer))
		resolver->left_open = answer;
	if (which != TOGETHER && !is_open(answer))
		resolver->spoken |= which;
}

/* The joint lookup has failed for the moment: the separate ones get their time from now on. */
static void go_on_apart(struct resolver *resolver)
{
	if (resolver->is_apart)
		return;
	ask_apart(resolver, "that may be due to one family");
	loop_add_timer(resolver->delay, APART_MS);
}

static void answer_cb(evutil_socket_t fd, short what, void *argument)
{
	struct resolver *resolver = argument;
	const struct lookups_answer *answer = lookups_take(resolver->lookups);
	unsigned which;

	(void)fd;
	(void)what;
	if (!answer)
		return;
	which = answer->family == resolver->request.family ? TOGETHER
		: answer->family == AF_INET6		   ? IPV6
							   : IPV4;
	resolver->under_way &= ~which;
	if (answer->failure)
		note_failure(resolver, answer, which);
	else if (which != TOGETHER)
		*(which == IPV6 ? &resolver->ipv6 : &resolver->ipv4) = answer;
	if (which == TOGETHER && is_settled(answer)) {
		tell_settled(resolver, answer);
		return;
	}
	if (which == TOGETHER)
		go_on_apart(resolver);
	tell_apart(resolver);
}

/* Makes the loop wait for the lookups. False: no memory. */
static bool watch(struct resolver *resolver, struct event_base *base)
{
	resolver->news = event_new(base, lookups_descriptor(resolver->lookups),
				   EV_READ | EV_PERSIST, answer_cb, resolver);
	resolver->delay = evtimer_new(base, delay_cb, resolver);
	return resolver->news && resolver->delay && event_add(resolver->news, NULL) == 0 &&
	       loop_add_timer(resolver->delay, APART_MS);
}

/* Looks up in a thread; without one, the answer is there before the loop runs. */
static void start_lookup(struct resolver *resolver)
{
	const struct resolver_request *request = &resolver->request;

	resolver->under_way = TOGETHER;
	if (lookups_start(resolver->lookups, request->family, 0))
		return;
	stageline_log(request->options, "resolve: no thread (%s): everything waits for the lookup",
		      strerror(errno));
	/* The loop, and with it the second try, would have to wait as well. */
	resolver->is_apart = true;
	watchdog_start(request->patience, request->last_words, request->last_status);
	lookups_run(resolver->lookups, request->family);
	watchdog_stop();
}

struct resolver *resolver_start(struct event_base *base, const struct resolver_request *request,
				resolver_cb *callback, void *argument)
{
	struct resolver *resolver = calloc(1, sizeof *resolver);
	int reason;

	if (!resolver)
		return NULL;
	resolver->request = *request;
	resolver->callback = callback;
	resolver->argument = argument;
	resolver->lookups = lookups_new(request->host);
	if (resolver->lookups && watch(resolver, base)) {
		start_lookup(resolver);
		return resolver;
	}
	reason = resolver->lookups ? ENOMEM : errno;
	resolver_free(resolver);
	errno = reason;
	return NULL;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	loop_free_event(resolver->news);
	loop_free_event(resolver->delay);
	lookups_free(resolver->lookups);
	free(resolver);
}
