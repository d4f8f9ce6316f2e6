/* SPDX-License-Identifier: ISC */
/*
 * world: what a fuzz target finds around it instead of the machine.
 *
 * It keeps what is written to stdout and stderr, has as input what it is given, and is the
 * same everywhere: it knows few services, and only loopback addresses are its own. Nothing
 * in it takes time. The linker puts it in the C library's place (--wrap, in local.mk).
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world_text {
	char bytes[1 << 17];
	size_t length;
};

extern struct world {
	struct world_text output, errors; /* what was written */
	const uint8_t *input, *input_end; /* what is left to read from stdin */
	bool is_terminal;		  /* all of stdin, stdout and stderr, or none */
	bool is_full;			  /* the disk to which stdout goes */
} world;

/* Begins another run: nothing is written yet, nothing is there to read, and all is well. */
void world_begin(void);

#endif
