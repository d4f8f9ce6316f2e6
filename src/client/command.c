/* SPDX-License-Identifier: ISC */
/* command: runs the user's command in place of hailto. */
#include "command.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/signals.h"

enum status command_run(char **command, const struct signals_kept *kept)
{
	int reason;

	signals_give_back(kept);
	execvp(command[0], command);
	reason = errno;
	signal(SIGPIPE, SIG_IGN); /* a reader of stderr that has gone must not change the status */
	log_error("cannot run '%s': %s", command[0], strerror(reason));
	return reason == ENOENT ? STATUS_MISSING : STATUS_UNRUNNABLE;
}
