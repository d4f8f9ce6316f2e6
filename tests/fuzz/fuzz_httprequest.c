/* SPDX-License-Identifier: ISC */
/*
 * fuzz_httprequest: however the bytes of a request are split, the result is the same. One that is
 * whole is one by HTTP's grammar, as far as this target knows it in another way.
 *
 * The first byte of the input says where to split; the others are the client's.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/serve/httpanswer.h"
#include "daemon/serve/httprequest.h"
#include "daemon/serve/prelude.h"
#include "daemon/tell/stats.h"
#include "fuzz.h"
#include "pieces.h"

struct outcome {
	enum prelude_verdict verdict;
	size_t used;
	struct httprequest request;
};

/* Gives the parser the bytes in pieces of that size. */
static struct outcome parse(const char *bytes, size_t size, size_t step)
{
	struct outcome outcome = {.verdict = PRELUDE_MORE};

	outcome.verdict = pieces_parse(&httprequest_kind, &outcome.request, bytes, size, step,
				       &outcome.used);
	return outcome;
}

/* Checks what a whole head must be: lines that end in a newline, and the last is blank. */
static void check_whole(const struct outcome *outcome, const char *bytes)
{
	const char *line = bytes + strspn(bytes, "\r\n");
	size_t method = strcspn(line, " "), length = strcspn(line, "\n");

	FUZZ_CHECK(memchr(bytes, '\0', outcome->used) == NULL);
	FUZZ_CHECK(bytes[outcome->used - 1] == '\n');
	FUZZ_CHECK(method > 0 && method < length);
	FUZZ_CHECK(outcome->request.is_get == (method == 3 && memcmp(line, "GET", 3) == 0));
	FUZZ_CHECK(outcome->request.is_head == (method == 4 && memcmp(line, "HEAD", 4) == 0));
	if (outcome->request.is_simple) {
		FUZZ_CHECK(outcome->request.is_get && line + length + 1 == bytes + outcome->used);
		return;
	}
	FUZZ_CHECK(strncmp(line + length - (line[length - 1] == '\r') - 8, "HTTP/", 5) == 0);
	FUZZ_CHECK(outcome->used >= 2 && (bytes[outcome->used - 2] == '\n' ||
					  (outcome->used >= 3 && bytes[outcome->used - 2] == '\r' &&
					   bytes[outcome->used - 3] == '\n')));
}

/* Checks that there is an answer, by HTTP unless the request was of HTTP/0.9. */
static void check_answer(const struct outcome *outcome)
{
	static const struct stats stats;
	struct metrics_facts facts = {.stats = &stats, .libevent = "2"};
	char *answer = malloc(HTTPANSWER_MAX);
	bool has_head = outcome->verdict != PRELUDE_WHOLE || !outcome->request.is_simple;
	size_t length;

	FUZZ_CHECK(answer != NULL);
	length = httpanswer_write(answer, outcome->verdict, &outcome->request, &facts);
	FUZZ_CHECK(length > 0 && length <= HTTPANSWER_MAX);
	FUZZ_CHECK(has_head == (length > 9 && memcmp(answer, "HTTP/1.0 ", 9) == 0));
	free(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, split;
	char *bytes;

	if (size == 0)
		return 0;
	bytes = fuzz_string(data + 1, --size);
	whole = parse(bytes, size, size + 1);
	split = parse(bytes, size, data[0] % 16U + 1);
	FUZZ_CHECK(whole.verdict == split.verdict && whole.used == split.used);
	FUZZ_CHECK(memcmp(&whole.request, &split.request, sizeof whole.request) == 0);
	FUZZ_CHECK(whole.verdict <= PRELUDE_BAD);
	FUZZ_CHECK(strlen(whole.request.target) <= HTTPREQUEST_TARGET_MAX);
	if (whole.verdict == PRELUDE_WHOLE)
		check_whole(&whole, bytes);
	if (whole.verdict != PRELUDE_MORE)
		check_answer(&whole);
	free(bytes);
	return 0;
}
