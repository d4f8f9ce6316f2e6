# SPDX-License-Identifier: ISC
# The fuzz targets: with --enable-fuzzing libFuzzer's, to be run by script/fuzz; else they replay the corpus.

fuzz_targets = \
	tests/fuzz/fuzz_activation \
	tests/fuzz/fuzz_address \
	tests/fuzz/fuzz_client_options \
	tests/fuzz/fuzz_escape \
	tests/fuzz/fuzz_httprequest \
	tests/fuzz/fuzz_json \
	tests/fuzz/fuzz_networkfile \
	tests/fuzz/fuzz_number \
	tests/fuzz/fuzz_options \
	tests/fuzz/fuzz_prefix \
	tests/fuzz/fuzz_prompt \
	tests/fuzz/fuzz_proxyheader \
	tests/fuzz/fuzz_rendering \
	tests/fuzz/fuzz_report \
	tests/fuzz/fuzz_shares \
	tests/fuzz/fuzz_report_json \
	tests/fuzz/fuzz_sources \
	tests/fuzz/fuzz_template
check_PROGRAMS += $(fuzz_targets)

EXTRA_DIST += \
	tests/fuzz/corpus \
	tests/fuzz/ignorelist

# What they share. libFuzzer brings a main of its own.
check_LIBRARIES += tests/fuzz/libfuzz.a
tests_fuzz_libfuzz_a_SOURCES = \
	tests/fuzz/command.c \
	tests/fuzz/command.h \
	tests/fuzz/fuzz.c \
	tests/fuzz/fuzz.h \
	tests/fuzz/pieces.c \
	tests/fuzz/pieces.h \
	tests/fuzz/target.h \
	tests/fuzz/world.c \
	tests/fuzz/world.h
if !FUZZING
tests_fuzz_libfuzz_a_SOURCES += tests/fuzz/replay.c
endif

# The C library's functions in whose place world.c is. It is linked to each target, also to one that does not name it.
fuzz_ldflags = $(AM_LDFLAGS) $(FUZZ_LDFLAGS) \
	-Wl,--undefined=world \
	-Wl,--wrap=bind \
	-Wl,--wrap=getc \
	-Wl,--wrap=getservbyname \
	-Wl,--wrap=isatty \
	-Wl,--wrap=poll \
	-Wl,--wrap=write
fuzz_base_libs = tests/fuzz/libfuzz.a src/libbase.a
fuzz_client_libs = tests/fuzz/libfuzz.a src/libclient.a src/libbase.a $(EVENT_LIBS) $(PTHREAD_LIBS)
fuzz_both_libs = tests/fuzz/libfuzz.a src/libdaemon.a src/libclient.a src/libbase.a $(EVENT_LIBS) $(PTHREAD_LIBS)
fuzz_daemon_libs = tests/fuzz/libfuzz.a src/libdaemon.a src/libbase.a $(EVENT_LIBS)

# Each target is one file of its name.
tests_fuzz_fuzz_activation_LDADD = $(fuzz_daemon_libs)
tests_fuzz_fuzz_activation_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_address_LDADD = $(fuzz_client_libs)
tests_fuzz_fuzz_address_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_client_options_LDADD = $(fuzz_client_libs)
tests_fuzz_fuzz_client_options_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_escape_LDADD = $(fuzz_base_libs)
tests_fuzz_fuzz_escape_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_httprequest_LDADD = $(fuzz_daemon_libs)
tests_fuzz_fuzz_httprequest_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_json_LDADD = $(fuzz_base_libs)
tests_fuzz_fuzz_json_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_networkfile_LDADD = $(fuzz_daemon_libs)
tests_fuzz_fuzz_networkfile_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_number_LDADD = $(fuzz_base_libs)
tests_fuzz_fuzz_number_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_options_LDADD = $(fuzz_daemon_libs)
tests_fuzz_fuzz_options_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_prefix_LDADD = $(fuzz_base_libs)
tests_fuzz_fuzz_prefix_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_prompt_LDADD = $(fuzz_client_libs)
tests_fuzz_fuzz_prompt_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_proxyheader_LDADD = $(fuzz_both_libs)
tests_fuzz_fuzz_proxyheader_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_rendering_LDADD = $(fuzz_daemon_libs)
tests_fuzz_fuzz_rendering_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_report_LDADD = $(fuzz_client_libs)
tests_fuzz_fuzz_report_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_shares_LDADD = $(fuzz_client_libs)
tests_fuzz_fuzz_shares_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_report_json_LDADD = $(fuzz_client_libs)
tests_fuzz_fuzz_report_json_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_sources_LDADD = $(fuzz_daemon_libs)
tests_fuzz_fuzz_sources_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_template_LDADD = $(fuzz_daemon_libs)
tests_fuzz_fuzz_template_LDFLAGS = $(fuzz_ldflags)
