/* SPDX-License-Identifier: ISC */
/* greeting: the current greeting, from the command line or from a file, which can be read again. */
#ifndef DAEMON_SAY_GREETING_H
#define DAEMON_SAY_GREETING_H

#include <stdbool.h>

#include "base/attributes.h"

struct event_base;
struct greeting;
struct options;
struct rendering;
struct template;

/* Reads the greeting that the options name; these must outlive it. NULL, and logged, on failure. */
struct greeting *greeting_new(const struct options *options);

void greeting_free(struct greeting *greeting);

/*
 * Lets the loop read the file again, until greeting_unwatch(), which must come before the loop is
 * freed. False: no memory.
 */
bool greeting_watch(struct greeting *greeting, struct event_base *base) MUST_CHECK;
void greeting_unwatch(struct greeting *greeting);

/* Called when a reload is over: whether the greeting is the one that was to be read. */
typedef void greeting_reloaded_cb(bool is_read, void *argument);

/* Has `reloaded` called at the end of each reload, until greeting_unwatch(). */
void greeting_watch_reloads(struct greeting *greeting, greeting_reloaded_cb *reloaded,
			    void *argument);

/* True if it comes from a file. */
bool greeting_is_from_file(const struct greeting *greeting);

/*
 * Reads the file again, all or nothing. The log says what came of it: at once or, if somebody
 * writes to the file, within MESSAGEFILE_PATIENCE_MS. A reading under way gets that much time
 * again, and ends as one. Needs greeting_watch().
 */
void greeting_reload(struct greeting *greeting);

/* Returns the template for clients that come now. To keep it beyond a reload, hold it. */
struct template *greeting_template(const struct greeting *greeting);

/*
 * Begins a rendering for the next client; it has the two ends of the connection already. The
 * rendering is usable as long as its template is held.
 */
void greeting_begin(const struct greeting *greeting, struct rendering *rendering);

/* Counts a client that was greeted: the next one gets another serial number. */
void greeting_count(struct greeting *greeting);

#endif
