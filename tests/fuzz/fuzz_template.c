/* SPDX-License-Identifier: ISC */
/*
 * fuzz_template: a text is compiled if it is well-formed, or refused at the first byte that is
 * not; what is compiled says no more than it may, and nothing that drives a terminal unless
 * the text itself does.
 *
 * Here a text is made of words, which all are in one list; nothing is taken apart.
 */
#include "daemon/say/compile.h"
#include "daemon/say/template.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "fuzz.h"

/* What a word has to do with. */
enum kind { ESCAPED, CONSTANT, OF_PEER, OF_LOCAL, OF_BOTH, OF_GREETING };

static const struct {
	const char *text;
	enum kind kind;
	char says; /* ESCAPED: this byte */
} words[] = {
	{"\\n", ESCAPED, '\n'},
	{"\\r", ESCAPED, '\r'},
	{"\\t", ESCAPED, '\t'},
	{"\\\\", ESCAPED, '\\'},
	{"{{", ESCAPED, '{'},
	{"}}", ESCAPED, '}'},
	{"{peer}", OF_PEER, 0},
	{"{peer_address}", OF_PEER, 0},
	{"{peer_port}", OF_PEER, 0},
	{"{local}", OF_LOCAL, 0},
	{"{local_address}", OF_LOCAL, 0},
	{"{local_port}", OF_LOCAL, 0},
	{"{json}", OF_BOTH, 0},
	{"{serial}", OF_GREETING, 0},
	{"{time}", OF_GREETING, 0},
	{"{proxy}", OF_GREETING, 0},
	{"{host}", CONSTANT, 0},
	{"{instance}", CONSTANT, 0},
	{"{pid}", CONSTANT, 0},
	{"{version}", CONSTANT, 0},
};
enum { WORDS = sizeof words / sizeof *words };

/* A text that was read word by word, as far as it is well-formed. */
struct reading {
	size_t position;		/* behind the last word */
	size_t literal;			/* how many bytes it says itself */
	size_t controls;		/* how many of them are control bytes */
	bool of_peer, of_local, varies; /* which kinds of words it has */
};

static bool is_control(char byte)
{
	return (unsigned char)byte < 0x20 || byte == 0x7F;
}

static void read_byte(struct reading *reading, size_t length, char byte)
{
	reading->position += length;
	reading->literal++;
	reading->controls += is_control(byte);
}

/* Reads one of the words in the list; false: there is none. */
static bool read_word(struct reading *reading, const char *text, size_t left)
{
	size_t i = 0, length = 0;

	for (; i < WORDS; i++) {
		length = strlen(words[i].text);
		if (length <= left && memcmp(text, words[i].text, length) == 0)
			break;
	}
	if (i == WORDS)
		return false;
	if (words[i].kind == ESCAPED) {
		read_byte(reading, length, words[i].says);
		return true;
	}
	reading->position += length;
	reading->of_peer |= words[i].kind == OF_PEER || words[i].kind == OF_BOTH;
	reading->of_local |= words[i].kind == OF_LOCAL || words[i].kind == OF_BOTH;
	reading->varies |= words[i].kind != CONSTANT;
	return true;
}

/* Reads a byte that stands for itself, or as its number; false: it is neither. */
static bool read_other(struct reading *reading, const char *text, size_t left)
{
	char digits[] = {'0', '0', '\0'};

	if (*text == '\0' || !strchr("\\{}", *text)) {
		read_byte(reading, 1, *text);
		return true;
	}
	if (left < 4 || memcmp(text, "\\x", 2) != 0 || !isxdigit((unsigned char)text[2]) ||
	    !isxdigit((unsigned char)text[3]))
		return false;
	memcpy(digits, text + 2, 2);
	read_byte(reading, 4, (char)strtoul(digits, NULL, 16));
	return true;
}

static struct reading read_text(const char *text, size_t size)
{
	struct reading reading = {.position = 0};

