/* SPDX-License-Identifier: ISC */
/* timestamp: the time of day in UTC, as in ISO 8601. */
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Room for 2026-11-27T09:30:00.123Z and a NUL. */
#define TIMESTAMP_MAX 25

/* Opens what times need, once for all; a sandbox may forbid it later. */
void timestamp_prepare(void);

/*
 * Writes a time as 2026-11-27T09:30:00Z to `text` of TIMESTAMP_MAX bytes; nothing if its year has
 * more than four digits. Returns `text`.
 */
char *timestamp_format(char *text, time_t seconds);

/* The same with milliseconds: 2026-11-27T09:30:00.123Z. */
char *timestamp_format_fine(char *text, const struct timespec *time);

/* The same of a time in ms since 1970. */
char *timestamp_format_ms(char *text, uint64_t ms);

/* Writes the time now, with milliseconds. */
char *timestamp_now(char *text);

#endif
