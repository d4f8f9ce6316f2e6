/* SPDX-License-Identifier: ISC */
/* operands: the servers to ask, as the command line names them. */
#include "operands.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "options.h"
#include "target.h"

/* Logs why an operand cannot be used. Returns true if `why` is NULL. */
static bool accept_or_complain(const char *what, const char *word, const char *why)
{
	if (why)
		log_error("bad %s '%s': %s", what, word, why);
	return why == NULL;
}

/* Reads HOST, or HOST and PORT. */
static bool read_one(struct endpoint *target, char **words, size_t count)
{
	if (!accept_or_complain("address", words[0], target_parse(words[0], target)))
		return false;
	if (count == 2 && !accept_or_complain("port", words[1], target_set_port(target, words[1])))
		return false;
	target_set_default_port(target);
	return true;
}

/* Reads one of several: a word without a port might be meant as the port of the one before. */
static bool read_one_of_several(struct endpoint *target, const char *word)
{
	const char *why = target_parse(word, target);

	if (!why && target_needs_port(target))
		why = "each of several servers needs its port: HOST:PORT";
	return accept_or_complain("address", word, why);
}

static enum cli_outcome read_several(struct options *options, char **words, size_t count)
{
	options->others = calloc(count - 1, sizeof *options->others);
	if (!options->others) {
		log_error("out of memory");
		return CLI_FAILED;
	}
	options->other_count = count - 1;
	for (size_t i = 0; i < count; i++)
		if (!read_one_of_several(i == 0 ? &options->target : &options->others[i - 1],
					 words[i]))
			return CLI_BAD;
	return CLI_GO;
}

enum cli_outcome operands_read(struct options *options, char **words, size_t count)
{
	options->has_target = count > 0;
	if (count == 0)
		return CLI_GO;
	if (count > 2 || (count == 2 && strchr(words[1], ':')))
		return read_several(options, words, count);
	return read_one(&options->target, words, count) ? CLI_GO : CLI_BAD;
}
