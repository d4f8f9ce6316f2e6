/* greeting: what is said now, from the command line or a file, which may be read again. */
#ifndef DAEMON_GREETING_H
#define DAEMON_GREETING_H

#include <stddef.h>

struct greeting;
struct options;
struct template;
struct template_values;

/* Reads the greeting that the options name; they must outlive it. NULL, and told, if it can't be
 * had. */
struct greeting *greeting_new(const struct options *options);

void greeting_free(struct greeting *greeting);

/* Reads the file again: all or nothing. The log says what came of it. */
void greeting_reload(struct greeting *greeting);

/* What is said to whoever comes now. Who still needs it after a reload must hold it. */
struct template *greeting_template(const struct greeting *greeting);

/*
 * Writes what is said to the client at the ends in `values`, at most template_longest() bytes;
 * returns how many. Fills in the other values.
 */
size_t greeting_render(struct greeting *greeting, struct template_values *values, char *out);

#endif
