# SPDX-License-Identifier: ISC
# What the test suite is, and what its tests find in their environment.

# What holds sources, documents and scripts to their rules.
source_scripts = \
	tests/debian.sh \
	tests/html.sh \
	tests/layers.sh \
	tests/licence.sh \
	tests/links.sh \
	tests/pages.sh \
	tests/posix.sh \
	tests/version.sh
dist_check_SCRIPTS += \
	$(source_scripts) \
	tests/docs.sh \
	tests/fuzz.sh

EXTRA_DIST += \
	tests/lacking.sh \
	tests/sources.sh \
	tests/valgrind.supp

include tests/e2e/local.mk
include tests/faults/local.mk
include tests/fuzz/local.mk
include tests/unit/local.mk

TESTS = $(unit_tests) $(dist_check_SCRIPTS)
TEST_EXTENSIONS = .py .sh

# Those, and others that are the same in each build: tests of completions, scripts, and the tests themselves.
source_checks = \
	$(source_scripts) \
	tests/e2e/test_completion.py \
	tests/e2e/test_harness.py \
	tests/e2e/test_release.py \
	tests/e2e/test_scripts.py \
	tests/e2e/test_simulation.py

# For script/test and debian/rules: all tests, and those of programs alone.
list-tests:
	@printf '%s\n' $(TESTS)
list-program-tests:
	@printf '%s\n' $(TESTS) | grep -vxF "$$(printf '%s\n' $(source_checks))"
.PHONY: list-program-tests list-tests

PY_LOG_COMPILER = $(PYTHON3)
SH_LOG_COMPILER = $(BASH)
AM_TESTS_ENVIRONMENT = \
	ACCEPT='$(abs_top_builddir)/tests/faults/accept.so'; export ACCEPT; \
	CAPTIVE='$(abs_top_builddir)/tests/e2e/captive'; export CAPTIVE; \
	CC='$(CC)'; export CC; \
	HAILD='$(abs_top_builddir)/src/haild'; export HAILD; \
	HAILD_FAULTY='$(abs_top_builddir)/tests/faults/haild_faulty'; export HAILD_FAULTY; \
	HAILTO='$(abs_top_builddir)/src/hailto'; export HAILTO; \
	HAILTO_FAULTY='$(abs_top_builddir)/tests/faults/hailto_faulty'; export HAILTO_FAULTY; \
	HASTY_CLIENT='$(abs_top_builddir)/tests/e2e/hasty_client'; export HASTY_CLIENT; \
	KERNEL='$(abs_top_builddir)/tests/faults/kernel.so'; export KERNEL; \
	LOAD='$(abs_top_builddir)/bench/load/load'; export LOAD; \
	MULTIPATH='$(abs_top_builddir)/tests/faults/multipath.so'; export MULTIPATH; \
	NAIVE_CLIENT='$(abs_top_builddir)/tests/e2e/naive_client'; export NAIVE_CLIENT; \
	NAIVE_SERVER='$(abs_top_builddir)/tests/e2e/naive_server'; export NAIVE_SERVER; \
	PROXY_READER='$(abs_top_builddir)/tests/e2e/proxy_reader'; export PROXY_READER; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; \
	REASONS='$(abs_top_builddir)/tests/e2e/reasons'; export REASONS;
