/* SPDX-License-Identifier: ISC */
/* cli: reads a command line from one table of the program's options. */
#include "base/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clihelp.h"
#include "base/clivalue.h"
#include "base/log.h"
#include "base/standard.h"

/* getopt_long() returns ROW_BASE + i for row i, so that the value alone identifies the row. */
enum { ROW_BASE = 256 };

/* What it returns for an operand if the letters begin with a -. */
enum { OPERAND = 1 };

/* What getopt_long() needs, made from the table, and which rows were seen. */
struct parser {
	const struct cli *cli;
	struct option *longs;
	char *shorts;
	bool *seen;
	const struct cli_option *last; /* was just taken, without the value it may have; or NULL */
};

/* Returns the row of that name; NULL: there is none. */
static const struct cli_option *find(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < cli->count; i++)
		if (strcmp(cli->options[i].name, name) == 0)
			return &cli->options[i];
	return NULL;
}

bool cli_set(const struct cli *cli, void *fields, const char *name, const char *source,
	     const char *text)
{
	const struct cli_option *option = find(cli, name);

	return option && clivalue_set(option, fields, source, text);
}

const char *cli_preset(const struct cli *cli, const char *name)
{
	const struct cli_option *option = find(cli, name);

	return option ? option->preset : NULL;
}

/*
 * Sets numbers, sizes and times to their presets, unless those are for an option without its value.
 * False, and logged, if one is out of range.
 */
static bool take_presets(const struct cli *cli, void *fields)
{
	for (size_t i = 0; i < cli->count; i++) {
		const struct cli_option *option = &cli->options[i];
		if (option->preset && clivalue_is_ranged(option) && !cli_may_lack_value(option) &&
		    !clivalue_set(option, fields, "a preset", option->preset))
			return false;
	}
	return true;
}

/* Prints the help or the version; CLI_FAILED if it could not all be printed. */
static enum cli_outcome print(const struct cli *cli, enum cli_kind what)
{
	if (what == CLI_VERSION ? standard_print("%s %s\n", cli->program, cli->version)
				: clihelp_print(cli))
		return CLI_END;
	standard_log_loss();
	return CLI_FAILED;
}

/* Makes what getopt_long() needs from the table. */
static bool parser_open(struct parser *parser, const struct cli *cli, bool returns_operands)
{
	char *shorts;

	parser->cli = cli;
	parser->longs = calloc(cli->count + 1, sizeof *parser->longs);
	parser->shorts = shorts = calloc(2 * cli->count + 3, 1);
	parser->seen = calloc(cli->count, sizeof *parser->seen);
	if (!parser->longs || !parser->shorts || !parser->seen) {
		log_error("out of memory");
		return false;
	}
	if (returns_operands)
		*shorts++ = '-';
	*shorts++ = ':';
	for (size_t i = 0; i < cli->count; i++) {
		const struct cli_option *option = &cli->options[i];
		parser->longs[i].name = option->name;
		parser->longs[i].has_arg = cli_may_lack_value(option) ? optional_argument
					   : option->argument	      ? required_argument
								      : no_argument;
		parser->longs[i].val = ROW_BASE + (int)i;
		if (option->letter)
			*shorts++ = (char)option->letter;
		/* -wv is then two letters, and not one with a value. */
		if (option->letter && option->argument && !cli_may_lack_value(option))
			*shorts++ = ':';
	}
	return true;
}

static void parser_close(struct parser *parser)
{
	free(parser->longs);
	free(parser->shorts);
	free(parser->seen);
}

/* Finds the row that getopt_long() means by `code`; cli->count if there is none. */
static size_t row_of(const struct cli *cli, int code)
{
	size_t i;

	if (code >= ROW_BASE)
		return (size_t)(code - ROW_BASE);
	for (i = 0; i < cli->count; i++)
		if (cli->options[i].letter == code && code != 0)
			break;
	return i;
}

/* Complains of a long option that does not exist, or that abbreviates several. */
static void complain_of_name(const struct cli *cli, const char *text)
{
	int length = (int)strcspn(text, "=");
	size_t meant = 0;

	for (size_t i = 0; i < cli->count; i++)
		meant += strncmp(cli->options[i].name, text + 2, (size_t)length - 2) == 0;
	log_error("%s option '%.*s' (see '%s --help')", meant > 1 ? "ambiguous" : "unknown", length,
		  text, cli->program);
}

/* Reports what getopt_long() found wrong; it leaves the culprit in optopt or in argv. */
static enum cli_outcome complain(const struct cli *cli, int code, char **argv)
{
	size_t row = row_of(cli, optopt);

	if (code == ':')
		log_error("--%s needs a value, %s", cli->options[row].name,
			  cli->options[row].argument);
	else if (row < cli->count)
		log_error("--%s takes no value", cli->options[row].name);
	else if (optopt != 0)
		log_error("unknown option '-%c' (see '%s --help')", optopt, cli->program);
	else
		complain_of_name(cli, argv[optind - 1]);
	return CLI_BAD;
}

/* True if `text`, which follows a letter, can be no other letter, and so is meant as its value. */
static bool is_meant_as_value(const char *text)
{
	return *text == '=' || (*text >= '0' && *text <= '9');
}

/*
 * Complains if what follows a letter in the same word is meant as its value, which only the name
 * takes. `word` is what getopt_long() reads.
 */
