/* SPDX-License-Identifier: ISC */
/* rate: how often something may be done, as N/TIME: so many times within that time. */
#include "base/rate.h"

#include "base/number.h"

bool rate_parse(const char *text, struct rate *rate)
{
	uint64_t count, ms;

	if (!number_parse_before(&text, '/', &count) || !number_parse_time(text, &ms))
		return false;
	if (count == 0 || count > RATE_COUNT_MAX || ms == 0 || ms > RATE_MS_MAX)
		return false;
	*rate = (struct rate){(uint32_t)count, (uint32_t)ms};
	return true;
}
