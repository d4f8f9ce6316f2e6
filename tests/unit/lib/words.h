/* SPDX-License-Identifier: ISC */
/* words: a command line as a list of words, for either program's options. */
#ifndef UNIT_WORDS_H
#define UNIT_WORDS_H

#include <stddef.h>

enum { WORDS_MAX = 12 };

/* The command line: the program's name, which the test sets, and the words copied last. */
extern char *argv_copy[];

/* Copies the words, which end with NULL, and returns how many there are with the program's name. */
int copy_words(const char *const *words);

/* Reads the words as the command line of the program whose options.h the test includes. */
#define READ_WORDS(words) options_read(&options, copy_words(words), argv_copy)
#define READ(...) READ_WORDS(((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}))

/* Forgets the command line that was read last. */
void free_words(void);

#endif
