/* SPDX-License-Identifier: ISC */
/*
 * fuzz_rendering: a greeting says to a client just what its pieces and the client's own
 * values make together.
 *
 * The input chooses the values, then the pieces: literal bytes, escapes and placeholders. Of
 * these, the text is made, and beside it what must come of it.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "daemon/say/compile.h"
#include "daemon/say/template.h"
#include "fuzz.h"

/* More than any value takes, and more pieces are not made. */
enum { SHOWN_MAX = 700, JSON_SHOWN_MAX = 7000, PIECES_MAX = 200 };

/* The most of a constant that a greeting shows. */
enum { CONSTANT_SHOWN_MAX = 255 };

/* The times whose years have four digits. */
static const int64_t time_first = -30610224000, time_last = 253402300799;

/* What is left of the input. */
static const uint8_t *input, *input_end;

/* Bytes that are being made. */
struct made {
	char bytes[PIECES_MAX * JSON_SHOWN_MAX];
	size_t size;
};
static struct made text, expected;

/* The next byte of the input; 0 behind its end. */
static uint8_t take(void)
{
	return input < input_end ? *input++ : 0;
}

static uint64_t take_number(int bytes)
{
	uint64_t number = 0;

	while (bytes-- > 0)
		number = number << 8 | take();
	return number;
}

static void add(struct made *made, const char *bytes, size_t size)
{
	FUZZ_CHECK(size <= sizeof made->bytes - made->size);
	memcpy(made->bytes + made->size, bytes, size);
	made->size += size;
}

static void add_string(struct made *made, const char *string)
{
	add(made, string, strlen(string));
}

/* How many bytes of the string are one character that may be shown as it is; 0: the first is not.
 */
static size_t showable(const char *string)
{
	size_t length = fuzz_character(string, strlen(string), "");

	return fuzz_is_lookalike(string, strlen(string)) || fuzz_is_direction(string, length)
		       ? 0
		       : length;
}

/*
 * Writes the string as it may be shown, at most so many bytes: each byte that may not as \xHH.
 * Those of a character stay together.
 */
static void show(char *shown, size_t most, const char *string)
{
	size_t used = 0;

	while (*string) {
		size_t taken = fuzz_character(string, strlen(string), "");
		bool is_shown = showable(string) > 0;
		taken = taken ? taken : 1;
		if (used + (is_shown ? taken : 4 * taken) > most)
			break;
		for (; taken > 0; taken--, string++)
			used += (size_t)sprintf(shown + used, is_shown ? "%c" : "\\x%02X",
						(unsigned char)*string);
	}
	shown[used] = '\0';
}

/* The number of the character of so many bytes, which is well-formed. */
static unsigned number_of(const char *character, size_t length)
{
	unsigned number = (unsigned char)*character;

	if (length > 1)
		number &= 0x7FU >> length;
	for (size_t i = 1; i < length; i++)
		number = number << 6 | ((unsigned char)character[i] & 0x3F);
	return number;
}

/* How many bytes of the string are one character, a control character or not; 0: no UTF-8. */
static size_t character_of(const char *string)
{
	size_t length = fuzz_character(string, strlen(string), "\t");

	if (length > 0 || (*string > 0 && *string < 0x20) || *string == 0x7F)
		return length > 0 ? length : 1;
	return string[0] == '\xC2' && (unsigned char)string[1] >= 0x80 &&
			       (unsigned char)string[1] < 0xA0
		       ? 2
		       : 0;
}

/* Writes at most so many bytes of the string as a string in JSON has them; returns the length. */
static size_t show_json(char *shown, const char *string, size_t most)
{
	const char *end = string + most;
	char *out = shown;

	while (*string) {
		size_t taken = character_of(string);
		unsigned number = taken > 0 ? number_of(string, taken) : 0xFFFD;
		if ((taken > 0 ? taken : 1) > (size_t)(end - string))
			break;
		if (*string == '"' || *string == '\\')
			out += sprintf(out, "\\%c", *string);
		else if (taken == 0 || number < 0x20 || (number >= 0x7F && number < 0xA0) ||
			 fuzz_is_direction(string, taken))
			out += sprintf(out, "\\u%04x", number);
		else
			out += sprintf(out, "%.*s", (int)taken, string);
		string += taken > 0 ? taken : 1;
	}
	*out = '\0';
	return (size_t)(out - shown);
}

