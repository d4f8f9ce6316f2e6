# SPDX-License-Identifier: ISC
# The unit tests: one for each module. They are built where Check is.

if HAVE_CHECK
unit_tests = \
	tests/unit/check_abstract \
	tests/unit/check_acceptor \
	tests/unit/check_account \
	tests/unit/check_activation \
	tests/unit/check_address \
	tests/unit/check_addresslist \
	tests/unit/check_admission \
	tests/unit/check_ask \
	tests/unit/check_attemptline \
	tests/unit/check_backoff \
	tests/unit/check_base64 \
	tests/unit/check_chisquare \
	tests/unit/check_census \
	tests/unit/check_cli \
	tests/unit/check_client_options \
	tests/unit/check_client_proxyheader \
	tests/unit/check_command \
	tests/unit/check_completion \
	tests/unit/check_conflicts \
	tests/unit/check_crc32c \
	tests/unit/check_datagram \
	tests/unit/check_deadline \
	tests/unit/check_descriptors \
	tests/unit/check_door \
	tests/unit/check_endpoint \
	tests/unit/check_entries \
	tests/unit/check_episode \
	tests/unit/check_errnoname \
	tests/unit/check_escape \
	tests/unit/check_excerpt \
	tests/unit/check_expect \
	tests/unit/check_gate \
	tests/unit/check_greeting \
	tests/unit/check_hearing \
	tests/unit/check_httpanswer \
	tests/unit/check_httprequest \
	tests/unit/check_inherited \
	tests/unit/check_journal \
	tests/unit/check_journald \
	tests/unit/check_json \
	tests/unit/check_landlock \
	tests/unit/check_latencies \
	tests/unit/check_leave \
	tests/unit/check_lineup \
	tests/unit/check_listener \
	tests/unit/check_lists \
	tests/unit/check_log \
	tests/unit/check_logline \
	tests/unit/check_logtimer \
	tests/unit/check_logwriter \
	tests/unit/check_loop \
	tests/unit/check_loopback \
	tests/unit/check_messagefile \
	tests/unit/check_metrics \
	tests/unit/check_monitor \
	tests/unit/check_nameerror \
	tests/unit/check_names \
	tests/unit/check_networkfile \
	tests/unit/check_networks \
	tests/unit/check_notify \
	tests/unit/check_number \
	tests/unit/check_operands \
	tests/unit/check_options \
	tests/unit/check_orders \
	tests/unit/check_outages \
	tests/unit/check_outbox \
	tests/unit/check_outgoing \
	tests/unit/check_outlet \
	tests/unit/check_output \
	tests/unit/check_packets \
	tests/unit/check_pages \
	tests/unit/check_pairhash \
	tests/unit/check_patience \
	tests/unit/check_pool \
	tests/unit/check_prefix \
	tests/unit/check_prefixpair \
	tests/unit/check_prelude \
	tests/unit/check_privileges \
	tests/unit/check_probe \
	tests/unit/check_process \
	tests/unit/check_progress \
	tests/unit/check_prompt \
	tests/unit/check_proxies \
	tests/unit/check_proxyheader \
	tests/unit/check_proxyv1 \
	tests/unit/check_proxyv2 \
	tests/unit/check_race \
	tests/unit/check_ranges \
	tests/unit/check_rate \
	tests/unit/check_readiness \
	tests/unit/check_reading \
	tests/unit/check_rendering \
	tests/unit/check_report \
	tests/unit/check_report_json \
	tests/unit/check_resolve \
	tests/unit/check_result \
	tests/unit/check_room \
	tests/unit/check_rounds \
	tests/unit/check_series \
	tests/unit/check_session \
	tests/unit/check_session_sources \
	tests/unit/check_shares \
	tests/unit/check_sharestext \
	tests/unit/check_signals \
	tests/unit/check_sockets \
	tests/unit/check_source \
	tests/unit/check_sources_open \
	tests/unit/check_sources_rate \
	tests/unit/check_standard \
	tests/unit/check_stats \
	tests/unit/check_stageline \
	tests/unit/check_stages \
	tests/unit/check_stopper \
	tests/unit/check_summary \
	tests/unit/check_summarytext \
	tests/unit/check_systemcalls \
	tests/unit/check_talking \
	tests/unit/check_tally \
	tests/unit/check_tallytext \
	tests/unit/check_template \
	tests/unit/check_terminal \
	tests/unit/check_text \
	tests/unit/check_timestamp \
	tests/unit/check_trace \
	tests/unit/check_turn \
	tests/unit/check_waiting \
	tests/unit/check_watch \
	tests/unit/check_watchdog \
	tests/unit/check_zone
check_PROGRAMS += $(unit_tests)

