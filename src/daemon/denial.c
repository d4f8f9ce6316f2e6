/* SPDX-License-Identifier: ISC */
/* denial: what to say when a file that could be read at the start cannot be read any more. */
#include "denial.h"

#include <errno.h>
#include <stdbool.h>

/* What has been given up since the start. */
static bool is_other_user, is_confined;

void denial_begin(bool has_changed, bool hides_files)
{
	is_other_user = has_changed;
	is_confined = hides_files;
}

const char *denial_explain(int reason)
{
	if (reason != EACCES)
		return "";
	if (is_other_user && is_confined)
		return " (the user of --user has no right to read it, or to search its folder; or "
		       "the sandbox hides it, because its folder, or a link's, is new: restart "
		       "haild)";
	if (is_other_user)
		return " (the user of --user has no right to read it, or to search its folder)";
	if (is_confined)
		return " (if its folder, or a link's, is new, the sandbox hides it: restart haild)";
	return "";
}
