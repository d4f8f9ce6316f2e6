/* SPDX-License-Identifier: ISC */
/* expect: compares what was heard with what is expected. */
#include "expect.h"

#include <string.h>

#include "options.h"
#include "reading.h"
#include "result.h"

enum expect_state expect_judge(const struct options *options, const char *bytes, size_t length)
{
	const char *wanted = options->expect ? options->expect : options->expect_prefix;
	size_t whole = wanted ? strlen(wanted) : 0;
	size_t common = length < whole ? length : whole;

	if (common > 0 && memcmp(bytes, wanted, common) != 0)
		return EXPECT_MISSED;
	if (length < whole)
		return EXPECT_BEGUN;
	return options->expect && length > whole ? EXPECT_MISSED : EXPECT_MET;
}

/* Returns how many bytes of --reject-prefix the greeting begins with. */
static size_t count_rejected(const char *rejected, const char *bytes, size_t length)
{
	size_t count = 0;

	while (count < length && rejected[count] && rejected[count] == bytes[count])
		count++;
	return count;
}

static bool is_rejected(const struct options *options, const struct probe_result *result)
{
	const char *rejected = options->reject_prefix;

	return rejected && !rejected[count_rejected(rejected, result->bytes, result->length)];
}

bool expect_awaits_more(const struct options *options, const char *bytes, size_t length)
{
	const char *rejected = options->reject_prefix;

	if (rejected && count_rejected(rejected, bytes, length) == length && rejected[length])
		return true;
	return expect_judge(options, bytes, length) == EXPECT_BEGUN;
}

size_t expect_room(const struct options *options)
{
	if (options->steady)
		return 1; /* a server that speaks is alive, whatever it says */
	return (size_t)options->bytes + (options->expect ? 1 : 0);
}

void expect_steady(const struct reading_result *reading, struct probe_result *result)
{
	char time[NUMBER_TIME_MAX];

	result->is_late = reading->end == READING_STOPPED;
	if (reading->end == READING_STREAM_END)
		result_fail(result, STATUS_SILENT, STAGE_READ,
			    "connected, but the stream ended at once");
	else if (reading->end == READING_BROKEN)
		result_fail(result, STATUS_BROKEN, STAGE_READ, "connected, but: %s",
			    strerror(reading->reason));
	else if (reading->end == READING_STOPPED)
		result_fail(result, STATUS_SILENT, STAGE_READ,
			    "connected, but it cannot be seen within %s whether that lasts",
			    number_format_time(time, reading->limit));
}

/* Nobody shall answer: a refusal is the success. */
static void apply_invert(struct probe_result *result)
{
	result->length = 0;
	if (result->is_refused)
		result->status = STATUS_GREETED;
	else if (result->status == STATUS_GREETED)
		result_fail(result, STATUS_UNEXPECTED, STAGE_EXPECT,
			    "somebody answers, and --invert wants a refusal");
	else if (result->status == STATUS_REFUSED)
		result_append(result, "; --invert wants each address to refuse");
}

/* Compares a good result with what is wanted. */
static void apply_wanted(const struct options *options, struct probe_result *result)
{
	enum expect_state state = expect_judge(options, result->bytes, result->length);

	if (result->length == 0 && !(options->expect && state == EXPECT_MET))
		result_fail(result, STATUS_SILENT, options->udp ? STAGE_ASK : STAGE_READ, "%s",
			    options->udp ? "the answer is empty"
					 : "connected, but the stream ended without a greeting");
	else if (state == EXPECT_BEGUN)
		result_fail(result, STATUS_UNEXPECTED, STAGE_EXPECT,
			    "only the beginning of what is expected came");
	else if (state == EXPECT_MISSED)
		result_fail(result, STATUS_UNEXPECTED, STAGE_EXPECT,
			    "the greeting is not as expected");
}

void expect_apply(const struct options *options, struct probe_result *result)
{
	if (options->invert) {
		apply_invert(result);
		return;
	}
	if (is_rejected(options, result)) {
		result_fail(result, STATUS_UNEXPECTED, STAGE_EXPECT,
			    "the greeting begins as --reject-prefix says");
		result->is_final = true;
	} else if (result->status != STATUS_GREETED || options->zero) {
		return;
	} else {
		apply_wanted(options, result);
	}
	if (result->length > options->bytes)
		result->length = (size_t)options->bytes;
}
