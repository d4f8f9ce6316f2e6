/* SPDX-License-Identifier: ISC */
/* pieces: gives a parser of preludes an input in pieces. */
#include "pieces.h"

#include "fuzz.h"

enum prelude_verdict pieces_parse(const struct prelude_kind *kind, void *parser, const char *bytes,
				  size_t size, size_t step, size_t *used)
{
	enum prelude_verdict verdict = PRELUDE_MORE;

	*used = 0;
	kind->begin(parser);
	while (*used < size && verdict == PRELUDE_MORE) {
		size_t left = size - *used, taken = 0;
		verdict = kind->take(parser, bytes + *used, left < step ? left : step, &taken);
		FUZZ_CHECK(taken > 0 && taken <= left);
		*used += taken;
	}
	return verdict;
}
