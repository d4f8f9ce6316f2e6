/* SPDX-License-Identifier: ISC */
/* command: an input taken as a command line and an environment. */
#ifndef FUZZ_COMMAND_H
#define FUZZ_COMMAND_H

#include <stddef.h>
#include <stdint.h>

/* What comes behind so many words is dropped. */
enum { COMMAND_WORDS_MAX = 128 };

struct command {
	char *text;
	char *arguments[COMMAND_WORDS_MAX + 2]; /* the program's name first, NULL last */
	char *variables[COMMAND_WORDS_MAX + 1]; /* NULL last */
	int argument_count;
};

/*
 * Takes the bytes apart: a word ends with a newline or a NUL, and is a variable if it
 * begins with HAILD_, an argument else. To be closed.
 */
void command_open(struct command *command, const char *program, const uint8_t *data, size_t size);

void command_close(struct command *command);

#endif
