/* SPDX-License-Identifier: ISC */
/*
 * json: writes one JSON object (RFC 8259) to a buffer, never past its end.
 *
 * A member may be an object or an array, JSON_DEPTH_MAX deep. An
 * object that is nested wrongly becomes no text at all, as one that does not fit. Values are raw:
 * they are escaped here, once. A byte that is not valid UTF-8 becomes U+FFFD. Control characters,
 * and those that change a line's direction or break it, become \uXXXX. So an object is one line
 * that says the same to a parser and on a terminal.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One byte of a value grows to at most this many ("\u001b"). */
#define JSON_GROWTH 6

/* So many objects and arrays may be open at once, the outermost object among them. */
#define JSON_DEPTH_MAX 8

/* An object being written; its fields are private. */
struct json {
	char *text;
	size_t size, used;
	char ends[JSON_DEPTH_MAX]; /* the brackets that are due, the innermost last */
	size_t depth;		   /* how many those are */
	bool has_member;
	bool is_broken; /* did not fit, or was nested wrongly: nothing is added any more */
};

/* Begins an object in `text` of `size` bytes, at least 1. */
void json_begin(struct json *json, char *text, size_t size);

/* Continues in `text` an object whose first members are written elsewhere. */
void json_resume(struct json *json, char *text, size_t size);

/*
 * Add a member. Keys are our own plain text, with nothing to escape; what stands in an array has
 * none: NULL. A string that is NULL becomes null.
 */
void json_string(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, uint64_t value);
void json_boolean(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/* Adds a number, or null in place of one that is not known. */
void json_number_or_null(struct json *json, const char *key, uint64_t value, bool is_known);

/* Open a member that has members of its own: those added until json_close(). */
void json_open_object(struct json *json, const char *key);
void json_open_array(struct json *json, const char *key);

/* Closes the object or array that was opened last; the outermost is closed by json_end(). */
void json_close(struct json *json);

/* Adds a string of `length` bytes, which may hold NULs. */
void json_bytes(struct json *json, const char *key, const void *bytes, size_t length);

/*
 * Adds bytes as a string under `key` if they are valid UTF-8, or else in base64 under `other_key`.
 * The other of the two is null; if `bytes` is NULL, both are.
 */
void json_bytes_or_base64(struct json *json, const char *key, const char *other_key,
			  const void *bytes, size_t length);

/* Adds a number of thousandths, with three decimals: 1500 as 1.500. */
void json_thousandths(struct json *json, const char *key, uint64_t value);

/*
 * Ends the object. Returns its length; the text is ended by a NUL. If it did not fit or is nested
 * wrongly, returns 0, and the text is empty.
 */
size_t json_end(struct json *json);

/* The same, but leaves the object itself open: its other members follow. */
size_t json_pause(struct json *json);

#endif
