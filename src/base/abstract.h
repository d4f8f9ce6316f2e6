/* SPDX-License-Identifier: ISC */
/*
 * abstract: the names of UNIX sockets that have no file (Linux): unix:@NAME.
 *
 * Such a name may hold any byte. As text, \xHH is the byte of that hexadecimal number, \NNN that of
 * the octal number, and every other byte but a backslash is itself.
 */
#ifndef BASE_ABSTRACT_H
#define BASE_ABSTRACT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct address;

/* True if the address is one of these. */
bool abstract_is(const struct address *address);

/*
 * Fills in the address of the socket with that name, written without the @. Returns NULL, or why
 * there is no such address; never NULL where the system has no abstract sockets.
 */
const char *abstract_read(const char *text, struct address *address) MUST_CHECK;

/*
 * Writes @NAME to `text` of `size` bytes, at least 2; ADDRESS_NAME_MAX are always enough. Only a
 * NUL and a backslash are escaped here, as \000 and \134. What else is not printable is raw:
 * escape_text() turns it into \xHH, and leaves \NNN alone. So what is shown at last is read as the
 * same name.
 */
void abstract_format(const struct address *address, char *text, size_t size);

#endif
