/* SPDX-License-Identifier: ISC */
/* check_greeting: what is said is the text or file, expanded if wanted, or is refused; reloads. */
#include <config.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/options.h"
#include "daemon/say/greeting.h"
#include "daemon/say/messagefile.h"
#include "daemon/setup/inherited.h"
#include "daemon/say/rendering.h"
#include "daemon/say/template.h"
#include "lib/capture.h"
#include "lib/suite.h"

/* A folder of the test's own, and a name in it. */
static char folder[] = "/tmp/check_greeting.XXXXXX";
static char path[64];

static struct options options;
static struct greeting *greeting;

static struct event_base *base;

/* What happens to the file around its next examination, which is before or behind its reading. */
static void (*before_examination)(void), (*behind_examination)(void);

/* Every file looks so old that it is read at once; but for tests of the wait. */
static bool is_old;

static void happen(void (**what)(void))
{
	void (*now)(void) = *what;

	*what = NULL;
	if (now)
		now();
}

/* In the C library's place. (A hardened build reads by another name than read().) */
int fstat(int fd, struct stat *status)
{
	int result;

	happen(&before_examination);
	result = fstatat(fd, "", status, AT_EMPTY_PATH);
	if (is_old) {
		status->st_mtim.tv_sec -= 60;
		status->st_ctim.tv_sec -= 60;
	}
	happen(&behind_examination);
	return result;
}

static void setup(void)
{
	greeting = NULL;
	is_old = true;
	base = event_base_new();
	options = (struct options){.message_file = path};
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/file", folder);
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
}

static void teardown(void)
{
	greeting_free(greeting);
	event_base_free(base);
	if (unlink(path) < 0)
		(void)rmdir(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* Writes a file of that size, the i-th byte being i * 31, so that every value occurs. */
static void write_file(size_t size)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	for (size_t i = 0; i < size; i++)
		putc((int)(i * 31 & 0xFF), file);
	ck_assert_int_eq(fclose(file), 0);
}

/* Takes the greeting that the options name; false: it can't be had. */
static bool take(void)
{
	greeting = greeting_new(&options);
	return greeting != NULL;
}

static bool take_text(const char *text)
{
	options = (struct options){.message = text};
	return take();
}

static bool take_file(const char *name)
{
	options = (struct options){.message_file = name};
	return take();
}

/* What is said to everyone, and how long it is. */
static const char *said(void)
{
	ck_assert(template_is_constant(greeting_template(greeting)));
	return template_bytes(greeting_template(greeting));
}

static size_t said_size(void)
{
	return template_longest(greeting_template(greeting));
}

static void assert_said(const char *text)
{
	ck_assert_uint_eq(said_size(), strlen(text));
	ck_assert_mem_eq(said(), text, strlen(text));
}

static const size_t text_sizes[] = {0, 1, 14, 1023, 1024};

START_TEST(text_is_taken_literally)
{
	char text[1025] = "";

	memset(text, '\n', text_sizes[_i]);
	ck_assert(take_text(text));
	ck_assert_uint_eq(said_size(), text_sizes[_i]);
	ck_assert_mem_eq(said(), text, text_sizes[_i]);
	assert_told_nothing();
}
END_TEST

static const size_t file_sizes[] = {0, 1, 256, 1024};

START_TEST(file_is_taken_byte_by_byte)
{
	write_file(file_sizes[_i]);
	ck_assert(take());
	ck_assert_uint_eq(said_size(), file_sizes[_i]);
	for (size_t i = 0; i < file_sizes[_i]; i++)
		ck_assert_uint_eq((unsigned char)said()[i], i * 31 & 0xFF);
	assert_told_nothing();
}
END_TEST

START_TEST(greatest_file_is_taken_whole)
{

	write_file(OPTIONS_GREETING_MAX);
	ck_assert(take());
	ck_assert_uint_eq(said_size(), OPTIONS_GREETING_MAX);
	for (size_t i = 0; i < OPTIONS_GREETING_MAX; i += 4093)
		ck_assert_uint_eq((unsigned char)said()[i], i * 31 & 0xFF);
}
END_TEST

START_TEST(greatest_text_is_taken_whole)
{
	char *text = calloc(OPTIONS_GREETING_MAX + 1, 1);

	memset(text, 'w', OPTIONS_GREETING_MAX);
	ck_assert(take_text(text));
	ck_assert_uint_eq(said_size(), OPTIONS_GREETING_MAX);
	free(text);
}
END_TEST

START_TEST(greeting_that_hailto_cuts_is_warned_of)
{

	write_file(1025);
	ck_assert(take());
	assert_one_error_line("haild: the greeting has 1025 bytes");
}
END_TEST

START_TEST(file_over_the_most_is_refused)
{
	write_file(OPTIONS_GREETING_MAX + 1);
	ck_assert(!take());
	assert_one_error_line("haild: the message file /tmp/");
	assert_told("too long: 1048576 bytes are the most");
}
END_TEST

START_TEST(text_over_the_most_is_refused)
{
	char *text = calloc(OPTIONS_GREETING_MAX + 2, 1);

	memset(text, 'w', OPTIONS_GREETING_MAX + 1);
	ck_assert(!take_text(text));
	assert_one_error_line("haild: the greeting has 1048577 bytes, 1048576 are the most");
	free(text);
}
END_TEST

START_TEST(missing_file_is_refused)
{
	ck_assert(!take());
	assert_one_error_line("haild: cannot open the message file /tmp/");
	assert_told("No such file");
}
END_TEST

START_TEST(file_without_a_name_is_refused)
{
	ck_assert(!take_file(""));
	assert_one_error_line("haild: cannot open the message file ");
}
END_TEST

START_TEST(folder_is_refused)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert(!take());
	assert_one_error_line("haild: cannot use the message file /tmp/");
	assert_told("not a regular file");
}
END_TEST

