/* SPDX-License-Identifier: ISC */
/* check_logline: a message is one line in every form, and says the same in each. */
#include "base/logline.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "lib/suite.h"

/* A line, as a string. */
static char line[LOGLINE_MAX + 1];
/* A time, where a line has one. */
static const char time_form[] = "dddd-dd-ddTdd:dd:dd.dddZ";

static const char *make(struct logline_style style, struct logline_message message)
{
	size_t length = logline_make(line, &style, &message);

	ck_assert_uint_ge(length, 1);
	ck_assert_uint_le(length, LOGLINE_MAX);
	line[length] = '\0';
	ck_assert_uint_eq(strlen(line), length);
	ck_assert_ptr_eq(strchr(line, '\n'), line + length - 1);
	return line;
}

/* Asserts that the text is as wanted, in which each # is a time. */
static void assert_form(const char *text, const char *wanted)
{
	for (; *wanted; wanted++) {
		if (*wanted != '#') {
			ck_assert_msg(*text == *wanted, "'%s' is not '%s'", text, wanted);
			text++;
			continue;
		}
		for (const char *form = time_form; *form; form++, text++)
			ck_assert(*form == 'd' ? *text >= '0' && *text <= '9' : *text == *form);
	}
	ck_assert_str_eq(text, "");
}

/* Styles, and the lines of a named message and one that is not; # is the time. */
static const struct {
	struct logline_style style;
	const char *named, *plain;
} styles[] = {
	{{.program = "test"}, "test: a \\x0A \"b\"\n", "a \\x0A \"b\"\n"},
	{{.program = "test", .has_time = true}, "# test: a \\x0A \"b\"\n", "# a \\x0A \"b\"\n"},
	{{.program = "test", .has_priority = true},
	 "<4>test: a \\x0A \"b\"\n",
	 "<4>a \\x0A \"b\"\n"},
	{{.program = "test", .has_time = true, .has_priority = true},
	 "<4># test: a \\x0A \"b\"\n",
	 "<4># a \\x0A \"b\"\n"},
	{{.program = "test", .is_json = true},
	 "{\"time\":\"#\",\"level\":\"warning\",\"message\":\"a \\\\x0A \\\"b\\\"\"}\n",
	 "{\"time\":\"#\",\"level\":\"warning\",\"message\":\"a \\\\x0A \\\"b\\\"\"}\n"},
	{{.program = "test", .is_json = true, .has_time = true, .has_priority = true},
	 "<4>{\"time\":\"#\",\"level\":\"warning\",\"message\":\"a \\\\x0A \\\"b\\\"\"}\n",
	 "<4>{\"time\":\"#\",\"level\":\"warning\",\"message\":\"a \\\\x0A \\\"b\\\"\"}\n"},
};

START_TEST(message_has_the_form_of_its_style)
{
	struct logline_message message = {.level = LOG_LEVEL_WARNING, .text = "a \n \"b\""};

	assert_form(make(styles[_i].style, message), styles[_i].plain);
	message.is_named = true;
	assert_form(make(styles[_i].style, message), styles[_i].named);
}
END_TEST

static const struct {
	enum log_level level;
	const char *priority, *name;
} levels[] = {
	{LOG_LEVEL_ANSWER, "<6>", "\"level\":\"info\""},
	{LOG_LEVEL_ERROR, "<3>", "\"level\":\"error\""},
	{LOG_LEVEL_WARNING, "<4>", "\"level\":\"warning\""},
	{LOG_LEVEL_INFO, "<6>", "\"level\":\"info\""},
	{LOG_LEVEL_DEBUG, "<7>", "\"level\":\"debug\""},
};

START_TEST(level_has_a_priority_and_a_name)
{
	struct logline_style style = {.program = "test", .is_json = true, .has_priority = true};
	struct logline_message message = {.level = levels[_i].level, .text = "words"};

	make(style, message);
	ck_assert_int_eq(strncmp(line, levels[_i].priority, 3), 0);
	ck_assert_ptr_nonnull(strstr(line, levels[_i].name));
}
END_TEST

