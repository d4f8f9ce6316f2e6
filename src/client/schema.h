/* SPDX-License-Identifier: ISC */
/* schema: the version of hailto's JSON objects, which each of them names. */
#ifndef CLIENT_SCHEMA_H
#define CLIENT_SCHEMA_H

/* It grows when a member changes its meaning, or is no longer there. */
#define SCHEMA_VERSION 1

#endif
