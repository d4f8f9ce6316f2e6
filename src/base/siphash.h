/* SPDX-License-Identifier: ISC */
/*
 * siphash: a hash that nobody can foresee without its secret, for tables that strangers fill.
 *
 * SipHash-1-3 (Aumasson and Bernstein) of two words. With a plain hash, whoever may choose what is
 * stored could have it all in one place of the table.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stdint.h>

/* A secret: 16 random bytes. */
struct siphash_secret {
	uint64_t words[2];
};

/* Returns the hash of 16 bytes, which are given as two little-endian words. */
uint64_t siphash(const struct siphash_secret *secret, uint64_t first, uint64_t second);

#endif
