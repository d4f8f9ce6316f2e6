/* SPDX-License-Identifier: ISC */
/*
 * template: a greeting's literal bytes, and its placeholders, which are filled in for each client.
 */
#include "template.h"

#include <stdlib.h>
#include <string.h>

#include "field.h"

/* A segment of literal bytes, not a placeholder. */
enum { LITERAL = FIELD_COUNT };

/* Some of the literal bytes, or a placeholder. */
struct segment {
	unsigned field;	    /* or LITERAL */
	size_t begin, size; /* of a literal, in the template's bytes */
};

struct template
{
	size_t users;
	size_t longest, longest_to_ip;
	unsigned named; /* the placeholders that it has, each a bit */
	struct segment *segments;
	size_t count, segments_room;
	char *bytes; /* all literals */
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

struct template *template_new(void)
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

bool template_add(struct template *template, const char *bytes, size_t size)
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

/* Returns a placeholder's bit in `named`. */
static unsigned bit(enum field field)
{
	return 1U << field;
}

bool template_add_field(struct template *template, enum field field)
{
	template->longest += field_longest(field);
	template->longest_to_ip += field_longest_to_ip(field);
	template->named |= bit(field);
	return add_segment(template, field);
}

struct template *template_literal(const char *bytes, size_t size)
{
	struct template *template = template_new();

	if (!template || template_add(template, bytes, size))
		return template;
	template_release(template);
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

bool template_names_peer(const struct template *template)
{
	return template->named &
	       (bit(FIELD_PEER) | bit(FIELD_PEER_ADDRESS) | bit(FIELD_PEER_PORT) | bit(FIELD_JSON));
}

bool template_names_local(const struct template *template)
{
	return template->named & (bit(FIELD_LOCAL) | bit(FIELD_LOCAL_ADDRESS) |
				  bit(FIELD_LOCAL_PORT) | bit(FIELD_JSON));
}

bool template_names_time(const struct template *template)
{
	return template->named & (bit(FIELD_TIME) | bit(FIELD_JSON));
}

size_t template_longest(const struct template *template)
{
	return template->longest;
}

size_t template_longest_to_ip(const struct template *template)
{
	return template->longest_to_ip;
}

/* Where what is said goes. */
struct listening {
	template_put *put;
	void *argument;
};

/*
 * Passes bytes on from the position's offset; false if not all are taken. A value may have become
 * shorter since its beginning was taken: that of an address whose interface has another name now.
 */
static bool say(const struct listening *to, struct template_position *position, const char *bytes,
		size_t size, bool is_kept)
{
	if (position->offset >= size)
		return true;
	position->offset += to->put(to->argument, bytes + position->offset, size - position->offset,
				    is_kept);
	return position->offset == size;
}

/* Passes on the value of a placeholder. */
static bool say_field(const struct listening *to, struct template_position *position,
		      enum field field, const struct template_values *values)
{
	UNCLEARED char value[FIELD_TEXT_MAX];

	field_format(field, values, value, sizeof value);
	return say(to, position, value, strlen(value), false);
}

/* Passes on the rest of one segment; false if not all is taken. */
static bool say_segment(const struct template *template, const struct template_values *values,
			struct template_position *position, const struct listening *to)
{
	const struct segment *segment = &template->segments[position->segment];

	if (segment->field == LITERAL)
		return say(to, position, template->bytes + segment->begin, segment->size, true);
	return say_field(to, position, segment->field, values);
}

bool template_say(const struct template *template, const struct template_values *values,
		  struct template_position *position, template_put *put, void *argument)
{
	const struct listening to = {put, argument};

	while (position->segment < template->count) {
		if (!say_segment(template, values, position, &to))
			return false;
		position->segment++;
		position->offset = 0;
	}
	return true;
}

/* Appends the whole part. */
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
