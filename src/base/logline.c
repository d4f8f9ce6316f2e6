/* SPDX-License-Identifier: ISC */
/* logline: makes the line that a message becomes in the log: text, or one JSON object. */
#include "base/logline.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/timestamp.h"

/* Room for a priority, a time and a level with their keys, and the ends of the object and line. */
enum { FRAME_MAX = 128 };

/* Of the text, JSON escapes only quotation marks and backslashes, each to two bytes. */
enum { TEXT_GROWTH = 2 };

_Static_assert((LOGLINE_MAX - FRAME_MAX - LOGLINE_MEMBERS_MAX) / TEXT_GROWTH >= 1024,
	       "a JSON line must hold any text that has members");

/* The names of the levels, and their syslog(3) priorities. */
static const struct {
	const char *name;
	char priority;
} levels[] = {
	[LOG_LEVEL_ANSWER + 1] = {"info", '6'},	    [LOG_LEVEL_ERROR + 1] = {"error", '3'},
	[LOG_LEVEL_WARNING + 1] = {"warning", '4'}, [LOG_LEVEL_INFO + 1] = {"info", '6'},
	[LOG_LEVEL_DEBUG + 1] = {"debug", '7'},
};

/* Writes a text that must be escaped, or cut to fit. Returns its length. */
static size_t put_odd_text(char *out, size_t size, const struct logline_message *message)
{
	if (message->is_safe)
		snprintf(out, size, "%s", message->text);
	else
		escape_text(out, size, message->text);
	return strlen(out);
}

/* Writes the text, escaped and cut to fit, without a NUL. Returns its length. */
static size_t put_text(char *out, size_t size, const struct logline_message *message)
{
	size_t length = strlen(message->text);

	if (length >= size || !(message->is_safe || escape_is_plain(message->text, length)))
		return put_odd_text(out, size, message);
	memcpy(out, message->text, length);
	return length;
}

/* Writes the program's name, escaped. Returns its length. */
static size_t put_name(char *out, size_t size, const char *program)
{
	size_t length = strlen(escape_text(out, size - 2, program));

	memcpy(out + length, ": ", 3);
	return length + 2;
}

static size_t make_text(char *out, size_t size, const struct logline_style *style,
			const struct logline_message *message)
{
	size_t used = 0;

	if (style->has_time) {
		used = strlen(timestamp_now(out));
		out[used++] = ' ';
	}
	if (message->is_named)
		used += put_name(out + used, size - used, style->program);
	return used + put_text(out + used, size - used, message);
}

/* Returns 0 if the members do not fit. */
SEPARATE static size_t make_object(char *out, size_t size, const struct logline_message *message,
				   logline_members *members)
{
	char text[LOGLINE_MAX / TEXT_GROWTH], time[TIMESTAMP_MAX];
	size_t room = size - FRAME_MAX - (members ? LOGLINE_MEMBERS_MAX : 0);
	struct json json;

	text[put_text(text, room / TEXT_GROWTH, message)] = '\0';
	json_begin(&json, out, size);
	json_string(&json, "time", timestamp_now(time));
	json_string(&json, "level", levels[message->level + 1].name);
	json_string(&json, "message", text);
	if (members)
		members(&json, message->subject);
	return json_end(&json);
}

size_t logline_make(char *line, const struct logline_style *style,
		    const struct logline_message *message)
{
	size_t used = 0, room = LOGLINE_MAX - 1, length = 0;

	if (style->has_priority) {
		line[used++] = '<';
		line[used++] = levels[message->level + 1].priority;
		line[used++] = '>';
	}
	room -= used;
	if (!style->is_json)
		length = make_text(line + used, room, style, message);
	else
		length = make_object(line + used, room, message, message->members);
	if (length == 0 && style->is_json)
		length = make_object(line + used, room, message, NULL);
	used += length;
	line[used++] = '\n';
	return used;
}
