/* SPDX-License-Identifier: ISC */
/* pieces: gives a parser of preludes an input in pieces. */
#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include <stddef.h>

#include "daemon/serve/prelude.h"

/*
 * Has a parser of that kind, whose memory is `parser`, begin and take pieces of `step` bytes, until
 * it has decided or has them all. Returns its verdict, and sets how many bytes it used.
 */
enum prelude_verdict pieces_parse(const struct prelude_kind *kind, void *parser, const char *bytes,
				  size_t size, size_t step, size_t *used);

#endif
