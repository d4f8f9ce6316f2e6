/* SPDX-License-Identifier: ISC */
/* httprequest: a request by HTTP, as far as a server needs it that only ever answers. */
#include "httprequest.h"

#include <string.h>
#include <strings.h>

#include "prelude.h"

/* The time for a request, in all. */
enum { REQUEST_MS = 5000 };

static bool is_alphanumeric(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= 'a' && byte <= 'z');
}

/* True of a byte of a token (RFC 9110, 5.6.2). */
static bool is_token(char byte)
{
	return is_alphanumeric(byte) || (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

/* True of a visible ASCII character. */
static bool is_visible(char byte)
{
	return byte > ' ' && byte < 0x7F;
}

/* True of a byte that a field's value may have; those beyond ASCII mean nothing to us. */
static bool is_text(char byte)
{
	return is_visible(byte) || byte == ' ' || byte == '\t' || (unsigned char)byte >= 0x80;
}

/* Keeps a byte of the method or the version; of a longer word only the length tells. */
static void keep_in_word(struct httprequest *request, char byte)
{
	if (request->word_length < sizeof request->word)
		request->word[request->word_length] = byte;
	request->word_length++;
}

static bool is_word(const struct httprequest *request, const char *word)
{
	return request->word_length == strlen(word) &&
	       memcmp(request->word, word, request->word_length) == 0;
}

static enum prelude_verdict take_method(struct httprequest *request, char byte)
{
	if (is_token(byte)) {
		keep_in_word(request, byte);
		return PRELUDE_MORE;
	}
	if (byte != ' ' || request->word_length == 0)
		return PRELUDE_BAD;
	request->is_get = is_word(request, "GET");
	request->is_head = is_word(request, "HEAD");
	request->place = HTTPREQUEST_TARGET;
	return PRELUDE_MORE;
}

/* Keeps what fits of the target, up to its query. */
static void keep_in_target(struct httprequest *request, char byte)
{
	if (byte == '?')
		request->has_query = true;
	if (request->has_query)
		return;
	if (request->target_length < HTTPREQUEST_TARGET_MAX)
		request->target[request->target_length] = byte;
	request->target_length++;
}

static enum prelude_verdict take_target(struct httprequest *request, char byte)
{
	if (is_visible(byte)) {
		keep_in_target(request, byte);
		return PRELUDE_MORE;
	}
	if (byte != ' ' || request->target_length == 0)
		return PRELUDE_BAD;
	request->word_length = 0;
	request->place = HTTPREQUEST_VERSION;
	return PRELUDE_MORE;
}

static enum prelude_verdict take_version(struct httprequest *request, char byte)
{
	keep_in_word(request, byte);
	return request->word_length > sizeof request->word ? PRELUDE_BAD : PRELUDE_MORE;
}

/* A field begins with its name; with a blank it would go on with the one before, as none may. */
static enum prelude_verdict take_name(struct httprequest *request, char byte)
{
	bool is_first = request->place == HTTPREQUEST_FIELD;

	if (!is_token(byte) && (byte != ':' || is_first))
		return PRELUDE_BAD;
	request->place = byte == ':' ? HTTPREQUEST_VALUE : HTTPREQUEST_NAME;
	return PRELUDE_MORE;
}

/* Takes a byte that ends no line. */
static enum prelude_verdict take_byte(struct httprequest *request, char byte)
{
	switch (request->place) {
	case HTTPREQUEST_BEFORE:
		request->place = HTTPREQUEST_METHOD;
		return take_method(request, byte);
	case HTTPREQUEST_METHOD:
		return take_method(request, byte);
	case HTTPREQUEST_TARGET:
		return take_target(request, byte);
	case HTTPREQUEST_VERSION:
		return take_version(request, byte);
	case HTTPREQUEST_FIELD:
	case HTTPREQUEST_NAME:
		return take_name(request, byte);
	case HTTPREQUEST_VALUE:
		break;
	}
	return is_text(byte) ? PRELUDE_MORE : PRELUDE_BAD;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* Ends the request line, which has a version. */
static enum prelude_verdict end_version(struct httprequest *request)
{
	const char *word = request->word;

	if (request->word_length != sizeof request->word || memcmp(word, "HTTP/", 5) != 0 ||
	    !is_digit(word[5]) || word[6] != '.' || !is_digit(word[7]))
		return PRELUDE_BAD;
	request->is_foreign = word[5] != '1';
	request->place = HTTPREQUEST_FIELD;
	return PRELUDE_MORE;
}

/* Ends a request line without a version, which only GET may have: that is all of HTTP/0.9. */
static enum prelude_verdict end_target(struct httprequest *request)
{
	if (!request->is_get || request->target_length == 0)
		return PRELUDE_BAD;
	request->is_simple = true;
	return PRELUDE_WHOLE;
}

static enum prelude_verdict end_line(struct httprequest *request)
{
	switch (request->place) {
	case HTTPREQUEST_BEFORE:
		return PRELUDE_MORE;
	case HTTPREQUEST_TARGET:
		return end_target(request);
	case HTTPREQUEST_VERSION:
		return end_version(request);
	case HTTPREQUEST_FIELD:
		return PRELUDE_WHOLE;
	case HTTPREQUEST_VALUE:
		request->place = HTTPREQUEST_FIELD;
		return PRELUDE_MORE;
	case HTTPREQUEST_METHOD:
	case HTTPREQUEST_NAME:
		break;
	}
	return PRELUDE_BAD;
}

/* Takes a byte, whatever it is. A carriage return is good for nothing but the end of a line. */
static enum prelude_verdict take_any(struct httprequest *request, char byte)
{
	if (byte == '\n') {
		request->has_return = false;
		return end_line(request);
	}
	if (request->has_return)
		return PRELUDE_BAD;
	request->has_return = byte == '\r';
	return request->has_return ? PRELUDE_MORE : take_byte(request, byte);
}

static enum prelude_verdict take(void *parser, const char *bytes, size_t count, size_t *used)
{
	enum prelude_verdict verdict = PRELUDE_MORE;

	for (*used = 0; *used < count && verdict == PRELUDE_MORE; ++*used)
		verdict = take_any(parser, bytes[*used]);
	return verdict;
}

static void begin(void *parser)
{
	memset(parser, 0, sizeof(struct httprequest));
}

const struct prelude_kind httprequest_kind = {
	.size = sizeof(struct httprequest),
	.most = HTTPREQUEST_MAX,
	.ms = REQUEST_MS,
	.begin = begin,
	.take = take,
};

const char *httprequest_path(const struct httprequest *request)
{
	static const char scheme[] = "http://"; /* as a proxy is asked (RFC 9112, 3.2.2) */
	const char *path = request->target;

	if (request->target_length > HTTPREQUEST_TARGET_MAX)
		return "";
	if (strncasecmp(path, scheme, strlen(scheme)) != 0)
		return path;
	path = strchr(path + strlen(scheme), '/');
	return path ? path : "/";
}
