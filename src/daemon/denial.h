/* SPDX-License-Identifier: ISC */
/* denial: what to say when a file that could be read at the start cannot be read any more. */
#ifndef DAEMON_DENIAL_H
#define DAEMON_DENIAL_H

#include <stdbool.h>

/* Notes what was given up: root's rights for those of another user, files by the sandbox. */
void denial_begin(bool has_changed, bool hides_files);

/* Returns the likely cause if the reason, an errno, is a lack of rights since then; or "". */
const char *denial_explain(int reason);

#endif
