/* SPDX-License-Identifier: ISC */
/* shells: what any shell is told of an option. */
#include "shells.h"

#include "base/cli.h"

const char *shells_format_help(const struct cli_option *option, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s%s", option->help, option->preset ? " (" : "",
		 option->preset ? option->preset : "", option->preset ? ")" : "");
	return text;
}

bool shells_may_repeat(const struct cli_option *option)
{
	return option->kind == CLI_LIST || option->kind == CLI_COUNTER;
}

bool shells_takes_word(const struct cli_option *option)
{
	return option->argument && !cli_may_lack_value(option);
}

bool shells_is_alone(const struct cli_option *option)
{
	return option->kind == CLI_HELP || option->kind == CLI_VERSION;
}
