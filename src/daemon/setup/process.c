/* SPDX-License-Identifier: ISC */
/* process: closes our process to others, and to what it might become. */
#include <config.h>

#include "process.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#if HAVE_DECL_PR_SET_DUMPABLE || HAVE_DECL_PR_SET_NO_NEW_PRIVS
#include <sys/prctl.h>
#endif

#include "base/log.h"

/* Warns of a step that failed, with errno: it is a second line of defence, so we serve without. */
static void warn(const char *step)
{
	log_warning("cannot %s: %s; serving nevertheless", step, strerror(errno));
}

/* LeakSanitizer is a debugger of its own process, and cannot do without. */
#if defined SANITIZED
enum { IS_EXAMINED = 1 };
#else
enum { IS_EXAMINED = 0 };
#endif

#if HAVE_DECL_PR_SET_NO_NEW_PRIVS
static void keep_from_new_rights(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
		warn("forgo new privileges");
}
#else
static void keep_from_new_rights(void)
{
}
#endif

#if HAVE_DECL_PR_SET_DUMPABLE
static void keep_from_debuggers(bool is_open)
{
	if (prctl(PR_SET_DUMPABLE, is_open ? 1UL : 0UL, 0UL, 0UL, 0UL) < 0)
		warn(is_open ? "open the process to debuggers" : "close the process to debuggers");
}
#else
static void keep_from_debuggers(bool is_open)
{
	(void)is_open;
}
#endif

static void keep_from_cores(void)
{
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		warn("forbid core dumps");
}

void process_close(bool is_open)
{
	keep_from_new_rights();
	keep_from_debuggers(is_open || IS_EXAMINED);
	if (!is_open)
		keep_from_cores();
}