# What they share.
check_LIBRARIES += tests/unit/lib/libunit.a
endif
tests_unit_lib_libunit_a_SOURCES = \
	tests/unit/lib/apart.c \
	tests/unit/lib/apart.h \
	tests/unit/lib/capture.c \
	tests/unit/lib/capture.h \
	tests/unit/lib/draft.c \
	tests/unit/lib/draft.h \
	tests/unit/lib/extensions.c \
	tests/unit/lib/extensions.h \
	tests/unit/lib/help.c \
	tests/unit/lib/help.h \
	tests/unit/lib/looping.c \
	tests/unit/lib/looping.h \
	tests/unit/lib/memory.c \
	tests/unit/lib/memory.h \
	tests/unit/lib/peers.c \
	tests/unit/lib/peers.h \
	tests/unit/lib/proxied.c \
	tests/unit/lib/proxied.h \
	tests/unit/lib/scarce.c \
	tests/unit/lib/scarce.h \
	tests/unit/lib/standstill.c \
	tests/unit/lib/standstill.h \
	tests/unit/lib/suite.c \
	tests/unit/lib/suite.h \
	tests/unit/lib/trials.c \
	tests/unit/lib/trials.h \
	tests/unit/lib/words.c \
	tests/unit/lib/words.h

# A unit test is one file of its name and links all of the daemon, if nothing else is said.
LDADD = tests/unit/lib/libunit.a src/libdaemon.a src/libbase.a $(EVENT_LIBS) $(CHECK_LIBS)

# The headers of the completion are not below src/.
tests_unit_check_completion_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
tests_unit_check_completion_LDADD = completion/libcompletion.a $(LDADD)

# These link all of the client.
client_unit_libs = tests/unit/lib/libunit.a src/libclient.a src/libbase.a $(EVENT_LIBS) $(CHECK_LIBS) \
	$(PTHREAD_LIBS)
tests_unit_check_ask_LDADD = $(client_unit_libs)
tests_unit_check_attemptline_LDADD = $(client_unit_libs)
tests_unit_check_backoff_LDADD = $(client_unit_libs)
tests_unit_check_chisquare_LDADD = $(client_unit_libs) -lm
tests_unit_check_census_LDADD = $(client_unit_libs)
tests_unit_check_client_options_LDADD = $(client_unit_libs)
tests_unit_check_client_proxyheader_LDADD = $(client_unit_libs)
tests_unit_check_command_LDADD = $(client_unit_libs)
tests_unit_check_conflicts_LDADD = $(client_unit_libs)
tests_unit_check_deadline_LDADD = $(client_unit_libs)
tests_unit_check_errnoname_LDADD = $(client_unit_libs)
tests_unit_check_expect_LDADD = $(client_unit_libs)
tests_unit_check_latencies_LDADD = $(client_unit_libs)
tests_unit_check_leave_LDADD = $(client_unit_libs)
tests_unit_check_lineup_LDADD = $(client_unit_libs)
tests_unit_check_names_LDADD = $(client_unit_libs)
tests_unit_check_operands_LDADD = $(client_unit_libs)
tests_unit_check_outages_LDADD = $(client_unit_libs)
tests_unit_check_outgoing_LDADD = $(client_unit_libs)
tests_unit_check_output_LDADD = $(client_unit_libs)
tests_unit_check_probe_LDADD = $(client_unit_libs)
tests_unit_check_progress_LDADD = $(client_unit_libs)
tests_unit_check_prompt_LDADD = $(client_unit_libs)
tests_unit_check_race_LDADD = $(client_unit_libs)
tests_unit_check_reading_LDADD = $(client_unit_libs)
tests_unit_check_report_LDADD = $(client_unit_libs)
tests_unit_check_shares_LDADD = $(client_unit_libs)
tests_unit_check_sharestext_LDADD = $(client_unit_libs)
tests_unit_check_report_json_LDADD = $(client_unit_libs)
tests_unit_check_stageline_LDADD = $(client_unit_libs)
tests_unit_check_stages_LDADD = $(client_unit_libs)
tests_unit_check_stopper_LDADD = $(client_unit_libs)
tests_unit_check_summary_LDADD = $(client_unit_libs)
tests_unit_check_summarytext_LDADD = $(client_unit_libs)
tests_unit_check_systemcalls_LDADD = $(LDADD) $(SECCOMP_LIBS)
tests_unit_check_talking_LDADD = $(client_unit_libs)
tests_unit_check_tally_LDADD = $(client_unit_libs)
tests_unit_check_tallytext_LDADD = $(client_unit_libs)
tests_unit_check_result_LDADD = $(client_unit_libs)
tests_unit_check_rounds_LDADD = $(client_unit_libs)
tests_unit_check_series_LDADD = $(client_unit_libs)
tests_unit_check_trace_LDADD = $(client_unit_libs)
tests_unit_check_watchdog_LDADD = $(client_unit_libs)

# This reads in the daemon what the client writes.
tests_unit_check_proxyheader_LDADD = tests/unit/lib/libunit.a src/libdaemon.a src/libclient.a src/libbase.a \
	$(EVENT_LIBS) $(CHECK_LIBS) $(PTHREAD_LIBS)