/* One end of a connection, and how it is shown. */
struct end {
	struct address address;
	char whole[SHOWN_MAX], host[SHOWN_MAX], port[8];
	char whole_json[SHOWN_MAX], host_json[SHOWN_MAX];
};

/* Shows an IP address. */
static void show_ip(struct end *end, const char *host, unsigned port)
{
	snprintf(end->host, sizeof end->host, "%s", host);
	snprintf(end->port, sizeof end->port, "%u", port);
	snprintf(end->whole, sizeof end->whole, strchr(host, ':') ? "[%.100s]:%u" : "%.100s:%u",
		 host, port);
	strcpy(end->host_json, end->host);
	strcpy(end->whole_json, end->whole);
}

static void take_ipv4(struct end *end)
{
	struct sockaddr_in *address = &end->address.ipv4;
	uint8_t bytes[] = {take(), take(), take(), take()};
	uint16_t port = (uint16_t)take_number(2);
	char host[32];

	address->sin_family = AF_INET;
	address->sin_port = htons(port);
	memcpy(&address->sin_addr, bytes, sizeof bytes);
	end->address.length = sizeof *address;
	snprintf(host, sizeof host, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
	show_ip(end, host, port);
}

/* Takes an IPv6 address; of a zone that there is not, only the number can be shown. */
static void take_ipv6(struct end *end)
{
	struct sockaddr_in6 *address = &end->address.ipv6;
	uint8_t *bytes = address->sin6_addr.s6_addr;
	char host[100];

	end->address.length = sizeof *address;
	address->sin6_family = AF_INET6;
	for (size_t i = 0; i < sizeof address->sin6_addr; i++)
		bytes[i] = take();
	address->sin6_port = htons((uint16_t)take_number(2));
	address->sin6_scope_id = take() % 4 == 1 ? 4000000000U + take() : 0;
	FUZZ_CHECK(inet_ntop(AF_INET6, bytes, host, sizeof host) != NULL);
	/* Of an address that is compatible with IPv4, libraries differ in how they show the end. */
	if (memcmp(bytes, "\0\0\0\0\0\0\0\0\0\0\0", 12) == 0 && (bytes[12] || bytes[13]))
		snprintf(host, sizeof host, "::%u.%u.%u.%u", bytes[12], bytes[13], bytes[14],
			 bytes[15]);
	if (IN6_IS_ADDR_V4MAPPED(&address->sin6_addr))
		memmove(host, host + strlen("::ffff:"), strlen(host) + 1 - strlen("::ffff:"));
	else if (address->sin6_scope_id > 0)
		snprintf(host + strlen(host), 16, "%%%u", address->sin6_scope_id);
	show_ip(end, host, ntohs(address->sin6_port));
}

/* Makes a v4-mapped address, as a socket for both families has for its IPv4 clients. */
static void take_mapped(struct end *end)
{
	struct sockaddr_in6 *address = &end->address.ipv6;
	struct sockaddr_in plain;

	take_ipv4(end);
	plain = end->address.ipv4;
	memset(&end->address, 0, sizeof end->address);
	address->sin6_family = AF_INET6;
	address->sin6_port = plain.sin_port;
	memset(&address->sin6_addr.s6_addr[10], 0xFF, 2);
	memcpy(&address->sin6_addr.s6_addr[12], &plain.sin_addr, 4);
	end->address.length = sizeof *address;
}

/* Whether a name's byte is shown by its number: a NUL, a backslash, or a blank at the end. */
static bool needs_number(const char *path, size_t i, size_t length)
{
	return path[i] == '\0' || path[i] == '\\' || (i + 1 == length && strchr(" \t", path[i]));
}

/* Writes what an address to log is made of: a path, or a name in which some bytes are escaped. */
static void name_path(char *raw, const char *path, size_t length)
{
	struct address any;

	/* Where there are no abstract names, this is a path that is empty. */
	if (!address_from_path("@name", &any) || length < 2 || path[0] != '\0') {
		sprintf(raw, "%s%s", path[0] == '@' ? "./" : "", path[0] ? path : "(unnamed)");
		return;
	}
	*raw++ = '@';
	for (size_t i = 1; i < length; i++)
		raw += sprintf(raw, needs_number(path, i, length) ? "\\%03o" : "%c", path[i]);
	*raw = '\0';
}

/* Takes a path, which may be so long that no NUL is behind it, or none. */
static void take_path(struct end *end)
{
	struct sockaddr_un *address = &end->address.path;
	char path[sizeof address->sun_path + 1] = "", raw[4 * sizeof path], shown[SHOWN_MAX];
	size_t length = take() % sizeof path;

	for (size_t i = 0; i < length; i++)
		path[i] = (char)take();
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length);
	end->address.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	name_path(raw, path, length);
	show(shown, sizeof shown - 1, raw);
	snprintf(end->whole, sizeof end->whole, "unix:%.590s", shown);
	memcpy(end->host, end->whole, sizeof end->host);
	strcpy(end->port, "0");
	strcpy(end->whole_json, "unix:");
	show_json(end->whole_json + 5, raw, SIZE_MAX / 2);
	strcpy(end->host_json, end->whole_json);
}

