/* SPDX-License-Identifier: ISC */
/*
 * standstill: this process is stopped for a while, and finds its timers passed before it has looked
 * at its sockets. A child does it, with SIGSTOP and SIGCONT.
 */
#include "standstill.h"

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Waits, 2 s at most, until /proc shows the process in that state: S waits, T is stopped. */
static void await_state(pid_t pid, char state)
{
	char path[32], text[256];

	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	for (int i = 0; i < 2000; i++) {
		FILE *file = fopen(path, "r");
		const char *name_end = file && fgets(text, sizeof text, file) ? strrchr(text, ')')
									      : NULL;
		if (file)
			fclose(file);
		if (name_end && name_end[2] == state)
			return;
		poll(NULL, 0, 1);
	}
}

pid_t standstill_begin(int ms, void (*meanwhile)(void), int later_ms, void (*afterwards)(void))
{
	pid_t us = getpid(), child = fork();

	ck_assert_int_ge(child, 0);
	if (child > 0)
		return child;
	await_state(us, 'S');
	kill(us, SIGSTOP);
	await_state(us, 'T');
	if (meanwhile)
		meanwhile();
	poll(NULL, 0, ms);
	kill(us, SIGCONT);
	if (afterwards) {
		poll(NULL, 0, later_ms);
		afterwards();
	}
	_exit(0);
}

void standstill_end(pid_t child)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
