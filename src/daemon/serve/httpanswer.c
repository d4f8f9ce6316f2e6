/* SPDX-License-Identifier: ISC */
/* httpanswer: what a request by HTTP is answered. */
#include "httpanswer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "httprequest.h"

/* The type of texts that are no metrics. */
#define PLAIN "text/plain; charset=utf-8"

struct reply {
	const char *status;
	const char *type;
	const char *fields; /* more of the head, each ended as a line */
	const char *body;   /* NULL: the metrics */
};

static const struct reply replies_metrics = {"200 OK", METRICS_TYPE, "", NULL};
static const struct reply replies_alive = {"200 OK", PLAIN, "", "ok\n"};
static const struct reply replies_ready = {"200 OK", PLAIN, "", "ready\n"};
static const struct reply replies_unready = {"503 Service Unavailable", PLAIN, "", "stopping\n"};
static const struct reply replies_bad = {"400 Bad Request", PLAIN, "", "bad request\n"};
static const struct reply replies_unknown = {
	"404 Not Found", PLAIN, "", "not found; there are /metrics, /healthz and /readyz\n"};
static const struct reply replies_method = {"405 Method Not Allowed", PLAIN, "Allow: GET, HEAD\r\n",
					    "only GET and HEAD\n"};
static const struct reply replies_too_long = {"431 Request Header Fields Too Large", PLAIN, "",
					      "the head of the request is too long\n"};
static const struct reply replies_version = {"505 HTTP Version Not Supported", PLAIN, "",
					     "only HTTP/1\n"};

/* Returns the reply for the path of a request; NULL: there is none. */
static const struct reply *find_reply(const char *path, bool is_ready)
{
	if (strcmp(path, "/metrics") == 0)
		return &replies_metrics;
	if (strcmp(path, "/healthz") == 0)
		return &replies_alive;
	if (strcmp(path, "/readyz") == 0)
		return is_ready ? &replies_ready : &replies_unready;
	return NULL;
}

static const struct reply *choose(enum prelude_verdict verdict, const struct httprequest *request,
				  const struct metrics_facts *facts)
{
	const struct reply *reply;

	if (verdict != PRELUDE_WHOLE)
		return verdict == PRELUDE_TOO_LONG ? &replies_too_long : &replies_bad;
	if (request->is_foreign)
		return &replies_version;
	reply = find_reply(httprequest_path(request), facts->is_ready);
	if (!reply)
		return &replies_unknown;
	return request->is_get || request->is_head ? reply : &replies_method;
}

/* Writes the head of an answer. Returns its length. */
static size_t write_head(char *at, const struct reply *reply, size_t length)
{
	return (size_t)snprintf(at, HTTPANSWER_MAX,
				"HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
				"Cache-Control: no-store\r\nConnection: close\r\n%s\r\n",
				reply->status, reply->type, length, reply->fields);
}

size_t httpanswer_write(char *answer, enum prelude_verdict verdict,
			const struct httprequest *request, const struct metrics_facts *facts)
{
	const struct reply *reply = choose(verdict, request, facts);
	bool is_whole = verdict == PRELUDE_WHOLE;
	const char *body = reply->body;
	char text[METRICS_TEXT_MAX];
	size_t length, used = 0;

	if (body) {
		length = strlen(body);
	} else {
		length = metrics_render(facts, text);
		body = text;
	}
	if (!is_whole || !request->is_simple)
		used = write_head(answer, reply, length);
	if (request->is_head)
		return used;
	memcpy(answer + used, body, length);
	return used + length;
}