static bool complain_of_letter(const struct cli_option *option, const char *word)
{
	const char *letter = strchr(word, option->letter);
	const char *value = letter ? letter + 1 : "";

	if (!is_meant_as_value(value))
		return false;
	log_error("-%c takes no value; write --%s=%s", option->letter, option->name,
		  value + (*value == '='));
	return true;
}

/*
 * Complains of an operand that is meant as the value of the option before it. A bare number may be
 * an operand, such as a port, unless it is the first.
 */
static bool complain_of_operand(const struct cli_option *option, const char *operand, bool is_first)
{
	bool is_number = operand[strspn(operand, "0123456789")] == '\0';

	if (!clivalue_looks_like(option, operand) || (is_number && !is_first))
		return false;
	log_error("bad operand '%s': a value of --%s is written --%s=%s", operand, option->name,
		  option->name, operand);
	return true;
}

/* Applies one option that getopt_long() found. */
static enum cli_outcome take(struct parser *parser, void *fields, size_t row)
{
	const struct cli_option *option = &parser->cli->options[row];
	char source[64];

	if (option->kind == CLI_HELP || option->kind == CLI_VERSION)
		return print(parser->cli, option->kind);
	snprintf(source, sizeof source, "--%s", option->name);
	if (parser->seen[row] && option->kind != CLI_LIST && option->kind != CLI_COUNTER) {
		log_error("%s is given twice", source);
		return CLI_BAD;
	}
	parser->seen[row] = true;
	if (!clivalue_set(option, fields, source,
			  cli_may_lack_value(option) && !optarg ? option->preset : optarg))
		return CLI_BAD;
	if (parser->cli->taken)
		parser->cli->taken(fields);
	return CLI_GO;
}

/* Moves the operand that was just read after the others, at the beginning of argv. */
static enum cli_outcome take_operand(struct parser *parser, struct cli_rest *rest, char **argv)
{
	char *operand = argv[optind - 1];

	if (parser->last && complain_of_operand(parser->last, operand, rest->count == 0))
		return CLI_BAD;
	parser->last = NULL;
	argv[optind - 1] = rest->operands[rest->count];
	rest->operands[rest->count++] = operand;
	return CLI_GO;
}

/* Applies the option of a row. `word` is the one that getopt_long() is still reading, or NULL. */
static enum cli_outcome take_option(struct parser *parser, void *fields, int code, const char *word)
{
	size_t row = row_of(parser->cli, code);
	const struct cli_option *option = &parser->cli->options[row];
	bool lacks_value = cli_may_lack_value(option) && !optarg;

	if (lacks_value && word && complain_of_letter(option, word))
		return CLI_BAD;
	parser->last = lacks_value && !word ? option : NULL;
	return take(parser, fields, row);
}

/* Applies all options. With `rest`, takes the operands that stand between them. */
static enum cli_outcome take_all(struct parser *parser, void *fields, int argc, char **argv,
				 struct cli_rest *rest)
{
	enum cli_outcome outcome = CLI_GO;

	/* Not 1: that would continue inside the word where an earlier parse gave up. */
	optind = 0;
	opterr = 0;
	while (outcome == CLI_GO) {
		int before = optind > 0 ? optind : 1, code;
		optarg = NULL; /* musl leaves that of an earlier letter */
		code = getopt_long(argc, argv, parser->shorts, parser->longs, NULL);
		if (code == -1)
			break;
		if (code == OPERAND)
			outcome = take_operand(parser, rest, argv);
		else if (code == '?' || code == ':')
			outcome = complain(parser->cli, code, argv);
		else
			outcome = take_option(parser, fields, code,
					      optind == before ? argv[optind] : NULL);
	}
	return outcome;
}

/* Reads argv. The words that are neither options nor taken begin at optind. */
static enum cli_outcome parse_words(const struct cli *cli, void *fields, int argc, char **argv,
				    struct cli_rest *rest)
{
	struct parser parser = {0};
	enum cli_outcome outcome = !take_presets(cli, fields)		     ? CLI_BAD
				   : parser_open(&parser, cli, rest != NULL) ? CLI_GO
									     : CLI_FAILED;

	if (outcome == CLI_GO)
		outcome = take_all(&parser, fields, argc, argv, rest);
	parser_close(&parser);
	return outcome;
}

enum cli_outcome cli_parse(const struct cli *cli, void *fields, int argc, char **argv,
			   int *operands)
{
	enum cli_outcome outcome = parse_words(cli, fields, argc, argv, NULL);

	*operands = optind;
	return outcome;
}

enum cli_outcome cli_parse_command(const struct cli *cli, void *fields, int argc, char **argv,
				   struct cli_rest *rest)
{
	enum cli_outcome outcome;
	char **words;

	*rest = (struct cli_rest){.operands = argv + 1};
	outcome = parse_words(cli, fields, argc, argv, rest);
	if (outcome != CLI_GO)
		return outcome;
	words = argv + optind;
	rest->is_after_dashes = rest->count == 0 && *words;
	if (rest->is_after_dashes) {
		rest->operands = words;
		while (*words && strcmp(*words, "--") != 0)
			words++;
		rest->count = (size_t)(words - rest->operands);
		words += *words != NULL;
	}
	rest->command = *words ? words : NULL;
	return outcome;
}
