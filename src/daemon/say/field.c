/* SPDX-License-Identifier: ISC */
/* field: a greeting's placeholders: their names, their values, and how long these can be. */
#include "field.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/number.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "template.h"

/* What surrounds the values in the part of the JSON object that differs for each client. */
#define JSON_FRAME                                                                                 \
	"{\"peer\":\"\",\"peer_address\":\"\",\"peer_port\":,\"local\":\"\",\"local_address\":\""  \
	"\",\"local_port\":,\"serial\":,\"time\":\"\",\"proxy\":\"\""

/* The greatest lengths of the values. */
enum {
	CONSTANT_MAX = 256,		  /* a value that is the same for everyone, with its NUL */
	UNIX_MAX = 511,			  /* an escaped address; a path is the longest */
	IP_MAX = ADDRESS_IP_TEXT_MAX - 1, /* an address that is no path: nothing is escaped there */
	IP_HOST_MAX = IP_MAX - 8,	  /* without brackets and port */
	PORT_MAX = 5,
	SERIAL_MAX = 20,
	TIME_MAX = 20,
	NULL_MAX = 2, /* more than the quotes of a text */
	JSON_PATH_MAX = 5 + JSON_GROWTH * (int)sizeof((struct address *)0)->path.sun_path,
	JSON_REST_MAX = (int)sizeof JSON_FRAME - 1 + 2 * PORT_MAX + SERIAL_MAX + TIME_MAX,
	JSON_MAX = JSON_REST_MAX + 5 * JSON_PATH_MAX,
	JSON_IP_MAX = JSON_REST_MAX + 2 * (IP_MAX + IP_HOST_MAX) + NULL_MAX,
};

_Static_assert(ADDRESS_TEXT_MAX <= UNIX_MAX + 1,
	       "any address fits, as it is, where an escaped one does");
_Static_assert(JSON_MAX < FIELD_TEXT_MAX && (3 * JSON_GROWTH + 1) * CONSTANT_MAX < FIELD_TEXT_MAX,
	       "FIELD_TEXT_MAX must hold either part of the object");

static const struct {
	const char *name;
	size_t longest, longest_to_ip;
} fields[FIELD_COUNT] = {
	[FIELD_PEER] = {"peer", UNIX_MAX, IP_MAX},
	[FIELD_PEER_ADDRESS] = {"peer_address", UNIX_MAX, IP_MAX},
	[FIELD_PEER_PORT] = {"peer_port", PORT_MAX, PORT_MAX},
	[FIELD_LOCAL] = {"local", UNIX_MAX, IP_MAX},
	[FIELD_LOCAL_ADDRESS] = {"local_address", UNIX_MAX, IP_MAX},
	[FIELD_LOCAL_PORT] = {"local_port", PORT_MAX, PORT_MAX},
	[FIELD_SERIAL] = {"serial", SERIAL_MAX, SERIAL_MAX},
	[FIELD_TIME] = {"time", TIME_MAX, TIME_MAX},
	[FIELD_PROXY] = {"proxy", UNIX_MAX, 0},
	[FIELD_JSON] = {"json", JSON_MAX, JSON_IP_MAX},
	[FIELD_HOST] = {.name = "host"},
	[FIELD_INSTANCE] = {.name = "instance"},
	[FIELD_PID] = {.name = "pid"},
	[FIELD_VERSION] = {.name = "version"},
};

enum field field_find(const char *name, size_t length)
{
	enum field field = 0;

	while (field < FIELD_COUNT && (strlen(fields[field].name) != length ||
				       memcmp(fields[field].name, name, length) != 0))
		field++;
	return field;
}

size_t field_longest(enum field field)
{
	return fields[field].longest;
}

size_t field_longest_to_ip(enum field field)
{
	return fields[field].longest_to_ip;
}

/* Writes a number; there is room for it. */
static void put_number(char *out, uint64_t number)
{
	char digits[NUMBER_DIGITS_MAX], *end = digits + sizeof digits;
	char *begin = number_put_before(end, number);

	memcpy(out, begin, (size_t)(end - begin));
	out[end - begin] = '\0';
}

/* Writes one end of a connection, raw. `part`: FIELD_PEER or FIELD_PEER_ADDRESS. Returns `text`. */
static const char *format_address(enum field part, const struct address *end,
				  char text[ADDRESS_TEXT_MAX])
{
	return part == FIELD_PEER ? address_format(end, text, ADDRESS_TEXT_MAX)
				  : address_format_host(end, text, ADDRESS_TEXT_MAX);
}

