/* SPDX-License-Identifier: ISC */
/*
 * fault: which call of a whole program fails, and what it tells at the end.
 *
 * FAULT_KIND     "memory", "call" or "thread"
 * FAULT_AT       the number of the one that fails, from 1
 * FAULT_FOREVER  if set, those behind it fail as well
 * FAULT_REPORT   the file, made at the start, that tells at the end: calls of the kind, failed
 * ones, blocks in use
 */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How long threads are waited for at the end. */
enum { WAIT_MS = 5000 };

atomic_long fault_blocks, fault_threads;

static atomic_long calls, failed;
static enum fault_kind kind;
static long fault_at;
static bool is_forever;
static int report = -1;

/* Far above those that a program counts and uses up. */
enum { REPORT_FROM = 200 };

/* Opens the report already now, while no call counts: later a sandbox may forbid that. */
static void open_report(const char *path)
{
	int fd = creat(path, 0666);

	if (fd < 0)
		return;
	report = fcntl(fd, F_DUPFD_CLOEXEC, REPORT_FROM);
	close(fd);
}

bool fault_hits(enum fault_kind which)
{
	long number;

	if (which != kind)
		return false;
	number = ++calls;
	if (fault_at == 0 || number < fault_at || (number > fault_at && !is_forever))
		return false;
	failed++;
	errno = ENOMEM;
	return true;
}

__attribute__((constructor)) static void begin(void)
{
	const char *wanted = getenv("FAULT_KIND"), *at = getenv("FAULT_AT");
	const char *path = getenv("FAULT_REPORT");

	if (path)
		open_report(path);
	kind = !wanted			       ? FAULT_MEMORY
	       : strcmp(wanted, "call") == 0   ? FAULT_CALL
	       : strcmp(wanted, "thread") == 0 ? FAULT_THREAD
					       : FAULT_MEMORY;
	fault_at = at ? strtol(at, NULL, 10) : 0;
	is_forever = getenv("FAULT_FOREVER") != NULL;
}

/* Waits for the threads that a program may leave behind, as hailto does with its lookups. */
static void wait_for_threads(void)
{
	struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < WAIT_MS && fault_threads > 0; i++)
		nanosleep(&pause, NULL);
}

/* Reports. From here on all is granted: gcov, which writes its counts later, wants it, too. */
__attribute__((destructor)) static void end(void)
{
	char text[80];
	int length;

	wait_for_threads();
	length = snprintf(text, sizeof text, "%ld %ld %ld\n", (long)calls, (long)failed,
			  (long)fault_blocks);
	fault_at = 0;
	if (report >= 0 && write(report, text, (size_t)length) == length)
		close(report);
}
