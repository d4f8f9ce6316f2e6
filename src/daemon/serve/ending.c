/* SPDX-License-Identifier: ISC */
/* ending: how a session can end, what the log calls it, and which counter it has. */
#include "ending.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/tcpinfo.h"
#include "daemon/tell/stats.h"

#define COUNTED(counter) offsetof(struct stats, counter)

/* Counted nowhere else than as greeted, if it was. */
#define UNCOUNTED SIZE_MAX

static const struct {
	const char *name;
	size_t counter; /* offset in struct stats */
} endings[] = {
	[ENDING_DONE] = {"done", UNCOUNTED},
	[ENDING_LEFT] = {"left without the greeting", COUNTED(left)},
	[ENDING_RESET] = {"reset by peer", COUNTED(reset)},
	[ENDING_RESET_GREETING] = {"reset in greeting", COUNTED(reset_greeting)},
	[ENDING_TIMED_OUT_GREETING] = {"timed out in greeting", COUNTED(timed_out_greeting)},
	[ENDING_TIMED_OUT_LINGER] = {"timed out in linger", COUNTED(timed_out_linger)},
	[ENDING_FLOODED] = {"sent too much", COUNTED(flooded)},
	[ENDING_EVICTED] = {"made room for others", COUNTED(evicted)},
	[ENDING_STOPPED] = {"stopped", COUNTED(stopped)},
	[ENDING_FAILED] = {"failed", COUNTED(failed)},
	[ENDING_LEFT_PRELUDE] = {"left in prelude", COUNTED(header_left)},
	[ENDING_RESET_PRELUDE] = {"reset in prelude", COUNTED(header_left)},
	[ENDING_TIMED_OUT_PRELUDE] = {"timed out in prelude", COUNTED(header_missing)},
	[ENDING_REFUSED] = {"refused", UNCOUNTED},
	[ENDING_BAD_PRELUDE] = {"bad prelude", COUNTED(header_bad)},
};

int64_t ending_look_closer(enum ending *ending, int fd, size_t sent)
{
	struct tcpinfo info;
	int error = 0;
	socklen_t length = sizeof error;

	if (*ending == ENDING_RESET)
		return -1;
	if (*ending != ENDING_DONE)
		return 0; /* the client has not gone, or only just now */
	if (!tcpinfo_ask(fd, &info))
		return -1;
	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error == 0)
		return info.silent_ms;
	if (info.acked < sent)
		*ending = ENDING_LEFT;
	return -1;
}

const char *ending_name(enum ending ending)
{
	return endings[ending].name;
}

void ending_count(enum ending ending, struct stats *stats)
{
	size_t counter = endings[ending].counter;

	if (counter != UNCOUNTED)
		++*(uint64_t *)(void *)((char *)stats + counter);
}
