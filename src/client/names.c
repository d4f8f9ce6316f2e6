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
	bool needs_lookup; /* now and then */
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

void names_find(struct names *names, const struct addresslist *addresses)
{
	bool has_changed = names->known.count > 0 && addresslist_fingerprint(&names->known) !=
							     addresslist_fingerprint(addresses);
	char target[ADDRESS_TEXT_MAX], all[1024];

	names->known = *addresses;
	names->is_doubtful = false;
	if (has_changed)
		log_warning("%s has other addresses now: %s",
			    endpoint_format(&names->options->target, target, sizeof target),
			    addresslist_format(addresses, all, sizeof all));
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
