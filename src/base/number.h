/* number: strict numbers, sizes and times: all of the text counts, or nothing does. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

/* Each returns whether `text` is one of its kind from 0 to UINT64_MAX, and then sets `value`. */

/* Decimal digits and nothing else: no sign, space, prefix or fraction. */
bool number_parse(const char *text, uint64_t *value) MUST_CHECK;

/* A number of bytes, with K or M after it for 1024 or 1024 * 1024 of them. */
bool number_parse_size(const char *text, uint64_t *value) MUST_CHECK;

/* A time as milliseconds: "500ms", "2s", "1.5s", "1m"; a bare number is of seconds. */
bool number_parse_time(const char *text, uint64_t *value) MUST_CHECK;

/* Room for any time as number_format_time() writes it. */
#define NUMBER_TIME_MAX 32

/* Writes `ms` milliseconds to `text`, of NUMBER_TIME_MAX bytes, so that it can be read back.
 * Returns `text`. */
char *number_format_time(char *text, uint64_t ms);

#endif
