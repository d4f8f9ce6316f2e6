/* SPDX-License-Identifier: ISC */
/* opensources: how many connections each source has open. */
#include "opensources.h"

#include <stdlib.h>

#include "base/pool.h"
#include "source.h"

/* A source with at least one connection open. */
struct opensource {
	struct opensource *next; /* in its chain */
	uint64_t high, low;
	uint32_t chain;
	uint32_t open;
};

struct opensources {
	struct pool *pool;
	/* By hash. They never grow: to move many sources at a time would hold up all clients. */
	struct opensource **chains;
	uint32_t last_chain;
	uint32_t most;
	size_t count;
};

struct opensources *opensources_new(size_t connections, uint32_t most)
{
	struct opensources *all = calloc(1, sizeof *all);
	size_t chains = 1;

	if (!all)
		return NULL;
	while (chains < connections)
		chains *= 2;
	all->most = most;
	all->last_chain = (uint32_t)(chains - 1);
	all->pool = pool_new(sizeof(struct opensource));
	all->chains = calloc(chains, sizeof(struct opensource *));
	if (all->pool && all->chains)
		return all;
	opensources_free(all);
	return NULL;
}

void opensources_free(struct opensources *all)
{
	if (!all)
		return;
	free(all->chains);
	pool_free(all->pool);
	free(all);
}

/* Returns the source in a chain; NULL: it has nothing open. */
static inline struct opensource *find(struct opensource *chain, const struct source_key *key)
{
	while (chain && (chain->low != key->low || chain->high != key->high))
		chain = chain->next;
	return chain;
}

/* Adds a source, with a connection open. NULL: no memory. */
static struct opensource *add(struct opensources *all, const struct source_key *key, uint32_t chain)
{
	struct opensource *source = pool_take(all->pool);

	if (!source)
		return NULL;
	*source = (struct opensource){.next = all->chains[chain],
				      .high = key->high,
				      .low = key->low,
				      .chain = chain,
				      .open = 1};
	all->chains[chain] = source;
	all->count++;
	return source;
}

enum opensources_admission opensources_enter(struct opensources *all, const struct source_key *key,
					     struct opensource **source)
{
	uint32_t chain = (uint32_t)key->hash & all->last_chain;

	*source = find(all->chains[chain], key);
	if (!*source) {
		*source = add(all, key, chain);
		return *source ? OPENSOURCES_ADMITTED : OPENSOURCES_NO_MEMORY;
	}
	if ((*source)->open < all->most) {
		(*source)->open++;
		return OPENSOURCES_ADMITTED;
	}
	*source = NULL;
	return OPENSOURCES_TOO_MANY;
}

/* Removes a source that has nothing open any more. */
static void remove_source(struct opensources *all, struct opensource *source)
{
	struct opensource **link = &all->chains[source->chain];

	while (*link != source)
		link = &(*link)->next;
	*link = source->next;
	pool_give(all->pool, source);
	all->count--;
}

void opensources_leave(struct opensources *all, struct opensource *source)
{
	if (source && --source->open == 0)
		remove_source(all, source);
}

size_t opensources_count(const struct opensources *all)
{
	return all->count;
}
