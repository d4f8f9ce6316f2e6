/* SPDX-License-Identifier: ISC */
/* output: standard output during a run: its reader is waited for, until something stops the run. */
#include "output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* How long to leave a terminal alone that polls as writable and takes nothing. */
enum { PATIENCE_MS = 10 };

/* What a reader has left once all is to stop: one that reads, though slowly, gets all. */
enum { LAST_MOMENT_MS = 500 };

void output_begin(struct output *output, int stop)
{
	*output = (struct output){.stop = stop};
	outlet_open(&output->outlet, STDOUT_FILENO);
}

/* Waits for room until all is to stop. */
static void wait_long(struct output *output)
{
	struct pollfd fds[] = {
		{.fd = output->outlet.fd, .events = POLLOUT},
		{.fd = output->stop, .events = POLLIN},
	};

	if (poll(fds, 2, -1) > 0 && fds[1].revents)
		output->until_ms = clock_ms() + LAST_MOMENT_MS;
}

/* Waits for room in the time that is left. False: it is over. */
static bool wait_briefly(const struct output *output)
{
	struct pollfd writable = {.fd = output->outlet.fd, .events = POLLOUT};
	uint64_t now_ms = clock_ms();

	if (now_ms >= output->until_ms)
		return false;
	(void)poll(&writable, 1, (int)(output->until_ms - now_ms));
	return true;
}

/* Waits for room; `again`: it was reported just now, and there was none. False: it must stop. */
static bool wait_for_room(struct output *output, bool again)
{
	uint64_t began_us = clock_us();
	bool goes_on = true;

	if (again)
		(void)poll(NULL, 0, PATIENCE_MS);
	if (output->until_ms > 0)
		goes_on = wait_briefly(output);
	else
		wait_long(output);
	output->blocked_us += clock_us() - began_us;
	return goes_on;
}

/* Who reads neither standard output nor standard error must not hold up the end. */
static void give_up(void)
{
	log_prepare();
	log_wait_no_more();
	errno = EINTR;
}

bool output_write(struct output *output, const char *bytes, size_t length)
{
	bool waited = false;

	while (length > 0) {
		size_t taken = outlet_write_now(&output->outlet, bytes, length);
		bytes += taken;
		length -= taken;
		if (length == 0)
			break;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return false;
		if (!wait_for_room(output, waited && taken == 0)) {
			give_up();
			return false;
		}
		waited = true;
	}
	return true;
}
