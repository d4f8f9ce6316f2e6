/* SPDX-License-Identifier: ISC */
/* json: writes one JSON object (RFC 8259) to a buffer, never past its end. */
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Adds bytes, all or none; one byte is kept for the NUL. After bytes that do not fit, none do. */
static void put(struct json *json, const char *bytes, size_t length)
{
	json->is_full |= length >= json->size - json->used;
	if (json->is_full)
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

static void put_key(struct json *json, const char *key)
{
	put_text(json, json->has_member ? ",\"" : "\"");
	put_text(json, key);
	put_text(json, "\":");
	json->has_member = true;
}

void json_begin(struct json *json, char *text, size_t size)
{
	*json = (struct json){.size = size};
	json->text = text;
	put_text(json, "{");
}

void json_resume(struct json *json, char *text, size_t size)
{
	*json = (struct json){.size = size, .has_member = true};
	json->text = text;
}

void json_bytes(struct json *json, const char *key, const void *bytes, size_t length)
{
	const char *next = bytes;

	put_key(json, key);
	put_text(json, "\"");
	while (length > 0) {
		size_t taken = put_character(json, next, length);
		next += taken;
		length -= taken;
	}
	put_text(json, "\"");
}

void json_string(struct json *json, const char *key, const char *value)
{
	json_bytes(json, key, value, strlen(value));
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
	char digits[32];

	snprintf(digits, sizeof digits, "%" PRIu64, value);
	put_key(json, key);
	put_text(json, digits);
}

size_t json_pause(struct json *json)
{
	if (json->is_full)
		json->used = 0;
	json->text[json->used] = '\0';
	return json->used;
}

size_t json_end(struct json *json)
{
	put_text(json, "}");
	return json_pause(json);
}
