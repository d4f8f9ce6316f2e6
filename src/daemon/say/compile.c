/* SPDX-License-Identifier: ISC */
/* compile: makes a template from a text with escapes and placeholders. */
#include "compile.h"

#include <stdbool.h>
#include <string.h>

#include "field.h"
#include "template.h"

/* A text being compiled, and the template made from it. */
struct compilation {
	const char *text, *here, *end;
	char constants[FIELD_COUNT - FIELD_JSON][FIELD_TEXT_MAX]; /* from FIELD_JSON on */
	struct template *template;
	struct compile_problem *problem;
};

/* Notes what is wrong, and where. Returns false. */
static bool refuse(struct compilation *work, const char *what, const char *where)
{
	work->problem->what = what;
	work->problem->position = (size_t)(where - work->text);
	return false;
}

/* The value of a hexadecimal digit, or -1. */
static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)((found - digits) % 16) : -1;
}

/* Reads \xHH, starting at the x. */
static bool compile_hex(struct compilation *work)
{
	int high = work->end - work->here > 1 ? digit_of(work->here[1]) : -1;
	int low = work->end - work->here > 2 ? digit_of(work->here[2]) : -1;
	char byte = (char)(high * 16 + low);

	if (high < 0 || low < 0)
		return refuse(work, "\\x needs two hexadecimal digits", work->here - 1);
	work->here += 3;
	return template_add(work->template, &byte, 1);
}

/* Reads an escape, starting at the backslash. */
static bool compile_escape(struct compilation *work)
{
	static const char letters[] = "nrt\\", bytes[] = "\n\r\t\\";
	const char *found;

	if (++work->here == work->end)
		return refuse(work, "a backslash at the end", work->here - 1);
	if (*work->here == 'x')
		return compile_hex(work);
	found = *work->here ? strchr(letters, *work->here) : NULL;
	if (!found)
		return refuse(work, "an unknown escape (there are \\n \\r \\t \\\\ \\xHH)",
			      work->here - 1);
	work->here++;
	return template_add(work->template, bytes + (found - letters), 1);
}

/* Reads a placeholder, starting at its brace. */
static bool compile_placeholder(struct compilation *work)
{
	const char *name = work->here + 1, *constant;
	size_t length = 0;
	enum field field;

	while (name + length < work->end &&
	       (name[length] == '_' || (name[length] >= 'a' && name[length] <= 'z')))
		length++;
	if (name + length == work->end || name[length] != '}')
		return refuse(work, "a lone brace (write {{ for one)", work->here);
	field = field_find(name, length);
	if (field == FIELD_COUNT)
		return refuse(work, "an unknown placeholder", work->here);
	work->here = name + length + 1;
	if (field < FIELD_HOST && !template_add_field(work->template, field))
		return false;
	if (field < FIELD_JSON)
		return true;
	constant = work->constants[field - FIELD_JSON];
	return template_add(work->template, constant, strlen(constant));
}

/* Reads a brace of either kind. */
static bool compile_brace(struct compilation *work)
{
	if (work->here + 1 < work->end && work->here[1] == *work->here) {
		work->here += 2;
		return template_add(work->template, work->here - 1, 1);
	}
	if (*work->here == '}')
		return refuse(work, "a lone brace (write }} for one)", work->here);
	return compile_placeholder(work);
}

/* Reads the whole text. */
static bool compile_all(struct compilation *work)
{
	while (work->here < work->end) {
		const char *begin = work->here;
		while (work->here < work->end && *work->here != '\\' && *work->here != '{' &&
		       *work->here != '}')
			work->here++;
		if (!template_add(work->template, begin, (size_t)(work->here - begin)))
			return false;
		if (work->here == work->end)
			break;
		if (*work->here == '\\' ? !compile_escape(work) : !compile_brace(work))
			return false;
	}
	return true;
}

struct template *compile_text(const char *text, size_t size,
			      const struct template_constants *constants,
			      struct compile_problem *problem)
{
	struct compilation work = {.text = text,
				   .here = text,
				   .end = text + size,
				   .template = template_new(),
				   .problem = problem};

	*problem = (struct compile_problem){.what = NULL};
	for (enum field field = FIELD_JSON; field < FIELD_COUNT; field++)
		field_format_constant(field, constants, work.constants[field - FIELD_JSON],
				      FIELD_TEXT_MAX);
	if (!work.template || compile_all(&work))
		return work.template;
	template_release(work.template);
	return NULL;
}
