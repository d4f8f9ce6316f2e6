/* SPDX-License-Identifier: ISC */
/* prompt: asks the user for the server's address and port. */
#include "prompt.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/log.h"
#include "base/terminal.h"
#include "target.h"

/* Longer than any address or port; anything longer is refused. */
enum { ANSWER_MAX = 512 };

/* Reads a byte from stdin. Waits for it even if somebody made stdin non-blocking. */
static int next_byte(void)
{
	struct pollfd readable = {.fd = STDIN_FILENO, .events = POLLIN};
	int byte = getc(stdin);

	while (byte == EOF && ferror(stdin) && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		clearerr(stdin);
		(void)poll(&readable, 1, -1);
		byte = getc(stdin);
	}
	return byte;
}

/* Reads one line from stdin, without its end. Returns NULL, or why it is no answer. */
static const char *read_answer(char *answer)
{
	size_t length = 0;
	int byte = next_byte();

	if (byte == EOF)
		return "no answer: standard input has ended (see 'hailto --help')";
	for (; byte != '\n' && byte != EOF; byte = next_byte()) {
		if (byte == '\0')
			return "the answer has a NUL byte in it";
		if (length == ANSWER_MAX - 1)
			return "the answer is too long";
		answer[length++] = (char)byte;
	}
	if (length > 0 && answer[length - 1] == '\r')
		length--;
	answer[length] = '\0';
	return NULL;
}

/* Removes the blanks around an answer, which come with pasted text. */
static void trim(char *answer)
{
	size_t start = strspn(answer, " \t"), length = strlen(answer + start);

	while (length > 0 && strchr(" \t", answer[start + length - 1]))
		length--;
	memmove(answer, answer + start, length);
	answer[length] = '\0';
}

/* Asks one question; false, and logged, if there is no answer. */
static bool ask(const char *question, char *answer)
{
	const char *why;

	log_question(question);
	why = read_answer(answer);
	/* A terminal echoes the end of an answer, but not the end of input. */
	if (why || !terminal_is_possible(STDIN_FILENO))
		log_set_prefix("\n");
	if (why)
		log_error("%s", why);
	else
		trim(answer);
	return why == NULL;
}

static bool accept_or_complain(const char *what, const char *answer, const char *why)
{
	if (why)
		log_error("bad %s '%s': %s", what, answer, why);
	return why == NULL;
}

bool prompt_target(struct endpoint *target)
{
	char answer[ANSWER_MAX];

	if (!ask("Enter server address: ", answer) ||
	    !accept_or_complain("address", answer,
				target_parse(*answer ? answer : "localhost", target)))
		return false;
	if (!target_needs_port(target))
		return true;
	if (!ask("Enter server port: ", answer))
		return false;
	if (!*answer)
		target_set_default_port(target);
	return !*answer || accept_or_complain("port", answer, target_set_port(target, answer));
}
