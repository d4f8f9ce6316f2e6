/* SPDX-License-Identifier: ISC */
/* report_json: writes what hailto has to say to standard output as JSON, an object a line. */
#include "report_json.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/json.h"
#include "base/log.h"
#include "base/standard.h"
#include "base/timestamp.h"
#include "errnoname.h"
#include "options.h"
#include "output.h"
#include "result.h"
#include "schema.h"
#include "trace.h"

/* Room for keys, numbers, words of our own and a newline. */
enum { FRAME_MAX = 1024 };

/* Room for all of an attempt but the source, the addresses and the greeting. */
enum {
	ATTEMPT_MAX = FRAME_MAX + JSON_GROWTH * (ADDRESS_NAME_MAX + ADDRESS_TEXT_MAX +
						 sizeof(struct probe_result)),
};

/* Room for an address that was tried. */
enum { TRACED_MAX = FRAME_MAX + JSON_GROWTH * ADDRESS_TEXT_MAX };

/* Writes an object's text as a line. False, and logged, if that fails. */
static bool write_line(struct output *output, char *text, size_t length)
{
	text[length] = '\n';
	if (output ? output_write(output, text, length + 1) : standard_write(text, length + 1))
		return true;
	standard_log_loss();
	return false;
}

/* Begins an object in `text`, which has room for a newline after it. */
static void begin(struct json *json, char *text, size_t size, const char *type)
{
	json_begin(json, text, size - 1);
	json_number(json, "schema", SCHEMA_VERSION);
	json_string(json, "type", type);
}

/* Adds a time since the attempt began, or null if that never came. */
static void add_time(struct json *json, const char *key, uint64_t us)
{
	json_number_or_null(json, key, us, us != TIME_NEVER);
}

/* Adds an address, or null if there is none. */
static void add_address(struct json *json, const char *key, const struct address *address)
{
	char text[ADDRESS_TEXT_MAX];

	json_string(json, key,
		    address->length > 0 ? address_format(address, text, sizeof text) : NULL);
}

/* Adds a text, or null if it is empty. */
static void add_text(struct json *json, const char *key, const char *text)
{
	json_string(json, key, text[0] ? text : NULL);
}

static void add_time_of_day(struct json *json, const char *key, uint64_t ms)
{
	char text[TIMESTAMP_MAX];

	add_text(json, key, timestamp_format_ms(text, ms));
}

/* Adds the server as the user named it: host and port, or a UNIX socket without a port. */
static void add_target(struct json *json, const struct endpoint *target)
{
	char text[ADDRESS_TEXT_MAX];
	bool is_unix = target->kind == ENDPOINT_UNIX;

	json_string(json, "host",
		    is_unix ? endpoint_format(target, text, sizeof text) : target->host);
	json_number_or_null(json, "port", target->port, !is_unix);
}

static const char *family_name(const struct address *address)
{
	return address->any.sa_family == AF_INET6  ? "ipv6"
	       : address->any.sa_family == AF_INET ? "ipv4"
						   : "unix";
}

/* Adds an address that was tried, of an attempt that began then. */
static void add_traced(struct json *json, const struct traced *traced, uint64_t began_us)
{
	static const char *const outcomes[] = {
		[TRACE_UNDER_WAY] = NULL,
		[TRACE_WON] = "won",
		[TRACE_LOST] = "lost",
		[TRACE_FAILED] = "failed",
	};
	bool has_ended = traced->outcome != TRACE_UNDER_WAY;
	char name[ERRNONAME_MAX];

	json_open_object(json, NULL);
	add_address(json, "address", &traced->address);
	json_string(json, "family", family_name(&traced->address));
	json_number(json, "started_us", traced->began_us - began_us);
	json_number_or_null(json, "ended_us", traced->ended_us - began_us, has_ended);
	json_string(json, "result", outcomes[traced->outcome]);
	json_string(json, "errno", traced->reason ? errnoname_write(traced->reason, name) : NULL);
	json_close(json);
}

static size_t count_traced(const struct probe_result *result)
{
	return result->trace ? trace_count(result->trace) : 0;
}

static void add_addresses(struct json *json, const struct probe_result *result)
{
	json_open_array(json, "addresses");
	for (size_t i = 0; i < count_traced(result); i++)
		add_traced(json, trace_get(result->trace, i), result->began_us);
	json_close(json);
}

