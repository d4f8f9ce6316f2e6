/* SPDX-License-Identifier: ISC */
/*
 * fuzz: what the fuzz targets share.
 *
 * A target holds a property against any bytes whatever, and ends the process where it does
 * not hold. libFuzzer makes the bytes up (script/fuzz); replay.c takes them from the files
 * of the corpus (make check).
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The target itself; the name is libFuzzer's. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, and so tells of a find, unless the property holds. */
#define FUZZ_CHECK(property) fuzz_check(property, #property, __FILE__, __LINE__)
void fuzz_check(bool holds, const char *property, const char *file, int line);

/* A copy of the bytes with a NUL behind them; whoever reads past it is caught. To be freed. */
char *fuzz_string(const uint8_t *data, size_t size);

/*
 * The length of the well-formed UTF-8 character at `text`, if it is no control character but
 * one of those in `keep`; 0: there is none. It goes by the number of the character, and so
 * knows nothing of the table in base/escape.c.
 */
size_t fuzz_character(const char *text, size_t left, const char *keep);

/* True if the text begins with what reads as an escape: a backslash, an x, two digits. */
bool fuzz_is_lookalike(const char *text, size_t left);

/* True of a character of that length if it changes the direction of a line, or breaks it. */
bool fuzz_is_direction(const char *text, size_t length);

/* Tells whether the text is made of such characters alone. */
bool fuzz_is_harmless(const char *text, size_t length, const char *keep);

/* Checks that this is one line as `program` complains in, and harmless. */
void fuzz_check_complaint(const char *text, size_t length, const char *program);

#endif
