/* SPDX-License-Identifier: ISC */
/* nameerror: why a host could not be looked up, in the same words with every C library. */
#include <config.h>

#include "base/nameerror.h"

#include <netdb.h>

/* musl says "Try again" without mentioning a lookup, and has no words for EAI_NODATA. */
const char *nameerror_words(int failure)
{
	switch (failure) {
	case EAI_NONAME:
		return "Name or service not known";
	case EAI_AGAIN:
		return "Temporary failure in name resolution";
	case EAI_FAIL:
		return "Non-recoverable failure in name resolution";
#if defined EAI_NODATA && EAI_NODATA != EAI_NONAME
	case EAI_NODATA:
		return "No address associated with hostname";
#endif
	default:
		return gai_strerror(failure);
	}
}
