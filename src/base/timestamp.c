/* SPDX-License-Identifier: ISC */
/* timestamp: the time of day in UTC, as in ISO 8601. */
#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>

/* glibc reads the time zone's file before it first takes any time apart, also for UTC. */
void timestamp_prepare(void)
{
	tzset();
}

char *timestamp_format(char *text, time_t seconds)
{
	struct tm parts;

	/* Room for no more than four digits of a year. */
	if (!gmtime_r(&seconds, &parts) ||
	    strftime(text, sizeof "2026-11-27T09:30:00Z", "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		text[0] = '\0';
	return text;
}

char *timestamp_format_fine(char *text, const struct timespec *time)
{
	size_t length = strlen(timestamp_format(text, time->tv_sec));

	if (length > 0)
		snprintf(text + length - 1, TIMESTAMP_MAX - length + 1, ".%03uZ",
			 (unsigned)(time->tv_nsec / 1000000) % 1000);
	return text;
}

char *timestamp_format_ms(char *text, uint64_t ms)
{
	struct timespec time = {.tv_sec = (time_t)(ms / 1000),
				.tv_nsec = (long)(ms % 1000) * 1000000};

	return timestamp_format_fine(text, &time);
}

char *timestamp_now(char *text)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return timestamp_format_fine(text, &now);
}
