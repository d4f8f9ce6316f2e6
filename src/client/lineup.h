/* SPDX-License-Identifier: ISC */
/* lineup: a server's addresses still to be tried: which is next, and whether more come. */
#ifndef CLIENT_LINEUP_H
#define CLIENT_LINEUP_H

#include <stdbool.h>

#include "base/addresslist.h"

struct lineup {
	struct addresslist waiting, taken;
	int last_family; /* of the address taken last; AF_UNSPEC: none yet */
	bool more_come;	 /* the name service may still report some */
};

/* Makes it empty, and no more come. */
void lineup_begin(struct lineup *lineup);

/* Adds the addresses (NULL: none), and notes whether more will come. */
void lineup_add(struct lineup *lineup, const struct addresslist *addresses, bool more_come);

/* Makes these (NULL: none) the only addresses: those not taken yet wait. */
void lineup_settle(struct lineup *lineup, const struct addresslist *addresses);

/*
 * Takes the next address: the first of another family than the last one. So if one family is
 * broken, every second attempt is of the other (RFC 8305, 4). False: none waits.
 */
bool lineup_take(struct lineup *lineup, struct address *address);

/* True if none waits and no more come. */
bool lineup_is_over(const struct lineup *lineup);

#endif
