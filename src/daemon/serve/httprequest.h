/* SPDX-License-Identifier: ISC */
/*
 * httprequest: a request by HTTP, as far as a server needs it that only ever answers: its method,
 * its path and its version. Pure: a parser for prelude.h, which is fed the bytes of the head.
 *
 * Understood are HTTP/1.x (RFC 9112) and the line without a version of HTTP/0.9. Lines may end in a
 * newline alone. What follows the head is not part of it.
 */
#ifndef DAEMON_SERVE_HTTPREQUEST_H
#define DAEMON_SERVE_HTTPREQUEST_H

#include <stdbool.h>
#include <stddef.h>

struct prelude_kind;

/* The longest head, in bytes, with the blank line at its end. */
enum { HTTPREQUEST_MAX = 4096 };

/* The longest target that is kept, in bytes; of a longer one only its beginning is. */
enum { HTTPREQUEST_TARGET_MAX = 255 };

/* Where the next byte belongs; private to httprequest.c. */
enum httprequest_place {
	HTTPREQUEST_BEFORE, /* empty lines may come first */
	HTTPREQUEST_METHOD,
	HTTPREQUEST_TARGET,
	HTTPREQUEST_VERSION,
	HTTPREQUEST_FIELD, /* the beginning of a field, or the blank line */
	HTTPREQUEST_NAME,
	HTTPREQUEST_VALUE,
};

struct httprequest {
	enum httprequest_place place;
	bool has_return; /* the last byte was a carriage return: a newline must follow */
	bool is_get, is_head;
	bool is_simple;	 /* HTTP/0.9: the answer has no head */
	bool is_foreign; /* another major version, such as HTTP/2 */
	bool has_query;	 /* the target's path is over */
	char word[8];	 /* the method, or the version */
	size_t word_length;
	char target[HTTPREQUEST_TARGET_MAX + 1]; /* without its query */
	size_t target_length;			 /* may be more than is kept */
};

/* The parser; its memory is a struct httprequest. */
extern const struct prelude_kind httprequest_kind;

/*
 * Returns the path of a whole request, such as "/metrics": without a query, and as it came. It
 * lives as long as the request.
 */
const char *httprequest_path(const struct httprequest *request);

#endif
