/* attributes: what we tell the compiler about functions, where it listens. */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

#if defined __GNUC__ || defined __clang__
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define MUST_CHECK __attribute__((warn_unused_result))
#else
#define PRINTF_LIKE(text, first)
#define MUST_CHECK
#endif

#endif
