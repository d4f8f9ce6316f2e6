/* SPDX-License-Identifier: ISC */
/*
 * cli: reads a command line and prints --help from one table of the program's options.
 *
 * Each row says where in the program's struct its value goes. Any option but a list or a counter
 * may be given at most once: of two values, which one was meant?
 */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/* What value an option takes, and the type of the field that it sets. */
enum cli_kind {
	CLI_FLAG,    /* nothing; bool */
	CLI_COUNTER, /* nothing, counts occurrences; uint64_t */
	CLI_NUMBER,  /* a number from least to most; uint64_t */
	CLI_SIZE,    /* a number of bytes in that range, K and M understood; uint64_t */
	CLI_TIME,    /* a time in that range, in ms; uint64_t */
	CLI_TEXT,    /* any text, not copied; const char * */
	CLI_FORM,    /* "text" or "json"; bool, true for the latter */
	CLI_MODE,    /* a file's mode up to 777, in octal; struct cli_mode */
	CLI_LIST,    /* any text, not copied, may be repeated; struct cli_list */
	CLI_HELP,    /* prints the help */
	CLI_VERSION, /* prints the version */
};

struct cli_option {
	int letter; /* the short form, or 0 */
	const char *name;
	const char *argument; /* what --help calls the value, [SO] if it may be left out; or NULL */
	enum cli_kind kind;
	size_t field;	      /* offset in the program's struct */
	uint64_t least, most; /* of a number, size or time */
	/*
	 * The value that is used without the option, as text; or NULL. Where the value may be left
	 * out, it is what is used then, and never NULL: without the option the field stays as it
	 * was. A letter always leaves it out.
	 */
	const char *preset;
	const char *help; /* what it does; the preset is added */
};

/* A number that has a name, as a preset. */
#define CLI_PRESET(number) CLI_PRESET_TEXT(number)
#define CLI_PRESET_TEXT(number) #number

/* A file's mode. */
struct cli_mode {
	bool is_given;
	unsigned bits;
};

/* How often a list option may be given. */
#define CLI_LIST_MAX 64

/* Values in the order given; they belong to argv or the environment. */
struct cli_list {
	const char *texts[CLI_LIST_MAX];
	size_t count;
};

struct cli {
	const char *program;
	const char *version;
	const char *synopsis; /* after the program's name */
	const char *purpose;  /* one or more lines, each ended by a newline */
	const char *more;     /* printed below the options */
	const struct cli_option *options;
	size_t count;
	/* Called after each option that was read, or NULL: so that later errors can follow it. */
	void (*taken)(const void *fields);
};

enum cli_outcome {
	CLI_GO,	    /* options are set, operands begin at index *operands */
	CLI_END,    /* help or version was asked for and printed */
	CLI_BAD,    /* one line on standard error says what is wrong */
	CLI_FAILED, /* help could not be printed, or no memory; logged too */
};

/*
 * Reads argv into `fields`. Numbers, sizes and times begin as their presets; a text or list that is
 * not given stays as it was, for the program to look elsewhere before it takes cli_preset(). argv
 * may be reordered so that the operands come last.
 */
enum cli_outcome cli_parse(const struct cli *cli, void *fields, int argc, char **argv,
			   int *operands) MUST_CHECK;

/* What a command line has besides options. The words are argv's. */
struct cli_rest {
	char **operands;
	size_t count;
	char **command;	      /* and its arguments, ended by NULL; NULL: none */
	bool is_after_dashes; /* the first of all words that are not options follows a -- */
};

/*
 * The same for a program that may run a command: the words after the first -- that follows an
 * operand. A -- before all operands ends the options, and the next one begins the command.
 *
 * A word right after an option that takes its value only as --NAME=VALUE is refused if it looks
 * like that value. But a bare number may be an operand, such as a port, unless it is the first.
 */
enum cli_outcome cli_parse_command(const struct cli *cli, void *fields, int argc, char **argv,
				   struct cli_rest *rest) MUST_CHECK;

/*
 * Sets the option `name`, which must be in the table, as if `text` were its value; errors call its
 * origin `source`. For environment variables. False, and logged, if the value is bad.
 */
bool cli_set(const struct cli *cli, void *fields, const char *name, const char *source,
	     const char *text) MUST_CHECK;

/* True if the option may be given with a value and without. */
static inline bool cli_may_lack_value(const struct cli_option *option)
{
	return option->argument && option->argument[0] == '[';
}

/* Returns the preset of the option `name`; NULL if there is none. */
const char *cli_preset(const struct cli *cli, const char *name);

#endif
