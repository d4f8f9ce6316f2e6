/* SPDX-License-Identifier: ISC */
/* apart: a network of the test's own, where nobody else takes a port that it has found free. */
#ifndef UNIT_APART_H
#define UNIT_APART_H

/*
 * From now on the process and its children are in a network namespace that has a loopback only.
 * Where the system has none, or not for this user, all stays as it is: then another program may
 * take a port, which is unlikely.
 */
void apart_from_others(void);

#endif
