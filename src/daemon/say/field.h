/* SPDX-License-Identifier: ISC */
/* field: a greeting's placeholders: their names, their values, and how long these can be. */
#ifndef DAEMON_SAY_FIELD_H
#define DAEMON_SAY_FIELD_H

#include <stddef.h>

struct template_constants;
struct template_values;

/* What a placeholder stands for. */
enum field {
	FIELD_PEER,
	FIELD_PEER_ADDRESS,
	FIELD_PEER_PORT,
	FIELD_LOCAL,
	FIELD_LOCAL_ADDRESS,
	FIELD_LOCAL_PORT,
	FIELD_SERIAL,
	FIELD_TIME,
	FIELD_PROXY,
	FIELD_JSON, /* all of them; members that are the same for everyone follow as a constant */
	FIELD_HOST, /* from here on, the same for everyone */
	FIELD_INSTANCE,
	FIELD_PID,
	FIELD_VERSION,
	FIELD_COUNT,
};

/* Room for any field's value, with a NUL. */
#define FIELD_TEXT_MAX 5120

/* Finds the placeholder of that name; FIELD_COUNT if there is none. */
enum field field_find(const char *name, size_t length);

/*
 * The most bytes of a value: for any client, and for one with an IP address. 0 if it is the same
 * for everyone.
 */
size_t field_longest(enum field field);
size_t field_longest_to_ip(enum field field);

/*
 * Writes the value of a placeholder below FIELD_HOST, as a string, to `text` of `size` bytes, which
 * is more than field_longest().
 */
void field_format(enum field field, const struct template_values *values, char *text, size_t size);

/*
 * Writes the value of any other placeholder, or for FIELD_JSON the end of its object.
 * FIELD_TEXT_MAX bytes are always enough.
 */
void field_format_constant(enum field field, const struct template_constants *constants, char *text,
			   size_t size);

#endif
