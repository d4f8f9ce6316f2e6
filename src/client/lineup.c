/* SPDX-License-Identifier: ISC */
/* lineup: a server's addresses still to be tried: which is next, and whether more come. */
#include "lineup.h"

void lineup_begin(struct lineup *lineup)
{
	addresslist_clear(&lineup->waiting);
	addresslist_clear(&lineup->taken);
	lineup->last_family = AF_UNSPEC;
	lineup->more_come = false;
}

void lineup_add(struct lineup *lineup, const struct addresslist *addresses, bool more_come)
{
	lineup->more_come = more_come;
	if (addresses)
		addresslist_add_all(&lineup->waiting, addresses);
}

void lineup_settle(struct lineup *lineup, const struct addresslist *addresses)
{
	lineup->more_come = false;
	lineup->waiting.count = 0;
	for (size_t i = 0; addresses && i < addresses->count; i++) {
		const struct address *address = &addresses->all[i];
		if (!addresslist_has(&lineup->taken, address))
			addresslist_add(&lineup->waiting, address);
	}
}

bool lineup_take(struct lineup *lineup, struct address *address)
{
	struct addresslist *waiting = &lineup->waiting;
	size_t i = 0;

	if (waiting->count == 0)
		return false;
	while (i < waiting->count && waiting->all[i].any.sa_family == lineup->last_family)
		i++;
	if (i == waiting->count)
		i = 0;
	*address = waiting->all[i];
	lineup->last_family = address->any.sa_family;
	addresslist_add(&lineup->taken, address);
	addresslist_remove(waiting, i);
	return true;
}

bool lineup_is_over(const struct lineup *lineup)
{
	return lineup->waiting.count == 0 && !lineup->more_come;
}
