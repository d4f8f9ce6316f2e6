/* template: what a greeting says: literal bytes, and placeholders filled in for each client. */
#include "template.h"

#include <stdlib.h>
#include <string.h>

#include "field.h"

/* No placeholder, but bytes. */
enum { LITERAL = FIELD_COUNT };

/* Some of the literal bytes, or a placeholder. */
struct segment {
	unsigned field;	    /* or LITERAL */
	size_t begin, size; /* of a literal, in the bytes */
};

struct template
{
	size_t users;
	size_t longest, longest_to_ip;
	struct segment *segments;
	size_t count, segments_room;
	char *bytes; /* all that is literal */
	size_t size, bytes_room;
};

struct template *template_hold(struct template *template)
{
	template->users++;
	return template;
}

void template_release(struct template *template)
{
	if (!template || --template->users > 0)
		return;
	free(template->segments);
	free(template->bytes);
	free(template);
}

static struct template *template_new(void)
{
	struct template *template = calloc(1, sizeof *template);

	if (template)
		template->users = 1;
	return template;
}

/* Makes room in an array for `wanted` elements; false: no memory. */
static bool make_room(void **array, size_t *room, size_t wanted, size_t element)
{
	size_t more = *room * 2 > wanted ? *room * 2 : wanted;
	void *grown;

	if (wanted <= *room)
		return true;
	grown = realloc(*array, more * element);
	if (!grown)
		return false;
	*array = grown;
	*room = more;
	return true;
}

/* Adds a segment; false: no memory. */
static bool add_segment(struct template *template, unsigned field)
{
	void *segments = template->segments;

	if (!make_room(&segments, &template->segments_room, template->count + 1,
		       sizeof *template->segments))
		return false;
	template->segments = segments;
	template->segments[template->count++] = (struct segment){.field = field,
								 .begin = template->size};
	return true;
}

/* Adds bytes to the literal that stands last, or begins one; false: no memory. */
static bool add_bytes(struct template *template, const char *bytes, size_t size)
{
	void *all = template->bytes;

	if (size == 0)
		return true;
	if (!make_room(&all, &template->bytes_room, template->size + size, 1))
		return false;
	template->bytes = all;
	if ((template->count == 0 || template->segments[template->count - 1].field != LITERAL) &&
	    !add_segment(template, LITERAL))
		return false;
	memcpy(template->bytes + template->size, bytes, size);
	template->segments[template->count - 1].size += size;
	template->size += size;
	template->longest += size;
	template->longest_to_ip += size;
	return true;
}

/* Adds a placeholder that each client has filled in for it; false: no memory. */
static bool add_field(struct template *template, enum field field)
{
	template->longest += field_longest(field);
	template->longest_to_ip += field_longest_to_ip(field);
	return add_segment(template, field);
}

struct template *template_literal(const char *bytes, size_t size)
{
	struct template *template = template_new();

	if (!template || add_bytes(template, bytes, size))
		return template;
	template_release(template);
	return NULL;
}

/* A text under compilation, and the template that comes of it. */
struct compilation {
	const char *text, *here, *end;
	char constants[FIELD_COUNT - FIELD_JSON][FIELD_TEXT_MAX]; /* from FIELD_JSON on */
	struct template *template;
	struct template_problem *problem;
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

/* Reads \xHH, from the x on. */
static bool compile_hex(struct compilation *work)
{
	int high = work->end - work->here > 1 ? digit_of(work->here[1]) : -1;
	int low = work->end - work->here > 2 ? digit_of(work->here[2]) : -1;
	char byte = (char)(high * 16 + low);

	if (high < 0 || low < 0)
		return refuse(work, "\\x needs two hexadecimal digits", work->here - 1);
	work->here += 3;
	return add_bytes(work->template, &byte, 1);
}

/* Reads an escape, from the backslash on. */
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
	return add_bytes(work->template, bytes + (found - letters), 1);
}

/* Reads a placeholder, from its brace on. */
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
	if (field < FIELD_HOST && !add_field(work->template, field))
		return false;
	if (field < FIELD_JSON)
		return true;
	constant = work->constants[field - FIELD_JSON];
	return add_bytes(work->template, constant, strlen(constant));
}