static void add_members(struct json *json, const void *subject)
{
	json_number(json, "number", *(const uint64_t *)subject);
	json_string(json, "bytes", "\xFF\n");
}

START_TEST(members_follow_the_message)
{
	uint64_t number = 7;
	struct logline_message message = {.level = LOG_LEVEL_INFO,
					  .text = "words",
					  .members = add_members,
					  .subject = &number};

	assert_form(make((struct logline_style){.program = "test"}, message), "words\n");
	assert_form(make((struct logline_style){.program = "test", .is_json = true}, message),
		    "{\"time\":\"#\",\"level\":\"info\",\"message\":\"words\",\"number\":7,"
		    "\"bytes\":\"\\ufffd\\u000a\"}\n");
}
END_TEST

/* Adds as many bytes as the subject says. */
static void add_much(struct json *json, const void *subject)
{
	static const char bytes[LOGLINE_MAX];

	json_bytes(json, "much", bytes, *(const size_t *)subject);
}

START_TEST(members_that_do_not_fit_are_left_out)
{
	size_t much = LOGLINE_MAX;
	struct logline_message message = {.level = LOG_LEVEL_INFO,
					  .text = "words",
					  .members = add_much,
					  .subject = &much};

	assert_form(make((struct logline_style){.program = "test", .is_json = true}, message),
		    "{\"time\":\"#\",\"level\":\"info\",\"message\":\"words\"}\n");
}
END_TEST

/* What a text that is too long is made of: nothing in a line grows more. */
static const char fillers[] = {'a', '"', '\\', '\n', '\xFF', '\x7F'};

/* As many members as there may be fit beside any text; and the text is cut, not the line. */
START_TEST(long_text_leaves_room_for_members)
{
	static char text[LOGLINE_MAX];
	size_t much = (LOGLINE_MEMBERS_MAX - 20) / JSON_GROWTH;
	struct logline_message message = {.level = LOG_LEVEL_ANSWER, .text = text};
	struct logline_style style = {.program = "test", .is_json = true, .has_priority = true};

	memset(text, fillers[_i], sizeof text - 1);
	make(style, message);
	ck_assert_uint_gt(strlen(line), LOGLINE_MAX / 3);
	ck_assert_str_eq(line + strlen(line) - 3, "\"}\n");
	message.members = add_much;
	message.subject = &much;
	make(style, message);
	ck_assert_ptr_nonnull(strstr(line, "\"much\":\"\\u0000"));
	ck_assert_str_eq(line + strlen(line) - 3, "\"}\n");
}
END_TEST

/* It was escaped where it was cut out. */
START_TEST(safe_text_is_not_escaped_again)
{
	struct logline_message message = {.level = LOG_LEVEL_ERROR,
					  .text = "  \\x41",
					  .is_safe = true};

	assert_form(make((struct logline_style){.program = "test"}, message), "  \\x41\n");
	assert_form(make((struct logline_style){.program = "test", .is_json = true}, message),
		    "{\"time\":\"#\",\"level\":\"error\",\"message\":\"  \\\\x41\"}\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("logline");
	TCase *forms = suite_case(suite, "forms"), *bounds = suite_case(suite, "bounds");

	tcase_add_loop_test(forms, message_has_the_form_of_its_style, 0, COUNT_OF(styles));
	tcase_add_loop_test(forms, level_has_a_priority_and_a_name, 0, COUNT_OF(levels));
	tcase_add_test(forms, members_follow_the_message);
	tcase_add_test(forms, safe_text_is_not_escaped_again);
	tcase_add_test(bounds, members_that_do_not_fit_are_left_out);
	tcase_add_loop_test(bounds, long_text_leaves_room_for_members, 0, COUNT_OF(fillers));
	return suite_run(suite);
}
