/* SPDX-License-Identifier: ISC */
/* sharestext: prints the verdict on shares as a JSON object. */
#include "sharestext.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/standard.h"
#include "schema.h"
#include "shares.h"

/* Bytes of an object without its texts, and of one of its entries without its text. */
enum { FRAME_MAX = 512, ENTRY_MAX = 128 };

/* Returns the room that the object may need. */
static size_t room_for(const struct shares *shares, const char *verdict)
{
	size_t size = FRAME_MAX + JSON_GROWTH * strlen(verdict);

	for (size_t i = 0; i < shares_count(shares); i++)
		size += ENTRY_MAX + JSON_GROWTH * shares_get(shares, i)->length;
	return size;
}

static void add_texts(struct json *json, const struct shares *shares)
{
	json_open_array(json, "texts");
	for (size_t i = 0; i < shares_count(shares); i++) {
		const struct shares_entry *entry = shares_get(shares, i);
		json_open_object(json, NULL);
		json_bytes(json, "text", entry->text, entry->length);
		json_number(json, "expected", entry->expected);
		json_number(json, "count", entry->count);
		json_close(json);
	}
	json_close(json);
}

/* Adds the test, or null if there was none. */
static void add_test(struct json *json, const struct shares *shares)
{
	struct shares_test test = {0, 0};
	bool was_made = shares_test(shares, &test);

	json_number_or_null(json, "chi_square_thousandths", test.statistic, was_made);
	json_number_or_null(json, "limit_thousandths", test.limit, was_made);
}

bool sharestext_print_json(const struct shares *shares, bool is_expected, const char *verdict)
{
	size_t size = room_for(shares, verdict), length;
	char *line = malloc(size + 1);
	struct json json;
	bool is_written;

	if (!line)
		return false;
	json_begin(&json, line, size);
	json_number(&json, "schema", SCHEMA_VERSION);
	json_string(&json, "type", "shares");
	add_texts(&json, shares);
	json_number(&json, "unmatched", shares_unmatched(shares));
	add_test(&json, shares);
	json_boolean(&json, "as_expected", is_expected);
	json_string(&json, "verdict", verdict);
	length = json_end(&json);
	line[length++] = '\n';
	is_written = standard_write(line, length);
	free(line);
	return is_written;
}
