/* SPDX-License-Identifier: ISC */
/*
 * fuzz_prompt: whatever the answers are, they name whom hailto can ask, or are refused in one
 * harmless line behind the questions.
 *
 * The first byte of the input tells whether it is typed; the others are what stdin has.
 */
#include "client/prompt.h"

#include <string.h>

#include "base/log.h"
#include "fuzz.h"
#include "target.h"
#include "world.h"

/* The longest line that is an answer, with its end. */
enum { ANSWER_MAX = 512 };

/* What was written and is not looked at yet. */
struct rest {
	const char *text;
	size_t length;
};

/* Passes over the text, if that comes next. */
static bool skip(struct rest *rest, const char *text)
{
	size_t length = strlen(text);

	if (rest->length < length || memcmp(rest->text, text, length) != 0)
		return false;
	rest->text += length;
	rest->length -= length;
	return true;
}

/* Checks that what was taken are two answers at the most, and that they could have been typed. */
static void check_answers(const uint8_t *taken, size_t size)
{
	FUZZ_CHECK(size <= 2 * ANSWER_MAX);
	FUZZ_CHECK(size == 0 || memchr(taken, '\0', size) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct endpoint target;
	struct rest rest = {world.errors.bytes, 0};
	bool understood;

	if (size == 0)
		return 0;
	log_open("hailto", LOG_LEVEL_WARNING);
	log_answer("-"); /* the run before may have left it a line to break */
	world_begin();
	world.input = data + 1;
	world.input_end = data + size;
	world.is_terminal = data[0] & 1;
	understood = prompt_target(&target);
	rest.length = world.errors.length;
	FUZZ_CHECK(world.output.length == 0);
	FUZZ_CHECK(skip(&rest, "Enter server address: "));
	if (skip(&rest, "Enter server port: "))
		FUZZ_CHECK(!understood || target.kind == ENDPOINT_HOST);
	if (understood) {
		check_target(&target);
		check_answers(data + 1, (size_t)(world.input - data - 1));
		FUZZ_CHECK(!strchr(" \t", target.host[strlen(target.host) - 1]));
		FUZZ_CHECK(rest.length == 0);
	} else {
		(void)skip(&rest, "\n");
		fuzz_check_complaint(rest.text, rest.length, "hailto");
	}
	return 0;
}
