/* SPDX-License-Identifier: ISC */
/*
 * pairhash: a hash that nobody can foresee without its secret, for tables that strangers fill.
 *
 * With a plain hash, whoever may choose what is stored could have it all in one place of the table.
 * Here any two numbers agree in n bits of their hashes by one secret in 2^n, for n up to all of
 * them: so whoever chooses without knowing the secret fares as by chance. (Such a family is
 * strongly universal. This one is MULTILINEAR-HM in Lemire and Kaser, Strongly Universal String
 * Hashing is Fast, and pair-multiply-shift in Thorup, High Speed Hashing for Integers and Strings.)
 *
 * The secret must stay unknown, and the hashes too. Unlike SipHash, which takes much longer,
 * this does not protect the secret from someone who learns which of many numbers share a place.
 * What he gains by that is the table's concern.
 */
#ifndef DAEMON_ADMIT_PAIRHASH_H
#define DAEMON_ADMIT_PAIRHASH_H

#include <stdint.h>

/* Of the 64 bits that it computes, the lowest 31 are not random enough. */
#define PAIRHASH_BITS 33

/* A secret: 40 random bytes. */
struct pairhash_secret {
	uint64_t words[5];
};

/* Returns PAIRHASH_BITS bits for a number of 128 bits. */
static inline uint64_t pairhash(const struct pairhash_secret *secret, uint64_t high, uint64_t low)
{
	const uint64_t *words = secret->words;
	uint64_t first = (words[0] + (uint32_t)high) * (words[1] + (high >> 32));
	uint64_t second = (words[2] + (uint32_t)low) * (words[3] + (low >> 32));

	return (first + second + words[4]) >> (64 - PAIRHASH_BITS);
}

#endif
