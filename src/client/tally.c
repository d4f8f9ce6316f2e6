/* SPDX-License-Identifier: ISC */
/* tally: the distinct greetings, and how often each came. */
#include "tally.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLOTS = 16384, /* a power of two; enough that runs of full ones stay short */
	WHOLE = 100 * 1000,
};

_Static_assert(SLOTS > TALLY_MAX, "a search must come to an empty slot");

/* A greeting as it is kept; its bytes follow it. */
struct kept {
	struct tally_entry entry;
	uint64_t hash;
	char bytes[];
};

struct tally {
	struct kept *slots[SLOTS]; /* the greetings by hash; the next free slot if that is taken */
	struct kept *order[TALLY_MAX];
	bool is_sorted;
	size_t distinct, bytes;
	uint64_t total, others;
};

struct tally *tally_new(void)
{
	return calloc(1, sizeof(struct tally));
}

/* Returns the FNV-1a hash of the bytes. */
static uint64_t hash_of(const unsigned char *bytes, size_t length)
{
	uint64_t value = 0xCBF29CE484222325;

	for (size_t i = 0; i < length; i++)
		value = (value ^ bytes[i]) * 0x100000001B3;
	return value;
}

static bool is_same(const struct kept *kept, uint64_t hash, const void *bytes, size_t length)
{
	return kept->hash == hash && kept->entry.length == length &&
	       (length == 0 || memcmp(kept->bytes, bytes, length) == 0);
}

/* Returns the slot of a greeting, or the empty one where it belongs. */
static struct kept **find_slot(struct tally *tally, uint64_t hash, const void *bytes, size_t length)
{
	size_t i = (size_t)(hash % SLOTS);

	while (tally->slots[i] && !is_same(tally->slots[i], hash, bytes, length))
		i = (i + 1) % SLOTS;
	return &tally->slots[i];
}

/* Makes a greeting that has not come yet. NULL: no room, or no memory. */
static struct kept *keep(struct tally *tally, uint64_t hash, const void *bytes, size_t length)
{
	struct kept *kept;

	if (tally->distinct == TALLY_MAX || length > TALLY_BYTES_MAX - tally->bytes)
		return NULL;
	kept = malloc(sizeof *kept + length);
	if (!kept)
		return NULL;
	kept->hash = hash;
	kept->entry = (struct tally_entry){.length = length, .bytes = kept->bytes};
	if (length > 0)
		memcpy(kept->bytes, bytes, length);
	tally->order[tally->distinct++] = kept;
	tally->bytes += length;
	return kept;
}

void tally_add(struct tally *tally, const void *bytes, size_t length)
{
	uint64_t hash = hash_of(bytes, length);
	struct kept **slot = find_slot(tally, hash, bytes, length);

	tally->total++;
	tally->is_sorted = false;
	if (!*slot)
		*slot = keep(tally, hash, bytes, length);
	if (*slot)
		(*slot)->entry.count++;
	else
		tally->others++;
}

size_t tally_distinct(const struct tally *tally)
{
	return tally->distinct;
}

/* Compares the bytes of two greetings; one that begins another comes first. */
static int compare_bytes(const struct tally_entry *one, const struct tally_entry *other)
{
	size_t common = one->length < other->length ? one->length : other->length;
	int order = common > 0 ? memcmp(one->bytes, other->bytes, common) : 0;

	return order != 0 ? order : (one->length > other->length) - (one->length < other->length);
}

static int compare(const void *one, const void *other)
{
	const struct kept *const *left = one, *const *right = other;
	uint64_t left_count = (*left)->entry.count, right_count = (*right)->entry.count;

	if (left_count != right_count)
		return left_count > right_count ? -1 : 1;
	return compare_bytes(&(*left)->entry, &(*right)->entry);
}

const struct tally_entry *tally_get(struct tally *tally, size_t index)
{
	if (!tally->is_sorted)
		qsort(tally->order, tally->distinct, sizeof(struct kept *), compare);
	tally->is_sorted = true;
	return &tally->order[index]->entry;
}

uint64_t tally_total(const struct tally *tally)
{
	return tally->total;
}

uint64_t tally_others(const struct tally *tally)
{
	return tally->others;
}

uint64_t tally_share(const struct tally *tally, uint64_t count)
{
	return (count * WHOLE + tally->total / 2) / tally->total;
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	for (size_t i = 0; i < tally->distinct; i++)
		free(tally->order[i]);
	free(tally);
}
