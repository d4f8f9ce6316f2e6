# SPDX-License-Identifier: ISC
# The real programs with memory and system calls that fail on demand, and libraries to be preloaded.

# The linker brings calls.c and memory.c what the sources call, and each function of the C library that allocates for
# them: it reads which in wrap.txt.
faults_ldflags = $(AM_LDFLAGS) -Wl,@$(srcdir)/tests/faults/wrap.txt
faults_sources = \
	tests/faults/calls.c \
	tests/faults/fault.c \
	tests/faults/fault.h \
	tests/faults/memory.c
EXTRA_DIST += tests/faults/wrap.txt

check_PROGRAMS += \
	tests/faults/haild_faulty \
	tests/faults/hailto_faulty
tests_faults_haild_faulty_SOURCES = $(faults_sources) src/daemon/main.c
tests_faults_haild_faulty_LDFLAGS = $(faults_ldflags)
tests_faults_haild_faulty_LDADD = $(src_haild_LDADD)
EXTRA_tests_faults_haild_faulty_DEPENDENCIES = tests/faults/wrap.txt
tests_faults_hailto_faulty_SOURCES = $(faults_sources) src/client/main.c
tests_faults_hailto_faulty_LDFLAGS = $(faults_ldflags)
tests_faults_hailto_faulty_LDADD = $(src_hailto_LDADD)
EXTRA_tests_faults_hailto_faulty_DEPENDENCIES = tests/faults/wrap.txt

# To be preloaded, and so neither position dependent nor with sanitizers or coverage.
check_PROGRAMS += \
	tests/faults/accept.so \
	tests/faults/kernel.so \
	tests/faults/multipath.so
tests_faults_accept_so_SOURCES = tests/faults/accept.c
tests_faults_accept_so_CFLAGS = -Wall -Wextra -fPIC
tests_faults_accept_so_LDFLAGS = -shared
tests_faults_accept_so_LDADD =
tests_faults_kernel_so_SOURCES = tests/faults/kernel.c
tests_faults_kernel_so_CFLAGS = -Wall -Wextra -fPIC
tests_faults_kernel_so_LDFLAGS = -shared
tests_faults_kernel_so_LDADD =
tests_faults_multipath_so_SOURCES = tests/faults/multipath.c
tests_faults_multipath_so_CFLAGS = -Wall -Wextra -fPIC
tests_faults_multipath_so_LDFLAGS = -shared
tests_faults_multipath_so_LDADD =
