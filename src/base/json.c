/* SPDX-License-Identifier: ISC */
/* json: writes one JSON object (RFC 8259) to a buffer, never past its end. */
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/number.h"
#include "base/utf8.h"

/* Adds bytes, all or none; one byte is kept for the NUL. After bytes that do not fit, none do. */
static void put(struct json *json, const char *bytes, size_t length)
{
	json->is_broken |= length >= json->size - json->used;
	if (json->is_broken)
		return;
	memcpy(json->text + json->used, bytes, length);
	json->used += length;
}

static void put_text(struct json *json, const char *text)
{
	put(json, text, strlen(text));
}

/* Adds a character as \uXXXX; none that needs this is above U+FFFF. */
static void put_number(struct json *json, uint32_t character)
{
	char escape[JSON_GROWTH + 1];

	snprintf(escape, sizeof escape, "\\u%04" PRIx32, character & 0xFFFF);
	put_text(json, escape);
}

/* Adds the character that the bytes begin with, or else their first byte. Returns its length. */
static size_t put_character(struct json *json, const char *bytes, size_t left)
{
	uint32_t character;
	size_t length = utf8_read(bytes, left, &character);

	if (length == 0)
		put_number(json, 0xFFFD);
	else if (utf8_is_control(character) || utf8_is_direction(character))
		put_number(json, character);
	else if (character == '"' || character == '\\')
		put(json, character == '"' ? "\\\"" : "\\\\", 2);
	else
		put(json, bytes, length);
	return length > 0 ? length : 1;
}

/* Returns how many of the bytes stand as they are in a string, as nearly all do: printable ASCII.
 */
static size_t plain_span(const char *bytes, size_t left)
{
	size_t length = 0;

	while (length < left && bytes[length] >= ' ' && bytes[length] < 0x7F &&
	       bytes[length] != '"' && bytes[length] != '\\')
		length++;
	return length;
}

/* Adds what stands before a value. The key must be there in an object, and not in an array. */
static void put_key(struct json *json, const char *key)
{
	bool is_array = json->ends[json->depth - 1] == ']';

	json->is_broken |= is_array == (key != NULL);
	if (json->has_member)
		put_text(json, ",");
	if (key) {
		put_text(json, "\"");
		put_text(json, key);
		put_text(json, "\":");
	}
	json->has_member = true;
}

/* Adds a bracket, and remembers the one that closes it. */
static void open_bracket(struct json *json, const char *bracket, char end)
{
	put_text(json, bracket);
	json->is_broken |= json->depth == JSON_DEPTH_MAX;
	if (json->is_broken)
		return;
	json->ends[json->depth++] = end;
	json->has_member = false;
}

/* Adds the bracket that is due. */
static void close_bracket(struct json *json)
{
	put(json, &json->ends[json->depth - 1], 1);
}

void json_begin(struct json *json, char *text, size_t size)
{
	json_resume(json, text, size);
	json->has_member = false;
	put_text(json, "{");
}

void json_resume(struct json *json, char *text, size_t size)
{
	*json = (struct json){.size = size, .ends = "}", .depth = 1, .has_member = true};
	json->text = text;
}

void json_bytes(struct json *json, const char *key, const void *bytes, size_t length)
{
	const char *next = bytes;

	put_key(json, key);
	put_text(json, "\"");
	while (length > 0) {
		size_t taken = plain_span(next, length);
		if (taken > 0)
			put(json, next, taken);
		else
			taken = put_character(json, next, length);
		next += taken;
		length -= taken;
	}
	put_text(json, "\"");
}

/* Adds a string of bytes in base64. */
static void put_base64(struct json *json, const char *key, const char *bytes, size_t length)
{
	enum { PIECE = 3 * 256 };
	char text[BASE64_LENGTH(PIECE)];

	put_key(json, key);
	put_text(json, "\"");
	for (size_t taken; length > 0; length -= taken) {
		taken = length < PIECE ? length : PIECE;
		put(json, text, base64_encode(text, bytes, taken));
		bytes += taken;
	}
	put_text(json, "\"");
}

void json_bytes_or_base64(struct json *json, const char *key, const char *other_key,
			  const void *bytes, size_t length)
{
	bool is_text = bytes && utf8_is_valid(bytes, length);

	if (is_text)
		json_bytes(json, key, bytes, length);
	else
		json_null(json, key);
	if (bytes && !is_text)
		put_base64(json, other_key, bytes, length);
	else
		json_null(json, other_key);
}

void json_string(struct json *json, const char *key, const char *value)
{
	if (value)
		json_bytes(json, key, value, strlen(value));
	else
		json_null(json, key);
}

void json_null(struct json *json, const char *key)
{
	put_key(json, key);
	put_text(json, "null");
}

void json_boolean(struct json *json, const char *key, bool value)
{
	put_key(json, key);
	put_text(json, value ? "true" : "false");
}

void json_thousandths(struct json *json, const char *key, uint64_t value)
{
	char digits[32];

	snprintf(digits, sizeof digits, "%" PRIu64 ".%03u", value / 1000, (unsigned)(value % 1000));
	put_key(json, key);
	put_text(json, digits);
}

void json_number(struct json *json, const char *key, uint64_t value)
{
	char digits[NUMBER_DIGITS_MAX], *end = digits + sizeof digits;
	char *begin = number_put_before(end, value);

	put_key(json, key);
	put(json, begin, (size_t)(end - begin));
}

void json_number_or_null(struct json *json, const char *key, uint64_t value, bool is_known)
{
	if (is_known)
		json_number(json, key, value);
	else
		json_null(json, key);
}

void json_open_object(struct json *json, const char *key)
{
	put_key(json, key);
	open_bracket(json, "{", '}');
}

void json_open_array(struct json *json, const char *key)
{
	put_key(json, key);
	open_bracket(json, "[", ']');
}

void json_close(struct json *json)
{
	json->is_broken |= json->depth == 1;
	if (json->is_broken)
		return;
	close_bracket(json);
	json->depth--;
	json->has_member = true;
}

size_t json_pause(struct json *json)
{
	json->is_broken |= json->depth > 1;
	if (json->is_broken)
		json->used = 0;
	json->text[json->used] = '\0';
	return json->used;
}

size_t json_end(struct json *json)
{
	close_bracket(json);
	return json_pause(json);
}
