/* SPDX-License-Identifier: ISC */
/*
 * signals: undoes at the start what a parent left blocked or ignored.
 *
 * exec(3) keeps the mask, ignored signals, pending ones, and alarm(2). We undo what nobody wants,
 * such as the mask of a thread that waited with sigwait(3). We keep what is meant: an alarm, which
 * bounds a command's time, and limits, such as processor time, with their signals. hailto also
 * keeps ignoring INT, as a background job does.
 */
#include "base/signals.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

void signals_restore(const int *list)
{
	for (; *list; list++)
		signal(*list, SIG_DFL);
}

void signals_block_only(const int *list)
{
	sigset_t set;

	sigemptyset(&set);
	for (; *list; list++)
		sigaddset(&set, *list);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

/* Ends the program with the status that a shell reports for a signal. */
static void end_cb(int number)
{
	_exit(128 + number);
}

/* The kernel spares a container's first process the default action, so install one of our own. */
static void end_first_process(void)
{
	static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	struct sigaction action;

	if (getpid() != 1)
		return;
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
		if (sigaction(ending[i], NULL, &action) < 0 || action.sa_handler == SIG_IGN)
			continue;
		action = (struct sigaction){.sa_handler = end_cb};
		sigaction(ending[i], &action, NULL);
	}
}

void signals_begin(const int *blocked)
{
	/* A reader that has gone, and a file at the limit of ulimit -f, become write errors. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	end_first_process();
	signals_block_only(blocked);
}

void signals_keep(struct signals_kept *kept)
{
	sigaction(SIGPIPE, NULL, &kept->pipe);
	sigaction(SIGXFSZ, NULL, &kept->file_size);
	sigprocmask(SIG_SETMASK, NULL, &kept->mask);
}

/* The handlers of end_first_process() need nothing: exec(3) gives them the default action. */
void signals_give_back(const struct signals_kept *kept)
{
	sigaction(SIGPIPE, &kept->pipe, NULL);
	sigaction(SIGXFSZ, &kept->file_size, NULL);
	sigprocmask(SIG_SETMASK, &kept->mask, NULL);
}
