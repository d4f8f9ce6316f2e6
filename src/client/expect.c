/* expect: holds what was heard against what is expected. */
#include "expect.h"

#include <string.h>

#include "options.h"

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