# In these, fault.c takes the C library's place: in a static program, too, where one object may bring several functions.
# So it is in no library, from which the linker would take it unasked.
fault_ldflags = $(AM_LDFLAGS) -Wl,-z,muldefs
tests_unit_check_acceptor_SOURCES = \
	tests/unit/check_acceptor.c \
	tests/unit/fault.c \
	tests/unit/fault.h
tests_unit_check_acceptor_LDFLAGS = $(fault_ldflags)
tests_unit_check_listener_SOURCES = \
	tests/unit/check_listener.c \
	tests/unit/fault.c \
	tests/unit/fault.h
tests_unit_check_listener_LDFLAGS = $(fault_ldflags)
tests_unit_check_monitor_SOURCES = \
	tests/unit/check_monitor.c \
	tests/unit/fault.c \
	tests/unit/fault.h
tests_unit_check_monitor_LDFLAGS = $(fault_ldflags)
tests_unit_check_outbox_SOURCES = \
	tests/unit/check_outbox.c \
	tests/unit/fault.c \
	tests/unit/fault.h
tests_unit_check_outbox_LDFLAGS = $(fault_ldflags)
tests_unit_check_pages_SOURCES = \
	tests/unit/check_pages.c \
	tests/unit/fault.c \
	tests/unit/fault.h
tests_unit_check_pages_LDFLAGS = $(fault_ldflags)
tests_unit_check_session_SOURCES = \
	tests/unit/check_session.c \
	tests/unit/fault.c \
	tests/unit/fault.h
tests_unit_check_session_LDFLAGS = $(fault_ldflags)
tests_unit_check_sockets_SOURCES = \
	tests/unit/check_sockets.c \
	tests/unit/fault.c \
	tests/unit/fault.h
tests_unit_check_sockets_LDFLAGS = $(fault_ldflags)
tests_unit_check_watch_SOURCES = \
	tests/unit/check_watch.c \
	tests/unit/fault.c \
	tests/unit/fault.h
tests_unit_check_watch_LDFLAGS = $(fault_ldflags)

# In these, lib/memory.c is between our sources and the C library's allocations.
memory_ldflags = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc
tests_unit_check_client_options_LDFLAGS = $(memory_ldflags)
tests_unit_check_door_LDFLAGS = $(memory_ldflags)
tests_unit_check_gate_LDFLAGS = $(memory_ldflags)
tests_unit_check_latencies_LDFLAGS = $(memory_ldflags)
tests_unit_check_lists_LDFLAGS = $(memory_ldflags)
tests_unit_check_networkfile_LDFLAGS = $(memory_ldflags) -Wl,--wrap=read -Wl,--wrap=__read_chk
tests_unit_check_networks_LDFLAGS = $(memory_ldflags)
tests_unit_check_outages_LDFLAGS = $(memory_ldflags)
tests_unit_check_session_sources_LDFLAGS = $(memory_ldflags)
tests_unit_check_shares_LDFLAGS = $(memory_ldflags)
tests_unit_check_sharestext_LDFLAGS = $(memory_ldflags)
tests_unit_check_sources_open_LDFLAGS = $(memory_ldflags)
tests_unit_check_sources_rate_LDFLAGS = $(memory_ldflags)
tests_unit_check_proxies_LDFLAGS = $(memory_ldflags) -Wl,--wrap=strdup
tests_unit_check_report_json_LDFLAGS = $(memory_ldflags)
tests_unit_check_summary_LDFLAGS = $(memory_ldflags)
tests_unit_check_tally_LDFLAGS = $(memory_ldflags)
tests_unit_check_tallytext_LDFLAGS = $(memory_ldflags)

tests_unit_check_race_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getpeername
tests_unit_check_privileges_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=setgroups -Wl,--wrap=setgid -Wl,--wrap=setuid \
	-Wl,--wrap=seteuid
tests_unit_check_episode_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_ms
tests_unit_check_census_LDFLAGS = $(memory_ldflags) -Wl,--wrap=finding_start -Wl,--wrap=finding_free
tests_unit_check_progress_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_us
tests_unit_check_stopper_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_ms
tests_unit_check_result_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=tcpinfo_ask
tests_unit_check_rounds_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=probe_start -Wl,--wrap=probe_free
tests_unit_check_template_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=zone_name

# These have the time and the probes of stage.c. In a static program, too, --wrap holds for our sources only.
stage_ldflags = $(memory_ldflags) -Wl,--wrap=probe_start -Wl,--wrap=probe_free -Wl,--wrap=clock_us \
	-Wl,--wrap=clock_now_ms -Wl,--wrap=loop_add_timer_us
stage_sources = \
	tests/unit/series_run.c \
	tests/unit/series_run.h \
	tests/unit/stage.c \
	tests/unit/stage.h
tests_unit_check_names_SOURCES = tests/unit/check_names.c $(stage_sources)
tests_unit_check_names_LDFLAGS = $(stage_ldflags)
tests_unit_check_series_SOURCES = tests/unit/check_series.c $(stage_sources)
tests_unit_check_series_LDFLAGS = $(stage_ldflags)
