/* SPDX-License-Identifier: ISC */
/* expect: compares what was heard with what is expected. */
#include "expect.h"

#include <string.h>

#include "options.h"
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

size_t expect_room(const struct options *options)
{
	return (size_t)options->bytes + (options->expect ? 1 : 0);
}

void expect_apply(const struct options *options, struct probe_result *result)
{
	enum expect_state state = expect_judge(options, result->bytes, result->length);

	if (result->status != STATUS_GREETED || options->zero)
		return;
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
	if (result->length > options->bytes)
		result->length = (size_t)options->bytes;
}
