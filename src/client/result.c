/* SPDX-License-Identifier: ISC */
/* result: a probe's outcome, and the words for its failures. */
#include "result.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/number.h"
#include "lack.h"
#include "options.h"
#include "outgoing.h"
#include "reading.h"
#include "resolver.h"
#include "stageline.h"
#include "trace.h"

static const char *const stage_names[] = {"resolve", "connect", "read", "ask", "leave", "expect"};

void result_begin(struct probe_result *result)
{
	*result = (struct probe_result){
		.status = STATUS_GREETED,
		.stage = "",
		.began_us = clock_us(),
		.times = {TIME_NEVER, TIME_NEVER, TIME_NEVER, TIME_NEVER},
	};
}

void result_fail_start(struct probe_result *result, const char *why)
{
	result_begin(result);
	result->status = STATUS_INTERNAL;
	result->stage = "start";
	snprintf(result->reason, sizeof result->reason, "%s", why);
}

bool result_prepare_trace(struct probe_result *result, const struct options *options)
{
	if (options->detailed)
		result->trace = trace_new();
	return !options->detailed || result->trace;
}

void result_free(struct probe_result *result)
{
	free(result->bytes);
	trace_free(result->trace);
}

/* Room for describe_unresolved(). */
#define UNRESOLVED_MAX (NUMBER_TIME_MAX + 60)

/* Writes that the name service did not answer within `ms`. Returns `text`. */
static char *describe_unresolved(uint64_t ms, char text[UNRESOLVED_MAX])
{
	char time[NUMBER_TIME_MAX];

	number_format_time(time, ms);
	snprintf(text, UNRESOLVED_MAX, "no answer from the name service within %s", time);
	return text;
}

void result_write_last_words(const struct endpoint *target, uint64_t ms,
			     char text[RESULT_LAST_WORDS_MAX])
{
	char raw[ADDRESS_TEXT_MAX], shown[sizeof raw * ESCAPE_GROWTH], why[UNRESOLVED_MAX];

	endpoint_format(target, raw, sizeof raw);
	snprintf(text, RESULT_LAST_WORDS_MAX, "hailto: %s: resolve: %s\n",
		 escape_text(shown, sizeof shown, raw), describe_unresolved(ms, why));
}

void result_fail(struct probe_result *result, enum status status, enum stage stage,
		 const char *format, ...)
{
	va_list arguments;

	result->status = status;
	result->stage = stage_names[stage];
	result->reached = stage;
	va_start(arguments, format);
	vsnprintf(result->reason, sizeof result->reason, format, arguments);
	va_end(arguments);
}

void result_append(struct probe_result *result, const char *words)
{
	size_t length = strlen(result->reason);

	snprintf(result->reason + length, sizeof result->reason - length, "%s", words);
}

void result_fail_outgoing(struct probe_result *result, enum stage stage, int reason,
			  const struct address *address, const struct address *source,
			  const char *besides)
{
	char words[sizeof result->reason];

	address_format(address, result->address, sizeof result->address);
	outgoing_describe(reason, address, source, words, sizeof words);
	result_fail(result, outgoing_status(reason), stage, "%s%s", words, besides);
}

void result_fail_lookup(struct probe_result *result, int reason)
{
	result_fail(result, STATUS_INTERNAL, STAGE_RESOLVE, "%s%s", strerror(reason),
		    lack_advice(reason));
}

void result_fail_resolving(struct probe_result *result, const struct resolver_news *news,
			   int family)
{
	if (news->lack)
		result_fail(result, STATUS_INTERNAL, STAGE_RESOLVE, "%s%s", news->failure,
			    lack_advice(news->lack));
	else
		result_fail(result, STATUS_UNRESOLVED, STAGE_RESOLVE, "%s%s",
			    family == AF_INET	 ? "no IPv4 address: "
			    : family == AF_INET6 ? "no IPv6 address: "
						 : "",
			    news->failure);
}

