/* SPDX-License-Identifier: ISC */
/* denial: what to say when a file that could be read at the start cannot be read any more. */
#include "denial.h"

#include <errno.h>
#include <unistd.h>

#include "options.h"

const char *denial_explain(const struct options *options, int reason)
{
	/* Root, who has the first look, has not changed yet. */
	if (reason != EACCES || !options->user || geteuid() == 0)
		return "";
	return " (the user of --user has no right to read it, or to search its folder)";
}
