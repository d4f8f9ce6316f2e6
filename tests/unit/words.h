/*
 * words: a command line as a list of words, for either program's options.
 *
 * To be included behind the options.h of the program that is tested.
 */
#ifndef UNIT_WORDS_H
#define UNIT_WORDS_H

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 12

static struct options options;
static char *argv_copy[WORDS_MAX + 2];

/* Reads the words, which end with NULL, as the program's command line. */
static inline enum cli_outcome read_words(const char *const *words)
{
	int argc = 1;

	for (; argc <= WORDS_MAX && words[argc - 1]; argc++)
		argv_copy[argc] = strdup(words[argc - 1]);
	return options_read(&options, argc, argv_copy);
}

#define READ(...) read_words((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/* Forgets the command line that was read last. */
static inline void free_words(void)
{
	for (int i = 0; argv_copy[i]; i++)
		free(argv_copy[i]);
}

#endif