/* Reads a brace of either kind. */
static bool compile_brace(struct compilation *work)
{
	if (work->here + 1 < work->end && work->here[1] == *work->here) {
		work->here += 2;
		return add_bytes(work->template, work->here - 1, 1);
	}
	if (*work->here == '}')
		return refuse(work, "a lone brace (write }} for one)", work->here);
	return compile_placeholder(work);
}

/* Reads all of the text. */
static bool compile(struct compilation *work)
{
	while (work->here < work->end) {
		const char *begin = work->here;
		while (work->here < work->end && *work->here != '\\' && *work->here != '{' &&
		       *work->here != '}')
			work->here++;
		if (!add_bytes(work->template, begin, (size_t)(work->here - begin)))
			return false;
		if (work->here == work->end)
			break;
		if (*work->here == '\\' ? !compile_escape(work) : !compile_brace(work))
			return false;
	}
	return true;
}

struct template *template_compile(const char *text, size_t size,
				  const struct template_constants *constants,
				  struct template_problem *problem)
{
	struct compilation work = {.text = text,
				   .here = text,
				   .end = text + size,
				   .template = template_new(),
				   .problem = problem};

	*problem = (struct template_problem){.what = NULL};
	for (enum field field = FIELD_JSON; field < FIELD_COUNT; field++)
		field_format_constant(field, constants, work.constants[field - FIELD_JSON],
				      FIELD_TEXT_MAX);
	if (!work.template || compile(&work))
		return work.template;
	template_release(work.template);
	return NULL;
}

bool template_is_constant(const struct template *template)
{
	return template->longest == template->size;
}

const char *template_bytes(const struct template *template)
{
	return template->bytes ? template->bytes : "";
}

/* True if {json} is in it, or one of the placeholders from `first` to `last`. */
static bool has_field(const struct template *template, enum field first, enum field last)
{
	for (size_t i = 0; i < template->count; i++)
		if (template->segments[i].field == FIELD_JSON ||
		    (template->segments[i].field >= first && template->segments[i].field <= last))
			return true;
	return false;
}

bool template_names_peer(const struct template *template)
{
	return has_field(template, FIELD_PEER, FIELD_PEER_PORT);
}

bool template_names_local(const struct template *template)
{
	return has_field(template, FIELD_LOCAL, FIELD_LOCAL_PORT);
}

size_t template_longest(const struct template *template)
{
	return template->longest;
}

size_t template_longest_to_ip(const struct template *template)
{
	return template->longest_to_ip;
}

/* Hands over the rest of one segment; false if `put` has enough before its end. */
static bool say_segment(const struct template *template, const struct template_values *values,
			struct template_position *position, template_put *put, void *argument)
{
	const struct segment *segment = &template->segments[position->segment];
	bool is_literal = segment->field == LITERAL;
	char value[FIELD_TEXT_MAX];
	const char *bytes = is_literal ? template->bytes + segment->begin : value;
	size_t size = segment->size, taken;

	if (!is_literal) {
		field_format(segment->field, values, value, sizeof value);
		size = strlen(value);
	}
	taken = put(argument, bytes + position->offset, size - position->offset, is_literal);
	position->offset += taken;
	return position->offset == size;
}

bool template_say(const struct template *template, const struct template_values *values,
		  struct template_position *position, template_put *put, void *argument)
{
	while (position->segment < template->count) {
		if (!say_segment(template, values, position, put, argument))
			return false;
		position->segment++;
		position->offset = 0;
	}
	return true;
}

/* Appends all of a part. */
static size_t copy(void *argument, const char *bytes, size_t size, bool is_kept)
{
	char **out = argument;

	(void)is_kept;
	memcpy(*out, bytes, size);
	*out += size;
	return size;
}

size_t template_render(const struct template *template, const struct template_values *values,
		       char *out)
{
	struct template_position beginning = {0};
	char *end = out;

	(void)!template_say(template, values, &beginning, copy, &end);
	return (size_t)(end - out);
}
