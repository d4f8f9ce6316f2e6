# SPDX-License-Identifier: ISC
# The end-to-end tests, and the small programs that they run beside ours.

# The naive twins, of libevent's own samples, which the tests must see losing; a fast client; haild's parser of PROXY
# headers; the words of the C library; and what tries to break out of haild's sandbox.
check_PROGRAMS += \
	tests/e2e/captive \
	tests/e2e/hasty_client \
	tests/e2e/naive_client \
	tests/e2e/naive_server \
	tests/e2e/proxy_reader \
	tests/e2e/reasons
tests_e2e_captive_SOURCES = tests/e2e/captive.c
tests_e2e_captive_LDADD = $(src_haild_LDADD)
tests_e2e_hasty_client_SOURCES = tests/e2e/hasty_client.c
tests_e2e_hasty_client_LDADD =
tests_e2e_naive_client_SOURCES = tests/e2e/naive_client.c
tests_e2e_naive_client_LDADD = $(EVENT_LIBS)
tests_e2e_naive_server_SOURCES = tests/e2e/naive_server.c
tests_e2e_naive_server_LDADD = $(EVENT_LIBS)
tests_e2e_proxy_reader_SOURCES = tests/e2e/proxy_reader.c
tests_e2e_proxy_reader_LDADD = src/libdaemon.a src/libbase.a
tests_e2e_reasons_SOURCES = tests/e2e/reasons.c
tests_e2e_reasons_LDADD =

dist_check_SCRIPTS += \
	tests/e2e/catalogue_access.py \
	tests/e2e/catalogue_activation.py \
	tests/e2e/catalogue_client.py \
	tests/e2e/catalogue_closing.py \
	tests/e2e/catalogue_faults.py \
	tests/e2e/catalogue_input.py \
	tests/e2e/catalogue_lifecycle.py \
	tests/e2e/catalogue_overload.py \
	tests/e2e/catalogue_security.py \
	tests/e2e/test_abstract.py \
	tests/e2e/test_access.py \
	tests/e2e/test_activation.py \
	tests/e2e/test_addresses.py \
	tests/e2e/test_bounds.py \
	tests/e2e/test_client_all.py \
	tests/e2e/test_client_apart.py \
	tests/e2e/test_client_dead_ends.py \
	tests/e2e/test_client_exit_codes.py \
	tests/e2e/test_client_json.py \
	tests/e2e/test_client_many.py \
	tests/e2e/test_client_faults.py \
	tests/e2e/test_client_names.py \
	tests/e2e/test_client_options.py \
	tests/e2e/test_client_output.py \
	tests/e2e/test_client_pace.py \
	tests/e2e/test_client_patience.py \
	tests/e2e/test_client_ports.py \
	tests/e2e/test_client_prompts.py \
	tests/e2e/test_client_proxies.py \
	tests/e2e/test_client_racing.py \
	tests/e2e/test_client_reading.py \
	tests/e2e/test_client_shares.py \
	tests/e2e/test_client_talking.py \
	tests/e2e/test_client_udp.py \
	tests/e2e/test_client_unread.py \
	tests/e2e/test_client_wait.py \
	tests/e2e/test_client_waiting.py \
	tests/e2e/test_completion.py \
	tests/e2e/test_container.py \
	tests/e2e/test_empty_root.py \
	tests/e2e/test_endings.py \
	tests/e2e/test_expand.py \
	tests/e2e/test_handover.py \
	tests/e2e/test_harness.py \
	tests/e2e/test_inherited.py \
	tests/e2e/test_input.py \
	tests/e2e/test_limits.py \
	tests/e2e/test_load.py \
	tests/e2e/test_long.py \
	tests/e2e/test_log.py \
	tests/e2e/test_log_forms.py \
	tests/e2e/test_metrics.py \
	tests/e2e/test_notify.py \
	tests/e2e/test_peers.py \
	tests/e2e/test_proxy_go.py \
	tests/e2e/test_proxy_oracles.py \
	tests/e2e/test_privileges.py \
	tests/e2e/test_proxy_engines.py \
	tests/e2e/test_proxy_listen.py \
	tests/e2e/test_readme.py \
	tests/e2e/test_reading.py \
	tests/e2e/test_release.py \
	tests/e2e/test_reload.py \
	tests/e2e/test_rush.py \
	tests/e2e/test_sandbox.py \
	tests/e2e/test_scripts.py \
	tests/e2e/test_segments.py \
	tests/e2e/test_simulation.py \
	tests/e2e/test_sources.py \
	tests/e2e/test_start.py \
	tests/e2e/test_start_waiting.py \
	tests/e2e/test_stop.py \
	tests/e2e/test_texts.py \
	tests/e2e/test_two_services.py \
	tests/e2e/test_udp.py \
	tests/e2e/test_units.py \
	tests/e2e/test_unix.py \
	tests/e2e/test_unread.py \
	tests/e2e/test_valgrind.py

EXTRA_DIST += \
	tests/e2e/alone.py \
	tests/e2e/compare_clients.py \
	tests/e2e/compare_commands.py \
	tests/e2e/compare_faults.py \
	tests/e2e/engine_haproxy.py \
	tests/e2e/engine_kubernetes.py \
	tests/e2e/engine_nftables.py \
	tests/e2e/engine_nginx.py \
	tests/e2e/engine_prometheus.py \
	tests/e2e/kubernetes/package-lock.json \
	tests/e2e/kubernetes/package.json \
	tests/e2e/kubernetes/validate.mjs \
	tests/e2e/lib/README.md \
	tests/e2e/lib/activation.py \
	tests/e2e/lib/backends.py \
	tests/e2e/lib/clients.py \
	tests/e2e/lib/confined.py \
	tests/e2e/lib/crowd.py \
	tests/e2e/lib/differences.py \
	tests/e2e/lib/distance.py \
	tests/e2e/lib/errands.py \
	tests/e2e/lib/foreign.py \
	tests/e2e/lib/haproxy.py \
	tests/e2e/lib/harness.py \
	tests/e2e/lib/hostile.py \
	tests/e2e/lib/kubernetes.py \
	tests/e2e/lib/machine.py \
	tests/e2e/lib/manager.py \
	tests/e2e/lib/misreading.py \
	tests/e2e/lib/naive.py \
	tests/e2e/lib/network.py \
	tests/e2e/lib/objects.py \
	tests/e2e/lib/prometheus.py \
	tests/e2e/lib/reading.py \
	tests/e2e/lib/reload.py \
	tests/e2e/lib/rows.py \
	tests/e2e/lib/scrape.py \
	tests/e2e/lib/servers.py \
	tests/e2e/lib/shells.py \
	tests/e2e/lib/surveys.py \
	tests/e2e/lib/talkers.py \
	tests/e2e/lib/valgrind.py \
	tests/e2e/lib/visitors.py \
	tests/e2e/lib/wild.py \
	tests/e2e/proxy_oracle.go \
	tests/e2e/reading.py \
	tests/e2e/soak.py \
	tests/e2e/talk_first.py
