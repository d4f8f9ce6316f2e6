/* SPDX-License-Identifier: ISC */
/* escape: makes bytes from outside safe to show, as printable text and \xHH. */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/* One byte grows to at most this many ("\xHH"). */
#define ESCAPE_GROWTH 4

/*
 * Copies `length` bytes to `out`, with control bytes, C1 controls and invalid UTF-8 as \xHH. The
 * bytes named in the string `keep` stay as they are. `out` must hold ESCAPE_GROWTH * length bytes;
 * no NUL is added. Returns the number of bytes written.
 */
size_t escape_bytes(char *out, const void *bytes, size_t length, const char *keep);

/*
 * The same for a piece of a text in which backslashes have a meaning of their own. Nothing is kept,
 * and characters that change a line's direction or break it are escaped too.
 */
size_t escape_source(char *out, const void *bytes, size_t length);

/*
 * True if all bytes are printable ASCII and none is a backslash, as in nearly all that is logged:
 * no function here changes such bytes.
 */
bool escape_is_plain(const char *bytes, size_t length);

/*
 * Writes the string `text` to `out` of `size` bytes (at least 1), escaped as by escape_source(),
 * cut to fit, and always ended by a NUL. A backslash that would look like an escape becomes \x5C,
 * so each \xHH in `out` stands for that byte. Returns `out`.
 */
char *escape_text(char *out, size_t size, const char *text);

/* The same for `length` bytes, which may hold NULs. Returns how many of them are in `out`. */
size_t escape_line(char *out, size_t size, const void *bytes, size_t length);

#endif
