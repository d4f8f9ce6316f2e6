/* SPDX-License-Identifier: ISC */
/* zone: the name of a network interface, as it follows the % of a link-local address. */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

/* Room for a name, with a NUL. */
#define ZONE_NAME_MAX 16

/*
 * Opens what zone_name() asks through, and keeps it. Without this each call opens it anew, which a
 * sandbox may forbid. If it cannot be opened, no interface has a name from now on.
 */
void zone_prepare(void);

/* Closes it again. */
void zone_close(void);

/* Writes the name of the interface of that number. Returns `name`, or NULL if it has none. */
char *zone_name(unsigned number, char name[ZONE_NAME_MAX]);

#endif
