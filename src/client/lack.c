/* SPDX-License-Identifier: ISC */
/* lack: what the machine has run out of when a call fails, and what to do about it. */
#include "lack.h"

#include <errno.h>

bool lack_is(int reason)
{
	return reason == EMFILE || reason == ENFILE || reason == ENOMEM || reason == ENOBUFS;
}

const char *lack_advice(int reason)
{
	return reason == EMFILE ? " (raise the descriptor limit, ulimit -n)" : "";
}
