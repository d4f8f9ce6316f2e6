/* SPDX-License-Identifier: ISC */
/* attemptline: the line that one of many attempts becomes on standard output. */
#include "attemptline.h"

#include <inttypes.h>
#include <stdbool.h>

#include "base/escape.h"
#include "base/text.h"
#include "result.h"
#include "series.h"

/* How much of a greeting is shown: its first bytes tell who speaks. */
enum { SHOWN_MAX = 60 };

/* Adds a moment of the attempt, if it came. */
static void add_moment(struct text *line, const char *name, uint64_t us)
{
	if (us != TIME_NEVER)
		text_add(line, "%s %" PRIu64 ".%02" PRIu64 ", ", name, us / 1000, us % 1000 / 10);
}

/* Adds when each stage was done, in ms. An attempt without an end was never made. */
static void add_times(struct text *line, const struct probe_result *result)
{
	const struct probe_times *times = &result->times;

	if (times->end == TIME_NEVER)
		return;
	text_add(line, " (");
	add_moment(line, "resolved", times->resolved);
	if (result->ended_by != ENDED_BY_DATAGRAM)
		add_moment(line, "connected", times->connected);
	add_moment(line, "first byte", times->first_byte);
	text_add(line, "end %" PRIu64 ".%02" PRIu64 " ms)", times->end / 1000,
		 times->end % 1000 / 10);
}

/* Returns how many bytes of the greeting are shown: no character in part. */
static size_t shown_length(const struct probe_result *result)
{
	size_t length = SHOWN_MAX;

	if (result->length <= SHOWN_MAX)
		return result->length;
	/* At most three bytes continue a character of UTF-8. */
	while (length > SHOWN_MAX - 3 && (result->bytes[length] & 0xC0) == 0x80)
		length--;
	return length;
}

/* Adds the beginning of the greeting. */
static void add_greeting(struct text *line, const struct probe_result *result)
{
	char shown[SHOWN_MAX * ESCAPE_GROWTH + 1];
	size_t length = shown_length(result);

	if (length == 0)
		return;
	escape_line(shown, sizeof shown, result->bytes, length);
	text_add(line, ": %s%s", shown, length < result->length ? "..." : "");
}

/* Adds the address that answered or failed, if it is known. */
static void add_address(struct text *line, const struct probe_result *result)
{
	char shown[ADDRESS_TEXT_MAX];

	if (!result->address[0])
		return;
	text_add(line, "%s: ", escape_text(shown, sizeof shown, result->address));
}

size_t attemptline_format(const struct series_attempt *attempt, char line[ATTEMPTLINE_MAX])
{
	const struct probe_result *result = attempt->result;
	struct text text;

	text_begin(&text, line, ATTEMPTLINE_MAX - 1);
	text_add(&text, "%" PRIu64 ": ", attempt->serial);
	add_address(&text, result);
	if (result->status != STATUS_GREETED)
		text_add(&text, "%s: %s", result->stage, result->reason);
	else if (result->ended_by == ENDED_BY_NOTHING)
		text_add(&text, "connected");
	else
		text_add(&text, "%zu bytes", result->length);
	add_times(&text, result);
	if (attempt->late_us > 0)
		text_add(&text, ", %" PRIu64 " ms late", attempt->late_us / 1000);
	add_greeting(&text, result);
	line[text.length++] = '\n';
	line[text.length] = '\0';
	return text.length;
}
