/* SPDX-License-Identifier: ISC */
/*
 * networkfile: a file of networks that are denied, one a line.
 *
 * A line has a network as prefix_parse() reads it, or none. Blanks around it do not matter, nor
 * does a # with whatever follows it, nor a CR at the end. Anything else makes the file invalid:
 * half a list is worse than the list of before.
 */
#ifndef DAEMON_ADMIT_NETWORKFILE_H
#define DAEMON_ADMIT_NETWORKFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct rules;

/* A file has at most this many bytes and lines, and a line at most this many bytes. */
#define NETWORKFILE_SIZE_MAX ((size_t)64 * 1024 * 1024)
#define NETWORKFILE_LINES_MAX 4000000
#define NETWORKFILE_LINE_MAX 1000

/* Why a file is refused that there is no memory for. */
#define NETWORKFILE_NO_MEMORY "out of memory"

/* Room for why a file is refused; that may name a long path. */
#define NETWORKFILE_WHY_MAX 2048

/*
 * False if the file has changed a moment ago: somebody may still be writing to it, and a list that
 * is cut short lets in whom it should not. True also if that cannot be known.
 */
bool networkfile_is_settled(const char *path);

/*
 * Reads the file, without waiting for a writer, and adds a rule for each of its networks. False:
 * refused, and nothing was added; `why` names the file, and the line, for a line of the log, and
 * errno is that of open(2), or 0.
 */
bool networkfile_read(const char *path, struct rules *rules,
		      char why[NETWORKFILE_WHY_MAX]) MUST_CHECK;

/* The same for the bytes of a file, of which `path` is only the name in `why`. */
bool networkfile_parse(const char *path, const char *bytes, size_t size, struct rules *rules,
		       char why[NETWORKFILE_WHY_MAX]) MUST_CHECK;

#endif
