/* SPDX-License-Identifier: ISC */
/* report: prints a probe's result: the greeting on stdout, a failure on stderr. */
#ifndef CLIENT_REPORT_H
#define CLIENT_REPORT_H

#include "status.h"

struct options;
struct probe_result;

/* Reports the result as the options want it. Returns the exit status; a full disk may change it. */
enum status report_result(const struct options *options, const struct probe_result *result);

#endif
