/* lineup: a server's addresses that have yet to be tried: whose turn it is, and whether more come.
 */
#include "lineup.h"

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
		const struct sockaddr *address = (const struct sockaddr *)&addresses->addresses[i];
		socklen_t length = addresses->lengths[i];
		if (!addresslist_has(&lineup->taken, address, length))
			addresslist_add(&lineup->waiting, address, length);
	}
}

bool lineup_take(struct lineup *lineup, struct sockaddr_storage *address, socklen_t *length)
{
	struct addresslist *waiting = &lineup->waiting;
	size_t i = 0;

	if (waiting->count == 0)
		return false;
	while (i < waiting->count && waiting->addresses[i].ss_family == lineup->last_family)
		i++;
	if (i == waiting->count)
		i = 0;
	*address = waiting->addresses[i];
	*length = waiting->lengths[i];
	lineup->last_family = address->ss_family;
	addresslist_add(&lineup->taken, (const struct sockaddr *)address, *length);
	addresslist_remove(waiting, i);
	return true;
}

bool lineup_is_over(const struct lineup *lineup)
{
	return lineup->waiting.count == 0 && !lineup->more_come;
}
