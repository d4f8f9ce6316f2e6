/* greeting: what is said now, from the command line or a file, which may be read again. */
#ifndef DAEMON_SAY_GREETING_H
#define DAEMON_SAY_GREETING_H

#include <stdbool.h>

#include "base/attributes.h"

struct event_base;
struct greeting;
struct options;
struct rendering;
struct template;

/* Reads the greeting that the options name; they must outlive it. NULL, and told, if it can't be
 * had. */
struct greeting *greeting_new(const struct options *options);

void greeting_free(struct greeting *greeting);

/* Lets the loop read the file again, until greeting_unwatch(), which must come before the loop is
 * freed. False: no memory. */
bool greeting_watch(struct greeting *greeting, struct event_base *base) MUST_CHECK;
void greeting_unwatch(struct greeting *greeting);

/*
 * Reads the file again: all or nothing. The log says what came of it, at once or, if somebody
 * writes to the file, at most MESSAGEFILE_PATIENCE_MS later. If a reading is under way it has that
 * much time again. Needs greeting_watch().
 */
void greeting_reload(struct greeting *greeting);

/* What is said to clients that come now. Whoever needs it after a reload must hold it. */
struct template *greeting_template(const struct greeting *greeting);

/*
 * Begins to say it to the next client, the two ends of whose connection are in the rendering. That
 * needs it for as long as the template is held.
 */
void greeting_begin(const struct greeting *greeting, struct rendering *rendering);

/* Counts a client that was told it: the next one has another serial number. */
void greeting_count(struct greeting *greeting);

#endif
