/* SPDX-License-Identifier: ISC */
/* check_abstract: any abstract name is shown in one safe word, and read as the same again. */
#include "base/abstract.h"

#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "base/address.h"
#include "base/escape.h"
#include "lib/extensions.h"
#include "lib/suite.h"

enum { NAME_AT = offsetof(struct sockaddr_un, sun_path) + 1 };
enum { NAME_MAX_BYTES = sizeof(struct sockaddr_un) - NAME_AT };

/* The address that the kernel would tell. */
static struct address address_of(const char *name, size_t length)
{
	struct address address = {.path.sun_family = AF_UNIX};

	memcpy(address.path.sun_path + 1, name, length);
	address.length = (socklen_t)(NAME_AT + length);
	return address;
}

/* Asserts that the name is shown so, in a log or on standard output. */
static void assert_shown(const char *name, size_t length, const char *shown)
{
	struct address address = address_of(name, length);
	char raw[ADDRESS_TEXT_MAX], text[ESCAPE_GROWTH * sizeof raw];

	ck_assert_ptr_eq(address_format(&address, raw, sizeof raw), raw);
	ck_assert_str_eq(escape_text(text, sizeof text, raw), shown);
}

static const struct {
	const char *name;
	size_t length;
	const char *shown;
} names[] = {
	{"haild", 5, "unix:@haild"},
	{"@", 1, "unix:@@"},
	{"/a b:80", 7, "unix:@/a b:80"},
	{"gr\xC3\xBC\xC3\x9F", 6, "unix:@gr\xC3\xBC\xC3\x9F"},
	{"a\nb\x1B", 4, "unix:@a\\x0Ab\\x1B"},
	{"\xFF", 1, "unix:@\\xFF"},
	{"\xE2\x80\xAE", 3, "unix:@\\xE2\\x80\\xAE"},
	{"a\0b\0", 4, "unix:@a\\000b\\000"},
	{"\\x41", 4, "unix:@\\134x41"},
	{"\\134", 4, "unix:@\\134134"},
	{" a ", 3, "unix:@ a\\040"},
	{"a\t", 2, "unix:@a\\011"},
};

START_TEST(name_is_shown)
{
	if (HAS_ABSTRACT)
		assert_shown(names[_i].name, names[_i].length, names[_i].shown);
}
END_TEST

/* Asserts that what is shown of the name is read as the same. */
static void assert_read_again(const char *name, size_t length)
{
	struct address address = address_of(name, length), again;
	char raw[ADDRESS_TEXT_MAX], text[ESCAPE_GROWTH * sizeof raw];

	escape_text(text, sizeof text, address_format(&address, raw, sizeof raw));
	ck_assert_uint_lt(strlen(raw), sizeof raw - 1);
	ck_assert_int_eq(strncmp(text, "unix:@", 6), 0);
	ck_assert_ptr_null(abstract_read(text + 6, &again));
	ck_assert(address_is_same(&address, &again));
}

START_TEST(every_pair_of_bytes_is_read_again)
{
	char name[2];

	for (int i = 0; HAS_ABSTRACT && i < 256 * 256; i++) {
		name[0] = (char)(i >> 8);
		name[1] = (char)(i & 255);
		assert_read_again(name, 2);
	}
}
END_TEST

static const char fillers[] = {'\0', '\\', 'a', '\n', '\xFF', '"'};

START_TEST(longest_name_is_read_again)
{
	char name[NAME_MAX_BYTES];

	if (!HAS_ABSTRACT)
		return;
	memset(name, fillers[_i], sizeof name);
	assert_read_again(name, sizeof name);
}
END_TEST

static const struct {
	const char *text, *why;
} bad[] = {
	{"", "the name is empty"},
	{"\\", "a backslash in a name begins \\xHH or \\NNN; \\134 stands for itself"},
	{"a\\n", "a backslash"},
	{"\\x4", "a backslash"},
	{"\\x4g", "a backslash"},
	{"\\X41", "a backslash"},
	{"\\12", "a backslash"},
	{"\\128", "a backslash"},
	{"\\400", "a backslash"},
};

START_TEST(bad_name_is_refused)
{
	struct address address;
	const char *why = abstract_read(bad[_i].text, &address);

	ck_assert_ptr_nonnull(why);
	ck_assert_ptr_nonnull(strstr(why, HAS_ABSTRACT ? bad[_i].why : "no abstract sockets"));
}
END_TEST

START_TEST(name_that_is_too_long_is_refused)
{
	struct address address;
	char text[NAME_MAX_BYTES + 2] = "";

	if (!HAS_ABSTRACT)
		return;
	memset(text, 'n', NAME_MAX_BYTES);
	ck_assert_ptr_null(abstract_read(text, &address));
	ck_assert_uint_eq(address.length, sizeof address.path);
	text[NAME_MAX_BYTES] = 'n';
	ck_assert_str_eq(abstract_read(text, &address), "the name is too long for a UNIX socket");
}
END_TEST

START_TEST(only_a_name_is_one)
{
	struct address address = address_of("a", 1);

	ck_assert_int_eq(abstract_is(&address), HAS_ABSTRACT);
	address.length = NAME_AT; /* the empty one, which is as good as none */
	ck_assert(!abstract_is(&address));
	address.length = sizeof(sa_family_t);
	ck_assert(!abstract_is(&address));
	ck_assert(address_from_path("/run/x", &address));
	ck_assert(!abstract_is(&address));
	ck_assert(address_from_path("./@x", &address));
	ck_assert(!abstract_is(&address));
	ck_assert_int_eq(address_from_path("@x", &address), HAS_ABSTRACT);
	ck_assert_int_eq(address_from_literal("127.0.0.1", AF_UNSPEC, &address), 0);
	ck_assert(!abstract_is(&address));
}
END_TEST

START_TEST(file_of_such_a_name_is_not_mistaken)
{
	struct address address = {.path = {.sun_family = AF_UNIX, .sun_path = "@x"}};
	char text[ADDRESS_TEXT_MAX];

	address.length = sizeof address.path;
	ck_assert_str_eq(address_format(&address, text, sizeof text), "unix:./@x");
}
END_TEST

START_TEST(shown_name_is_cut_to_the_room)
{
	struct address address = address_of("abcdef", 6);
	char text[20] = "###################";

	if (!HAS_ABSTRACT)
		return;
	abstract_format(&address, text, 10);
	ck_assert_uint_lt(strlen(text), 10);
	ck_assert_int_eq(strncmp(text, "@ab", 3), 0);
	ck_assert_int_eq(text[12], '#');
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("abstract");
	TCase *showing = suite_case(suite, "showing"), *reading = suite_case(suite, "reading");

	tcase_add_loop_test(showing, name_is_shown, 0, COUNT_OF(names));
	tcase_add_test(showing, every_pair_of_bytes_is_read_again);
	tcase_add_loop_test(showing, longest_name_is_read_again, 0, COUNT_OF(fillers));
	tcase_add_test(showing, file_of_such_a_name_is_not_mistaken);
	tcase_add_test(showing, shown_name_is_cut_to_the_room);
	tcase_add_loop_test(reading, bad_name_is_refused, 0, COUNT_OF(bad));
	tcase_add_test(reading, name_that_is_too_long_is_refused);
	tcase_add_test(reading, only_a_name_is_one);
	return suite_run(suite);
}
