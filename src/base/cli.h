/*
 * cli: a program's options as one table, from which its command line is read
 * and its --help printed.
 *
 * Each row says where in the program's struct its value goes. Any option but a
 * list or a counter is given at most once: of two values, which one was meant?
 */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/* What an option takes, and the type of the field that it sets. */
enum cli_kind {
	CLI_FLAG,    /* nothing; bool */
	CLI_COUNTER, /* nothing, and counts how often; uint64_t */
	CLI_NUMBER,  /* a number from least to most; uint64_t */
	CLI_SIZE,    /* likewise of bytes, K and M understood; uint64_t */
	CLI_TIME,    /* a time in that range, in ms; uint64_t */
	CLI_TEXT,    /* any text, not copied; const char * */
	CLI_LIST,    /* likewise, may be repeated; struct cli_list */
	CLI_HELP,    /* prints the help */
	CLI_VERSION, /* prints the version */
};

struct cli_option {
	int letter; /* the short form, or 0 */
	const char *name;
	const char *argument; /* what --help calls the value; NULL if there is none */
	enum cli_kind kind;
	size_t field;	      /* offset in the program's struct */
	uint64_t least, most; /* of a number, size or time */
	const char *help;
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
	const char *purpose;  /* one line or more, each ended */
	const char *more;     /* printed below the options */
	const struct cli_option *options;
	size_t count;
};

enum cli_outcome {
	CLI_GO,	    /* options are set, operands begin at *operands */
	CLI_END,    /* help or version was asked for and printed */
	CLI_BAD,    /* one line on standard error said what is wrong */
	CLI_FAILED, /* help could not be printed, or no memory: also told */
};

/*
 * Reads argv into `fields`, which holds the defaults. argv may be reordered,
 * operands last.
 */
enum cli_outcome cli_parse(const struct cli *cli, void *fields, int argc, char **argv,
			   int *operands) MUST_CHECK;

/*
 * Sets the option `name`, which must be in the table, as if `text` were its value; `source` is
 * what errors call it. For environment variables. False, and told, if the value is bad.
 */
bool cli_set(const struct cli *cli, void *fields, const char *name, const char *source,
	     const char *text) MUST_CHECK;

#endif
