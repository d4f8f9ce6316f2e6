/* prompt: asks the user whom to ask. */
#include "prompt.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "target.h"

/* Longer than any address or port; what is longer is no answer. */
enum { ANSWER_MAX = 512 };

/* Asks one question, and reads one line without its end; false, and told, if there is none. */
static bool ask(const char *question, char *answer)
{
	size_t length;

	fputs(question, stderr);
	fflush(stderr);
	if (!fgets(answer, ANSWER_MAX, stdin)) {
		fputc('\n', stderr);
		log_error("no answer: standard input has ended (see 'hailto --help')");
		return false;
	}
	length = strlen(answer);
	if (length > 0 && answer[length - 1] == '\n')
		answer[--length] = '\0';
	else if (!feof(stdin)) {
		log_error("the answer is too long");
		return false;
	}
	if (length > 0 && answer[length - 1] == '\r')
		answer[length - 1] = '\0';
	return true;
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
