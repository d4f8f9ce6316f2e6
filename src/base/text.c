/* SPDX-License-Identifier: ISC */
/* text: a text that grows in a buffer, never past its end. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void text_begin(struct text *text, char *at, size_t size)
{
	*text = (struct text){.size = size};
	text->at = at;
	*at = '\0';
}

void text_add(struct text *text, const char *format, ...)
{
	size_t room = text->size - text->length;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text->at + text->length, room, format, arguments);
	va_end(arguments);
	if (length > 0)
		text->length += (size_t)length < room ? (size_t)length : room - 1;
}
