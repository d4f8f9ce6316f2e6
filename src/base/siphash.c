/* SPDX-License-Identifier: ISC */
/* siphash: a hash that nobody can foresee without its secret, for tables that strangers fill. */
#include "base/siphash.h"

/* What SipHash takes for the last word: the number of bytes, in its highest byte. */
#define LAST_WORD ((uint64_t)16 << 56)

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

/* One round, as the paper has it. */
static inline void mix(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static inline void absorb(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	mix(s);
	s->v0 ^= word;
}

uint64_t siphash(const struct siphash_secret *secret, uint64_t first, uint64_t second)
{
	uint64_t one = secret->words[0], other = secret->words[1];
	struct state s = {
		one ^ 0x736F6D6570736575,
		other ^ 0x646F72616E646F6D,
		one ^ 0x6C7967656E657261,
		other ^ 0x7465646279746573,
	};

	absorb(&s, first);
	absorb(&s, second);
	absorb(&s, LAST_WORD);
	s.v2 ^= 0xFF;
	for (int i = 0; i < 3; i++)
		mix(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
