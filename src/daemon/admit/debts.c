/* SPDX-License-Identifier: ISC */
/* debts: who may come, by a rate and a burst. */
#include "debts.h"

#include "base/rate.h"

struct debts debts_make(const struct rate *rate, uint32_t burst)
{
	uint64_t cost = (uint64_t)rate->ms * 1000;

	if (rate->count == 0)
		return (struct debts){.count = 0};
	/* Nothing overflows, by the ranges in rate.h. */
	return (struct debts){
		.count = rate->count,
		.cost = cost,
		.most = (burst - 1) * cost,
		.longest_us = burst * cost / rate->count + 1,
	};
}
