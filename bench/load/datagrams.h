/* SPDX-License-Identifier: ISC */
/* datagrams: so many requests are under way at a time, and each answer is followed by another
 * request. */
#ifndef LOAD_DATAGRAMS_H
#define LOAD_DATAGRAMS_H

#include <stdbool.h>

#include "base/attributes.h"

struct options;

/* Asks by UDP, checks each answer, and reports. False, and told, if anything went wrong. */
bool datagrams_run(const struct options *options) MUST_CHECK;

#endif
