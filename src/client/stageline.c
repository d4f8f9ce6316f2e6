/* SPDX-License-Identifier: ISC */
/* stageline: the lines of -v about a probe's stages: each names its attempt, or its server. */
#include "stageline.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/endpoint.h"
#include "base/log.h"
#include "options.h"

/* The longest line without the target; a list of addresses is shorter. */
enum { LINE_MAX_BYTES = 1280 };

void stageline_log(const struct options *options, const char *format, ...)
{
	char line[LINE_MAX_BYTES], target[ADDRESS_TEXT_MAX];
	va_list arguments;

	if (!log_shows(LOG_LEVEL_DEBUG))
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (options && options->serial > 0)
		log_debug("%" PRIu64 ": %s", options->serial, line);
	else if (options && options_target_count(options) > 1)
		log_debug("%s: %s", endpoint_format(&options->target, target, sizeof target), line);
	else
		log_debug("%s", line);
}
