/* SPDX-License-Identifier: ISC */
/* admission: reads the options about who may come, how often, and whose headers are believed. */
#include "admission.h"

#include <string.h>

#include "base/log.h"
#include "base/prefix.h"
#include "options.h"

/* True if all are networks. Logs the first that is not. */
static bool check_networks(const char *option, const struct cli_list *list)
{
	char why[PREFIX_WHY_MAX];
	struct prefix prefix;

	for (size_t i = 0; i < list->count; i++) {
		if (prefix_parse(list->texts[i], &prefix, why))
			continue;
		log_error("%s: bad network '%s': %s", option, list->texts[i], why);
		return false;
	}
	return true;
}

/* Reads the rate of connections and datagrams; 0 means no limit. */
static bool read_rate(struct options *options)
{
	const char *text = options->rate_given;
	struct rate rate = {.count = 0};

	if (!text)
		return rate_parse(OPTIONS_DATAGRAM_RATE, &options->datagram_rate);
	if (strcmp(text, "0") != 0 && !rate_parse(text, &rate)) {
		log_error("--rate-per-source: '%s' is neither 0 nor %s", text, RATE_FORM);
		return false;
	}
	options->rate_per_source = options->datagram_rate = rate;
	return true;
}

/* Reads what makes clients one source. */
static bool read_prefixes(struct options *options)
{
	if (prefixpair_parse(options->prefixes_given, &options->source_prefix))
		return true;
	log_error("--source-prefix: '%s' is not %s", options->prefixes_given, PREFIXPAIR_FORM);
	return false;
}

bool admission_read(struct options *options)
{
	return check_networks("--proxy-from", &options->proxy_from) &&
	       check_networks("--allow", &options->allow) &&
	       check_networks("--deny", &options->deny) && read_rate(options) &&
	       read_prefixes(options);
}