void result_take_reading(struct probe_result *result, const struct reading_result *reading)
{
	static const enum ended_by ends[] = {
		[READING_STREAM_END] = ENDED_BY_STREAM_END,
		[READING_QUIET] = ENDED_BY_QUIET,
		[READING_FULL] = ENDED_BY_LIMIT,
		[READING_STOPPED] = ENDED_BY_DEADLINE,
		[READING_BROKEN] = ENDED_BY_ERROR,
	};

	result->length = reading->length;
	result->sent = reading->sent;
	result->ended_by = ends[reading->end];
	if (reading->length > 0)
		result->times.first_byte = reading->first_byte_us - result->began_us;
	if (reading->end == READING_BROKEN)
		result_fail(result, STATUS_BROKEN, STAGE_READ, "%s after %zu bytes",
			    strerror(reading->reason), reading->length);
}

void result_note_connection(struct probe_result *result, int fd, const struct options *options)
{
	socklen_t length = sizeof result->local.room;

	if (!result->trace)
		return;
	result->has_tcp = tcpinfo_ask(fd, &result->tcp);
	if (getsockname(fd, &result->local.any, &length) == 0)
		result->local.length = length;
	if (result->has_tcp && result->tcp.rtt_us > 0)
		stageline_log(options,
			      "network: round trip %.2f ms, %" PRIu32 " segment%s sent again",
			      (double)result->tcp.rtt_us / 1000, result->tcp.retransmits,
			      number_plural(result->tcp.retransmits));
}

/*
 * Returns advice if no greeting came, or "". A user that waits may wait for a server that never
 * speaks first, unless something else shows that its words matter.
 */
static const char *advice_on_silence(const struct options *options)
{
	bool needs_words = options->expect || options->expect_prefix || options->reject_prefix ||
			   options->talk_first > 0 || options->proxy_version > 0;

	return options->wait > 0 && !needs_words ? " (a server that does not speak first: see -z)"
						 : "";
}

void result_fail_late(struct probe_result *result, enum stage stage, uint64_t ms,
		      const struct options *options)
{
	char time[UNRESOLVED_MAX];

	result->is_late = true;
	if (stage == STAGE_RESOLVE) {
		result_fail(result, STATUS_UNRESOLVED, stage, "%s", describe_unresolved(ms, time));
		return;
	}
	number_format_time(time, ms);
	if (stage == STAGE_READ)
		result_fail(result, STATUS_SILENT, stage, "connected, but no greeting within %s%s",
			    time, advice_on_silence(options));
	else if (stage == STAGE_ASK)
		result_fail(result, STATUS_SILENT, stage,
			    "no answer within %s (to %" PRIu64 " bytes; see -b)", time,
			    options->bytes);
	else
		result_fail(result, STATUS_UNANSWERED, stage, "no answer within %s", time);
}

void result_add_wait(struct probe_result *result, uint64_t ms, uint64_t attempts)
{
	char time[NUMBER_TIME_MAX], words[NUMBER_TIME_MAX + 60];

	snprintf(words, sizeof words, "; gave up after %s, %" PRIu64 " attempt%s",
		 number_format_time(time, ms), attempts, number_plural(attempts));
	result_append(result, words);
}

void result_add_sent(struct probe_result *result, uint64_t bytes)
{
	char words[64]; /* with two numbers of 20 digits, 60 bytes */

	if (bytes == 0 || (result->status != STATUS_BROKEN && result->status != STATUS_SILENT))
		return;
	snprintf(words, sizeof words, "; sent %" PRIu64 " of %" PRIu64 " bytes", result->sent,
		 bytes);
	result_append(result, words);
}

void result_fail_begun_late(struct probe_result *result, enum stage stage, uint64_t ms)
{
	char time[NUMBER_TIME_MAX];

	result->is_late = true;
	number_format_time(time, ms);
	result_fail(result, STATUS_INTERNAL, stage,
		    "nothing of the %s was left (hailto was stopped, or the machine was busy)",
		    time);
	result->reached = STAGE_RESOLVE; /* it says nothing about the server */
}
