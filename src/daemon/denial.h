/* SPDX-License-Identifier: ISC */
/* denial: what to say when a file that could be read at the start cannot be read any more. */
#ifndef DAEMON_DENIAL_H
#define DAEMON_DENIAL_H

struct options;

/* Returns the likely cause if the reason, an errno, is a lack of rights after --user; or "". */
const char *denial_explain(const struct options *options, int reason);

#endif
