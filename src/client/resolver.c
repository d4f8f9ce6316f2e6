/* resolver: a host's addresses, without holding up the event loop. */
#include <config.h>

#include "resolver.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "base/log.h"
#include "base/loop.h"
#include "fullname.h"
#include "hostsfile.h"
#include "lookups.h"
#include "watchdog.h"

/*
 * How long both families are waited for before they are asked for apart: the Resolution Delay of
 * RFC 8305, 3. An answer that comes then has waited for the other family, and waits no longer.
 */
enum { APART_MS = 50 };

/* The lookups under way, and the families told, as bits. */
enum { IPV4 = 1, IPV6 = 2, ALL = IPV4 | IPV6, TOGETHER = 4 };

struct resolver {
	struct resolver_request request;
	struct lookups *lookups;
	unsigned under_way;		    /* IPV4 and IPV6: those apart; TOGETHER: the first */
	unsigned apart;			    /* families asked for apart */
	unsigned told;			    /* families whose addresses were handed over */
	bool is_apart;			    /* they were to be, or can't be */
	const struct lookups_answer *worst; /* the most telling failure */
	struct event *news, *delay;
	resolver_cb *callback;
	void *argument;
};

static unsigned bit_of(int family)
{
	return family == AF_INET ? IPV4 : family == AF_INET6 ? IPV6 : 0;
}

static const char *words_of(const struct lookups_answer *answer)
{
	return answer->system ? strerror(answer->system) : gai_strerror(answer->failure);
}

/*
 * How much a failure tells: want of descriptors or memory says nothing of the name, a failure for
 * the moment leaves it open, and that it has no address may be meant of one family alone.
 */
static int rank(const struct lookups_answer *answer)
{
	if (answer->system)
		return 3;
	if (answer->failure == EAI_AGAIN || answer->failure == EAI_FAIL)
		return 2;
	return answer->failure == EAI_NONAME ? 0 : 1;
}

/* True if nobody knows the name: then other lookups won't fare better. */
static bool is_final(const struct lookups_answer *answer)
{
	return rank(answer) == 0;
}

/* True if a lookup is under way that may bring what was not told yet. */
static bool more_come(const struct resolver *resolver)
{
	if (resolver->under_way & ALL & ~resolver->told)
		return true;
	/* Those apart may have said all that the first will say. */
	return (resolver->under_way & TOGETHER) && !(resolver->apart == ALL && resolver->told);
}

/*
 * Asks for each family by itself, IPv6 first (RFC 8305, 3): for nothing but what the first lookup
 * asks for first. A name in the hosts file is not to be asked for elsewhere, though it lacks a
 * family there; and one that a search domain knows for one family only is not to be found in the
 * next one for the other.
 */
static void ask_apart(struct resolver *resolver, const char *why)
{
	static const int families[] = {AF_INET6, AF_INET};
	const char *host = resolver->request.host;
	char name[LOOKUPS_HOST_MAX];

	if (resolver->is_apart || resolver->request.family != AF_UNSPEC)
		return;
	resolver->is_apart = true;
	if (hostsfile_knows(host) || !fullname_of(host, name, sizeof name))
		return;
	log_debug("resolve: %s; asking for IPv6 and IPv4 apart", why);
	lookups_rename(resolver->lookups, name);
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (lookups_start(resolver->lookups, families[i]))
			resolver->apart |= bit_of(families[i]);
	resolver->under_way |= resolver->apart;
}

static void delay_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	ask_apart(argument, "no answer for 50 ms");
}

/* Lists the addresses found of families not told yet, with the port. */
static void collect(struct resolver *resolver, struct addrinfo *found, struct addresslist *list)
{
	unsigned told = resolver->told;

	list->count = 0;
	for (; found; found = found->ai_next) {
		if (told & bit_of(found->ai_family))
			continue;
		address_set_port(found->ai_addr, resolver->request.port);
		addresslist_add(list, found->ai_addr, found->ai_addrlen);
		resolver->told |= bit_of(found->ai_family);
	}
}

/* Takes note of a lookup's failure, and of what is to be done about it. */
static void note_failure(struct resolver *resolver, const struct lookups_answer *answer)
{
	const char *family = answer->family == AF_INET	  ? "IPv4: "
			     : answer->family == AF_INET6 ? "IPv6: "
							  : "";

	if (!resolver->worst || rank(answer) > rank(resolver->worst))
		resolver->worst = answer;
	log_debug("resolve: %s%s", family, words_of(answer));
	if (answer->family == AF_UNSPEC && !is_final(answer))
		ask_apart(resolver, "that may be due to one family");
}

/* Notes what a lookup has ended with; fills in what is new. */
static void note(struct resolver *resolver, const struct lookups_answer *answer,
		 struct addresslist *list)
{
	bool is_first = answer->family == resolver->request.family;

	resolver->under_way &= ~(is_first ? TOGETHER : bit_of(answer->family));
	list->count = 0;
	if (answer->failure == 0)
		collect(resolver, answer->found, list);
	else
		note_failure(resolver, answer);
	if (is_first && (answer->failure == 0 || is_final(answer)))
		resolver->under_way = 0;
}

static void news_cb(evutil_socket_t fd, short what, void *argument)
{
	struct resolver *resolver = argument;
	const struct lookups_answer *answer = lookups_take(resolver->lookups);
	struct addresslist list;
	struct resolver_news news = {0};

	(void)fd;
	(void)what;
	if (!answer)
		return;
	note(resolver, answer, &list);
	news.more_come = more_come(resolver);
	if (list.count > 0)
		news.addresses = &list;
	else if (news.more_come)
		return;
	if (!resolver->told) {
		news.failure = words_of(resolver->worst);
		news.is_lack = resolver->worst->system != 0;
	}
	if (!news.more_come) {
		event_del(resolver->news);
		evtimer_del(resolver->delay);
	}
	resolver->callback(&news, resolver->argument);
}

/* Makes the loop wait for the lookups. */
static bool watch(struct resolver *resolver, struct event_base *base)
{
	resolver->news = event_new(base, lookups_descriptor(resolver->lookups),
				   EV_READ | EV_PERSIST, news_cb, resolver);
	resolver->delay = evtimer_new(base, delay_cb, resolver);
	return resolver->news && resolver->delay && event_add(resolver->news, NULL) == 0 &&
	       loop_add_timer(resolver->delay, APART_MS);
}

/* Looks up in a thread, or without one: its answer is then there before the loop runs. */
static void look_up(struct resolver *resolver)
{
	const struct resolver_request *request = &resolver->request;

	resolver->under_way = TOGETHER;
	if (lookups_start(resolver->lookups, request->family))
		return;
	log_debug("resolve: no thread (%s): everything waits for the lookup", strerror(errno));
	/* The loop, and with it the second try, has to wait as well. */
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
		look_up(resolver);
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
