/*
 * outlet: a descriptor that text is written to, patiently or without ever waiting.
 *
 * O_NONBLOCK belongs to the open file description, which is shared with whoever
 * gave us the descriptor, so it is never set there. What can be opened anew gets a
 * description that is ours alone.
 */
#ifndef BASE_OUTLET_H
#define BASE_OUTLET_H

#include <stddef.h>

#include "base/attributes.h"

/* How to write without waiting. */
enum outlet_way {
	OUTLET_PLAIN,  /* a file, which has no reader to wait for: as it is */
	OUTLET_SOCKET, /* with MSG_DONTWAIT */
	OUTLET_OWN,    /* a pipe or terminal opened anew, non-blocking */
	OUTLET_POLLED, /* anything else: a little at a time, once poll(2) says that there is room */
};

struct outlet {
	int fd;
	enum outlet_way way;
};

/*
 * Gets ready to write to `fd` without waiting: a pipe or terminal is opened anew in
 * its place. To be called early: a change of user or a sandbox may forbid that. It
 * cannot fail; at worst the way is OUTLET_POLLED.
 */
void outlet_open(struct outlet *outlet, int fd);

/*
 * Writes what is taken at once, and returns how many bytes that is. If fewer than
 * `length`, errno says why; EAGAIN: the reader does not read.
 */
size_t outlet_write_now(const struct outlet *outlet, const char *bytes, size_t length) MUST_CHECK;

/*
 * Writes all to `fd`, however long its reader takes. Returns how many bytes were
 * taken; if fewer than `length`, errno says why.
 */
size_t outlet_write_all(int fd, const char *bytes, size_t length) MUST_CHECK;

#endif
