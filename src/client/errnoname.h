/* SPDX-License-Identifier: ISC */
/* errnoname: the name of an errno, such as ECONNREFUSED, for programs to compare. */
#ifndef CLIENT_ERRNONAME_H
#define CLIENT_ERRNONAME_H

/* Room for any name, and a NUL. */
#define ERRNONAME_MAX 16

/*
 * Writes the name to `text` of ERRNONAME_MAX bytes: that of POSIX, or E and the number of one that
 * sockets do not usually have, as E71. Returns `text`.
 */
char *errnoname_write(int reason, char *text);

#endif
