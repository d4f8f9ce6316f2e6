/* SPDX-License-Identifier: ISC */
/*
 * messagefile: reads a message file, whole and when nobody is writing to it.
 *
 * A file that is written to while it is read gives a text that is part old, part new. So it is read
 * twice. If it changes meanwhile, or changed a moment ago, it is not settled, and is tried again,
 * for at most MESSAGEFILE_PATIENCE_MS. A file that a writer leaves half done for longer passes as
 * whole.
 */
#ifndef DAEMON_SAY_MESSAGEFILE_H
#define DAEMON_SAY_MESSAGEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct messagefile;

/* How long a reading waits for a file to settle, in ms. */
enum { MESSAGEFILE_PATIENCE_MS = 1000 };

enum messagefile_state {
	MESSAGEFILE_READ,
	MESSAGEFILE_UNSETTLED, /* try again later */
	MESSAGEFILE_REFUSED,   /* messagefile_why() says why */
};

/*
 * Names the file, which is not opened yet, and its greatest size. `path` is kept, not copied. NULL:
 * no memory.
 */
struct messagefile *messagefile_new(const char *path, size_t most) MUST_CHECK;

void messagefile_free(struct messagefile *file);

/* Begins a reading, or gives the one under way its full time again. */
void messagefile_begin(struct messagefile *file);

/* Tries to read the file, without waiting. Opens it anew each time: its name is what counts. */
enum messagefile_state messagefile_try(struct messagefile *file) MUST_CHECK;

/* After MESSAGEFILE_UNSETTLED: in how many ms to try again. */
uint64_t messagefile_wait_ms(const struct messagefile *file);

/* Begins a reading and waits for its end; TERM and INT then end the program. False: refused. */
bool messagefile_read(struct messagefile *file) MUST_CHECK;

/* The text that was read, valid until it is forgotten or the next try; not ended by a NUL. */
const char *messagefile_bytes(const struct messagefile *file);
size_t messagefile_size(const struct messagefile *file);
void messagefile_forget(struct messagefile *file);

/* Returns why it was refused, with the file's name, for a line of the log. */
const char *messagefile_why(const struct messagefile *file);

/* Returns the errno because of which it could not be opened; 0: it was refused for what it is. */
int messagefile_reason(const struct messagefile *file);

#endif
