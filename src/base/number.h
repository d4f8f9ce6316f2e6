/* SPDX-License-Identifier: ISC */
/* number: strict numbers, sizes and times: the whole text must be valid. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

/* Each returns true, and sets `value`, if `text` is one of its kind from 0 to UINT64_MAX. */

/* Decimal digits and nothing else: no sign, space, prefix or fraction. */
bool number_parse(const char *text, uint64_t *value) MUST_CHECK;

/*
 * Decimal digits and then the character `end`, past which *text is moved; what follows is not read.
 * If this fails, *text stays as it was.
 */
bool number_parse_before(const char **text, char end, uint64_t *value) MUST_CHECK;

/* Octal digits and nothing else. */
bool number_parse_octal(const char *text, uint64_t *value) MUST_CHECK;

/* A number with at most three decimals after a point, in thousandths: "1.5" is 1500. */
bool number_parse_thousandths(const char *text, uint64_t *value) MUST_CHECK;

/* A number of bytes, or with K or M after it, of 1024 or 1024 * 1024 bytes. */
bool number_parse_size(const char *text, uint64_t *value) MUST_CHECK;

/* A time, in milliseconds: "500ms", "2s", "1.5s", "1m"; a bare number means seconds. */
bool number_parse_time(const char *text, uint64_t *value) MUST_CHECK;

/* The most digits of a number. */
#define NUMBER_DIGITS_MAX 20

/*
 * Writes the digits of a number so that they end before `end`, without a NUL; returns where they
 * begin. printf(3) takes many times as long, which counts where each client has a number.
 */
char *number_put_before(char *end, uint64_t number);

/* Returns what follows a word for so many things: "s", or nothing after one. */
const char *number_plural(uint64_t count);

/* Room for any time as number_format_time() writes it. */
#define NUMBER_TIME_MAX 32

/*
 * Writes `ms` milliseconds to `text` of NUMBER_TIME_MAX bytes, as number_parse_time() reads it.
 * Returns `text`.
 */
char *number_format_time(char *text, uint64_t ms);

#endif
