/* SPDX-License-Identifier: ISC */
/* readiness: writes the addresses to standard output once all are listening, then ends it. */
#ifndef DAEMON_TELL_READINESS_H
#define DAEMON_TELL_READINESS_H

#include <stdbool.h>

#include "base/attributes.h"

struct event_base;
struct outlet;
struct readiness;

/*
 * Takes standard output over, which is `output`, to write to it. The base must outlive it. NULL: no
 * memory or descriptors.
 */
struct readiness *readiness_new(struct event_base *base, const struct outlet *output);

/* Adds a line, escaped so that it stays one; call it before readiness_tell(). False: no memory. */
bool readiness_add(struct readiness *readiness, const char *text) MUST_CHECK;

/*
 * Writes what standard output takes now, and the rest from the event loop, however long that takes.
 * A reader that reads to the end has every line.
 */
void readiness_tell(struct readiness *readiness);

/* Frees it; what has not been written is dropped. NULL is allowed. */
void readiness_free(struct readiness *readiness);

#endif
