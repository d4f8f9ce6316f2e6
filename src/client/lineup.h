/* lineup: a server's addresses that have yet to be tried: whose turn it is, and whether more come.
 */
#ifndef CLIENT_LINEUP_H
#define CLIENT_LINEUP_H

#include <stdbool.h>

#include "base/addresslist.h"

/* Begins as {0}: empty, and none will come. */
struct lineup {
	struct addresslist waiting, taken;
	int last_family; /* that was tried; AF_UNSPEC: none yet */
	bool more_come;	 /* the name service has not said its last */
};

/* Adds the addresses (NULL: none), and notes whether more will come. */
void lineup_add(struct lineup *lineup, const struct addresslist *addresses, bool more_come);

/* Makes these (NULL: none) all that there are: of them wait those that were not taken. */
void lineup_settle(struct lineup *lineup, const struct addresslist *addresses);

/*
 * Takes out the address whose turn it is: the first of another family than the last one, so that
 * where one family is broken every second attempt is of the other (RFC 8305, 4). False: none waits.
 */
bool lineup_take(struct lineup *lineup, struct address *address);

/* True if none waits and none will come. */
bool lineup_is_over(const struct lineup *lineup);

#endif
