/* resolver: a host's addresses, without holding up the event loop. */
#include "resolver.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "base/loop.h"

/*
 * getaddrinfo() blocks, for as long as the name servers are dead, and cannot be
 * stopped; so it runs in a thread. (libevent's evdns knows neither NSS nor
 * .local names, and waits 15 s.) The thread and the resolver share a lookup,
 * and whoever lets go of it last frees it.
 */
struct lookup {
	pthread_mutex_t lock;
	int owners;
	int done[2]; /* a pipe: a byte says that the rest is set */
	char host[ADDRESS_HOST_MAX];
	struct addrinfo hints;
	struct addrinfo *found;
	int failure, system_failure;
};

struct resolver {
	struct lookup *lookup;
	pthread_t thread;
	bool has_thread, is_done;
	struct event *done;
	uint16_t port;
	resolver_cb *callback;
	void *argument;
};

static void lookup_free(struct lookup *lookup)
{
	if (lookup->found)
		freeaddrinfo(lookup->found);
	if (lookup->done[0] >= 0)
		close(lookup->done[0]);
	if (lookup->done[1] >= 0)
		close(lookup->done[1]);
	pthread_mutex_destroy(&lookup->lock);
	free(lookup);
}

/* Lets go of one share in the lookup. */
static void lookup_release(struct lookup *lookup)
{
	int left;

	pthread_mutex_lock(&lookup->lock);
	left = --lookup->owners;
	pthread_mutex_unlock(&lookup->lock);
	if (left == 0)
		lookup_free(lookup);
}

/* Looks up, wakes the loop, and lets go. */
static void *lookup_thread(void *argument)
{
	struct lookup *lookup = argument;

	lookup->failure = getaddrinfo(lookup->host, NULL, &lookup->hints, &lookup->found);
	lookup->system_failure = errno;
	/* A pipe of our own that holds nothing takes one byte. */
	(void)!write(lookup->done[1], "", 1);
	lookup_release(lookup);
	return NULL;
}

static struct lookup *lookup_new(const char *host, int family)
{
	struct lookup *lookup = calloc(1, sizeof *lookup);

	if (!lookup)
		return NULL;
	lookup->owners = 1;
	lookup->hints.ai_family = family;
	lookup->hints.ai_socktype = SOCK_STREAM;
	strncpy(lookup->host, host, sizeof lookup->host - 1);
	pthread_mutex_init(&lookup->lock, NULL);
	if (pipe(lookup->done) == 0)
		return lookup;
	lookup->done[0] = lookup->done[1] = -1;
	lookup_free(lookup);
	return NULL;
}

/* Starts the thread, with a share of its own in the lookup. */
static bool run_thread(struct resolver *resolver)
{
	struct lookup *lookup = resolver->lookup;

	lookup->owners = 2;
	resolver->has_thread = pthread_create(&resolver->thread, NULL, lookup_thread, lookup) == 0;
	if (!resolver->has_thread)
		lookup->owners = 1;
	return resolver->has_thread;
}

/* Lets go of the thread: one that is done ends now, any other when its lookup does. */
static void leave_thread(struct resolver *resolver)
{
	if (resolver->is_done)
		pthread_join(resolver->thread, NULL);
	else
		pthread_detach(resolver->thread);
}

/* Copies what was found, with the port, families in turn. */
static void collect(struct addrinfo *found, uint16_t port, struct addresslist *list)
{
	list->count = 0;
	for (; found; found = found->ai_next) {
		address_set_port(found->ai_addr, port);
		addresslist_add(list, found->ai_addr, found->ai_addrlen);
	}
	addresslist_interleave(list);
}

static void done_cb(evutil_socket_t fd, short what, void *argument)
{
	struct resolver *resolver = argument;
	struct lookup *lookup = resolver->lookup;
	struct addresslist list;
	char byte;

	(void)what;
	if (read(fd, &byte, 1) != 1)
		return;
	resolver->is_done = true;
	if (lookup->failure) {
		resolver->callback(NULL,
				   lookup->failure == EAI_SYSTEM ? strerror(lookup->system_failure)
								 : gai_strerror(lookup->failure),
				   resolver->argument);
		return;
	}
	collect(lookup->found, resolver->port, &list);
	resolver->callback(&list, NULL, resolver->argument);
}

/* Makes the loop wait for the end of the lookup. */
static bool watch(struct resolver *resolver, struct event_base *base)
{
	resolver->done = event_new(base, resolver->lookup->done[0], EV_READ, done_cb, resolver);
	return resolver->done && event_add(resolver->done, NULL) == 0;
}

struct resolver *resolver_start(struct event_base *base, const char *host, uint16_t port,
				int family, resolver_cb *callback, void *argument)
{
	struct resolver *resolver = calloc(1, sizeof *resolver);

	if (!resolver)
		return NULL;
	resolver->port = port;
	resolver->callback = callback;
	resolver->argument = argument;
	resolver->lookup = lookup_new(host, family);
	if (resolver->lookup && watch(resolver, base) && run_thread(resolver))
		return resolver;
	resolver_free(resolver);
	return NULL;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	loop_free_event(resolver->done);
	if (resolver->has_thread)
		leave_thread(resolver);
	if (resolver->lookup)
		lookup_release(resolver->lookup);
	free(resolver);
}
