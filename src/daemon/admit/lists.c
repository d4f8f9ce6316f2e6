/* SPDX-License-Identifier: ISC */
/* lists: the networks of the options and of their files, ready to judge by. */
#include "lists.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cli.h"
#include "base/prefix.h"
#include "daemon/denial.h"
#include "networkfile.h"
#include "networks.h"
#include "rules.h"
#include "daemon/options.h"

/*
 * Who is believed if the options do not say: this machine, and the ranges that never come from the
 * internet (RFC 1918, RFC 4193).
 */
static const char *const usual[] = {
	"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7",
};

enum { USUAL = sizeof usual / sizeof *usual };

/* Adds networks, which the options have found valid. False: no memory. */
static bool add_all(struct rules *rules, const char *const *texts, size_t count, bool is_allowed)
{
	char why[PREFIX_WHY_MAX];
	struct prefix prefix;

	for (size_t i = 0; i < count; i++)
		if (!prefix_parse(texts[i], &prefix, why) || !rules_add(rules, &prefix, is_allowed))
			return false;
	return true;
}

/* Adds what the files deny. False: one is invalid, and `why` says so. */
static bool add_files(struct rules *rules, const struct cli_list *files, char *why)
{
	size_t length;

	for (size_t i = 0; i < files->count; i++) {
		if (networkfile_read(files->texts[i], rules, why))
			continue;
		length = strlen(why);
		snprintf(why + length, LISTS_WHY_MAX - length, "%s", denial_explain(errno));
		return false;
	}
	return true;
}

/* Compiles the rules, if they are complete, and forgets them. NULL: they are not, or no memory. */
static struct networks *compile(struct rules *rules, bool is_complete)
{
	struct networks *networks = is_complete ? networks_new(rules) : NULL;

	rules_clear(rules);
	return networks;
}

struct networks *lists_make_trusted(const struct options *options)
{
	const struct cli_list *from = &options->proxy_from;
	struct rules rules = {0};

	return compile(&rules, from->count > 0 ? add_all(&rules, from->texts, from->count, true)
					       : add_all(&rules, usual, USUAL, true));
}

struct networks *lists_make_admitted(const struct options *options, char why[LISTS_WHY_MAX])
{
	struct rules rules = {0};

	snprintf(why, LISTS_WHY_MAX, LISTS_NO_MEMORY);
	return compile(&rules,
		       add_all(&rules, options->allow.texts, options->allow.count, true) &&
			       add_all(&rules, options->deny.texts, options->deny.count, false) &&
			       add_files(&rules, &options->deny_files, why));
}
