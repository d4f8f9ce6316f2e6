/* SPDX-License-Identifier: ISC */
/* attemptline: the line that one of many attempts becomes on standard output. */
#ifndef CLIENT_ATTEMPTLINE_H
#define CLIENT_ATTEMPTLINE_H

#include <stddef.h>

struct series_attempt;

/* Room for any line. */
#define ATTEMPTLINE_MAX 2048

/*
 * Writes the line of an attempt, ended by a newline: its number, the address, how many bytes came
 * and when, in ms since it began, and the beginning of the greeting; or only that it is connected;
 * or the stage that failed, and why. What comes from outside is escaped. Returns its length.
 */
size_t attemptline_format(const struct series_attempt *attempt, char line[ATTEMPTLINE_MAX]);

#endif