	while (reading.position < size &&
	       (read_word(&reading, text + reading.position, size - reading.position) ||
		read_other(&reading, text + reading.position, size - reading.position)))
		continue;
	return reading;
}

/* The ends that a connection may have, each with all that makes it long. */
enum end { IPV4, IPV6, MAPPED, PATH, UNNAMED, NONE, ENDS };

static struct address make_end(enum end end)
{
	static const sa_family_t families[] = {
		[IPV4] = AF_INET, [IPV6] = AF_INET6,   [MAPPED] = AF_INET6,
		[PATH] = AF_UNIX, [UNNAMED] = AF_UNIX, [NONE] = AF_UNSPEC};
	static const socklen_t lengths[] = {
		[IPV4] = sizeof(struct sockaddr_in),	[IPV6] = sizeof(struct sockaddr_in6),
		[MAPPED] = sizeof(struct sockaddr_in6), [PATH] = sizeof(struct sockaddr_un),
		[UNNAMED] = sizeof(sa_family_t),	[NONE] = sizeof(sa_family_t)};
	struct address made;

	memset(&made.room, 0xFF, sizeof made.room);
	made.any.sa_family = families[end];
	made.length = lengths[end];
	if (families[end] == AF_INET6)
		made.ipv6.sin6_scope_id = 0;
	if (end == MAPPED)
		FUZZ_CHECK(inet_pton(AF_INET6, "::ffff:255.255.255.255", &made.ipv6.sin6_addr) ==
			   1);
	return made;
}

/* Checks what is said to a client, in memory that has room for just as much. */
static void check_rendering(const struct template *template, const struct reading *reading,
			    enum end peer, enum end local)
{
	bool is_ip = peer < PATH && local < PATH;
	size_t most = is_ip ? template_longest_to_ip(template) : template_longest(template);
	size_t size, controls = 0;
	struct template_values values = {.peer = make_end(peer),
					 .local = make_end(local),
					 .serial = UINT64_MAX,
					 .time = (time_t)253402300799};
	char *out = malloc(most > 0 ? most : 1);

	FUZZ_CHECK(out != NULL);
	if (!is_ip)
		values.proxy = make_end(local);
	size = template_render(template, &values, out);
	FUZZ_CHECK(size <= most && size >= reading->literal);
	FUZZ_CHECK(!template_is_constant(template) ||
		   (size == most && memcmp(out, template_bytes(template), size) == 0));
	for (size_t i = 0; i < size; i++)
		controls += is_control(out[i]);
	FUZZ_CHECK(controls == reading->controls);
	free(out);
}

static void check_template(const struct template *template, const struct reading *reading)
{
	FUZZ_CHECK(template_is_constant(template) == !reading->varies);
	FUZZ_CHECK(template_names_peer(template) == reading->of_peer);
	FUZZ_CHECK(template_names_local(template) == reading->of_local);
	FUZZ_CHECK(template_longest_to_ip(template) <= template_longest(template));
	for (enum end end = IPV4; end < ENDS; end++)
		check_rendering(template, reading, end, (end + 1) % ENDS);
	check_rendering(template, reading, MAPPED, IPV4);
	check_rendering(template, reading, IPV6, IPV6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct template_constants constants = {.host = "\x1B[2J\n\x7F",
							    .instance = "an \xC3\xA9 instance\r",
							    .version = "0",
							    .pid = 1};
	char *text = malloc(size > 0 ? size : 1);
	struct compile_problem problem = {.what = NULL};
	struct reading reading;
	struct template *template;

	FUZZ_CHECK(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	reading = read_text(text, size);
	template = compile_text(text, size, &constants, &problem);
	free(text); /* The template must not need it any more. */
	FUZZ_CHECK((template != NULL) == (reading.position == size));
	FUZZ_CHECK((template != NULL) == (problem.what == NULL));
	if (template)
		check_template(template, &reading);
	else
		FUZZ_CHECK(problem.position == reading.position);
	template_release(template);
	return 0;
}
