/* SPDX-License-Identifier: ISC */
/* abstract: the names of UNIX sockets that have no file (Linux): unix:@NAME. */
#include <config.h>

#include "base/abstract.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/address.h"

/* The address begins with a NUL, and its length says where the name ends. */
enum { NAME_AT = offsetof(struct sockaddr_un, sun_path) + 1 };

#ifdef HAVE_ABSTRACT_SOCKETS
bool abstract_is(const struct address *address)
{
	return address->any.sa_family == AF_UNIX && address->length > NAME_AT &&
	       address->path.sun_path[0] == '\0';
}

/* Returns the value of a digit, or 16. */
static unsigned digit_of(char character)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *found = character ? strchr(digits, character) : NULL;

	if (!found)
		return 16;
	return (unsigned)(found - digits) < 16 ? (unsigned)(found - digits)
					       : (unsigned)(found - digits) - 6;
}

/* Reads `count` digits of that base as one byte; false if they are none. */
static bool read_digits(const char *text, unsigned count, unsigned base, char *byte)
{
	unsigned value = 0;

	for (; count > 0; count--, text++) {
		unsigned digit = digit_of(*text);
		if (digit >= base)
			return false;
		value = value * base + digit;
	}
	*byte = (char)(unsigned char)value;
	return value <= 0xFF;
}

/* Reads the byte that the text, which is not empty, begins with. Returns its length; 0: none. */
static size_t read_byte(const char *text, char *byte)
{
	*byte = *text;
	if (*text != '\\')
		return 1;
	if (text[1] == 'x' ? read_digits(text + 2, 2, 16, byte) : read_digits(text + 1, 3, 8, byte))
		return 4;
	return 0;
}

const char *abstract_read(const char *text, struct address *address)
{
	char *name = address->path.sun_path + 1;
	size_t used = 0;

	if (*text == '\0')
		return "the name is empty";
	memset(address, 0, sizeof *address);
	address->path.sun_family = AF_UNIX;
	while (*text) {
		char byte;
		size_t taken = read_byte(text, &byte);
		if (taken == 0)
			return "a backslash in a name begins \\xHH or \\NNN; \\134 stands for itself";
		if (used == sizeof address->path.sun_path - 1)
			return "the name is too long for a UNIX socket";
		name[used++] = byte;
		text += taken;
	}
	address->length = (socklen_t)(NAME_AT + used);
	return NULL;
}
#else
bool abstract_is(const struct address *address)
{
	(void)address;
	return false;
}

const char *abstract_read(const char *text, struct address *address)
{
	(void)text;
	(void)address;
	return "this system has no abstract sockets; the file of that name is unix:./@NAME";
}
#endif

/* True for a byte that would not be read again as it is: the end of a text, or a blank before it.
 */
static bool needs_number(const char *name, size_t i, size_t length)
{
	return name[i] == '\0' || name[i] == '\\' ||
	       (i + 1 == length && (name[i] == ' ' || name[i] == '\t'));
}

void abstract_format(const struct address *address, char *text, size_t size)
{
	const char *name = address->path.sun_path + 1;
	size_t length = address->length - (size_t)NAME_AT, used = 0;

	if (length > sizeof address->path.sun_path - 1)
		length = sizeof address->path.sun_path - 1;
	text[used++] = '@';
	for (size_t i = 0; i < length && used + sizeof "\\000" <= size; i++) {
		if (needs_number(name, i, length))
			used += (size_t)snprintf(text + used, size - used, "\\%03o",
						 (unsigned char)name[i]);
		else
			text[used++] = name[i];
	}
	text[used] = '\0';
}
