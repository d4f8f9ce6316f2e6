/* SPDX-License-Identifier: ISC */
/* fill: fills in a template, the part of a completion that all programs have. */
#include "fill.h"

#include <string.h>

#include "base/agreed.h"
#include "base/cli.h"
#include "offer.h"

/* The longest line of a template. */
enum { LINE_MAX_BYTES = 512 };

static void put_program(FILE *out, const struct cli *cli)
{
	fputs(cli->program, out);
}

/* What the words are that are no options: servers, and a command; or nothing. */
static void put_operands(FILE *out, const struct cli *cli)
{
	fputs(strstr(cli->synopsis, "HOST") ? "servers" : "nothing", out);
}

/* The letters whose value may be the next word. */
static void put_letters(FILE *out, const struct cli *cli)
{
	for (size_t i = 0; i < cli->count; i++)
		if (cli->options[i].letter && shells_takes_word(&cli->options[i]))
			fputc(cli->options[i].letter, out);
}

/* The names whose value may be the next word. */
static void put_names(FILE *out, const struct cli *cli)
{
	const char *before = "";

	for (size_t i = 0; i < cli->count; i++)
		if (shells_takes_word(&cli->options[i])) {
			fprintf(out, "%s%s", before, cli->options[i].name);
			before = " ";
		}
}

/* The letters and names of the options beside which others are in vain. */
static void put_alone(FILE *out, const struct cli *cli)
{
	const char *before = "";

	for (size_t i = 0; i < cli->count; i++)
		if (shells_is_alone(&cli->options[i])) {
			fprintf(out, "%s%c %s", before, cli->options[i].letter,
				cli->options[i].name);
			before = " ";
		}
}

static void put_port(FILE *out, const struct cli *cli)
{
	(void)cli;
	fputs(CLI_PRESET(AGREED_PORT), out);
}

static const struct {
	const char *name;
	void (*put)(FILE *out, const struct cli *cli);
} fields[] = {
	{"@program@", put_program}, {"@operands@", put_operands}, {"@letters@", put_letters},
	{"@names@", put_names},	    {"@alone@", put_alone},	  {"@port@", put_port},
};

/* Prints the field that a text begins with. Returns its length, or 0 if it begins with none. */
static size_t put_field(FILE *out, const struct cli *cli, const char *text)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		size_t length = strlen(fields[i].name);
		if (strncmp(text, fields[i].name, length) == 0) {
			fields[i].put(out, cli);
			return length;
		}
	}
	return 0;
}

static void put_line(FILE *out, const struct cli *cli, const char *text)
{
	while (*text) {
		size_t length = put_field(out, cli, text);
		if (length == 0)
			fputc(*text++, out);
		text += length;
	}
}

/* True if it is known what to offer for each value; otherwise says for which it is not. */
static bool knows_values(const struct cli *cli)
{
	for (size_t i = 0; i < cli->count; i++) {
		const struct cli_option *option = &cli->options[i];
		if (option->argument && !offer_find(option)) {
			fprintf(stderr,
				"nothing says what to offer for --%s=%s (see completion/offer.c)\n",
				option->name, option->argument);
			return false;
		}
	}
	return true;
}

bool fill_template(FILE *in, FILE *out, const struct cli *cli, shells_print *print)
{
	char line[LINE_MAX_BYTES];

	if (!knows_values(cli))
		return false;
	while (fgets(line, sizeof line, in))
		if (strcmp(line, "@options@\n") == 0)
			print(out, cli);
		else
			put_line(out, cli, line);
	if (!ferror(in) && fflush(out) == 0 && !ferror(out))
		return true;
	perror("cannot fill in the template");
	return false;
}