/* The same, but escaped, which only a path needs; FIELD_PEER_PORT is its port. */
static void format_end(enum field part, const struct address *end, char *out, size_t size)
{
	if (part == FIELD_PEER_PORT) {
		put_number(out, address_port(end));
	} else if (end->any.sa_family != AF_UNIX) {
		format_address(part, end, out);
	} else {
		char text[ADDRESS_TEXT_MAX];
		escape_text(out, size, format_address(part, end, text));
	}
}

/* Adds one end of a connection, under the names of the three placeholders from `first` on. */
static void add_end(struct json *json, enum field first, const struct address *end)
{
	char text[ADDRESS_TEXT_MAX];

	json_string(json, fields[first].name, format_address(FIELD_PEER, end, text));
	json_string(json, fields[first + 1].name, format_address(FIELD_PEER_ADDRESS, end, text));
	json_number(json, fields[first + 2].name, address_port(end));
}

/* Adds the proxy that has passed a connection on; null: none. */
static void add_proxy(struct json *json, const struct address *proxy)
{
	char text[ADDRESS_TEXT_MAX];

	json_string(json, fields[FIELD_PROXY].name,
		    proxy->length > 0 ? format_address(FIELD_PEER, proxy, text) : NULL);
}

/* Writes the object up to the members that are the same for everyone. */
static void format_json(const struct template_values *values, char *text, size_t size)
{
	char time[TIMESTAMP_MAX];
	struct json json;

	json_begin(&json, text, size);
	add_end(&json, FIELD_PEER, &values->peer);
	add_end(&json, FIELD_LOCAL, &values->local);
	json_number(&json, fields[FIELD_SERIAL].name, values->serial);
	json_string(&json, fields[FIELD_TIME].name, timestamp_format(time, values->time));
	add_proxy(&json, &values->proxy);
	json_pause(&json);
}

/* Writes the proxy; nothing if there is none. */
static void format_proxy(const struct address *proxy, char *out, size_t size)
{
	if (proxy->length > 0)
		format_end(FIELD_PEER, proxy, out, size);
	else
		*out = '\0';
}

void field_format(enum field field, const struct template_values *values, char *text, size_t size)
{
	char time[TIMESTAMP_MAX];

	if (size > fields[field].longest + 1)
		size = fields[field].longest + 1;
	if (field == FIELD_JSON)
		format_json(values, text, size);
	else if (field == FIELD_SERIAL)
		put_number(text, values->serial);
	else if (field == FIELD_TIME)
		snprintf(text, size, "%s", timestamp_format(time, values->time));
	else if (field == FIELD_PROXY)
		format_proxy(&values->proxy, text, size);
	else if (field < FIELD_LOCAL)
		format_end(field, &values->peer, text, size);
	else
		format_end(field - FIELD_LOCAL + FIELD_PEER, &values->local, text, size);
}

/* Copies as many whole characters as CONSTANT_MAX allows. Returns `out`. */
static const char *cut(char out[CONSTANT_MAX], const char *text)
{
	size_t left = strlen(text), used = 0;

	while (left > 0) {
		uint32_t number;
		size_t length = utf8_read(text + used, left, &number);
		length = length > 0 ? length : 1;
		if (used + length >= CONSTANT_MAX)
			break;
		used += length;
		left -= length;
	}
	memcpy(out, text, used);
	out[used] = '\0';
	return out;
}

/* Writes the rest of the JSON object. */
static void format_json_rest(const struct template_constants *constants, char *text, size_t size)
{
	char constant[CONSTANT_MAX];
	struct json json;

	json_resume(&json, text, size);
	json_string(&json, fields[FIELD_HOST].name, cut(constant, constants->host));
	json_string(&json, fields[FIELD_INSTANCE].name, cut(constant, constants->instance));
	json_number(&json, fields[FIELD_PID].name, (uint64_t)constants->pid);
	json_string(&json, fields[FIELD_VERSION].name, cut(constant, constants->version));
	json_end(&json);
}

void field_format_constant(enum field field, const struct template_constants *constants, char *text,
			   size_t size)
{
	const char *const texts[] = {
		[FIELD_HOST] = constants->host,
		[FIELD_INSTANCE] = constants->instance,
		[FIELD_VERSION] = constants->version,
	};

	if (field == FIELD_JSON)
		format_json_rest(constants, text, size);
	else if (field == FIELD_PID)
		snprintf(text, size, "%ld", constants->pid);
	else
		escape_text(text, size < CONSTANT_MAX ? size : CONSTANT_MAX, texts[field]);
}
