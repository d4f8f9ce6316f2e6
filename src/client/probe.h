/* probe: one question to one server, in its stages: resolve, connect, read. */
#ifndef CLIENT_PROBE_H
#define CLIENT_PROBE_H

#include <stddef.h>

#include "base/address.h"
#include "status.h"

struct options;

/* What came of a probe. */
struct probe_result {
	enum status status;
	const char *stage;		/* that failed: resolve, connect, read, ask or expect */
	char reason[160];		/* in words */
	char address[ADDRESS_TEXT_MAX]; /* that answered or failed; "" if none was tried */
	char *bytes;			/* what was heard; the caller frees it */
	size_t length;
};

/* Asks the options' target, within their deadlines. Fills in `result` whatever happens. */
void probe_run(const struct options *options, struct probe_result *result);

#endif
