/* SPDX-License-Identifier: ISC */
/* words: a command line as a list of words, for either program's options. */
#include "words.h"

#include <stdlib.h>
#include <string.h>

char *argv_copy[WORDS_MAX + 2];

int copy_words(const char *const *words)
{
	int argc = 1;

	for (; argc <= WORDS_MAX && words[argc - 1]; argc++)
		argv_copy[argc] = strdup(words[argc - 1]);
	return argc;
}

void free_words(void)
{
	for (int i = 0; argv_copy[i]; i++)
		free(argv_copy[i]);
}
