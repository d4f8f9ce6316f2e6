/* SPDX-License-Identifier: ISC */
/* tallytext: prints a tally: in columns, or as JSON objects. */
#include "tallytext.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/json.h"
#include "base/standard.h"
#include "schema.h"
#include "tally.h"

enum {
	GREETING_MAX = 4096, /* bytes, escaped */
	GREETING_LEAST = 8,  /* columns, even if the line is then too long */
	BAR_LEAST = 10,
	BAR_MOST = 100, /* columns; a shorter bar says nothing */
	GAP = 2,
	SHARE_WIDTH = 6, /* "100.0%" */
	LINE_MAX_BYTES = GREETING_MAX + 256,
	OBJECT_FRAME_MAX = 256, /* bytes of an object without its greeting */
};

/* How wide a terminal's columns are. */
struct columns {
	int count, bar;
	size_t greeting;
};

/* Makes a line of an entry. Returns its length. */
typedef size_t make_line(char *line, const struct tally *tally, const struct tally_entry *entry,
			 const struct columns *columns);

/* What stands in place of a greeting in the line of the others. */
static const char others_name[] = "(others)";

/* True if a greeting is the name of the others. */
static bool is_others_name(const struct tally_entry *entry)
{
	return entry->length == strlen(others_name) &&
	       memcmp(entry->bytes, others_name, entry->length) == 0;
}

/*
 * Writes the greeting, cut to fit in `most` bytes. No character is wider than its bytes. A greeting
 * that is the name of the others begins with an escape, to be told from them.
 */
static void describe(const struct tally_entry *entry, char text[GREETING_MAX + 1], size_t most)
{
	static const char cut[] = "...", escaped[] = "\\x28others)";

	if (!entry->bytes) {
		snprintf(text, most + 1, "%s", others_name);
		return;
	}
	if (is_others_name(entry)) {
		snprintf(text, most + 1, "%s", most < strlen(escaped) ? "\\x28..." : escaped);
		return;
	}
	if (escape_line(text, most + 1, entry->bytes, entry->length) == entry->length)
		return;
	escape_line(text, most + 1 - strlen(cut), entry->bytes, entry->length);
	memcpy(text + strlen(text), cut, sizeof cut);
}

/* Makes a line for a pipe or file. */
static size_t make_plain(char *line, const struct tally *tally, const struct tally_entry *entry,
			 const struct columns *columns)
{
	uint64_t share = tally_share(tally, entry->count);
	char greeting[GREETING_MAX + 1];

	(void)columns;
	describe(entry, greeting, GREETING_MAX);
	return (size_t)snprintf(line, LINE_MAX_BYTES, "%" PRIu64 "\t%" PRIu64 ".%03u%%\t%s\n",
				entry->count, share / 1000, (unsigned)(share % 1000), greeting);
}

/* Makes a line for a terminal. */
static size_t make_aligned(char *line, const struct tally *tally, const struct tally_entry *entry,
			   const struct columns *columns)
{
	uint64_t tenths = (tally_share(tally, entry->count) + 50) / 100;
	char greeting[GREETING_MAX + 1], share[16], bar[BAR_MOST + 1];
	size_t length = (size_t)(tenths * (uint64_t)columns->bar + 500) / 1000;

	describe(entry, greeting, columns->greeting);
	snprintf(share, sizeof share, "%u.%u%%", (unsigned)tenths / 10, (unsigned)tenths % 10);
	memset(bar, '#', length);
	bar[length] = '\0';
	return (size_t)snprintf(line, LINE_MAX_BYTES, "%*" PRIu64 "  %*s  %-*s%s%s\n",
				columns->count, entry->count, SHARE_WIDTH, share, columns->bar, bar,
				columns->bar > 0 ? "  " : "", greeting);
}

/* Divides the terminal: a quarter is the bar's, if it is wide enough. */
static struct columns divide(struct tally *tally, unsigned width)
{
	uint64_t most = tally_others(tally);
	struct columns columns = {.bar = width / 4 > BAR_MOST ? BAR_MOST : (int)(width / 4)};
	size_t used;

	if (tally_distinct(tally) > 0 && tally_get(tally, 0)->count > most)
		most = tally_get(tally, 0)->count;
	columns.count = snprintf(NULL, 0, "%" PRIu64, most);
	if (columns.bar < BAR_LEAST)
		columns.bar = 0;
	used = (size_t)columns.count + GAP + SHARE_WIDTH + GAP;
	if (columns.bar > 0)
		used += (size_t)columns.bar + GAP;
	columns.greeting = width < used + GREETING_LEAST ? GREETING_LEAST : width - used;
	if (columns.greeting > GREETING_MAX)
		columns.greeting = GREETING_MAX;
	return columns;
}

/* Prints all lines, the others' last. */
static bool print_lines(struct tally *tally, make_line *make, const struct columns *columns)
{
	struct tally_entry others = {.count = tally_others(tally)};
	size_t distinct = tally_distinct(tally);
	char line[LINE_MAX_BYTES];

	for (size_t i = 0; i < distinct; i++)
		if (!standard_write(line, make(line, tally, tally_get(tally, i), columns)))
			return false;
	return others.count == 0 || standard_write(line, make(line, tally, &others, columns));
}

bool tallytext_print(struct tally *tally, unsigned width)
{
	struct columns columns;

	if (width == 0)
		return print_lines(tally, make_plain, NULL);
	columns = divide(tally, width);
	return print_lines(tally, make_aligned, &columns);
}

/* Prints an object in a line. */
static bool print_object(const struct tally *tally, const struct tally_entry *entry)
{
	size_t size = OBJECT_FRAME_MAX + JSON_GROWTH * entry->length, length;
	char *line = malloc(size + 1);
	struct json json;
	bool is_written;

	if (!line)
		return false;
	json_begin(&json, line, size);
	json_number(&json, "schema", SCHEMA_VERSION);
	json_string(&json, "type", "tally");
	json_bytes_or_base64(&json, "greeting", "greeting_base64", entry->bytes, entry->length);
	json_number(&json, "count", entry->count);
	json_number(&json, "share", tally_share(tally, entry->count));
	length = json_end(&json);
	line[length++] = '\n';
	is_written = standard_write(line, length);
	free(line);
	return is_written;
}

bool tallytext_print_json(struct tally *tally)
{
	struct tally_entry others = {.count = tally_others(tally)};
	size_t distinct = tally_distinct(tally);

	for (size_t i = 0; i < distinct; i++)
		if (!print_object(tally, tally_get(tally, i)))
			return false;
	return others.count == 0 || print_object(tally, &others);
}
