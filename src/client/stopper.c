/* SPDX-License-Identifier: ISC */
/* stopper: lets SIGINT and SIGTERM end a run once, whatever it waits for. */
#include "stopper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "base/clock.h"

/* timeout(1) signals its command, and then the command's process group: that is one signal. */
enum { ONE_SIGNAL_MS = 200 };

static const int numbers[] = {SIGINT, SIGTERM};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* Static, since a handler is given nothing but the number. */
static struct {
	int ends[2];			  /* of a pipe */
	struct sigaction before[NUMBERS]; /* base/signals may have set actions of its own */
	volatile sig_atomic_t is_stopped;
	uint64_t at_ms; /* when; for the handler alone */
} stopper = {.ends = {-1, -1}};

static void give_back(void)
{
	for (size_t i = 0; i < NUMBERS; i++)
		sigaction(numbers[i], &stopper.before[i], NULL);
}

/* The first signal: whoever waits for it, or for anything else, goes on. */
static void stop(void)
{
	int before = errno;
	ssize_t ignored = write(stopper.ends[1], "", 1);

	(void)ignored;
	errno = before;
	stopper.is_stopped = 1;
	stopper.at_ms = clock_ms();
}

/* Both signals are blocked in here: one that is raised is delivered on return, with its action. */
static void signal_cb(int number)
{
	if (!stopper.is_stopped) {
		stop();
	} else if (clock_ms() - stopper.at_ms > ONE_SIGNAL_MS) {
		give_back();
		raise(number);
	}
}

/* Opens the pipe. False, with errno: there are no descriptors. */
static bool open_pipe(void)
{
	if (pipe(stopper.ends) < 0)
		return false;
	for (size_t i = 0; i < 2; i++)
		fcntl(stopper.ends[i], F_SETFD, FD_CLOEXEC);
	return true;
}

int stopper_begin(void)
{
	struct sigaction action = {.sa_handler = signal_cb}; /* without SA_RESTART */

	if (!open_pipe())
		return -1;
	stopper.is_stopped = 0;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < NUMBERS; i++) {
		sigaddset(&action.sa_mask, numbers[i]);
		sigaction(numbers[i], NULL, &stopper.before[i]);
	}
	for (size_t i = 0; i < NUMBERS; i++)
		if (stopper.before[i].sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	return stopper.ends[0];
}

void stopper_end(void)
{
	if (stopper.ends[0] < 0)
		return;
	if (!stopper.is_stopped)
		give_back();
	for (size_t i = 0; i < 2; i++) {
		close(stopper.ends[i]);
		stopper.ends[i] = -1;
	}
}
