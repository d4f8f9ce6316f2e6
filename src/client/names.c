/* SPDX-License-Identifier: ISC */
/* names: the addresses of a target that many attempts share. */
#include "names.h"

#include <stdlib.h>

#include "base/addresslist.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/loopback.h"
#include "known.h"
#include "options.h"

struct names {
	const struct options *options;
	struct addresslist known;
	struct addresslist whole; /* the last that was; empty: none yet */
	bool needs_lookup;	  /* now and then */
	bool is_doubtful;
	bool is_being_looked_up;
};

struct names *names_new(const struct options *options)
{
	struct names *names = calloc(1, sizeof *names);

	if (!names)
		return NULL;
	names->options = options;
	names->needs_lookup = !known_addresses(&options->target, options_family(options),
					       &names->known);
	return names;
}

enum names_advice names_advise(struct names *names)
{
	bool is_known = names->known.count > 0;

	if (!names->needs_lookup ||
	    (is_known && (!names->is_doubtful || names->is_being_looked_up)))
		return NAMES_USE;
	if (names->is_being_looked_up)
		return NAMES_WAIT;
	names->is_being_looked_up = true;
	return NAMES_LOOK_UP;
}

const struct addresslist *names_known(const struct names *names)
{
	return &names->known;
}

bool names_are_local(const struct names *names)
{
	for (size_t i = 0; i < names->known.count; i++)
		if (!loopback_has(&names->known.all[i]))
			return false;
	return names->known.count > 0;
}

/* Returns how many addresses of a list are in another one, too. */
static size_t count_common(const struct addresslist *list, const struct addresslist *other)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += addresslist_has(other, &list->all[i]);
	return count;
}

/*
 * True if the name, whose whole list is this, has changed. If only parts of it were known, they may
 * have lacked any of these.
 */
static bool has_changed(const struct names *names, const struct addresslist *list)
{
	if (names->whole.count == 0)
		return names->known.count > 0 && count_common(list, &names->known) == 0;
	return count_common(list, &names->known) < list->count ||
	       count_common(&names->whole, list) < names->whole.count;
}

static void warn_of_change(const struct names *names, const struct addresslist *list)
{
	char target[ADDRESS_TEXT_MAX], all[1024];

	log_warning("%s has other addresses now: %s",
		    endpoint_format(&names->options->target, target, sizeof target),
		    addresslist_format(list, all, sizeof all));
}

/* Takes the whole list, and warns if there are other addresses than before. */
static void replace(struct names *names, const struct addresslist *list)
{
	if (has_changed(names, list))
		warn_of_change(names, list);
	names->known = names->whole = *list;
}

/* Adds a part. What was found last comes first: others may be out of date. */
static void merge(struct names *names, const struct addresslist *part)
{
	struct addresslist all = *part;

	addresslist_add_all(&all, &names->known);
	names->known = all;
}

void names_find(struct names *names, const struct addresslist *addresses, bool is_whole)
{
	names->is_doubtful = false;
	if (is_whole && !addresses->is_cut)
		replace(names, addresses);
	else
		merge(names, addresses);
}

void names_looked_up(struct names *names)
{
	names->is_being_looked_up = false;
}

void names_doubt(struct names *names)
{
	names->is_doubtful = true;
}

void names_free(struct names *names)
{
	free(names);
}
