/* SPDX-License-Identifier: ISC */
/* compile: makes a template from a text with escapes and placeholders. */
#ifndef DAEMON_SAY_COMPILE_H
#define DAEMON_SAY_COMPILE_H

#include <stddef.h>

#include "base/attributes.h"

struct template;
struct template_constants;

/* Why a text is not a template, and where. */
struct compile_problem {
	const char *what; /* in words; NULL: no memory */
	size_t position;  /* of the offending byte, from 0 */
};

/*
 * Makes a template from a text with escapes (\n \r \t \\ \xHH) and placeholders ({peer} and so on;
 * {{ and }} for braces). Values that are the same for every client are filled in now. The caller
 * releases the template. NULL, and `problem` set, if the text is not well-formed or there is no
 * memory.
 */
struct template *compile_text(const char *text, size_t size,
			      const struct template_constants *constants,
			      struct compile_problem *problem) MUST_CHECK;

#endif
