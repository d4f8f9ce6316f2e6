/* SPDX-License-Identifier: ISC */
/*
 * sandbox: gives up what serving does not need, so that a daemon that is taken over can do little.
 *
 * Files, new connections and signals first, by Landlock, since that takes system calls of its own;
 * then all system calls but a few, by seccomp.
 */
#include <config.h>

#include "sandbox.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/timestamp.h"
#include "daemon/options.h"
#include "landlock.h"
#include "systemcalls.h"

/* Whether Landlock is on. */
static bool hides_files;

/* Room for what is said of one half. */
enum { PART_MAX = 96 };

/*
 * Returns why we stay outside; NULL: no reason. Sanitizers look at the process from within, gcov
 * writes files at the end, and valgrind makes its own system calls in our process: it preloads a
 * library of that name.
 */
static const char *find_reason(const struct options *options)
{
	const char *preloaded = getenv("LD_PRELOAD");

	if (options->no_sandbox)
		return "--no-sandbox";
#ifdef INSTRUMENTED
	return "this build is " INSTRUMENTED;
#endif
	if (preloaded && strstr(preloaded, "/vgpreload_"))
		return "valgrind runs haild";
	return NULL;
}

/* Logs which step has failed, with errno. Returns false. */
static bool complain(const char *part, const char *step)
{
	log_error("cannot enter the sandbox: %s: %s: %s (--no-sandbox leaves it out)", part, step,
		  strerror(errno));
	return false;
}

/* Enters the first half, and says in `told` how far. */
static bool deny_files(const struct options *options, bool only_check, char told[PART_MAX])
{
	int version = landlock_version();
	const char *step;

	if (version == 0)
		snprintf(told, PART_MAX, "no Landlock (%s)", strerror(errno));
	else
		snprintf(told, PART_MAX, "Landlock ABI %d", version);
	if (version > 0 && !landlock_enter(options, version, only_check, &step))
		return complain("Landlock", step);
	hides_files = version > 0 && !only_check;
	return true;
}

/* Enters the second half, and says in `told` how far. */
static bool deny_calls(const struct options *options, bool only_check, char told[PART_MAX])
{
	const char *obstacle = systemcalls_obstacle(), *step;
	size_t count = 0;

	if (!obstacle && !systemcalls_enter(options, only_check, &count, &step))
		return complain("seccomp", step);
	if (obstacle)
		snprintf(told, PART_MAX, "no seccomp (%s)", obstacle);
	else
		snprintf(told, PART_MAX, "seccomp with %zu kinds of system calls", count);
	return true;
}

bool sandbox_enter(const struct options *options)
{
	const char *reason = find_reason(options);
	char files[PART_MAX], calls[PART_MAX];

	timestamp_prepare();
	if (!reason && (!deny_files(options, false, files) || !deny_calls(options, false, calls)))
		return false;
	/* Nothing can fail any more that a reader of the log must know of. */
	log_wait_no_more();
	if (reason)
		log_info("sandbox: off (%s)", reason);
	else
		log_info("sandbox: %s, %s", files, calls);
	return true;
}

bool sandbox_hides_files(void)
{
	return hides_files;
}

bool sandbox_check(const struct options *options)
{
	char files[PART_MAX], calls[PART_MAX];

	return find_reason(options) ||
	       (deny_files(options, true, files) && deny_calls(options, true, calls));
}
