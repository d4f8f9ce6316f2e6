/* SPDX-License-Identifier: ISC */
/*
 * template: a greeting's literal bytes, and its placeholders, which are filled in for each client.
 * Made once, then shared by all clients that are being greeted.
 */
#ifndef DAEMON_SAY_TEMPLATE_H
#define DAEMON_SAY_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/address.h"
#include "base/attributes.h"
#include "field.h"

struct template;

/* Values that are the same for every client; the texts are copied, escaped. */
struct template_constants {
	const char *host, *instance, *version;
	long pid;
};

/* Values that differ for each client. */
struct template_values {
	struct address peer, local; /* the two ends of the connection */
	struct address proxy;	    /* that has passed it on; length 0: none */
	uint64_t serial;
	time_t time;
};

/* Makes an empty template, with one user. NULL: no memory. */
struct template *template_new(void) MUST_CHECK;

/* Appends literal bytes, which are copied. False: no memory. */
bool template_add(struct template *template, const char *bytes, size_t size) MUST_CHECK;

/* Appends a placeholder below FIELD_HOST, filled in for each client. False: no memory. */
bool template_add_field(struct template *template, enum field field) MUST_CHECK;

/* Makes a template of just these bytes, which are copied. NULL: no memory. */
struct template *template_literal(const char *bytes, size_t size) MUST_CHECK;

/* Counts another user. Returns the template. */
struct template *template_hold(struct template *template);

/* Drops a user; the last one frees it. NULL is allowed. */
void template_release(struct template *template);

/* True if it says the same to everyone: template_longest() bytes at template_bytes(). */
bool template_is_constant(const struct template *template);
const char *template_bytes(const struct template *template);

/* Returns whether a client's values must have this end of the connection, or the time. */
bool template_names_peer(const struct template *template);
bool template_names_local(const struct template *template);
bool template_names_time(const struct template *template);

/* The most bytes that it can say: to any client, and to one with an IP address. */
size_t template_longest(const struct template *template);
size_t template_longest_to_ip(const struct template *template);

/* How far a template has been said to one client; starts as {0}. */
struct template_position {
	size_t segment, offset;
};

/*
 * Takes bytes, and returns how many; fewer than `size` mean enough for now. Bytes with `is_kept`
 * live as long as the template, others only during the call.
 */
typedef size_t template_put(void *argument, const char *bytes, size_t size, bool is_kept);

/*
 * Passes `put` what the template says to one client, from the position on, and moves the position.
 * The values must be the same each time. Returns false if `put` stops before the end.
 */
bool template_say(const struct template *template, const struct template_values *values,
		  struct template_position *position, template_put *put, void *argument) MUST_CHECK;

/* Writes all that it says to one client, at most template_longest() bytes. Returns how many. */
size_t template_render(const struct template *template, const struct template_values *values,
		       char *out);

#endif
