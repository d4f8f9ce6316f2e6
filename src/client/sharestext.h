/* SPDX-License-Identifier: ISC */
/* sharestext: prints the verdict on shares as a JSON object. */
#ifndef CLIENT_SHARESTEXT_H
#define CLIENT_SHARESTEXT_H

#include <stdbool.h>

#include "base/attributes.h"

struct shares;

/*
 * Prints the object to standard output: each text whole, what is expected of it and how often it
 * came, and the verdict, which shares_judge() has made. False, with errno: it was lost.
 */
bool sharestext_print_json(const struct shares *shares, bool is_expected,
			   const char *verdict) MUST_CHECK;

#endif
