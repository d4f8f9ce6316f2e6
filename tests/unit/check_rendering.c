/* SPDX-License-Identifier: ISC */
/* check_rendering: pieces add up to the whole, none is great, and want of memory takes none away.
 */
#include "daemon/say/rendering.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/socket.h"
#include "daemon/say/compile.h"
#include "lib/scarce.h"
#include "lib/suite.h"

/* What a piece may hold that is copied: with libevent's header 4 KiB of memory. */
enum { COPIED_MOST = 4096 };

/* The texts of the tests: a part, as often as said. */
static const struct {
	const char *part;
	size_t times;
} texts[] = {
	{"{serial}", 1},
	{"{peer} sees {local} at {time}\\n", 1},
	{"{peer_port}", 90000},
	{"{serial}{peer}", 5000},
	{"{local_port} and some more words between them\\n", 2000},
};

static struct rendering rendering;
static struct evbuffer *queue;
static struct template *template;

static void set_ends(struct template_values *values)
{
	*values = (struct template_values){.serial = 4711, .time = 1795685400};
	ck_assert_int_eq(address_from_literal("192.0.2.7", AF_INET, &values->peer), 0);
	address_set_port(&values->peer, 54321);
	ck_assert_int_eq(address_from_literal("0.0.0.0", AF_INET, &values->local), 0);
	address_set_port(&values->local, 12345);
}

static void setup(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	queue = evbuffer_new();
	ck_assert_ptr_nonnull(queue);
}

static void teardown(void)
{
	evbuffer_free(queue);
	template_release(template);
}

/* Begins to say a text. */
static void begin(const char *text, size_t size)
{
	struct template_constants constants = {.host = "h", .instance = "i", .version = "1"};
	struct compile_problem problem;

	template = compile_text(text, size, &constants, &problem);
	ck_assert_ptr_nonnull(template);
	rendering = (struct rendering){.template = template};
	set_ends(&rendering.values);
}

/* Begins to say a part so many times. */
static void begin_times(const char *part, size_t times)
{
	size_t length = strlen(part), size = length * times;
	char *text = malloc(size);

	for (size_t i = 0; i < times; i++)
		memcpy(text + i * length, part, length);
	begin(text, size);
	free(text);
}

/* What is said in all, made in one go; the caller frees it. */
static char *make_whole(size_t *size)
{
	char *whole = malloc(template_longest(template));

	*size = template_render(template, &rendering.values, whole);
	return whole;
}

/* Takes what is queued, and holds it against the whole from `at` on. */
static void take_queued(const char *whole, size_t size, size_t at, size_t piece)
{
	ck_assert_uint_eq(evbuffer_get_length(queue), piece);
	ck_assert_uint_le(at + piece, size);
	ck_assert_mem_eq(evbuffer_pullup(queue, -1), whole + at, piece);
	ck_assert_int_eq(evbuffer_drain(queue, piece), 0);
}

START_TEST(pieces_are_small_and_add_up)
{
	size_t size, piece, at = 0;
	char *whole;

	begin_times(texts[_i].part, texts[_i].times);
	whole = make_whole(&size);
	while (!rendering.is_over) {
		ck_assert(rendering_queue(&rendering, queue, &piece));
		ck_assert_uint_gt(piece, 0);
		ck_assert_uint_le(piece, COPIED_MOST);
		take_queued(whole, size, at, piece);
		at += piece;
	}
	ck_assert_uint_eq(at, size);
	free(whole);
}
END_TEST

/* A literal as long as that, with fields around it. */
static void begin_around(size_t length)
{
	char *text = malloc(length + 18);

	memcpy(text, "{serial}:", 9);
	memset(text + 9, 'x', length);
	memcpy(text + 9 + length, ":{serial}", 9);
	begin(text, length + 18);
	free(text);
}

/* A long literal is not copied: its piece is in the template's own memory. */
START_TEST(long_literal_is_shared)
{
	enum { LENGTH = 600000 };
	struct evbuffer_iovec first, other;
	size_t size, piece;

	begin_around(LENGTH);
	ck_assert(rendering_queue(&rendering, queue, &piece));
	ck_assert_uint_eq(piece, 4);
	for (size_t left = LENGTH + 2; left > 0; left -= piece) {
		ck_assert_int_eq(evbuffer_drain(queue, piece), 0);
		ck_assert(rendering_queue(&rendering, queue, &piece));
		ck_assert_uint_le(piece, SOCKET_AT_ONCE);
		ck_assert_int_eq(evbuffer_peek(queue, -1, NULL, &first, 1), 1);
		ck_assert(!rendering.is_over);
		if (left == LENGTH + 2)
			other = first;
		else
			ck_assert_ptr_eq((char *)first.iov_base + left,
					 (char *)other.iov_base + LENGTH + 2);
	}
	ck_assert_int_eq(evbuffer_drain(queue, piece), 0);
	ck_assert(rendering_queue(&rendering, queue, &size));
	ck_assert_uint_eq(size, 4);
	ck_assert(rendering.is_over);
}
END_TEST

/* What is queued by reference keeps the template alive, and so does a kept rendering. */
START_TEST(kept_rendering_outlives_the_template)
{
	struct rendering *kept;
	size_t size, piece, at = 4;
	char *whole;

	begin_around(100000);
	whole = make_whole(&size);
	ck_assert(rendering_queue(&rendering, queue, &piece));
	ck_assert_int_eq(evbuffer_drain(queue, piece), 0);
	kept = rendering_keep(&rendering);
	ck_assert_ptr_nonnull(kept);
	template_release(template);
	template = NULL;
	ck_assert(rendering_queue(kept, queue, &piece));
	while (!kept->is_over) {
		take_queued(whole, size, at, piece);
		at += piece;
		ck_assert(rendering_queue(kept, queue, &piece));
	}
	rendering_free(kept);
	take_queued(whole, size, at, piece);
	ck_assert_uint_eq(at + piece, size);
	free(whole);
}
END_TEST

START_TEST(want_of_memory_is_told)
{
	size_t piece;

	begin_times(texts[_i].part, texts[_i].times);
	grants = 0;
	ck_assert(!rendering_queue(&rendering, queue, &piece));
	grants = -1;
	ck_assert_uint_eq(evbuffer_get_length(queue), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rendering");
	TCase *tests = suite_case(suite, "all");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, pieces_are_small_and_add_up, 0, COUNT_OF(texts));
	tcase_add_test(tests, long_literal_is_shared);
	tcase_add_test(tests, kept_rendering_outlives_the_template);
	tcase_add_loop_test(tests, want_of_memory_is_told, 0, COUNT_OF(texts));
	return suite_run(suite);
}
