/* SPDX-License-Identifier: ISC */
/* proxyv1: the PROXY header of version 1, a line of text. */
#include "proxyv1.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/number.h"
#include "proxyclaim.h"

/* The beginning of each line. */
static const char beginning[] = {'P', 'R', 'O', 'X', 'Y', ' '};

/* The words after it, in their order. */
enum { PROTOCOL, SOURCE, DESTINATION, SOURCE_PORT, DESTINATION_PORT, ALL_WORDS };

/* True of a visible ASCII character. */
static bool is_visible(char byte)
{
	return byte > ' ' && byte < 0x7F;
}

static const char *read_protocol(struct proxyv1 *line, struct proxyclaim *claim)
{
	line->is_unknown = strcmp(line->word, "UNKNOWN") == 0;
	if (line->is_unknown)
		return NULL;
	if (strcmp(line->word, "TCP4") == 0)
		claim->family = AF_INET;
	else if (strcmp(line->word, "TCP6") == 0)
		claim->family = AF_INET6;
	else
		return "unknown protocol";
	return NULL;
}

/* Reads an address. inet_pton() takes neither a zone, nor leading zeros, nor another family. */
static const char *read_host(const struct proxyv1 *line, struct proxyclaim *claim)
{
	size_t at = line->words == SOURCE ? 0 : proxyclaim_host_size(claim);

	if (inet_pton(claim->family, line->word, claim->ends + at) == 1)
		return NULL;
	return claim->family == AF_INET ? "invalid IPv4 address" : "invalid IPv6 address";
}

/* Reads a port, whose first digit is 0 only if it is the last. */
static const char *read_port(const struct proxyv1 *line, struct proxyclaim *claim)
{
	size_t at = 2 * proxyclaim_host_size(claim);
	uint64_t port;

	if (!number_parse(line->word, &port) || port > UINT16_MAX ||
	    (line->word[0] == '0' && line->length > 1))
		return "invalid port";
	if (line->words == DESTINATION_PORT)
		at += sizeof(in_port_t);
	claim->ends[at] = (unsigned char)(port >> 8);
	claim->ends[at + 1] = (unsigned char)(port & 0xFF);
	return NULL;
}

/* Ends a word. Returns what is wrong with it, or NULL. */
static const char *end_word(struct proxyv1 *line, struct proxyclaim *claim)
{
	const char *why;

	line->word[line->length] = '\0';
	if (line->words == PROTOCOL)
		why = read_protocol(line, claim);
	else
		why = line->words < SOURCE_PORT ? read_host(line, claim) : read_port(line, claim);
	line->words++;
	line->length = 0;
	return why;
}

/* Takes the carriage return. */
static const char *end_line(struct proxyv1 *line, struct proxyclaim *claim)
{
	const char *why = line->is_unknown ? NULL : end_word(line, claim);

	line->has_return = true;
	if (why || line->is_unknown || line->words == ALL_WORDS)
		return why;
	return "too few words";
}

/* Takes a byte of a word, or the blank after it. */
static const char *take_in_words(struct proxyv1 *line, char byte, struct proxyclaim *claim)
{
	if (byte == ' ')
		return line->words == DESTINATION_PORT ? "too many words" : end_word(line, claim);
	if (!is_visible(byte))
		return "unexpected byte";
	if (line->length == sizeof line->word - 1)
		return "word too long";
	line->word[line->length++] = byte;
	return NULL;
}

/* Takes a byte after the beginning and before the newline. Returns what is wrong, or NULL. */
static const char *take_in_line(struct proxyv1 *line, char byte, struct proxyclaim *claim)
{
	if (byte == '\r')
		return end_line(line, claim);
	if (byte == '\n')
		return "newline without a carriage return";
	if (byte == '\0')
		return "unexpected byte";
	if (claim->length > PROXYV1_MAX - 2) /* there is no room for CR LF */
		return "line too long";
	return line->is_unknown ? NULL : take_in_words(line, byte, claim);
}

enum prelude_verdict proxyv1_take(struct proxyv1 *line, char byte, struct proxyclaim *claim)
{
	const char *why = NULL;

	if (line->has_return) {
		if (byte == '\n')
			return PRELUDE_WHOLE;
		why = "carriage return without a newline";
	} else if (claim->length > sizeof beginning) {
		why = take_in_line(line, byte, claim);
	} else if (byte != beginning[claim->length - 1]) {
		why = "no PROXY header";
	}
	return why ? proxyclaim_bad(claim, why) : PRELUDE_MORE;
}