static void add_times(struct json *json, const struct probe_times *times)
{
	add_time(json, "resolve_us", times->resolved);
	add_time(json, "connect_us", times->connected);
	add_time(json, "first_byte_us", times->first_byte);
	add_time(json, "end_us", times->end);
}

/* Adds what was heard: text, bytes, or null if it did not come to reading. */
static void add_greeting(struct json *json, const struct probe_result *result)
{
	static const char *const ends[] = {
		[ENDED_BY_NOTHING] = NULL,	  [ENDED_BY_STREAM_END] = "end of stream",
		[ENDED_BY_QUIET] = "quiet",	  [ENDED_BY_LIMIT] = "limit",
		[ENDED_BY_DEADLINE] = "deadline", [ENDED_BY_ERROR] = "error",
		[ENDED_BY_DATAGRAM] = "datagram",
	};
	bool was_read = result->length > 0 || result->ended_by != ENDED_BY_NOTHING;

	json_number(json, "bytes", result->length);
	json_bytes_or_base64(json, "greeting", "greeting_base64", was_read ? result->bytes : NULL,
			     result->length);
	json_string(json, "ended_by", ends[result->ended_by]);
}

/* Adds what the kernel knows of the connection, or null. */
static void add_tcp(struct json *json, const struct probe_result *result)
{
	if (!result->has_tcp) {
		json_null(json, "tcp");
		return;
	}
	json_open_object(json, "tcp");
	json_number_or_null(json, "rtt_us", result->tcp.rtt_us, result->tcp.rtt_us > 0);
	json_number(json, "retransmits", result->tcp.retransmits);
	json_close(json);
}

/* Makes the line of an attempt, and writes it. */
static bool write_attempt(const struct options *options, const struct probe_result *result,
			  const struct attempt_facts *facts, struct output *output, char *text,
			  size_t size)
{
	struct json json;

	begin(&json, text, size, "attempt");
	json_number(&json, "serial", facts->serial);
	add_time_of_day(&json, "time", facts->began_ms);
	add_target(&json, &options->target);
	json_string(&json, "source", options->source_text);
	add_addresses(&json, result);
	add_text(&json, "address", result->address);
	add_address(&json, "local", &result->local);
	add_times(&json, &result->times);
	add_greeting(&json, result);
	add_text(&json, "stage", result->stage);
	add_text(&json, "reason", result->reason);
	json_number(&json, "status", result->status);
	json_number(&json, "late_us", facts->late_us);
	add_tcp(&json, result);
	return write_line(output, text, json_end(&json));
}

/* Returns the room that the line of an attempt may need. */
static size_t room_for(const struct options *options, const struct probe_result *result)
{
	size_t source = options->source_text ? strlen(options->source_text) : 0;

	return ATTEMPT_MAX + JSON_GROWTH * (source + result->length) +
	       TRACED_MAX * count_traced(result);
}

/* Writes an attempt without what may be long, as a failure for that. False, and logged: it is lost.
 */
static bool write_without_memory(const struct options *options, const struct probe_result *result,
				 const struct attempt_facts *facts, struct output *output)
{
	struct options named = {.target = options->target};
	struct probe_result rest = *result;
	char text[ATTEMPT_MAX];

	rest.bytes = NULL;
	rest.trace = NULL;
	rest.status = STATUS_INTERNAL;
	snprintf(rest.reason, sizeof rest.reason,
		 "out of memory: source, addresses and greeting are left out");
	return write_attempt(&named, &rest, facts, output, text, sizeof text);
}

enum status report_json_attempt(const struct options *options, const struct probe_result *result,
				const struct attempt_facts *facts, struct output *output,
				bool *written)
{
	size_t size = room_for(options, result);
	char *text = malloc(size);

	if (!text) {
		*written = write_without_memory(options, result, facts, output);
		return STATUS_INTERNAL;
	}
	*written = write_attempt(options, result, facts, output, text, size);
	free(text);
	return result->status;
}

void report_json_error(enum status status, const char *reason)
{
	char text[FRAME_MAX + JSON_GROWTH * REPORT_JSON_REASON_MAX];
	size_t length = strlen(reason);
	struct json json;

	begin(&json, text, sizeof text, "error");
	json_bytes(&json, "reason", reason,
		   length < REPORT_JSON_REASON_MAX ? length : REPORT_JSON_REASON_MAX);
	json_number(&json, "status", status);
	(void)write_line(NULL, text, json_end(&json));
}
