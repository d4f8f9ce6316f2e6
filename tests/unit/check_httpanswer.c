/* SPDX-License-Identifier: ISC */
/* check_httpanswer: which answer each request gets, to the byte. */
#include "daemon/serve/httpanswer.h"

#include <stdio.h>
#include <string.h>

#include "daemon/serve/httprequest.h"
#include "daemon/tell/stats.h"
#include "lib/suite.h"

static struct stats stats = {.accepted = 7, .open = 2};
static struct metrics_facts facts = {.stats = &stats,
				     .room = 100,
				     .is_ready = true,
				     .libevent = "2"};
static char answer[HTTPANSWER_MAX + 1];

/* Answers the request, or what is wrong with it. Returns the answer as a string. */
static const char *answer_to(const char *bytes)
{
	struct httprequest request;
	enum prelude_verdict verdict;
	size_t used, length;

	httprequest_kind.begin(&request);
	verdict = httprequest_kind.take(&request, bytes, strlen(bytes), &used);
	length = httpanswer_write(answer, verdict == PRELUDE_MORE ? PRELUDE_TOO_LONG : verdict,
				  &request, &facts);
	ck_assert_uint_le(length, HTTPANSWER_MAX);
	answer[length] = '\0';
	return answer;
}

/* Requests by HTTP/1.1, and how their answers begin. */
static const struct {
	const char *request, *status, *body;
} rows[] = {
	{"GET /healthz HTTP/1.1\r\n\r\n", "200 OK", "ok\n"},
	{"GET /healthz?verbose HTTP/1.1\r\n\r\n", "200 OK", "ok\n"},
	{"GET http://localhost/healthz HTTP/1.0\r\n\r\n", "200 OK", "ok\n"},
	{"GET /readyz HTTP/1.1\r\n\r\n", "200 OK", "ready\n"},
	{"GET / HTTP/1.1\r\n\r\n", "404 Not Found",
	 "not found; there are /metrics, /healthz and /readyz\n"},
	{"GET /metrics/ HTTP/1.1\r\n\r\n", "404 Not Found",
	 "not found; there are /metrics, /healthz and /readyz\n"},
	{"POST /x HTTP/1.1\r\n\r\n", "404 Not Found",
	 "not found; there are /metrics, /healthz and /readyz\n"},
	{"GET\r\n", "400 Bad Request", "bad request\n"},
	{"GET / HTTP/1.1\r\n", "431 Request Header Fields Too Large",
	 "the head of the request is too long\n"},
	{"GET /metrics HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported", "only HTTP/1\n"},
};

START_TEST(row)
{
	char wanted[1024];

	snprintf(wanted, sizeof wanted,
		 "HTTP/1.0 %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
		 "Content-Length: %zu\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n%s",
		 rows[_i].status, strlen(rows[_i].body), rows[_i].body);
	ck_assert_str_eq(answer_to(rows[_i].request), wanted);
}
END_TEST

START_TEST(head_has_the_length_and_no_body)
{
	char wanted[1024];

	snprintf(wanted, sizeof wanted, "%s", answer_to("GET /healthz HTTP/1.1\r\n\r\n"));
	wanted[strlen(wanted) - strlen("ok\n")] = '\0';
	ck_assert_str_eq(answer_to("HEAD /healthz HTTP/1.1\r\n\r\n"), wanted);
	ck_assert_str_eq(answer_to("HEAD /x HTTP/1.1\r\n\r\n") + strlen(answer) - 4, "\r\n\r\n");
	/* Nor has the answer to one that is bad (RFC 9110, 9.3.2). */
	ck_assert_str_eq(answer_to("HEAD /x y HTTP/1.1\r\n") + strlen(answer) - 4, "\r\n\r\n");
	ck_assert_int_eq(strncmp(answer, "HTTP/1.0 400 ", 13), 0);
}
END_TEST

START_TEST(other_methods_are_told_which)
{
	ck_assert_ptr_nonnull(
		strstr(answer_to("POST /metrics HTTP/1.1\r\n\r\n"), "\r\nAllow: GET, HEAD\r\n"));
	ck_assert_int_eq(strncmp(answer, "HTTP/1.0 405 ", 13), 0);
}
END_TEST

START_TEST(unready_is_503)
{
	facts.is_ready = false;
	ck_assert_int_eq(strncmp(answer_to("GET /readyz HTTP/1.1\r\n\r\n"), "HTTP/1.0 503 ", 13),
			 0);
	ck_assert_int_eq(strncmp(answer_to("GET /healthz HTTP/1.1\r\n\r\n"), "HTTP/1.0 200 ", 13),
			 0);
}
END_TEST

START_TEST(metrics_have_their_type)
{
	static char text[METRICS_TEXT_MAX];
	size_t length = metrics_render(&facts, text);
	const char *body = strstr(answer_to("GET /metrics HTTP/1.1\r\n\r\n"), "\r\n\r\n");
	char length_line[40];

	ck_assert_ptr_nonnull(body);
	ck_assert_uint_eq(strlen(body + 4), length);
	ck_assert_int_eq(memcmp(body + 4, text, length), 0);
	ck_assert_ptr_nonnull(
		strstr(answer, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	snprintf(length_line, sizeof length_line, "\r\nContent-Length: %zu\r\n", length);
	ck_assert_ptr_nonnull(strstr(answer, length_line));
}
END_TEST

/* HTTP/0.9 knows no head. */
START_TEST(simple_request_has_a_simple_answer)
{
	static char text[METRICS_TEXT_MAX];

	text[metrics_render(&facts, text)] = '\0';
	ck_assert_str_eq(answer_to("GET /metrics\n"), text);
	ck_assert_str_eq(answer_to("GET /healthz\r\n"), "ok\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("httpanswer");
	TCase *tests = suite_case(suite, "httpanswer");

	tcase_add_loop_test(tests, row, 0, COUNT_OF(rows));
	tcase_add_test(tests, head_has_the_length_and_no_body);
	tcase_add_test(tests, other_methods_are_told_which);
	tcase_add_test(tests, unready_is_503);
	tcase_add_test(tests, metrics_have_their_type);
	tcase_add_test(tests, simple_request_has_a_simple_answer);
	return suite_run(suite);
}
