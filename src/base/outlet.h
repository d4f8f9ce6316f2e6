/* SPDX-License-Identifier: ISC */
/*
 * outlet: writes text to a descriptor, patiently or without ever waiting.
 *
 * O_NONBLOCK belongs to the open file description, which is shared with the program that gave us
 * the descriptor. So we never set it there. What can be reopened gets a description of our own.
 */
#ifndef BASE_OUTLET_H
#define BASE_OUTLET_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

/* A pipe takes so many bytes whole, or none of them. */
#ifdef PIPE_BUF
#define OUTLET_WHOLE_MAX PIPE_BUF
#else
#define OUTLET_WHOLE_MAX _POSIX_PIPE_BUF
#endif

/* How to write without waiting. */
enum outlet_way {
	OUTLET_PLAIN,  /* plain write(2): a file has no reader to wait for */
	OUTLET_SOCKET, /* with MSG_DONTWAIT */
	OUTLET_OWN,    /* a pipe or terminal reopened as non-blocking */
	OUTLET_POLLED, /* anything else: a little at a time, when poll(2) reports room */
};

struct outlet {
	int fd;
	enum outlet_way way;
	bool has_records; /* a socket that passes on each write as one message */
};

/*
 * Prepares to write to `fd` without waiting: a pipe or terminal is reopened in its place. Call it
 * early: a change of user or a sandbox may forbid that. Cannot fail; at worst the way is
 * OUTLET_POLLED.
 */
void outlet_open(struct outlet *outlet, int fd);

/*
 * Writes what is taken at once, and returns how many bytes that is. If fewer than `length`, errno
 * says why; EAGAIN: the reader does not read.
 */
size_t outlet_write_now(const struct outlet *outlet, const char *bytes, size_t length) MUST_CHECK;

/*
 * Writes all bytes to `fd`, however long its reader takes. Returns how many were taken; if fewer
 * than `length`, errno says why.
 */
size_t outlet_write_all(int fd, const char *bytes, size_t length) MUST_CHECK;

#endif