static void take_end(struct end *end)
{
	static void (*const takers[])(struct end *) = {take_ipv4, take_ipv6, take_mapped,
						       take_path};

	memset(end, 0, sizeof *end);
	takers[take() % 4](end);
}

/* Takes a constant's text, and what may be shown of it. */
static void take_constant(char *constant, char *shown, char *json)
{
	size_t length = (size_t)take_number(2) % 300;

	for (size_t i = 0; i < length; i++)
		constant[i] = (char)take();
	constant[length] = '\0';
	show(shown, CONSTANT_SHOWN_MAX, constant);
	show_json(json, constant, CONSTANT_SHOWN_MAX);
}

/* Writes a time, counting the years and months one by one. */
static void show_time(int64_t time, char *shown)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t days = (time - time_first) / 86400, second = (time - time_first) % 86400;
	int year = 1000, month = 0;

	for (;; year++) {
		int length = 365 + (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
		if (days < length)
			break;
		days -= length;
	}
	for (;; month++) {
		int leaps = month == 1 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
		if (days < lengths[month] + leaps)
			break;
		days -= lengths[month] + leaps;
	}
	snprintf(shown, SHOWN_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month + 1, (int)days + 1,
		 (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

/* What each placeholder must say. */
enum {
	PEER,
	PEER_ADDRESS,
	PEER_PORT,
	LOCAL,
	LOCAL_ADDRESS,
	LOCAL_PORT,
	SERIAL,
	TIME,
	HOST,
	INSTANCE,
	PID,
	VERSION,
	PLACEHOLDERS
};
static const char *const names[PLACEHOLDERS] = {"{peer}",     "{peer_address}",	 "{peer_port}",
						"{local}",    "{local_address}", "{local_port}",
						"{serial}",   "{time}",		 "{host}",
						"{instance}", "{pid}",		 "{version}"};
static char says[PLACEHOLDERS][SHOWN_MAX], says_proxy[SHOWN_MAX], says_proxy_json[SHOWN_MAX + 2],
	says_json[JSON_SHOWN_MAX];

static void add_json(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes more of what {json} must say. */
static void add_json(const char *format, ...)
{
	size_t used = strlen(says_json);
	va_list arguments;

	va_start(arguments, format);
	FUZZ_CHECK(vsnprintf(says_json + used, sizeof says_json - used, format, arguments) <
		   (int)(sizeof says_json - used));
	va_end(arguments);
}

/* Whoever connects to the local end, passed on by it or not. */
static void take_ends(struct template_values *values, bool has_proxy)
{
	struct end peer, local;

	take_end(&peer);
	take_end(&local);
	values->peer = peer.address;
	values->local = local.address;
	if (has_proxy)
		values->proxy = local.address;
	strcpy(says_proxy, has_proxy ? local.whole : "");
	snprintf(says_proxy_json, sizeof says_proxy_json, has_proxy ? "\"%.690s\"" : "null",
		 local.whole_json);
	strcpy(says[PEER], peer.whole);
	strcpy(says[PEER_ADDRESS], peer.host);
	strcpy(says[PEER_PORT], peer.port);
	strcpy(says[LOCAL], local.whole);
	strcpy(says[LOCAL_ADDRESS], local.host);
	strcpy(says[LOCAL_PORT], local.port);
	says_json[0] = '\0';
	add_json("{\"peer\":\"%s\",\"peer_address\":\"%s\",\"peer_port\":%s,"
		 "\"local\":\"%s\",\"local_address\":\"%s\",\"local_port\":%s,",
		 peer.whole_json, peer.host_json, peer.port, local.whole_json, local.host_json,
		 local.port);
}

static void take_values(struct template_values *values, bool has_proxy)
{
	int64_t seconds = time_last - time_first + 1;

	*values = (struct template_values){.serial = 0};
	take_ends(values, has_proxy);
	values->serial = take_number(take() % 9);
	values->time = (time_t)(time_first + (int64_t)(take_number(6) % (uint64_t)seconds));
	snprintf(says[SERIAL], SHOWN_MAX, "%llu", (unsigned long long)values->serial);
	show_time(values->time, says[TIME]);
	add_json("\"serial\":%s,\"time\":\"%s\",\"proxy\":%s,", says[SERIAL], says[TIME],
		 says_proxy_json);
}

/* Takes what is the same for everyone. */
static struct template_constants take_constants(void)
{
	static char host[300], instance[300], version[300];
	static char json[3][6 * CONSTANT_SHOWN_MAX + 1];

	take_constant(host, says[HOST], json[0]);
	take_constant(instance, says[INSTANCE], json[1]);
	take_constant(version, says[VERSION], json[2]);
	struct template_constants constants = {.host = host,
					       .instance = instance,
					       .version = version,
					       .pid = (long)take_number(4)};
	snprintf(says[PID], SHOWN_MAX, "%ld", constants.pid);
	add_json("\"host\":\"%s\",\"instance\":\"%s\",\"pid\":%s,\"version\":\"%s\"}", json[0],
		 json[1], says[PID], json[2]);
	return constants;
}

/* Makes a literal byte; three of them must be written otherwise. */
static void make_literal(char byte)
{
	static const char special[] = "\\{}";
	static const char *const written[] = {"\\\\", "{{", "}}"};
	const char *found = byte ? strchr(special, byte) : NULL;

	if (found)
		add_string(&text, written[found - special]);
	else
		add(&text, &byte, 1);
	add(&expected, &byte, 1);
}

/* Makes a byte of its number, in digits of either kind. */
static void make_hex(uint8_t byte, bool is_high)
{
	char escape[8];

	snprintf(escape, sizeof escape, is_high ? "\\x%02X" : "\\x%02x", byte);
	add_string(&text, escape);
	add(&expected, (const char *)&byte, 1);
}

static void make_piece(unsigned kind)
{
	static const char *const escapes[] = {"\\n", "\\r", "\\t", "\\\\", "{{", "}}"};

	if (kind < PLACEHOLDERS) {
		add_string(&text, names[kind]);
		add_string(&expected, says[kind]);
	} else if (kind < PLACEHOLDERS + 6) {
		add_string(&text, escapes[kind - PLACEHOLDERS]);
		add(&expected, &"\n\r\t\\{}"[kind - PLACEHOLDERS], 1);
	} else if (kind < PLACEHOLDERS + 8) {
		make_hex(take(), kind & 1);
	} else {
		for (unsigned left = take() % 16 + 1; left > 0; left--)
			make_literal((char)take());
	}
}

static void make_text(void)
{
	text.size = expected.size = 0;
	for (int pieces = 0; pieces < PIECES_MAX && input < input_end; pieces++) {
		uint8_t kind = take();
		if (kind < 0xFC) {
			make_piece(kind % (PLACEHOLDERS + 10));
		} else {
			add_string(&text, kind == 0xFC ? "{proxy}" : "{json}");
			add_string(&expected, kind == 0xFC ? says_proxy : says_json);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct template_values values;
	struct template_constants constants;
	struct compile_problem problem;
	struct template *template;
	char *out;

	input = data;
	input_end = data + size;
	take_values(&values, size % 2 == 1);
	constants = take_constants();
	make_text();
	template = compile_text(text.bytes, text.size, &constants, &problem);
	FUZZ_CHECK(template != NULL);
	FUZZ_CHECK(expected.size <= template_longest(template));
	if (values.peer.any.sa_family != AF_UNIX && values.local.any.sa_family != AF_UNIX &&
	    values.proxy.length == 0)
		FUZZ_CHECK(expected.size <= template_longest_to_ip(template));
	out = malloc(template_longest(template) + 1);
	FUZZ_CHECK(out != NULL);
	FUZZ_CHECK(template_render(template, &values, out) == expected.size);
	FUZZ_CHECK(memcmp(out, expected.bytes, expected.size) == 0);
	free(out);
	template_release(template);
	return 0;
}
