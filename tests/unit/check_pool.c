/* SPDX-License-Identifier: ISC */
/* check_pool: blocks do not overlap, keep what is in them, and are used again. */
#include "base/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "lib/suite.h"

enum { MANY = 1000 };

/* Some that are no multiple of a pointer's size, and less than one. */
static const size_t sizes[] = {1, 8, 13, 200};

static unsigned char *blocks[MANY];

START_TEST(blocks_are_apart)
{
	size_t size = sizes[_i];
	struct pool *pool = pool_new(size);

	for (int i = 0; i < MANY; i++) {
		blocks[i] = pool_take(pool);
		ck_assert_ptr_nonnull(blocks[i]);
		ck_assert_uint_eq((uintptr_t)blocks[i] % sizeof(void *), 0);
		memset(blocks[i], i % 251, size);
	}
	for (int i = 0; i < MANY; i++)
		for (size_t j = 0; j < size; j++)
			ck_assert_int_eq(blocks[i][j], i % 251);
	pool_free(pool);
}
END_TEST

START_TEST(last_block_given_is_taken_first)
{
	struct pool *pool = pool_new(sizes[_i]);
	void *first = pool_take(pool), *second = pool_take(pool);

	ck_assert_ptr_ne(first, second);
	pool_give(pool, first);
	pool_give(pool, second);
	ck_assert_ptr_eq(pool_take(pool), second);
	ck_assert_ptr_eq(pool_take(pool), first);
	pool_free(pool);
}
END_TEST

static int compare(const void *left, const void *right)
{
	const unsigned char *const *a = left, *const *b = right;

	return (*a > *b) - (*a < *b);
}

/* The same blocks serve for ever: no more memory is taken than was in use at a time. */
START_TEST(blocks_are_used_again)
{
	static unsigned char *again[MANY];
	struct pool *pool = pool_new(sizes[_i]);

	for (int i = 0; i < MANY; i++)
		blocks[i] = pool_take(pool);
	for (int i = 0; i < MANY; i++)
		pool_give(pool, blocks[i]);
	for (int i = 0; i < MANY; i++)
		again[i] = pool_take(pool);
	qsort(blocks, MANY, sizeof *blocks, compare);
	qsort(again, MANY, sizeof *again, compare);
	ck_assert_mem_eq(blocks, again, sizeof blocks);
	pool_free(pool);
}
END_TEST

START_TEST(none_is_freed)
{
	pool_free(NULL);
	pool_free(pool_new(1));
}
END_TEST

#ifdef HAVE_ADDRESS_SANITIZER
START_TEST(block_given_back_is_forbidden)
{
	struct pool *pool = pool_new(200);
	unsigned char *block = pool_take(pool);

	ck_assert(!__asan_region_is_poisoned(block, 200));
	pool_give(pool, block);
	ck_assert_ptr_eq(__asan_region_is_poisoned(block, 200), block);
	ck_assert(__asan_address_is_poisoned(block + 199));
	pool_free(pool);
}
END_TEST
#endif

int main(void)
{
	Suite *suite = suite_create("pool");
	TCase *use = suite_case(suite, "use");

	tcase_add_loop_test(use, blocks_are_apart, 0, COUNT_OF(sizes));
	tcase_add_loop_test(use, last_block_given_is_taken_first, 0, COUNT_OF(sizes));
	tcase_add_loop_test(use, blocks_are_used_again, 0, COUNT_OF(sizes));
	tcase_add_test(use, none_is_freed);
#ifdef HAVE_ADDRESS_SANITIZER
	tcase_add_test(use, block_given_back_is_forbidden);
#endif
	return suite_run(suite);
}
