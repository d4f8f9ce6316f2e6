/* SPDX-License-Identifier: ISC */
/* turn: how many connections are accepted from one socket in a turn of the loop. */
#include "turn.h"

/*
 * A call in vain takes as long as some four turns. So a longer turn, which may end with one, is
 * tried only after so many connections without any; and it remains as long as such a call follows
 * at least as many connections as the turns that it replaces.
 */
enum { TRY_AFTER = 16, WORTH_IT = 4 };

void turn_begin(struct turn *turn)
{
	*turn = (struct turn){.most = 1, .since_vain = TRY_AFTER};
}

unsigned turn_end(struct turn *turn, unsigned limit)
{
	unsigned taken = turn->taken;

	turn->taken = 0;
	turn->since_vain += taken;
	if (taken < turn->most) {
		turn->since_vain = 0;
		if (taken < WORTH_IT)
			turn->most = turn->most > 1 ? turn->most / 2 : 1;
	} else if (turn->since_vain >= TRY_AFTER) {
		turn->since_vain = TRY_AFTER;
		turn->most = turn->most < limit / 2 ? turn->most * 2 : limit;
	}
	return taken;
}

void turn_break_off(struct turn *turn)
{
	turn->taken = 0;
}
