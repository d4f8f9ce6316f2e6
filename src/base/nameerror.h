/* SPDX-License-Identifier: ISC */
/* nameerror: why a host could not be looked up, in the same words with every C library. */
#ifndef BASE_NAMEERROR_H
#define BASE_NAMEERROR_H

/* Returns the words for a failure of getaddrinfo(3) other than EAI_SYSTEM. */
const char *nameerror_words(int failure);

#endif
