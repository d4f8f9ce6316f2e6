/* SPDX-License-Identifier: ISC */
/* proxied: PROXY headers for tests. */
#include "proxied.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"

/* Gives the parser the next bytes, in a block of their own, so that reading past them is noticed.
 */
static void take(struct proxied *proxied, const char *bytes, size_t count)
{
	char *copy = malloc(count);
	size_t used = SIZE_MAX;

	if (!copy)
		abort();
	memcpy(copy, bytes, count);
	proxied->verdict = proxyheader_kind.take(&proxied->header, copy, count, &used);
	if (used > count || (used < count && proxied->verdict == PRELUDE_MORE))
		ck_abort_msg("%zu of %zu bytes used, verdict %d", used, count, proxied->verdict);
	proxied->used += used;
	free(copy);
}

/* Gives the parser a first piece of that size, then pieces of that step. */
static struct proxied parse(const char *bytes, size_t size, size_t first, size_t step)
{
	struct proxied proxied = {.verdict = PRELUDE_MORE};
	size_t piece = first;

	memset(&proxied.header, 0xA5, sizeof proxied.header);
	proxyheader_kind.begin(&proxied.header);
	while (proxied.used < size && proxied.verdict == PRELUDE_MORE) {
		size_t left = size - proxied.used;
		take(&proxied, bytes + proxied.used, piece < left ? piece : left);
		piece = step;
	}
	return proxied;
}

static bool is_same(const struct proxied *one, const struct proxied *other)
{
	const struct proxyclaim *claim = &one->header.claim, *same = &other->header.claim;

	return one->verdict == other->verdict && one->used == other->used &&
	       one->header.version == other->header.version && claim->why == same->why &&
	       claim->length == same->length && claim->is_local == same->is_local &&
	       claim->family == same->family &&
	       memcmp(claim->ends, same->ends, sizeof claim->ends) == 0;
}

/* Asserts that they are the same. Check's assertions are slow, so they wait for a failure. */
static void assert_same(const struct proxied *one, const struct proxied *other, size_t first)
{
	if (!is_same(one, other))
		ck_abort_msg("cut after %zu bytes: verdict %d after %zu, not %d after %zu", first,
			     other->verdict, other->used, one->verdict, one->used);
}

/* The work grows with the square of the size: of a long header only some places are tried. */
static size_t stride(size_t size)
{
	return size > 800 ? 101 : 1;
}

struct proxied proxied_parse(const void *bytes, size_t size)
{
	struct proxied whole = parse(bytes, size, size, size), split;

	ck_assert_uint_eq(whole.header.claim.length, whole.used);
	ck_assert((whole.verdict == PRELUDE_BAD) == (whole.header.claim.why != NULL));
	split = parse(bytes, size, 1, 1);
	assert_same(&whole, &split, 1);
	for (size_t first = 1; first < size; first += stride(size)) {
		split = parse(bytes, size, first, size);
		assert_same(&whole, &split, first);
	}
	return whole;
}

/* Asserts that bytes decide nothing, however many of them there are. */
static void assert_undecided(const char *bytes, size_t size)
{
	for (size_t i = 0; i <= size; i += stride(size))
		if (parse(bytes, i, i, i).verdict != PRELUDE_MORE)
			ck_abort_msg("decided after %zu of %zu bytes", i, size);
}

struct proxied proxied_whole(const void *bytes, size_t size, size_t used)
{
	struct proxied proxied = proxied_parse(bytes, size);

	ck_assert_msg(proxied.verdict == PRELUDE_WHOLE, "verdict %d after %zu bytes: %s",
		      proxied.verdict, proxied.used,
		      proxied.header.claim.why ? proxied.header.claim.why : "-");
	ck_assert_uint_eq(proxied.used, used);
	assert_undecided(bytes, used - 1);
	return proxied;
}

void proxied_bad(const void *bytes, size_t size, size_t used, const char *why)
{
	struct proxied proxied = proxied_parse(bytes, size);

	ck_assert_int_eq(proxied.verdict, PRELUDE_BAD);
	ck_assert_str_eq(proxied.header.claim.why, why);
	ck_assert_uint_eq(proxied.used, used);
	assert_undecided(bytes, used - 1);
}

static void assert_end(bool is_there, const struct address *address, const char *wanted)
{
	char text[ADDRESS_TEXT_MAX];

	ck_assert(is_there == (wanted != NULL));
	if (is_there)
		ck_assert_str_eq(address_format(address, text, sizeof text), wanted);
}

void proxied_ends(const struct proxied *proxied, const char *peer, const char *destination)
{
	const struct proxyclaim *claim = &proxied->header.claim;
	struct address address;
	bool is_there = proxyclaim_peer(claim, &address);

	assert_end(is_there, &address, peer);
	is_there = proxyclaim_destination(claim, &address);
	assert_end(is_there, &address, destination);
}
