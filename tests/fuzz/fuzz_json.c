/* SPDX-License-Identifier: ISC */
/*
 * fuzz_json: whatever is in a value, an object is one that any parser reads, in one line, and it
 * says the value: each character as it is, each byte that is none as U+FFFD. So does a line of
 * the log, whose message is the escaped text, or begins as that does.
 *
 * The first byte of the input tells how much room there is; the others are the value.
 */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/json.h"
#include "base/logline.h"
#include "fuzz.h"

/* Reads four hexadecimal digits, which must be there. */
static uint32_t hex(const char *text)
{
	char digits[5] = "";
	char *end;
	uint32_t number;

	memcpy(digits, text, 4);
	number = (uint32_t)strtoul(digits, &end, 16);
	FUZZ_CHECK(end == digits + 4 && digits[0] != '+' && digits[0] != '-' && digits[0] != ' ');
	return number;
}

/* Writes a character below U+10000 as UTF-8. Returns its length. */
static size_t put_utf8(char *out, uint32_t number)
{
	FUZZ_CHECK(number >> 11 != 27); /* jq refuses half of a pair of surrogates */
	if (number < 0x80) {
		out[0] = (char)number;
		return 1;
	}
	if (number < 0x800) {
		out[0] = (char)(0xC0 | number >> 6);
		out[1] = (char)(0x80 | (number & 0x3F));
		return 2;
	}
	out[0] = (char)(0xE0 | number >> 12);
	out[1] = (char)(0x80 | (number >> 6 & 0x3F));
	out[2] = (char)(0x80 | (number & 0x3F));
	return 3;
}

/* Reads a string of JSON after its quotation mark. Returns where it ends; `out` is what it says. */
static const char *read_string(const char *text, char *out, size_t *length)
{
	*length = 0;
	while (*text != '"') {
		size_t taken = fuzz_character(text, strlen(text), "");
		FUZZ_CHECK(taken > 0 && !fuzz_is_direction(text, taken));
		if (*text != '\\') {
			memcpy(out + *length, text, taken);
			*length += taken;
			text += taken;
		} else if (text[1] == 'u') {
			*length += put_utf8(out + *length, hex(text + 2));
			text += 6;
		} else {
			FUZZ_CHECK(text[1] == '"' || text[1] == '\\');
			out[(*length)++] = text[1];
			text += 2;
		}
	}
	return text + 1;
}

/* Reads what must stand there. Returns where it ends. */
static const char *skip(const char *text, const char *wanted)
{
	FUZZ_CHECK(strncmp(text, wanted, strlen(wanted)) == 0);
	return text + strlen(wanted);
}

/* Writes what a parser should read of the bytes. Returns the length. */
static size_t expect(char *out, const char *bytes, size_t size)
{
	size_t used = 0;

	while (size > 0) {
		/* Controls are characters here, too: a string may hold them. */
		bool is_ascii = (unsigned char)*bytes < 0x80;
		bool is_c1 = size > 1 && *bytes == '\xC2' && (unsigned char)bytes[1] >> 5 == 4;
		size_t taken = is_ascii ? 1 : is_c1 ? 2 : fuzz_character(bytes, size, "");
		if (taken > 0)
			memcpy(out + used, bytes, taken);
		else
			memcpy(out + used, "\xEF\xBF\xBD", 3);
		used += taken ? taken : 3;
		taken += !taken;
		bytes += taken;
		size -= taken;
	}
	return used;
}

/* Checks that an object with the value between two members is read as such. */
static void check_object(const char *bytes, size_t size)
{
	size_t room = JSON_GROWTH * size + 100, said, wanted;
	char *text = malloc(room), *back = malloc(3 * size + 1), *expected = malloc(3 * size + 1);
	const char *next;
	struct json json;

	FUZZ_CHECK(text && back && expected);
	json_begin(&json, text, room);
	json_number(&json, "a", 1);
	json_bytes(&json, "value", bytes, size);
	json_boolean(&json, "z", true);
	FUZZ_CHECK(json_end(&json) == strlen(text));
	next = read_string(skip(text, "{\"a\":1,\"value\":\""), back, &said);
	FUZZ_CHECK(*skip(next, ",\"z\":true}") == '\0');
	wanted = expect(expected, bytes, size);
	FUZZ_CHECK(said == wanted && memcmp(back, expected, wanted) == 0);
	free(text);
	free(back);
	free(expected);
}

