/* SPDX-License-Identifier: ISC */
/* clivalue: the values of options: reads each by its kind, and tells which words look like one. */
#include "base/clivalue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cli.h"
#include "base/log.h"
#include "base/number.h"

/* All that a mode may hold: the rights of owner, group and others. */
enum { MODE_MOST = 0777 };

static void *field_of(void *fields, const struct cli_option *option)
{
	return (char *)fields + option->field;
}

static bool append(struct cli_list *list, const char *source, const char *text)
{
	if (list->count == CLI_LIST_MAX) {
		log_error("%s: more than %d values", source, CLI_LIST_MAX);
		return false;
	}
	list->texts[list->count++] = text;
	return true;
}

/* Writes the range of `option` in the notation of its values. */
static void format_range(const struct cli_option *option, char *text, size_t size)
{
	if (option->kind == CLI_TIME) {
		char least[NUMBER_TIME_MAX], most[NUMBER_TIME_MAX];
		snprintf(text, size, "a time from %s to %s, such as 500ms, 1.5s or 2m",
			 number_format_time(least, option->least),
			 number_format_time(most, option->most));
	} else {
		snprintf(text, size, "a number%s from %" PRIu64 " to %" PRIu64 "%s",
			 option->kind == CLI_SIZE ? " of bytes" : "", option->least, option->most,
			 option->kind == CLI_SIZE ? ", such as 512 or 64K" : "");
	}
}

/* Reads a number, size or time, whatever the range. */
static bool parse(const struct cli_option *option, const char *text, uint64_t *value)
{
	return option->kind == CLI_TIME	  ? number_parse_time(text, value)
	       : option->kind == CLI_SIZE ? number_parse_size(text, value)
					  : number_parse(text, value);
}

/* Sets a number, size or time that lies in the row's range. */
static bool set_ranged(const struct cli_option *option, uint64_t *field, const char *source,
		       const char *text)
{
	char range[128];
	uint64_t value;

	if (parse(option, text, &value) && value >= option->least && value <= option->most) {
		*field = value;
		return true;
	}
	format_range(option, range, sizeof range);
	log_error("%s: '%s' is not %s", source, text, range);
	return false;
}

static bool set_form(bool *is_json, const char *source, const char *text)
{
	*is_json = strcmp(text, "json") == 0;
	if (*is_json || strcmp(text, "text") == 0)
		return true;
	log_error("%s: '%s' is neither text nor json", source, text);
	return false;
}

static bool set_mode(struct cli_mode *mode, const char *source, const char *text)
{
	uint64_t bits;

	mode->is_given = number_parse_octal(text, &bits) && bits <= MODE_MOST;
	if (mode->is_given)
		mode->bits = (unsigned)bits;
	else
		log_error("%s: '%s' is not a mode from 0 to %o, in octal, such as 660", source,
			  text, (unsigned)MODE_MOST);
	return mode->is_given;
}

bool clivalue_set(const struct cli_option *option, void *fields, const char *source,
		  const char *text)
{
	void *field = field_of(fields, option);

	switch (option->kind) {
	case CLI_FLAG:
		*(bool *)field = true;
		return true;
	case CLI_COUNTER:
		++*(uint64_t *)field;
		return true;
	case CLI_TEXT:
		*(const char **)field = text;
		return true;
	case CLI_LIST:
		return append(field, source, text);
	case CLI_FORM:
		return set_form(field, source, text);
	case CLI_MODE:
		return set_mode(field, source, text);
	case CLI_NUMBER:
	case CLI_SIZE:
	case CLI_TIME:
		return set_ranged(option, field, source, text);
	case CLI_HELP:
	case CLI_VERSION:
		break;
	}
	return true;
}

bool clivalue_is_ranged(const struct cli_option *option)
{
	return option->kind == CLI_NUMBER || option->kind == CLI_SIZE || option->kind == CLI_TIME;
}

bool clivalue_looks_like(const struct cli_option *option, const char *text)
{
	uint64_t value;

	return clivalue_is_ranged(option) ? parse(option, text, &value)
					  : option->preset && strcmp(text, option->preset) == 0;
}