/* Nobody writes to it: a daemon that opened it as a file would wait for ever. */
START_TEST(fifo_is_refused_at_once)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert(!take());
	assert_one_error_line("haild: cannot use the message file /tmp/");
}
END_TEST

START_TEST(device_without_an_end_is_refused)
{
	ck_assert(!take_file("/dev/zero"));
	assert_one_error_line("haild: cannot use the message file /dev/zero");
}
END_TEST

START_TEST(socket_is_refused)
{
	struct address address;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert(address_from_path(path, &address));
	ck_assert_int_eq(bind(fd, &address.any, address.length), 0);
	ck_assert(!take());
	assert_one_error_line("haild: cannot open the message file /tmp/");
	close(fd);
}
END_TEST

/* The kernel calls it a regular file, but reading at 0, where nothing is mapped, fails. */
START_TEST(read_error_is_told)
{
	ck_assert(!take_file("/proc/self/mem"));
	assert_one_error_line("haild: cannot read the message file /proc/self/mem: ");
}
END_TEST

START_TEST(name_is_told_escaped)
{
	ck_assert(!take_file("/\x1B[2J\n"));
	assert_one_error_line("haild: cannot open the message file /\\x1B[2J\\x0A: ");
}
END_TEST

START_TEST(no_descriptor_stays_open)
{
	int before = open("/dev/null", O_RDONLY), after;

	close(before);
	write_file(14);
	ck_assert(take());
	greeting_free(greeting);
	ck_assert(!take_file("/dev/zero"));
	ck_assert(!take_file("/proc/self/mem"));
	write_file(OPTIONS_GREETING_MAX + 1);
	ck_assert(!take_file(path));
	after = open("/dev/null", O_RDONLY);
	ck_assert_int_eq(after, before);
}
END_TEST

/* Files of the kernel's say that they are empty. */
START_TEST(file_may_hold_more_than_it_says)
{
	ck_assert(take_file("/proc/version"));
	ck_assert_uint_gt(said_size(), 0);
	assert_told_nothing();
}
END_TEST

/* Takes the text, to be expanded. */
static bool take_expanded(const char *text)
{
	options = (struct options){.message = text, .expand = true};
	return take();
}

