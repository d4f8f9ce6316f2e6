/* SPDX-License-Identifier: ISC */
/*
 * names: the addresses of a target that many attempts share.
 *
 * A name is looked up once, by the first attempt; the others wait for what it finds. After a
 * failure the next attempt looks it up again, and meanwhile others use what is known. Only one
 * looks up at a time. It may find only a part of the addresses, because one of them answers before
 * the name service has told them all. A target that needs no lookup is known from the beginning.
 */
#ifndef CLIENT_NAMES_H
#define CLIENT_NAMES_H

#include <stdbool.h>

#include "base/attributes.h"

struct addresslist;
struct names;
struct options;

/* What an attempt that begins now has to do. */
enum names_advice {
	NAMES_USE,     /* try what names_known() returns */
	NAMES_LOOK_UP, /* look up, and call names_looked_up() at the end of the attempt */
	NAMES_WAIT,    /* nothing is known yet, and another attempt looks up */
};

/* The options are kept, not copied. NULL: no memory. */
struct names *names_new(const struct options *options) MUST_CHECK;

enum names_advice names_advise(struct names *names);

/* Returns the addresses known so far; empty: none. */
const struct addresslist *names_known(const struct names *names);

/* True if something is known, and all of it is on this machine. */
bool names_are_local(const struct names *names);

/*
 * A lookup has found these. The whole list of the name replaces what is known, and a warning tells
 * of a change: an address that is new, or one that an earlier whole list had and this one lacks. A
 * part comes before what is known, and says nothing of a change. Neither does a list that is cut.
 */
void names_find(struct names *names, const struct addresslist *addresses, bool is_whole);

/* The attempt that was to look up is over. */
void names_looked_up(struct names *names);

/* An attempt has failed: what is known may be out of date. */
void names_doubt(struct names *names);

/* NULL is allowed. */
void names_free(struct names *names);

#endif
