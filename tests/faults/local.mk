# The real programs with memory and system calls that fail on demand, and libraries to be preloaded.

# The linker brings calls.c and memory.c what the sources call, and each function of the C library that allocates for
# them.
faults_ldflags = $(AM_LDFLAGS) \
	-Wl,--wrap=__open64_2 \
	-Wl,--wrap=__open_2 \
	-Wl,--wrap=accept \
	-Wl,--wrap=bind \
	-Wl,--wrap=calloc \
	-Wl,--wrap=closedir \
	-Wl,--wrap=connect \
	-Wl,--wrap=fclose \
	-Wl,--wrap=fcntl \
	-Wl,--wrap=fcntl64 \
	-Wl,--wrap=fopen \
	-Wl,--wrap=fopen64 \
	-Wl,--wrap=free \
	-Wl,--wrap=freeaddrinfo \
	-Wl,--wrap=fstat \
	-Wl,--wrap=fstat64 \
	-Wl,--wrap=getaddrinfo \
	-Wl,--wrap=getpeername \
	-Wl,--wrap=getrlimit \
	-Wl,--wrap=getrlimit64 \
	-Wl,--wrap=getsockname \
	-Wl,--wrap=getsockopt \
	-Wl,--wrap=isatty \
	-Wl,--wrap=listen \
	-Wl,--wrap=lstat \
	-Wl,--wrap=lstat64 \
	-Wl,--wrap=malloc \
	-Wl,--wrap=open \
	-Wl,--wrap=open64 \
	-Wl,--wrap=opendir \
	-Wl,--wrap=pipe \
	-Wl,--wrap=pthread_create \
	-Wl,--wrap=read \
	-Wl,--wrap=realloc \
	-Wl,--wrap=recv \
	-Wl,--wrap=recvmmsg \
	-Wl,--wrap=send \
	-Wl,--wrap=sendmmsg \
	-Wl,--wrap=setrlimit \
	-Wl,--wrap=setrlimit64 \
	-Wl,--wrap=setsockopt \
	-Wl,--wrap=shutdown \
	-Wl,--wrap=socket \
	-Wl,--wrap=strdup
faults_sources = \
	tests/faults/calls.c \
	tests/faults/fault.c \
	tests/faults/fault.h \
	tests/faults/memory.c

check_PROGRAMS += \
	tests/faults/haild_faulty \
	tests/faults/hailto_faulty
tests_faults_haild_faulty_SOURCES = $(faults_sources) src/daemon/main.c
tests_faults_haild_faulty_LDFLAGS = $(faults_ldflags)
tests_faults_haild_faulty_LDADD = $(src_haild_LDADD)
tests_faults_hailto_faulty_SOURCES = $(faults_sources) src/client/main.c
tests_faults_hailto_faulty_LDFLAGS = $(faults_ldflags)
tests_faults_hailto_faulty_LDADD = $(src_hailto_LDADD)

# To be preloaded, and so neither position dependent nor with sanitizers or coverage.
check_PROGRAMS += \
	tests/faults/accept.so \
	tests/faults/multipath.so
tests_faults_accept_so_SOURCES = tests/faults/accept.c
tests_faults_accept_so_CFLAGS = -Wall -Wextra -fPIC
tests_faults_accept_so_LDFLAGS = -shared
tests_faults_accept_so_LDADD =
tests_faults_multipath_so_SOURCES = tests/faults/multipath.c
tests_faults_multipath_so_CFLAGS = -Wall -Wextra -fPIC
tests_faults_multipath_so_LDFLAGS = -shared
tests_faults_multipath_so_LDADD =
