/* SPDX-License-Identifier: ISC */
/* attributes: hints for the compiler and its sanitizer, empty where they are not understood. */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

#if defined __GNUC__ || defined __clang__
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define MUST_CHECK __attribute__((warn_unused_result))
/* Called so rarely that its large variables must not burden its caller. */
#define RARE __attribute__((cold, noinline))
/* Some greetings call it; as a part of its caller, it would burden the others. */
#define SEPARATE __attribute__((noinline))
/* Each greeting calls it: a call of its own would cost more than it does. */
#define FREQUENT inline __attribute__((always_inline))
#else
#define PRINTF_LIKE(text, first)
#define MUST_CHECK
#define RARE
#define SEPARATE
#define FREQUENT inline
#endif

/* For a large variable that is filled anyway: the hardening need not clear it for each greeting. */
#define UNCLEARED
#if defined __has_attribute
#if __has_attribute(uninitialized)
#undef UNCLEARED
#define UNCLEARED __attribute__((uninitialized))
#endif
#endif

/* Make AddressSanitizer stop any access to these bytes, until UNFORBID() allows it again. */
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define HAVE_ADDRESS_SANITIZER
#endif
#elif defined __SANITIZE_ADDRESS__
#define HAVE_ADDRESS_SANITIZER
#endif
#ifdef HAVE_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#define FORBID(bytes, size) ASAN_POISON_MEMORY_REGION(bytes, size)
#define UNFORBID(bytes, size) ASAN_UNPOISON_MEMORY_REGION(bytes, size)
#else
#define FORBID(bytes, size) ((void)0)
#define UNFORBID(bytes, size) ((void)0)
#endif

#endif
