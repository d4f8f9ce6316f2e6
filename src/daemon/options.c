/* SPDX-License-Identifier: ISC */
/* options: haild's settings, from its command line and environment. */
#include <config.h>

#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "base/endpoint.h"
#include "base/log.h"
#include "admission.h"
#include "optiontable.h"

static const char port_variable[] = "HAILD_PORT";

/* Errors after these options have their form. */
static void set_log_form(const void *fields)
{
	const struct options *options = fields;

	log_set_form(options->log_json, options->log_time);
}

/*
 * Returns a variable's value. One that is set but empty counts as not set: container tools leave
 * them so.
 */
static char *variable(const char *name)
{
	char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* Allocates what reading needs: endpoints for all ADDRs, and a copy of HAILD_LISTEN. */
static bool make_room(struct options *options)
{
	const char *value = variable("HAILD_LISTEN");

	options->endpoints = calloc(CLI_LIST_MAX, sizeof *options->endpoints);
	options->proxies = calloc(CLI_LIST_MAX, sizeof *options->proxies);
	options->metrics = calloc(CLI_LIST_MAX, sizeof *options->metrics);
	if (value)
		options->listen_words = strdup(value);
	if (options->endpoints && options->proxies && options->metrics &&
	    (!value || options->listen_words))
		return true;
	log_error("out of memory");
	return false;
}

/* Splits HAILD_LISTEN at its blanks; the texts point into the copy. */
static bool read_listen_variable(struct options *options)
{
	char *rest, *word;

	if (options->listen.count > 0 || !options->listen_words)
		return true;
	options->listen_source = "HAILD_LISTEN";
	for (word = strtok_r(options->listen_words, " \t\n", &rest); word;
	     word = strtok_r(NULL, " \t\n", &rest))
		if (!cli_set(&optiontable, options, "listen", "HAILD_LISTEN", word))
			return false;
	return true;
}

/* Takes from the environment what the command line did not set. */
static bool read_environment(struct options *options)
{
	if (!read_listen_variable(options))
		return false;
	if (!options->port) {
		options->port = variable(port_variable);
		options->port_source = port_variable;
	}
	if (!options->instance)
		options->instance = variable("HAILD_INSTANCE");
	if (!options->message && !options->message_file) {
		options->message = variable("HAILD_MESSAGE");
		options->message_file = variable("HAILD_MESSAGE_FILE");
		if (options->message && options->message_file) {
			log_error("HAILD_MESSAGE and HAILD_MESSAGE_FILE exclude each other");
			return false;
		}
	}
	return true;
}

static bool check_combinations(const struct options *options, char **operands)
{
	if (*operands)
		log_error("unexpected argument '%s' (see 'haild --help')", *operands);
	else if (options->message && options->message_file)
		log_error("--message and --message-file exclude each other");
	else if (options->quiet && options->verbose)
		log_error("--quiet and --verbose exclude each other");
	else
		return true;
	return false;
}

/* True if an earlier endpoint is the same; port 0 is another port each time. */
static bool is_repeated(const struct endpoint *first, const struct endpoint *endpoint)
{
	for (const struct endpoint *other = first; other < endpoint; other++)
		if (other->kind == endpoint->kind && strcmp(other->host, endpoint->host) == 0 &&
		    other->port == endpoint->port &&
		    (endpoint->kind == ENDPOINT_UNIX || endpoint->port != 0))
			return true;
	return false;
}

static bool needs_port(const struct endpoint *endpoint)
{
	return endpoint->kind != ENDPOINT_UNIX && !endpoint->has_port;
}

/* True if any ADDR has no port: otherwise the default port is not needed, and not judged. */
static bool need_port(const struct options *options)
{
	for (size_t i = 0; i < options->endpoint_count; i++)
		if (needs_port(&options->endpoints[i]))
			return true;
	for (size_t i = 0; i < options->proxy_count; i++)
		if (needs_port(&options->proxies[i]))
			return true;
	return false;
}

/* True if the port is the value that Kubernetes sets in every pod once a Service is named haild. */
static bool is_port_of_kubernetes(const struct options *options)
{
	const char *port = options->port;

	return port && strcmp(options->port_source, port_variable) == 0 &&
	       (strncmp(port, "tcp://", 6) == 0 || strncmp(port, "udp://", 6) == 0 ||
		strncmp(port, "sctp://", 7) == 0);
}

static void warn_of_ignored_port(const struct options *options)
{
	if (need_port(options) && is_port_of_kubernetes(options))
		log_warning("%s is '%s', as Kubernetes sets it for a Service named haild: ignored, "
			    "the port is %s (see --port)",
			    port_variable, options->port, cli_preset(&optiontable, "port"));
}

/* Reads the port for every ADDR without one; false, and logged, if it is invalid. */
static bool read_port(const struct options *options, uint16_t *port)
{
	bool is_given = options->port && !is_port_of_kubernetes(options);
	const char *text = is_given ? options->port : cli_preset(&optiontable, "port");
	const char *why = endpoint_parse_port(text, port);

	if (why)
		log_error("%s: bad port '%s': %s", options->port_source, text, why);
	return why == NULL;
}

/* Logs what is wrong with an ADDR. Returns true if nothing is. */
static bool accept_or_complain(const char *source, const char *text, const char *why)
{
	if (why)
		log_error("%s: bad address '%s': %s", source, text, why);
	return why == NULL;
}

/* ADDRs of one option. */
struct addresses {
	const char *source; /* where they were given, for errors */
	const struct cli_list *texts;
	struct endpoint *all;
	size_t *count;
};

/* Parses the ADDRs; some may still lack a port. */
static bool parse_addresses(const struct addresses *addresses)
{
	for (size_t i = 0; i < addresses->texts->count; i++) {
		const char *text = addresses->texts->texts[i];
		if (!accept_or_complain(addresses->source, text,
					endpoint_parse(text, &addresses->all[i])))
			return false;
		++*addresses->count;
	}
	return true;
}

/* Gives the port to each that has none. False, and logged, if two are the same then. */
static bool complete_addresses(const struct addresses *addresses, uint16_t port)
{
	for (size_t i = 0; i < *addresses->count; i++) {
		struct endpoint *endpoint = &addresses->all[i];
		if (needs_port(endpoint))
			endpoint->port = port;
		if (!accept_or_complain(addresses->source, addresses->texts->texts[i],
					is_repeated(addresses->all, endpoint) ? "it is given twice"
									      : NULL))
			return false;
	}
	return true;
}

/* Parses the ADDRs that are greeted on, and gives each its port. */
static bool read_endpoints(struct options *options)
{
	const struct addresses plain = {options->listen_source, &options->listen,
					options->endpoints, &options->endpoint_count};
	const struct addresses proxies = {"--proxy-listen", &options->proxies_given,
					  options->proxies, &options->proxy_count};
	uint16_t port = 0;

	return parse_addresses(&plain) && parse_addresses(&proxies) &&
	       (!need_port(options) || read_port(options, &port)) &&
	       complete_addresses(&plain, port) && complete_addresses(&proxies, port);
}

/* Returns why the text is no ADDR for metrics; NULL: it is, and each has a port of its own. */
static const char *parse_metrics(const struct options *options, const char *text,
				 struct endpoint *endpoint)
{
	const char *why = endpoint_parse(text, endpoint);

	if (why)
		return why;
	if (needs_port(endpoint))
		return "it needs a port";
	return is_repeated(options->metrics, endpoint) ? "it is given twice" : NULL;
}

/* Parses the ADDRs for metrics. */
static bool read_metrics(struct options *options)
{
	for (size_t i = 0; i < options->metrics_given.count; i++) {
		const char *text = options->metrics_given.texts[i];
		if (!accept_or_complain("--metrics", text,
					parse_metrics(options, text, &options->metrics[i])))
			return false;
		options->metrics_count++;
	}
	return true;
}

/* True if every protocol to be served has an address. */
static bool check_endpoints(const struct options *options)
{
	for (size_t i = 0; i < options->endpoint_count; i++)
		if (options->endpoints[i].kind != ENDPOINT_UNIX)
			return true;
	if (options->udp)
		log_error("--udp needs an address of --listen that is no UNIX socket");
	return !options->udp;
}

/* Takes the presets of what neither the command line nor the environment has set. */
static bool take_presets(struct options *options)
{
	if (!options->message && !options->message_file)
		options->message = cli_preset(&optiontable, "message");
	if (!options->prefixes_given)
		options->prefixes_given = cli_preset(&optiontable, "source-prefix");
	options->listens_by_default = options->listen.count == 0 &&
				      options->proxies_given.count == 0;
	return !options->listens_by_default || cli_set(&optiontable, options, "listen", "--listen",
						       cli_preset(&optiontable, "listen"));
}

enum cli_outcome options_read(struct options *options, int argc, char **argv)
{
	struct cli cli = optiontable;
	enum cli_outcome outcome;
	int operands;

	*options = (struct options){.listen_source = "--listen", .port_source = "--port"};
	cli.taken = set_log_form;
	outcome = cli_parse(&cli, options, argc, argv, &operands);
	if (outcome != CLI_GO)
		return outcome;
	if (!make_room(options))
		return CLI_FAILED;
	if (!check_combinations(options, argv + operands) || !read_environment(options) ||
	    !take_presets(options) || !read_endpoints(options) || !check_endpoints(options) ||
	    !read_metrics(options) || !admission_read(options))
		return CLI_BAD;
	warn_of_ignored_port(options);
	return CLI_GO;
}

void options_free(struct options *options)
{
	free(options->listen_words);
	free(options->endpoints);
	free(options->proxies);
	free(options->metrics);
}
