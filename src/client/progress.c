/* SPDX-License-Identifier: ISC */
/* progress: tells on standard error how far a long run is. */
#include "progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/number.h"
#include "base/outlet.h"
#include "base/text.h"

/* How often it is shown in place, and by a line. */
enum { IN_PLACE_MS = 200, LINE_MS = 10000 };

/* In seconds. */
enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* Times from here on are not told apart. */
enum { DAYS_MAX = 99 };

/* Erases the rest of a terminal's line (ECMA-48, EL), or all of it. */
#define ERASE_REST "\033[K"
#define ERASE_LINE "\r" ERASE_REST

/* True if standard error is a terminal that can go back to the beginning of its line. */
static bool can_go_back(void)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0 &&
	       !(no_color && *no_color);
}

void progress_begin(struct progress *progress, uint64_t count)
{
	*progress = (struct progress){
		.is_in_place = can_go_back(),
		.began_us = clock_us(),
		.count = count,
	};
}

unsigned progress_pause(const struct progress *progress)
{
	return progress->is_in_place ? IN_PLACE_MS : LINE_MS;
}

/* Adds a time in its two greatest units. */
static void add_time(struct text *text, uint64_t seconds)
{
	unsigned days = (unsigned)(seconds / DAY), rest = (unsigned)(seconds % DAY);

	if (seconds < MINUTE)
		text_add(text, "%us", rest);
	else if (seconds < HOUR)
		text_add(text, "%um%02us", rest / MINUTE, rest % MINUTE);
	else if (seconds < DAY)
		text_add(text, "%uh%02um", rest / HOUR, rest % HOUR / MINUTE);
	else if (days < DAYS_MAX)
		text_add(text, "%ud%02uh", days, rest / HOUR);
	else
		text_add(text, "over %d days", DAYS_MAX);
}

/* Adds how long the rest will take, if that is known. */
static void add_time_left(struct text *text, const struct progress *progress, uint64_t elapsed_us)
{
	double left = (double)(progress->count - progress->done);

	if (progress->count == 0 || progress->done == 0)
		return;
	text_add(text, ", ");
	add_time(text, (uint64_t)(left * (double)elapsed_us / (double)progress->done / 1000000));
	text_add(text, " left");
}

/* Writes how the run goes. */
static void describe(const struct progress *progress, struct text *text)
{
	uint64_t elapsed_us = clock_us() - progress->began_us;

	text_add(text, "%" PRIu64, progress->done);
	if (progress->count > 0)
		text_add(text, " of %" PRIu64, progress->count);
	text_add(text, " attempt%s, %" PRIu64 " a second, %" PRIu64 " failed",
		 number_plural(progress->count > 0 ? progress->count : progress->done),
		 elapsed_us > 0 ? progress->done * 1000000 / elapsed_us : 0, progress->failed);
	add_time_left(text, progress, elapsed_us);
}

/* Writes to the terminal; what it does not take is not worth waiting for. */
static void write_in_place(const char *bytes, size_t length)
{
	static const struct outlet outlet = {.fd = STDERR_FILENO, .way = OUTLET_POLLED};
	size_t ignored = outlet_write_now(&outlet, bytes, length);

	(void)ignored;
}

void progress_show(struct progress *progress)
{
	char line[256];
	struct text text;

	text_begin(&text, line, sizeof line);
	if (progress->is_in_place)
		text_add(&text, "\r");
	describe(progress, &text);
	if (!progress->is_in_place) {
		log_answer("%s", line);
		return;
	}
	text_add(&text, ERASE_REST);
	write_in_place(line, text.length);
	log_set_prefix(ERASE_LINE);
	progress->shown = true;
}

void progress_hide(struct progress *progress)
{
	if (progress->shown)
		write_in_place(ERASE_LINE, sizeof ERASE_LINE - 1);
	log_set_prefix(NULL);
	progress->shown = false;
}
