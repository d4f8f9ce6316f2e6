/* SPDX-License-Identifier: ISC */
/*
 * json: writes one JSON object (RFC 8259) to a buffer, never past its end.
 *
 * An object is flat: no member is an object or an array, so nothing can be nested wrongly.
 * Values are raw: they are escaped here, once. A byte that is not valid UTF-8 becomes U+FFFD.
 * Control characters, and those that change a line's direction or break it, become \uXXXX. So an
 * object is one line that says the same to a parser and on a terminal.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One byte of a value grows to at most this many ("\u001b"). */
#define JSON_GROWTH 6

/* An object being written; its fields are private. */
struct json {
	char *text;
	size_t size, used;
	bool has_member, is_full;
};

/* Begins an object in `text` of `size` bytes, at least 1. */
void json_begin(struct json *json, char *text, size_t size);

/* Continues in `text` an object whose first members are written elsewhere. */
void json_resume(struct json *json, char *text, size_t size);

/* Add a member. Keys are our own plain text, with nothing to escape. */
void json_string(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, uint64_t value);
void json_boolean(struct json *json, const char *key, bool value);

/* Adds a string of `length` bytes, which may hold NULs. */
void json_bytes(struct json *json, const char *key, const void *bytes, size_t length);

/* Adds a number of thousandths, with three decimals: 1500 as 1.500. */
void json_thousandths(struct json *json, const char *key, uint64_t value);

/*
 * Ends the object. Returns its length; the text is ended by a NUL. If it did not fit, returns 0,
 * and the text is empty.
 */
size_t json_end(struct json *json);

/* The same, but leaves the object open: its other members follow. */
size_t json_pause(struct json *json);

#endif
