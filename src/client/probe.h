/* probe: one question to one server, in its stages: resolve, connect, read. */
#ifndef CLIENT_PROBE_H
#define CLIENT_PROBE_H

#include "result.h"

struct options;

/* Asks the options' target, within their deadlines. Fills in `result` whatever happens. */
void probe_run(const struct options *options, struct probe_result *result);

#endif
