/*
 * messagefile: reads the text of a message file, whole and when nobody writes to it.
 *
 * A file that is written to while it is read gives a text that is part old, part new. So it is
 * read twice, and what changes meanwhile or has changed a moment ago is not settled: it is tried
 * again, for at most MESSAGEFILE_PATIENCE_MS. What a writer leaves half done for longer passes for
 * a text.
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
	MESSAGEFILE_UNSETTLED, /* to be tried again */
	MESSAGEFILE_REFUSED,   /* messagefile_why() tells why */
};

/* Names the file, which is not looked at yet; `path` is kept, not copied. NULL: no memory. */
struct messagefile *messagefile_new(const char *path, size_t most) MUST_CHECK;

void messagefile_free(struct messagefile *file);

/* Begins a reading; or lets the one under way have all of its time once more. */
void messagefile_begin(struct messagefile *file);

/* Tries to read the file, and does not wait. It is opened anew each time: its name is what counts.
 */
enum messagefile_state messagefile_try(struct messagefile *file) MUST_CHECK;

/* After MESSAGEFILE_UNSETTLED: in how many ms to try again. */
uint64_t messagefile_wait_ms(const struct messagefile *file);

/* Begins a reading and waits for its end, which TERM and INT may make that of the program. False:
 * refused. */
bool messagefile_read(struct messagefile *file) MUST_CHECK;

/* What was read, until it is forgotten or the next reading; not ended by a NUL. */
const char *messagefile_bytes(const struct messagefile *file);
size_t messagefile_size(const struct messagefile *file);
void messagefile_forget(struct messagefile *file);

/* Why it was refused, with the file's name, to stand in a line of the log. */
const char *messagefile_why(const struct messagefile *file);

#endif
