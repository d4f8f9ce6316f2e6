# The fuzz targets: with --enable-fuzzing libFuzzer's, to be run by script/fuzz; else they replay the corpus.

fuzz_targets = \
	tests/fuzz/fuzz_address \
	tests/fuzz/fuzz_client_options \
	tests/fuzz/fuzz_escape \
	tests/fuzz/fuzz_number \
	tests/fuzz/fuzz_options \
	tests/fuzz/fuzz_prompt \
	tests/fuzz/fuzz_rendering \
	tests/fuzz/fuzz_report \
	tests/fuzz/fuzz_template
check_PROGRAMS += $(fuzz_targets)

noinst_HEADERS += \
	tests/fuzz/command.h \
	tests/fuzz/fuzz.h \
	tests/fuzz/target.h \
	tests/fuzz/world.h

EXTRA_DIST += \
	tests/fuzz/corpus \
	tests/fuzz/ignorelist

# What every fuzz target is linked from, and the C library's functions in whose place world.c is.
fuzz_common = \
	tests/fuzz/command.c \
	tests/fuzz/fuzz.c \
	tests/fuzz/world.c
if !FUZZING
fuzz_common += tests/fuzz/replay.c
endif
fuzz_ldflags = $(AM_LDFLAGS) $(FUZZ_LDFLAGS) \
	-Wl,--wrap=bind \
	-Wl,--wrap=getc \
	-Wl,--wrap=getservbyname \
	-Wl,--wrap=isatty \
	-Wl,--wrap=poll \
	-Wl,--wrap=write
fuzz_client_libs = src/libclient.a src/libbase.a $(EVENT_LIBS) $(PTHREAD_LIBS)

tests_fuzz_fuzz_address_SOURCES = tests/fuzz/fuzz_address.c $(fuzz_common)
tests_fuzz_fuzz_address_LDADD = $(fuzz_client_libs)
tests_fuzz_fuzz_address_LDFLAGS = $(fuzz_ldflags)

tests_fuzz_fuzz_client_options_SOURCES = tests/fuzz/fuzz_client_options.c $(fuzz_common)
tests_fuzz_fuzz_client_options_LDADD = $(fuzz_client_libs)
tests_fuzz_fuzz_client_options_LDFLAGS = $(fuzz_ldflags)

tests_fuzz_fuzz_escape_SOURCES = tests/fuzz/fuzz_escape.c $(fuzz_common)
tests_fuzz_fuzz_escape_LDADD = src/libbase.a
tests_fuzz_fuzz_escape_LDFLAGS = $(fuzz_ldflags)

tests_fuzz_fuzz_number_SOURCES = tests/fuzz/fuzz_number.c $(fuzz_common)
tests_fuzz_fuzz_number_LDADD = src/libbase.a
tests_fuzz_fuzz_number_LDFLAGS = $(fuzz_ldflags)

tests_fuzz_fuzz_options_SOURCES = tests/fuzz/fuzz_options.c $(fuzz_common)
tests_fuzz_fuzz_options_LDADD = src/libdaemon.a src/libbase.a $(EVENT_LIBS)
tests_fuzz_fuzz_options_LDFLAGS = $(fuzz_ldflags)

tests_fuzz_fuzz_prompt_SOURCES = tests/fuzz/fuzz_prompt.c $(fuzz_common)
tests_fuzz_fuzz_prompt_LDADD = $(fuzz_client_libs)
tests_fuzz_fuzz_prompt_LDFLAGS = $(fuzz_ldflags)

tests_fuzz_fuzz_rendering_SOURCES = tests/fuzz/fuzz_rendering.c $(fuzz_common)
tests_fuzz_fuzz_rendering_LDADD = src/libdaemon.a src/libbase.a
tests_fuzz_fuzz_rendering_LDFLAGS = $(fuzz_ldflags)

tests_fuzz_fuzz_report_SOURCES = tests/fuzz/fuzz_report.c $(fuzz_common)
tests_fuzz_fuzz_report_LDADD = $(fuzz_client_libs)
tests_fuzz_fuzz_report_LDFLAGS = $(fuzz_ldflags)

tests_fuzz_fuzz_template_SOURCES = tests/fuzz/fuzz_template.c $(fuzz_common)
tests_fuzz_fuzz_template_LDADD = src/libdaemon.a src/libbase.a
tests_fuzz_fuzz_template_LDFLAGS = $(fuzz_ldflags)