static void write_named(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* Replaces what the file holds, in place. */
static void write_text(const char *text)
{
	write_named(path, text);
}

START_TEST(text_is_expanded)
{
	ck_assert(take_expanded("{{Hi}}\\x21\\n"));
	assert_said("{Hi}!\n");
	assert_told_nothing();
}
END_TEST

START_TEST(file_is_expanded)
{
	write_text("Hi\\t{{\n");
	options.expand = true;
	ck_assert(take());
	assert_said("Hi\t{\n");
	assert_told_nothing();
}
END_TEST

START_TEST(nothing_is_expanded_unless_it_is_wanted)
{
	ck_assert(take_text("{peer}\\n{{\\"));
	assert_said("{peer}\\n{{\\");
}
END_TEST

static const struct {
	const char *text, *hint; /* NULL: nothing is told */
	bool expand;
} hints[] = {
	{"Hi\\n", "\\n", false},   {"\\r\\n", "\\r", false},
	{"a\\tb", "\\t", false},   {"\\x1b[1m", "\\xHH", false},
	{"\\\\\\n", "\\n", false}, {"Hi\\n", NULL, true},
	{"Hi\n", NULL, false},	   {"C:\\dir\\", NULL, false},
	{"\\\\n", NULL, false}, /* it would be a backslash and a letter */
	{"\\x1", NULL, false},	   {"{peer} {{\\", NULL, false},
	{"", NULL, false},
};

START_TEST(escape_that_is_said_literally_gets_a_hint)
{
	char line[100] = "";

	options = (struct options){.message = hints[_i].text, .expand = hints[_i].expand};
	ck_assert(take());
	if (hints[_i].hint)
		snprintf(line, sizeof line,
			 "the greeting says %s literally; with -e it is expanded\n",
			 hints[_i].hint);
	ck_assert_str_eq(captured(STDERR_FILENO), line);
}
END_TEST

/* There a newline is a newline, and a backslash is meant. */
START_TEST(file_gets_no_hint)
{
	write_text("Hi\\n");
	ck_assert(take());
	assert_told_nothing();
}
END_TEST

START_TEST(instance_is_the_host_unless_it_is_given)
{
	char wanted[600], name[256] = "";

	ck_assert_int_eq(gethostname(name, sizeof name - 1), 0);
	snprintf(wanted, sizeof wanted, "%s %s", name, name);
	ck_assert(take_expanded("{host} {instance}"));
	assert_said(wanted);
	greeting_free(greeting);
	options.instance = "left";
	ck_assert(take());
	snprintf(wanted, sizeof wanted, "%s left", name);
	assert_said(wanted);
}
END_TEST

START_TEST(instance_may_be_empty)
{
	options = (struct options){.message = "<{instance}>", .expand = true, .instance = ""};
	ck_assert(take());
	assert_said("<>");
}
END_TEST

START_TEST(pid_and_version_are_ours)
{
	char wanted[80];

	snprintf(wanted, sizeof wanted, "%ld " PACKAGE_VERSION, (long)getpid());
	ck_assert(take_expanded("{pid} {version}"));
	assert_said(wanted);
}
END_TEST

/* What is said to a client whose ends of the connection are not asked for, as a string. */
static const char *rendered(void)
{
	static char out[1024];
	struct rendering rendering = {.values = {.serial = 99}};

	ck_assert_uint_lt(template_longest(greeting_template(greeting)), sizeof out);
	greeting_begin(greeting, &rendering);
	out[template_render(rendering.template, &rendering.values, out)] = '\0';
	greeting_count(greeting);
	return out;
}

START_TEST(serial_grows)
{
	ck_assert(take_expanded("{serial}!"));
	ck_assert_str_eq(rendered(), "1!");
	ck_assert_str_eq(rendered(), "2!");
	ck_assert_str_eq(rendered(), "3!");
}
END_TEST

/* The texts have an order, that of the times. */
START_TEST(time_is_now)
{
	char before[32], after[32];
	const char *shown;
	time_t now = time(NULL);

	ck_assert(take_expanded("{time}"));
	strftime(before, sizeof before, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	shown = rendered();
	now = time(NULL);
	strftime(after, sizeof after, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	ck_assert(strcmp(before, shown) <= 0 && strcmp(shown, after) <= 0);
}
END_TEST

static const struct {
	const char *text, *told;
} ill_formed[] = {
	{"you are {peeer}\\n", "an unknown placeholder, at byte 9\n"
			       "  you are {peeer}\\n\n"
			       "          ^\n"},
	{"\\", "a backslash at the end, at byte 1\n"
	       "  \\\n"
	       "  ^\n"},
	{"one\ntwo }\nthree", "a lone brace (write }} for one), at byte 9\n"
			      "  two }\n"
			      "      ^\n"},
	{"\tgr\xC3\xBC\xC3\x9F\xFF \\q",
	 "an unknown escape (there are \\n \\r \\t \\\\ \\xHH), at byte 10\n"
	 "  \\x09gr\xC3\xBC\xC3\x9F\\xFF \\q\n"
	 "               ^\n"},
};

START_TEST(ill_formed_text_is_shown)
{
	char wanted[400];

	ck_assert(!take_expanded(ill_formed[_i].text));
	snprintf(wanted, sizeof wanted, "haild: cannot expand the greeting: %s",
		 ill_formed[_i].told);
	ck_assert_str_eq(captured(STDERR_FILENO), wanted);
}
END_TEST

START_TEST(ill_formed_file_is_shown)
{
	char wanted[400];

	write_text("Hi\n{");
	options.expand = true;
	ck_assert(!take());
	snprintf(wanted, sizeof wanted,
		 "haild: cannot expand the message file %s: a lone brace (write {{ for one), "
		 "at byte 4\n  {\n  ^\n",
		 path);
	ck_assert_str_eq(captured(STDERR_FILENO), wanted);
}
END_TEST

/* So many words, and bytes behind them. */
static char *make_text(const char *word, size_t words, size_t bytes)
{
	static char text[2 * OPTIONS_GREETING_MAX];
	size_t length = strlen(word), used = 0;

	ck_assert_uint_lt(words * length + bytes, sizeof text);
	for (; words > 0; words--, used += length)
		memcpy(text + used, word, length);
	memset(text + used, 'w', bytes);
	text[used + bytes] = '\0';
	return text;
}

/* A text by its words and bytes; how many bytes it has or may have, and what is told of it. */
static const struct {
	const char *word;
	size_t words, bytes;
	bool expand, udp;
	const char *told; /* NULL: it is taken */
} limits[] = {
	{"w", 0, 512, false, true, NULL},
	{"w", 0, 513, false, true,
	 "the greeting has 513 bytes, with --udp 512 are the most (RFC 865)"},
	{"w", 0, 513, false, false, NULL},
	{"\\x41", 500, 12, true, true, NULL},
	{"\\x41", 500, 13, true, true, "the greeting has 513 bytes, with --udp 512"},
	{"{peer}", 8, 8, true, true, NULL}, /* 63 each, whatever a UNIX socket may need */
	{"{peer}", 8, 9, true, true,
	 "the greeting may have 513 bytes, with --udp 512 are the most"},
	{"{peer}", 4, 500, false, true, "the greeting has 524 bytes, with --udp"},
	{"{peer}", 1, OPTIONS_GREETING_MAX - 511, true, false, NULL},
	{"{peer}", 1, OPTIONS_GREETING_MAX - 510, true, false,
	 "the greeting may have 1048577 bytes, 1048576 are the most"},
	{"\\x41", 300000, 0, true, false, NULL}, /* it is the result that counts */
	{"w", 0, OPTIONS_GREETING_MAX + 1, true, true,
	 "the greeting has 1048577 bytes, 1048576 are the most"},
};

START_TEST(longest_rendering_is_what_counts)
{
	char begin[400];

	options = (struct options){.message = make_text(limits[_i].word, limits[_i].words,
							limits[_i].bytes),
				   .expand = limits[_i].expand,
				   .udp = limits[_i].udp};
	ck_assert(take() == !limits[_i].told);
	if (!limits[_i].told)
		return;
	snprintf(begin, sizeof begin, "haild: %s", limits[_i].told);
	assert_one_error_line(begin);
}
END_TEST

static const struct {
	enum sockets_datagrams datagrams;
	const char *message, *told;
} answers[] = {
	{SOCKETS_NO_DATAGRAMS, "{peer}{peer}", NULL},
	{SOCKETS_IP_DATAGRAMS, "{peer}{peer}", NULL},
	{SOCKETS_UNIX_DATAGRAMS, "{peer}", NULL},
	{SOCKETS_UNIX_DATAGRAMS, "{peer}{peer}",
	 "haild: the greeting may have 1022 bytes, for datagrams 512 are the most (RFC 865)"},
};

/* Of UNIX sockets, the addresses are longer. */
START_TEST(inherited_sockets_have_a_limit_too)
{
	struct inherited inherited = {.datagrams = answers[_i].datagrams};

	options = (struct options){.message = answers[_i].message,
				   .expand = true,
				   .inherited = &inherited};
	ck_assert(take() == !answers[_i].told);
	if (answers[_i].told)
		assert_one_error_line(answers[_i].told);
}
END_TEST

START_TEST(file_over_what_datagrams_hold_is_refused)
{
	write_file(513);
	options.udp = true;
	ck_assert(!take());
	assert_one_error_line("haild: the message file /tmp/");
	assert_told(" has 513 bytes, with --udp 512 are the most (RFC 865)\n");
}
END_TEST

START_TEST(template_that_hailto_may_cut_is_warned_of)
{
	ck_assert(take_expanded(make_text("{peer}", 16, 17)));
	assert_one_error_line(
		"haild: the greeting may have 1025 bytes: hailto prints the first 1024");
}
END_TEST

/* Takes the file with a text in it that is to be read again. */
static void take_first(void)
{
	write_text("first\n");
	ck_assert(take());
	assert_said("first\n");
}

/* How often a reload was over, and what came of the last. */
static int reloads;
static bool was_read;

static void reloaded_cb(bool is_read, void *argument)
{
	ck_assert_ptr_eq(argument, &reloads);
	reloads++;
	was_read = is_read;
	assert_told(is_read ? "read " : "; the old greeting stays\n");
}

/* Reads the file again; however often that is tried, it is over once. */
static void reload(void)
{
	capture_clear(STDERR_FILENO);
	reloads = 0;
	greeting_unwatch(greeting);
	ck_assert(greeting_watch(greeting, base));
	greeting_watch_reloads(greeting, reloaded_cb, &reloads);
	greeting_reload(greeting);
	event_base_dispatch(base); /* until no timer is left */
	ck_assert_int_eq(reloads, 1);
}

/* Asserts that the file was read again, and that this is all that was told. */
static void assert_read_again(void)
{
	char line[100];

	snprintf(line, sizeof line, "read %s again\n", path);
	ck_assert_str_eq(captured(STDERR_FILENO), line);
	ck_assert(reloads == 0 || was_read);
}

/* Asserts that the greeting is the old one, and that one line tells why. */
static void assert_stays(const char *why)
{
	static const char end[] = "; the old greeting stays\n";
	const char *told = captured(STDERR_FILENO);

	assert_one_error_line("haild: ");
	assert_told(why);
	ck_assert(!was_read);
	ck_assert_msg(strcmp(told + strlen(told) - strlen(end), end) == 0, "'%s'", told);
	assert_said("first\n");
}

static const char *const second_texts[] = {"second\n", "FIRST\n", "", "first\n", "{peer}\\n{"};

START_TEST(file_written_anew_is_read_again)
{
	take_first();
	write_text(second_texts[_i]);
	reload();
	assert_said(second_texts[_i]);
	assert_read_again();
}
END_TEST

/* Puts another file in its place. */
static void replace_file(void)
{
	char other[80];

	snprintf(other, sizeof other, "%s.new", path);
	write_named(other, "second\n");
	ck_assert_int_eq(rename(other, path), 0);
}

START_TEST(file_that_was_replaced_is_read_again)
{
	take_first();
	replace_file();
	reload();
	assert_said("second\n");
	assert_read_again();
}
END_TEST

/* The file that was opened has lost its name, and so has changed. */
START_TEST(file_replaced_while_it_is_read_is_read_anew)
{
	take_first();
	behind_examination = replace_file;
	reload();
	assert_said("second\n");
	assert_read_again();
}
END_TEST

START_TEST(constant_may_become_a_template_and_back)
{
	options.expand = true;
	take_first();
	write_text("{serial}\\n");
	reload();
	ck_assert(!template_is_constant(greeting_template(greeting)));
	ck_assert_str_eq(rendered(), "1\n");
	write_text("third\\n");
	reload();
	assert_said("third\n");
}
END_TEST

START_TEST(serial_grows_across_a_reload)
{
	options.expand = true;
	write_text("{serial}");
	ck_assert(take());
	ck_assert_str_eq(rendered(), "1");
	reload();
	ck_assert_str_eq(rendered(), "2");
	write_text("{{");
	reload();
	reload();
	write_text("no {serial}");
	reload();
	ck_assert_str_eq(rendered(), "no 3");
}
END_TEST

START_TEST(template_that_is_held_outlives_a_reload)
{
	struct template *held;

	take_first();
	held = template_hold(greeting_template(greeting));
	write_text("second\n");
	reload();
	reload();
	assert_said("second\n");
	ck_assert_ptr_ne(greeting_template(greeting), held);
	ck_assert_mem_eq(template_bytes(held), "first\n", 6);
	greeting_free(greeting);
	greeting = NULL;
	ck_assert_mem_eq(template_bytes(held), "first\n", 6);
	template_release(held);
}
END_TEST

START_TEST(text_is_not_read_again)
{
	struct template *before;

	ck_assert(take_text("first\n"));
	before = greeting_template(greeting);
	reload();
	ck_assert_ptr_eq(greeting_template(greeting), before);
	assert_said("first\n");
	ck_assert_str_eq(captured(STDERR_FILENO),
			 "nothing to read again: the greeting is not from a file\n");
}
END_TEST

/* What may have become of the file. */

static void make_nothing(void)
{
	ck_assert_int_eq(unlink(path), 0);
}

static void make_folder(void)
{
	make_nothing();
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

/* Nobody writes to it: whoever opened it as a file would wait for ever. */
static void make_fifo(void)
{
	make_nothing();
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void make_loop(void)
{
	make_nothing();
	ck_assert_int_eq(symlink(path, path), 0);
}

static void make_device(void)
{
	make_nothing();
	ck_assert_int_eq(symlink("/dev/zero", path), 0);
}

static void make_too_long(void)
{
	write_file(OPTIONS_GREETING_MAX + 1);
}

static void make_endless(void)
{
	ck_assert_int_eq(truncate(path, (off_t)1 << 32), 0);
}

static void make_unreadable(void)
{
	make_nothing();
	ck_assert_int_eq(symlink("/proc/self/mem", path), 0);
}

static void make_ill_formed(void)
{
	write_text("second {\n");
}

static void make_too_long_for_datagrams(void)
{
	write_text(make_text("{peer}", 8, 9));
}

static const struct {
	void (*make)(void);
	const char *told;
} troubles[] = {
	{make_nothing, "cannot open the message file /tmp/"},
	{make_nothing, ": No such file or directory;"},
	{make_folder, ": it is not a regular file;"},
	{make_fifo, ": it is not a regular file;"},
	{make_loop, "cannot open the message file /tmp/"},
	{make_device, ": it is not a regular file;"},
	{make_too_long, " is too long: 1048576 bytes are the most;"},
	{make_endless, " is too long: 1048576 bytes are the most;"},
	{make_unreadable, "cannot read the message file /tmp/"},
	{make_ill_formed, ": a lone brace (write {{ for one), at byte 8;"},
	{make_too_long_for_datagrams,
	 " may have 513 bytes, with --udp 512 are the most (RFC 865);"},
};

START_TEST(file_in_trouble_leaves_the_old_greeting)
{
	struct template *before;
	int free_before = open("/dev/null", O_RDONLY | O_CLOEXEC), free_behind;

	close(free_before);
	options.expand = options.udp = true;
	take_first();
	before = greeting_template(greeting);
	troubles[_i].make();
	reload();
	assert_stays(troubles[_i].told);
	ck_assert_ptr_eq(greeting_template(greeting), before);
	free_behind = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(free_behind, free_before);
	/* And all is well again when the file is. */
	ck_assert(unlink(path) == 0 || rmdir(path) == 0 || errno == ENOENT);
	write_text("second\n");
	reload();
	assert_said("second\n");
	assert_read_again();
}
END_TEST

/* What others may do to the file. */

static void grow(void)
{
	write_text("first\nand more\n");
}

static void shrink(void)
{
	write_text("f");
}

static void become_empty(void)
{
	write_text("");
}

static void become_equally_long(void)
{
	write_text("FIRST\n");
}

static void (*const changes[])(void) = {grow, shrink, become_empty, become_equally_long};
static const char *const changed[] = {"first\nand more\n", "f", "", "FIRST\n"};

START_TEST(file_that_changes_before_it_is_read_is_tried_again)
{
	take_first();
	is_old = false;
	behind_examination = changes[_i];
	reload();
	assert_said(changed[_i]);
	assert_read_again();
}
END_TEST

static int change;

/* Behind the first examination comes the reading, then the second examination. */
static void wait_for_the_second_examination(void)
{
	before_examination = changes[change];
}

START_TEST(file_that_changes_behind_its_reading_is_tried_again)
{
	take_first();
	is_old = false;
	change = _i;
	behind_examination = wait_for_the_second_examination;
	reload();
	assert_said(changed[_i]);
	assert_read_again();
}
END_TEST

START_TEST(file_that_changes_at_the_start_is_tried_again)
{
	write_text("first\n");
	is_old = false;
	behind_examination = grow;
	ck_assert(take());
	assert_said("first\nand more\n");
	assert_told_nothing();
}
END_TEST

/* Changes it at each examination. */
static void change_for_ever(void)
{
	static int number;
	char text[32];

	snprintf(text, sizeof text, "text %d\n", number++);
	write_text(text);
	before_examination = change_for_ever;
}

START_TEST(file_that_changes_for_ever_leaves_the_old_greeting)
{
	struct timespec began, end;

	take_first();
	is_old = false;
	before_examination = change_for_ever;
	clock_gettime(CLOCK_MONOTONIC, &began);
	reload();
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_stays(": it is still being written to (rename a whole one to its name);");
	ck_assert_int_le(end.tv_sec - began.tv_sec, 5);
	before_examination = NULL;
	write_text("last\n");
	reload();
	assert_said("last\n");
}
END_TEST

static void reload_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	(void)argument;
	greeting_reload(greeting);
}

/* Whoever asks for it meanwhile has written to it, and gets all the time that a first one has. */
START_TEST(another_reload_meanwhile_gives_more_time)
{
	struct event *reloading = evtimer_new(base, reload_cb, NULL);
	struct timeval half = {.tv_usec = MESSAGEFILE_PATIENCE_MS / 2 * 1000};
	uint64_t began = clock_ms();

	take_first();
	is_old = false;
	before_examination = change_for_ever;
	event_add(reloading, &half);
	reload();
	/* libevent's clock is a coarse one: a timer may come a little early. */
	ck_assert_uint_ge(clock_ms() - began, MESSAGEFILE_PATIENCE_MS * 3 / 2 - 10);
	assert_stays(": it is still being written to (rename a whole one to its name);");
	before_examination = NULL;
	event_free(reloading);
}
END_TEST

START_TEST(file_that_changes_for_ever_is_refused_at_the_start)
{
	write_text("first\n");
	is_old = false;
	before_examination = change_for_ever;
	ck_assert(!take());
	assert_one_error_line("haild: cannot use the message file /tmp/");
	assert_told(": it is still being written to (rename a whole one to its name)\n");
	before_examination = NULL;
}
END_TEST

static int served;

static void serve_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	(void)argument;
	served++;
	assert_said(*captured(STDERR_FILENO) == '\0' ? "first\n" : "second\n");
	if (served < 3)
		greeting_reload(greeting); /* it joins the one that is under way */
}

/* Others have their turns, and the old text is said, until the new one has settled. */
START_TEST(loop_goes_on_meanwhile)
{
	struct event *serve = event_new(base, -1, EV_PERSIST, serve_cb, NULL);
	struct timeval often = {.tv_usec = 10000};

	take_first();
	is_old = false;
	write_text("second\n");
	capture_clear(STDERR_FILENO);
	ck_assert(greeting_watch(greeting, base));
	event_add(serve, &often);
	greeting_reload(greeting);
	assert_told_nothing();
	while (*captured(STDERR_FILENO) == '\0')
		event_base_loop(base, EVLOOP_ONCE);
	event_free(serve);
	ck_assert_int_ge(served, 3);
	assert_said("second\n");
	assert_read_again();
}
END_TEST

/* A stop comes first: the timer goes with the loop. */
START_TEST(reading_under_way_may_be_given_up)
{
	take_first();
	is_old = false;
	write_text("second\n");
	ck_assert(greeting_watch(greeting, base));
	greeting_reload(greeting);
	greeting_unwatch(greeting);
	event_base_dispatch(base);
	assert_said("first\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("greeting");
	TCase *taken = suite_case(suite, "taken"), *refused = suite_case(suite, "refused");
	TCase *expanded = suite_case(suite, "expanded"), *bounds = suite_case(suite, "bounds");
	TCase *reloaded = suite_case(suite, "reloaded"), *kept = suite_case(suite, "kept");
	TCase *written = suite_case(suite, "written");

	tcase_add_checked_fixture(taken, setup, teardown);
	tcase_add_loop_test(taken, text_is_taken_literally, 0, COUNT_OF(text_sizes));
	tcase_add_test(taken, greatest_text_is_taken_whole);
	tcase_add_loop_test(taken, file_is_taken_byte_by_byte, 0, COUNT_OF(file_sizes));
	tcase_add_test(taken, greatest_file_is_taken_whole);
	tcase_add_test(taken, file_may_hold_more_than_it_says);
	tcase_add_test(taken, greeting_that_hailto_cuts_is_warned_of);
	tcase_add_checked_fixture(refused, setup, teardown);
	tcase_add_test(refused, file_over_the_most_is_refused);
	tcase_add_test(refused, text_over_the_most_is_refused);
	tcase_add_test(refused, missing_file_is_refused);
	tcase_add_test(refused, file_without_a_name_is_refused);
	tcase_add_test(refused, folder_is_refused);
	tcase_add_test(refused, fifo_is_refused_at_once);
	tcase_add_test(refused, device_without_an_end_is_refused);
	tcase_add_test(refused, socket_is_refused);
	tcase_add_test(refused, read_error_is_told);
	tcase_add_test(refused, name_is_told_escaped);
	tcase_add_test(refused, no_descriptor_stays_open);
	tcase_add_checked_fixture(expanded, setup, teardown);
	tcase_add_test(expanded, text_is_expanded);
	tcase_add_test(expanded, file_is_expanded);
	tcase_add_test(expanded, nothing_is_expanded_unless_it_is_wanted);
	tcase_add_loop_test(expanded, escape_that_is_said_literally_gets_a_hint, 0,
			    COUNT_OF(hints));
	tcase_add_test(expanded, file_gets_no_hint);
	tcase_add_test(expanded, instance_is_the_host_unless_it_is_given);
	tcase_add_test(expanded, instance_may_be_empty);
	tcase_add_test(expanded, pid_and_version_are_ours);
	tcase_add_test(expanded, serial_grows);
	tcase_add_test(expanded, time_is_now);
	tcase_add_loop_test(expanded, ill_formed_text_is_shown, 0, COUNT_OF(ill_formed));
	tcase_add_test(expanded, ill_formed_file_is_shown);
	tcase_add_checked_fixture(bounds, setup, teardown);
	tcase_add_loop_test(bounds, longest_rendering_is_what_counts, 0, COUNT_OF(limits));
	tcase_add_loop_test(bounds, inherited_sockets_have_a_limit_too, 0, COUNT_OF(answers));
	tcase_add_test(bounds, file_over_what_datagrams_hold_is_refused);
	tcase_add_test(bounds, template_that_hailto_may_cut_is_warned_of);
	tcase_add_checked_fixture(reloaded, setup, teardown);
	tcase_add_loop_test(reloaded, file_written_anew_is_read_again, 0, COUNT_OF(second_texts));
	tcase_add_test(reloaded, file_that_was_replaced_is_read_again);
	tcase_add_test(reloaded, file_replaced_while_it_is_read_is_read_anew);
	tcase_add_test(reloaded, constant_may_become_a_template_and_back);
	tcase_add_test(reloaded, serial_grows_across_a_reload);
	tcase_add_test(reloaded, template_that_is_held_outlives_a_reload);
	tcase_add_test(reloaded, text_is_not_read_again);
	tcase_add_checked_fixture(kept, setup, teardown);
	tcase_add_loop_test(kept, file_in_trouble_leaves_the_old_greeting, 0, COUNT_OF(troubles));
	tcase_add_checked_fixture(written, setup, teardown);
	tcase_add_loop_test(written, file_that_changes_before_it_is_read_is_tried_again, 0,
			    COUNT_OF(changes));
	tcase_add_loop_test(written, file_that_changes_behind_its_reading_is_tried_again, 0,
			    COUNT_OF(changes));
	tcase_add_test(written, file_that_changes_at_the_start_is_tried_again);
	tcase_add_test(written, file_that_changes_for_ever_leaves_the_old_greeting);
	tcase_add_test(written, another_reload_meanwhile_gives_more_time);
	tcase_add_test(written, file_that_changes_for_ever_is_refused_at_the_start);
	tcase_add_test(written, loop_goes_on_meanwhile);
	tcase_add_test(written, reading_under_way_may_be_given_up);
	return suite_run(suite);
}
