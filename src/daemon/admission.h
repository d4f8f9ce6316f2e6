/* SPDX-License-Identifier: ISC */
/* admission: reads the options about who may come, how often, and whose headers are believed. */
#ifndef DAEMON_ADMISSION_H
#define DAEMON_ADMISSION_H

#include <stdbool.h>

#include "base/attributes.h"

struct options;

/* Reads what the command line has about that. False: something is wrong; logged. */
bool admission_read(struct options *options) MUST_CHECK;

#endif