/* Checks that a value in an array, and in an object within it, is read as it is in an object. */
static void check_nested(const char *bytes, size_t size)
{
	size_t room = 2 * JSON_GROWTH * size + 100, said, again;
	char *text = malloc(room), *back = malloc(3 * size + 1), *other = malloc(3 * size + 1);
	const char *next;
	struct json json;

	FUZZ_CHECK(text && back && other);
	json_begin(&json, text, room);
	json_open_array(&json, "items");
	json_bytes(&json, NULL, bytes, size);
	json_open_object(&json, NULL);
	json_bytes(&json, "value", bytes, size);
	json_close(&json);
	json_close(&json);
	FUZZ_CHECK(json_end(&json) == strlen(text));
	next = read_string(skip(text, "{\"items\":[\""), back, &said);
	next = read_string(skip(next, ",{\"value\":\""), other, &again);
	FUZZ_CHECK(*skip(next, "}]}") == '\0');
	FUZZ_CHECK(said == again && memcmp(back, other, said) == 0);
	free(text);
	free(back);
	free(other);
}

/* Checks that an object that does not fit is none, and writes nothing past its room. */
static void check_cut(const char *bytes, size_t size, size_t room)
{
	char *text = malloc(room);
	struct json json;
	size_t length;

	FUZZ_CHECK(text != NULL);
	json_begin(&json, text, room);
	json_open_array(&json, "k");
	json_bytes(&json, NULL, bytes, size);
	json_close(&json);
	length = json_end(&json);
	FUZZ_CHECK(length == strlen(text) && length < room);
	FUZZ_CHECK(length == 0 || text[length - 1] == '}');
	free(text);
}

static void add_text(struct json *json, const void *subject)
{
	json_string(json, "text", subject);
}

/* Checks the line that a text becomes, with the same text in a member. */
static void check_line(const char *text, enum log_level level)
{
	static const struct logline_style style = {.program = "fuzz", .is_json = true};
	static char line[LOGLINE_MAX + 1], back[LOGLINE_MAX];
	struct logline_message message = {.level = level,
					  .text = text,
					  .members = add_text,
					  .subject = text};
	size_t size = strlen(text), length = logline_make(line, &style, &message), said;
	char *escaped = malloc(ESCAPE_GROWTH * size + 1);
	const char *next;

	FUZZ_CHECK(escaped && length <= LOGLINE_MAX && line[length - 1] == '\n');
	line[length] = '\0';
	FUZZ_CHECK(strchr(line, '\n') == line + length - 1);
	next = read_string(skip(line, "{\"time\":\""), back, &said);
	next = read_string(skip(next, ",\"level\":\""), back, &said);
	next = read_string(skip(next, ",\"message\":\""), back, &said);
	escape_text(escaped, ESCAPE_GROWTH * size + 1, text);
	FUZZ_CHECK(strncmp(escaped, back, said) == 0);
	FUZZ_CHECK(said == strlen(escaped) || said > 1000);
	if (*next == ',')
		next = read_string(skip(next, ",\"text\":\""), back, &said);
	else
		FUZZ_CHECK(JSON_GROWTH * size + 16 > LOGLINE_MEMBERS_MAX);
	FUZZ_CHECK(strcmp(next, "}\n") == 0);
	free(escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = fuzz_string(data + 1, size - 1);
	check_object(text, size - 1);
	check_nested(text, size - 1);
	check_cut(text, size - 1, data[0] + (size_t)1);
	check_line(text, (enum log_level)(data[0] % 5 - 1));
	free(text);
	return 0;
}
