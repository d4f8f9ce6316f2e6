/* SPDX-License-Identifier: ISC */
/* sources: how often each source has come, and how many connections it has open. */
#include "sources.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/pool.h"
#include "debts.h"
#include "pairhash.h"
#include "source.h"

/* In how many places a source may be. */
enum { WAYS = 4 };

/* A source, in 32 bytes. At first all are one source that has never come. */
struct source {
	struct source_key key;
	uint64_t paid; /* when its debt is paid; most often, that is past */
	uint32_t open;
	bool is_spare;
};

/* A source that has found no place in the table. It has a connection open. */
struct spare {
	struct source source;
	struct spare *next; /* that has the same places */
};

struct sources {
	struct debts debts;
	struct pairhash_secret secret;
	uint32_t most_open;
	size_t last_set;
	struct source *places; /* sets of WAYS */
	struct spare **spares; /* of each set */
	struct pool *pool;     /* of these */
};

struct sources *sources_new(const struct sources_limits *limits, size_t remembered,
			    const struct pairhash_secret *secret)
{
	struct sources *all = calloc(1, sizeof *all);
	size_t sets = 1;

	if (!all)
		return NULL;
	while (sets * WAYS < remembered)
		sets *= 2;
	all->debts = debts_make(&limits->rate, limits->burst);
	all->secret = *secret;
	all->most_open = limits->most_open;
	all->last_set = sets - 1;
	all->places = calloc(sets, WAYS * sizeof *all->places);
	all->spares = calloc(sets, sizeof(struct spare *));
	all->pool = pool_new(sizeof(struct spare));
	if (all->places && all->spares && all->pool)
		return all;
	sources_free(all);
	return NULL;
}

void sources_free(struct sources *all)
{
	if (!all)
		return;
	pool_free(all->pool);
	free(all->spares);
	free(all->places);
	free(all);
}

/* Returns the number of the set in which a source has its places. */
static inline size_t set_of(const struct sources *all, struct source_key key)
{
	return (size_t)pairhash(&all->secret, key.high, key.low) & all->last_set;
}

static inline bool is_same(struct source_key one, struct source_key other)
{
	return one.low == other.low && one.high == other.high;
}

/* Returns the source that is to be forgotten first; NULL: all in the set have connections open. */
static struct source *find_least(const struct sources *all, size_t set)
{
	struct source *places = &all->places[set * WAYS], *least = NULL;
	uint64_t least_owed = UINT64_MAX;

	for (int i = 0; i < WAYS && least_owed > 0; i++) {
		uint64_t owed = debts_owed(&all->debts, places[i].paid);
		if (places[i].open == 0 && owed < least_owed) {
			least = &places[i];
			least_owed = owed;
		}
	}
	return least;
}

/* Adds a source that finds no place. NULL: no memory. */
static struct source *add_spare(struct sources *all, struct source_key key, size_t set)
{
	struct spare *spare = pool_take(all->pool);

	if (!spare)
		return NULL;
	*spare = (struct spare){.source = {.key = key, .is_spare = true}, .next = all->spares[set]};
	all->spares[set] = spare;
	return &spare->source;
}

/* Returns a source that is not in its places, and may be new. NULL: no memory. */
static struct source *find_elsewhere(struct sources *all, struct source_key key, size_t set)
{
	struct source *least;

	for (struct spare *spare = all->spares[set]; spare; spare = spare->next)
		if (is_same(spare->source.key, key))
			return &spare->source;
	least = find_least(all, set);
	if (!least)
		return add_spare(all, key, set);
	*least = (struct source){.key = key};
	return least;
}

/* Returns a source that is in its places; NULL: it is not. */
static inline struct source *find(const struct sources *all, struct source_key key, size_t set)
{
	struct source *places = &all->places[set * WAYS];

	for (int i = 0; i < WAYS; i++)
		if (is_same(places[i].key, key))
			return &places[i];
	return NULL;
}

/* Counts a connection, if it may be and must be. */
static inline struct admission count(const struct sources *all, struct source *source)
{
	if (all->most_open == 0)
		return (struct admission){VERDICT_ADMITTED, NULL};
	if (source->open >= all->most_open)
		return (struct admission){VERDICT_TOO_MANY, source};
	source->open++;
	return (struct admission){VERDICT_ADMITTED, source};
}

/* Judges a source that comes. */
static inline struct admission judge(const struct sources *all, struct source *source)
{
	if (!debts_take(&all->debts, &source->paid))
		return (struct admission){VERDICT_TOO_OFTEN, NULL};
	return count(all, source);
}

/* The same for a source that is not in its places. */
SEPARATE static struct admission judge_elsewhere(struct sources *all, struct source_key key,
						 size_t set)
{
	struct source *source = find_elsewhere(all, key, set);

	return source ? judge(all, source) : (struct admission){VERDICT_NO_MEMORY, NULL};
}

/* Starts our clock again, by which each source then owes as much as before. */
static void start_again(struct sources *all)
{
	for (size_t i = 0; i < (all->last_set + 1) * WAYS; i++)
		all->places[i].paid = debts_owed(&all->debts, all->places[i].paid);
	for (size_t set = 0; set <= all->last_set; set++)
		for (struct spare *spare = all->spares[set]; spare; spare = spare->next)
			spare->source.paid = debts_owed(&all->debts, spare->source.paid);
	all->debts.now = 0;
}

/* Judges a source that comes now. */
static inline struct admission enter(struct sources *all, struct source_key key, uint64_t now_us)
{
	struct source *source;
	size_t set;

	debts_advance(&all->debts, now_us);
	set = set_of(all, key);
	source = find(all, key, set);
	return source ? judge(all, source) : judge_elsewhere(all, key, set);
}

/* The same, once our clock has started again. */
RARE static struct admission enter_from_start(struct sources *all, struct source_key key,
					      uint64_t now_us)
{
	start_again(all);
	return enter(all, key, now_us);
}

/* What is rare is called last: then nothing must be kept for after it. */
struct admission sources_enter(struct sources *all, struct source_key key, uint64_t now_us)
{
	return debts_are_old(&all->debts) ? enter_from_start(all, key, now_us)
					  : enter(all, key, now_us);
}

struct admission sources_enter_again(struct sources *all, struct source_key key)
{
	size_t set = set_of(all, key);
	struct source *source = find(all, key, set);

	if (!source)
		source = find_elsewhere(all, key, set);
	return source ? count(all, source) : (struct admission){VERDICT_NO_MEMORY, NULL};
}

/*
 * Removes a spare source that has nothing open any more. If it owes more than one in its places, it
 * takes that one's place.
 */
RARE static void remove_spare(struct sources *all, struct source *source)
{
	struct spare *spare = (struct spare *)(void *)source;
	size_t set = set_of(all, source->key);
	struct spare **link = &all->spares[set];
	struct source *least = find_least(all, set);

	if (least && debts_owed(&all->debts, source->paid) > debts_owed(&all->debts, least->paid))
		*least = (struct source){.key = source->key, .paid = source->paid};
	while (*link != spare)
		link = &(*link)->next;
	*link = spare->next;
	pool_give(all->pool, spare);
}

void sources_leave(struct sources *all, struct source *source)
{
	if (--source->open == 0 && source->is_spare)
		remove_spare(all, source);
}

size_t sources_count_open(const struct sources *all)
{
	size_t open = 0;

	for (size_t i = 0; i < (all->last_set + 1) * WAYS; i++)
		open += all->places[i].open > 0;
	for (size_t set = 0; set <= all->last_set; set++)
		for (const struct spare *spare = all->spares[set]; spare; spare = spare->next)
			open++;
	return open;
}
