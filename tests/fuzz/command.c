/* SPDX-License-Identifier: ISC */
/* command: an input taken as a command line and an environment. */
#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

void command_open(struct command *command, const char *program, const uint8_t *data, size_t size)
{
	int variables = 0, arguments = 0;
	char *word, *end;

	command->text = fuzz_string(data, size);
	command->arguments[arguments++] = (char *)(uintptr_t)program;
	end = command->text + size;
	for (word = command->text; word < end && variables + arguments <= COMMAND_WORDS_MAX;) {
		char *next = word + strcspn(word, "\n");
		*next = '\0';
		if (strncmp(word, "HAILD_", 6) == 0)
			command->variables[variables++] = word;
		else
			command->arguments[arguments++] = word;
		word = next + 1;
	}
	command->variables[variables] = NULL;
	command->arguments[arguments] = NULL;
	command->argument_count = arguments;
}

void command_close(struct command *command)
{
	free(command->text);
}
