/* SPDX-License-Identifier: ISC */
/* finding: looks up the target of the options, within their time. */
#include "finding.h"

#include <errno.h>
#include <stdlib.h>

#include "options.h"
#include "result.h"

struct finding {
	struct resolver *resolver;
	char last_words[RESULT_LAST_WORDS_MAX];
};

struct finding *finding_start(struct event_base *base, const struct options *options,
			      resolver_cb *callback, void *argument)
{
	struct finding *finding = calloc(1, sizeof *finding);
	struct resolver_request request = {
		.host = options->target.host,
		.port = options->target.port,
		.family = options_family(options),
		.options = options,
		.patience = options->timeout,
		.last_status = STATUS_UNRESOLVED,
	};
	int why;

	if (!finding)
		return NULL;
	request.last_words = finding->last_words;
	if (!options->quiet)
		result_write_last_words(&options->target, options->timeout, finding->last_words);
	finding->resolver = resolver_start(base, &request, callback, argument);
	if (finding->resolver)
		return finding;
	why = errno;
	free(finding);
	errno = why;
	return NULL;
}

void finding_free(struct finding *finding)
{
	if (!finding)
		return;
	resolver_free(finding->resolver);
	free(finding);
}
