/* SPDX-License-Identifier: ISC */
/* httpanswer: what a request by HTTP is answered: for /metrics, /healthz, /readyz. Pure. */
#ifndef DAEMON_SERVE_HTTPANSWER_H
#define DAEMON_SERVE_HTTPANSWER_H

#include <stddef.h>

#include "daemon/tell/metrics.h"
#include "prelude.h"

struct httprequest;

/* Room for any answer, in bytes. */
enum { HTTPANSWER_MAX = METRICS_TEXT_MAX + 512 };

/*
 * Writes the answer to `answer` of HTTPANSWER_MAX bytes. The verdict is that on the request, which
 * is only looked at if it is PRELUDE_WHOLE. Returns the answer's length.
 */
size_t httpanswer_write(char *answer, enum prelude_verdict verdict,
			const struct httprequest *request, const struct metrics_facts *facts);

#endif
