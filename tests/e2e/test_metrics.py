#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""haild --metrics: what it answers by HTTP, to whom, for how long; and what Prometheus makes of it."""
import contextlib
import json
import math
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time
import unittest

from lib import harness
from lib.harness import (
    DEADLINE, Daemon, GREETING, connect, has_heard, need, poll_until, read_all, run, temporary_directory)
from lib.prometheus import Prometheus
from lib.scrape import GET, get, samples, say, scrape, take_apart

ROOM = 16
SECONDS = 5
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples/prometheus"
HERE = ("-l", "127.0.0.1", "--metrics", "127.0.0.1:0")
ENDED = 'haild_connections_ended_total{reason="%s"}'

# What each counter in the log is called in the metrics.
NAMES = {
    "accepted": "haild_connections_accepted_total", "greeted": "haild_connections_greeted_total",
    "proxied": "haild_connections_proxied_total", "proxied_local": "haild_connections_proxied_local_total",
    "bytes_sent": "haild_sent_bytes_total", "bytes_discarded": "haild_discarded_bytes_total",
    "datagrams": "haild_datagrams_received_total", "datagrams_answered": "haild_datagrams_answered_total",
    "datagrams_too_small": "haild_datagrams_too_small_total",
    "datagrams_ignored": "haild_datagrams_ignored_total", "datagrams_denied": "haild_datagrams_denied_total",
    "datagrams_too_often": "haild_datagrams_too_often_total", "datagrams_failed": "haild_datagrams_failed_total",
    "accept_pauses": "haild_accept_pauses_total", "open": "haild_connections_open"}


def curl(*arguments):
    need("curl")
    return subprocess.run(["curl", "-sS", "--max-time", str(DEADLINE), *arguments], capture_output=True,
                          check=True).stdout.decode()


def promtool(*arguments, input=None):
    """Runs promtool; whoever has none skips the test."""
    need("promtool")
    result = subprocess.run(["promtool", *map(str, arguments)], input=input, text=True, timeout=DEADLINE,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise AssertionError(f"promtool {' '.join(map(str, arguments))}: exit {result.returncode}\n{result.stdout}")
    return result.stdout


class Answers(unittest.TestCase):
    def test_metrics_by_curl(self):
        with Daemon(*HERE) as daemon:
            url = f"http://127.0.0.1:{daemon.metrics_port}/metrics"
            answer, body = curl("-i", url), curl(url)
            self.assertRegex(answer, r"\AHTTP/1\.0 200 OK\r\n")
            self.assertIn("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n", answer)
            self.assertIn("\r\nConnection: close\r\n", answer)
            head = curl("-I", url)
            self.assertEqual(head + body, answer)
            self.assertIn(f"\r\nContent-Length: {len(body)}\r\n", head)

    def test_health_and_readiness(self):
        with Daemon(*HERE) as daemon:
            self.assertEqual(get(daemon.metrics_port, "/healthz")[0::2], (200, b"ok\n"))
            self.assertEqual(get(daemon.metrics_port, "/readyz")[0::2], (200, b"ready\n"))

    def test_anything_else(self):
        with Daemon(*HERE) as daemon:
            port = daemon.metrics_port
            self.assertEqual(get(port, "/").status, 404)
            self.assertEqual(get(port, "/metricsx").status, 404)
            answer = take_apart(say(port, b"POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"))
            self.assertEqual((answer.status, answer.head["Allow"]), (405, "GET, HEAD"))
            self.assertEqual(take_apart(say(port, b"\x16\x03\x01\x02")).status, 400)
            self.assertEqual(take_apart(say(port, b"GET / HTTP/1.1\r\n x\r\n\r\n")).status, 400)
            self.assertEqual(take_apart(say(port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).status, 505)
            for answer in (get(port, "/"), take_apart(say(port, b"\0"))):
                self.assertEqual(int(answer.head["Content-Length"]), len(answer.body))

    def test_head_of_4096_bytes_at_most(self):
        def head(size):
            begin, end = b"GET /healthz HTTP/1.1\r\nX: ", b"\r\n\r\n"
            return begin + b"x" * (size - len(begin) - len(end)) + end
        with Daemon(*HERE) as daemon:
            self.assertEqual(take_apart(say(daemon.metrics_port, head(4096))).status, 200)
            self.assertEqual(take_apart(say(daemon.metrics_port, head(4097))).status, 431)
            self.assertEqual(take_apart(say(daemon.metrics_port, head(1 << 20))).status, 431)

    def test_http_0_9(self):
        with Daemon(*HERE) as daemon:
            self.assertEqual(say(daemon.metrics_port, b"GET /healthz\n"), b"ok\n")
            text = say(daemon.metrics_port, b"GET /metrics\r\n").decode()
            self.assertEqual(samples(text)["haild_connections_accepted_total"], 0)

    def test_more_than_a_request(self):
        """What comes after it is thrown away: one answer, whole, and no reset."""
        with Daemon(*HERE) as daemon:
            for rest in (GET % b"/healthz", b"\0" * (1 << 18), b"GET /x HTTP/9.9\r\n" * 1000):
                answer = take_apart(say(daemon.metrics_port, GET % b"/metrics" + rest))
                self.assertEqual((answer.status, int(answer.head["Content-Length"])), (200, len(answer.body)))

    def test_request_in_pieces(self):
        request = GET % b"/readyz"
        with Daemon(*HERE) as daemon, connect(daemon.metrics_port) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in request:
                client.send(bytes([byte]))
            self.assertEqual(take_apart(read_all(client)).body, b"ready\n")

    def test_unix_socket(self):
        path = temporary_directory(self) / "metrics.sock"
        with Daemon("-l", "127.0.0.1", f"--metrics=unix:{path}") as daemon:
            self.assertEqual(daemon.metrics, [f"unix:{path}"])
            self.assertEqual(curl("--unix-socket", str(path), "http://localhost/healthz"), "ok\n")
            self.assertEqual(scrape(None, path)["haild_connections_open"], 0)
            daemon.stop()
        self.assertFalse(path.exists())

    def test_several_addresses(self):
        path = temporary_directory(self) / "metrics.sock"
        with Daemon("-l", "127.0.0.1", "--metrics", "127.0.0.1:0", "--metrics", f"unix:{path}") as daemon:
            self.assertEqual(len(daemon.addresses), 1)
            self.assertEqual(len(daemon.metrics), 2)
            self.assertEqual(get(daemon.metrics_port, "/healthz").status, 200)
            self.assertEqual(get(None, "/healthz", path).status, 200)
            daemon.wait_log(rf"listens on 127\.0\.0\.1:\d+; metrics on 127\.0\.0\.1:\d+, unix:{path}$")


class Numbers(unittest.TestCase):
    def test_they_are_those_of_the_log(self):
        with Daemon("-u", *HERE) as daemon:
            for _ in range(3):
                self.assertEqual(daemon.greeting(), GREETING)
            daemon.answer(b"x" * 100)
            with daemon.connect() as stays:
                self.assertEqual(read_all(stays), GREETING)
                counters = daemon.wait_counters(open=1)
                found = scrape(daemon.metrics_port)
                self.assertEqual(found["haild_connections_open"], 1)
                self.assertEqual({name: found[metric] for name, metric in NAMES.items()},
                                 {name: counters[name] for name in NAMES})
                endings = {name: found.get(ENDED % name) for name in counters if name not in NAMES}
                self.assertEqual(endings, {name: counters[name] for name in endings})
                self.assertEqual(found[ENDED % "done"], 3)
                self.assertEqual(found["haild_connection_duration_seconds_count"], 3)
                self.assertEqual(found["haild_datagrams_answered_total"], 1)

    def test_asking_changes_nothing(self):
        """Neither the counters, nor -n, nor the room."""
        with Daemon("-q", "-n", 2, "-c", 1, *HERE) as daemon:
            for _ in range(20):
                found = scrape(daemon.metrics_port)
            self.assertEqual((found["haild_connections_accepted_total"], found["haild_connections_open"],
                              found["haild_connections_limit"]), (0, 0, 1))
            self.assertEqual(sum(daemon.counters().values()), 0)
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.wait(), 0)

    def test_start_time(self):
        began = time.time()
        with Daemon(*HERE) as daemon:
            found = scrape(daemon.metrics_port)["haild_start_time_seconds"]
            self.assertLess(began - 0.1, found)
            self.assertLess(found, time.time() + 0.1)

    def check_histogram(self, found):
        """What promtool does not notice: buckets in order, cumulative, to +Inf, which is the count."""
        buckets = {float(re.search(r'le="([^"]+)"', name)[1]): value for name, value in found.items()
                   if name.startswith("haild_connection_duration_seconds_bucket")}
        self.assertEqual([*buckets], sorted(buckets))
        self.assertEqual([*buckets.values()], sorted(buckets.values()))
        self.assertEqual(buckets[math.inf], found["haild_connection_duration_seconds_count"])
        return buckets

    def test_lives_of_connections(self):
        with Daemon("--idle", "300ms", *HERE) as daemon:
            self.assertEqual(set(self.check_histogram(scrape(daemon.metrics_port)).values()), {0})
            for _ in range(5):
                daemon.greeting()
            with daemon.connect():  # cut after its silence
                daemon.wait_counters(timed_out_linger=1)
            daemon.wait_counters(open=0)
            found = scrape(daemon.metrics_port)
            buckets = self.check_histogram(found)
            self.assertEqual(found["haild_connection_duration_seconds_count"], 6)
            self.assertEqual(buckets[0.25], 5)
            self.assertGreater(found["haild_connection_duration_seconds_sum"], 0.3 + 5 * 0.019)

    def test_promtool_has_nothing_against_them(self):
        with Daemon(*HERE) as daemon:
            daemon.greeting()
            self.assertEqual(promtool("check", "metrics", input=get(daemon.metrics_port).body.decode()), "")


class Clients(unittest.TestCase):
    """They are bounded in time and number."""

    def test_silent_ones_are_cut(self):
        with Daemon("-v", *HERE) as daemon:
            silent, slow, began = connect(daemon.metrics_port), connect(daemon.metrics_port), time.monotonic()
            with silent, slow:
                slow.send(b"GET /metrics HTTP/1.1\r\n")
                for client in (silent, slow):
                    self.assertRaises(ConnectionResetError, read_all, client)
                self.assertGreater(time.monotonic() - began, SECONDS - 0.1)
            poll_until(lambda: len(daemon.log_lines(r"closed: metrics .*: timed out in prelude, 0 bytes sent, .*")) == 2)

    def test_seventeenth_takes_the_place_of_the_first(self):
        with Daemon(*HERE) as daemon, contextlib.ExitStack() as stack:
            clients = [stack.enter_context(connect(daemon.metrics_port)) for _ in range(ROOM)]
            poll_until(lambda: daemon.descriptors() == daemon.baseline + ROOM)
            self.assertEqual(get(daemon.metrics_port, "/healthz").status, 200)
            self.assertRaises(ConnectionResetError, read_all, clients[0])
            for client in clients[1:]:
                self.assertFalse(has_heard(client))
                client.send(GET % b"/healthz")
                self.assertEqual(take_apart(read_all(client)).status, 200)

    def test_they_are_logged_with_v_only(self):
        with Daemon(*HERE) as daemon:
            scrape(daemon.metrics_port)
            self.assertEqual(daemon.counters()["accepted"], 0)
            self.assertEqual(len(daemon.log_lines()), 3)
        with Daemon("-v", *HERE) as daemon:
            scrape(daemon.metrics_port)
            daemon.wait_log(r"closed: metrics 127\.0\.0\.1:\d+: done, \d+ bytes sent, 0 discarded, (up to )?\d+ ms")
        with Daemon("-v", "--log=json", *HERE, log=[r"\{.*\}"]) as daemon:
            scrape(daemon.metrics_port)
            line = json.loads(daemon.wait_log(r'\{.*"event":"closed".*\}')[0])
            self.assertEqual(line["role"], "metrics")
            self.assertRegex(line["peer"], r"\A127\.0\.0\.1:\d+\Z")

    # Nor may they take the last descriptors of greetings.
    @unittest.skipIf(harness.WRAPPER, "a wrapper has descriptors of its own")
    def test_few_descriptors(self):
        limits, full = {resource.RLIMIT_NOFILE: (22, 22)}, r"1 open, the most allowed; .*"
        with Daemon(*HERE, limits=limits, log=[full]) as daemon, contextlib.ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(harness.connect(daemon.metrics_port))
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.log_lines("haild: .*"), [])  # none says that descriptors are short


class Stop(unittest.TestCase):
    def test_drain_is_not_ready(self):
        with Daemon("--idle", "5m", "-t", "10m", "--drain", "10m", *HERE) as daemon:
            with daemon.connect() as stays:
                self.assertEqual(read_all(stays), GREETING)
                daemon.signal(signal.SIGTERM)
                daemon.wait_log("stopping: waiting for 1 connection")
                answer = get(daemon.metrics_port, "/readyz")
                self.assertEqual((answer.status, answer.body), (503, b"stopping\n"))
                self.assertEqual(get(daemon.metrics_port, "/healthz").status, 200)
                found = scrape(daemon.metrics_port)
                self.assertEqual((found["haild_draining"], found["haild_ready"]), (1, 0))
                self.assertEqual(found["haild_connections_open"], 1)
                self.assertRaises(ConnectionRefusedError, connect, daemon.port)
            self.assertEqual(daemon.wait(), 0)

    def test_lame_duck_is_not_ready(self):
        """It still greets; what is measured is the same."""
        log = [r"lame duck for 5m: .*"]
        with Daemon("--lame-duck", "5m", *HERE, log=log) as daemon:
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("lame duck for")
            self.assertEqual(get(daemon.metrics_port, "/readyz").status, 503)
            self.assertEqual(get(daemon.metrics_port, "/healthz").status, 200)
            self.assertEqual(daemon.greeting(), GREETING)
            found = scrape(daemon.metrics_port)
            self.assertEqual((found["haild_draining"], found["haild_ready"]), (0, 0))
            self.assertEqual(found["haild_connections_accepted_total"], 1)

    def test_count_reached_is_not_ready(self):
        with Daemon("-n", 1, "--idle", "5m", "-t", "10m", *HERE) as daemon:
            self.assertEqual(get(daemon.metrics_port, "/readyz").status, 200)
            with daemon.connect() as stays:
                self.assertEqual(read_all(stays), GREETING)
                self.assertEqual(get(daemon.metrics_port, "/readyz").status, 503)

    def test_no_stop_waits_for_them(self):
        with Daemon(*HERE) as daemon, connect(daemon.metrics_port) as silent:
            poll_until(lambda: daemon.descriptors() > daemon.baseline)
            began = time.monotonic()
            self.assertEqual(daemon.stop(), 0)
            self.assertLess(time.monotonic() - began, SECONDS - 1)
            self.assertRaises(ConnectionResetError, read_all, silent)


class Start(unittest.TestCase):
    def fails(self, status, complaint, *options):
        for check in ((), ("--check",)):
            result = run("haild", *options, *check)
            self.assertEqual((result.exit, result.stdout), (status, b""))
            self.assertRegex(result.stderr.decode(), complaint)
            self.assertEqual(result.stderr.count(b"\n"), 1)

    def test_port_is_wanted(self):
        for address in ("localhost", "127.0.0.1", "[::1]", "*"):
            self.fails(2, r"^haild: --metrics: bad address '.*': it needs a port$", f"--metrics={address}")
        self.fails(2, r"^haild: --metrics: bad address '': ", "--metrics=")
        self.fails(2, r": it is given twice$", "--metrics=localhost:9", "--metrics=localhost:9")

    def test_address_in_use(self):
        with Daemon(*HERE) as daemon:
            port = daemon.metrics_port
            result = run("haild", "-l", "127.0.0.1", "-p", 0, f"--metrics=127.0.0.1:{port}")
            self.assertEqual(result.exit, 3)
            self.assertIn(b"haild: cannot listen on 127.0.0.1:%d: Address already in use" % port, result.stderr)
            result = run("haild", "-l", "127.0.0.1", "-p", 0, f"--metrics=127.0.0.1:{port}", "--check")
            self.assertEqual(result.exit, 0)
            self.assertIn(b"127.0.0.1:%d" % port, result.stderr)

    def test_address_of_the_greeting(self):
        address = harness.own_address() + ":12345"
        self.fails(3, "it is given twice", "-l", address, "--metrics", address)
        if harness.can_share_ports(self):
            self.fails(3, "it is given twice", "-l", address, "--metrics", address, "--reuse-port")
        path = temporary_directory(self) / "x.sock"
        self.fails(3, "it is given twice", "-l", f"unix:{path}", "--metrics", f"unix:{path}")

    def test_unread_output_is_taken_from_the_log(self):
        with open(os.devnull, "w") as nowhere, Daemon(*HERE, stdout=nowhere) as daemon:
            self.assertEqual(get(daemon.metrics_port, "/healthz").status, 200)


class Scraping(unittest.TestCase):
    def test_a_real_prometheus(self):
        with Daemon(*HERE) as daemon:
            prometheus = Prometheus(self, {
                "global": {"scrape_interval": "250ms", "scrape_timeout": "250ms"},
                "scrape_configs": [{"job_name": "haild", "static_configs": [
                    {"targets": [f"127.0.0.1:{daemon.metrics_port}"]}]}]})
            prometheus.wait("up", 1)
            for _ in range(7):
                daemon.greeting()
            prometheus.wait("haild_connections_accepted_total", 7)
            prometheus.wait('haild_connections_ended_total{reason="done"}', 7)
            prometheus.wait("haild_connection_duration_seconds_count", 7)
            prometheus.wait("haild_draining", 0)
            self.assertEqual(len(prometheus.query("haild_connections_ended_total")), 17)
            [(_, median)] = prometheus.query("histogram_quantile(0.5, haild_connection_duration_seconds_bucket)")
            self.assertGreater(median, 0)
            # Prometheus keeps its connection as long as we do: not at all.
            poll_until(daemon.has_given_back_descriptors)


class Examples(unittest.TestCase):
    """examples/prometheus/"""

    def setUp(self):
        with Daemon("-l", "127.0.0.1", "--metrics", "127.0.0.1:0") as daemon:
            text = get(daemon.metrics_port).body.decode()
        self.names = {re.match(r"[a-z_]+", line)[0] for line in text.splitlines() if not line.startswith("#")}

    def check_names(self, text):
        # What recording rules make has a colon before it and behind it.
        named = set(re.findall(r"(?<![\w:])haild_[a-z_]+", text))
        self.assertEqual(named - self.names, set())
        return named

    def test_rules(self):
        self.assertGreater(len(self.check_names((EXAMPLES / "alerts.yml").read_text())), 4)
        self.check_names((EXAMPLES / "alerts_test.yml").read_text())
        self.check_names((EXAMPLES / "rules.yml").read_text())
        for rules in "alerts.yml", "rules.yml":
            self.assertRegex(promtool("check", "rules", EXAMPLES / rules), r"SUCCESS: \d+ rules found")
        promtool("check", "config", EXAMPLES / "prometheus.yml")
        self.assertIn("SUCCESS", promtool("test", "rules", EXAMPLES / "alerts_test.yml"))

    def test_each_alert_is_tested(self):
        alerts = re.findall(r"- alert: (\w+)", (EXAMPLES / "alerts.yml").read_text())
        tests = (EXAMPLES / "alerts_test.yml").read_text()
        for alert in alerts:
            self.assertRegex(tests, rf"alertname: {alert}\n +exp_alerts:", alert)

    def test_each_alert_is_in_the_readme(self):
        """With the time for which it waits."""
        rules = (EXAMPLES / "alerts.yml").read_text().split("- alert: ")[1:]
        waits = [(rule.partition("\n")[0], *(re.findall(r"(?m)^ +for: (\d+)m$", rule) or [""])) for rule in rules]
        table = re.findall(r"(?m)^\| `(Haild\w+)` \|.*\| (?:(\d+) min )?\|$", (EXAMPLES / "README.md").read_text())
        self.assertEqual(table, waits)

    def test_each_record_is_tested_or_used(self):
        texts = [(EXAMPLES / name).read_text() for name in ("alerts_test.yml", "alerts.yml", "rules.yml")]
        for record in re.findall(r"- record: (\S+)", texts[2]):
            self.assertTrue(any(re.search(rf"(?<!record: )\b{record}\b", text) for text in texts), record)

    def test_dashboard(self):
        text = (EXAMPLES / "dashboard.json").read_text()
        dashboard = json.loads(text)
        self.assertEqual(len({panel["id"] for panel in dashboard["panels"]}), len(dashboard["panels"]))
        expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        named = self.check_names(" ".join(expressions) + text)
        suffixes = re.compile("_(bucket|sum|count)$")
        self.assertEqual({suffixes.sub("", name) for name in self.names} - {suffixes.sub("", name) for name in named},
                         set(), "metrics without a panel")
        for expression in expressions:
            self.assertEqual(expression.count("("), expression.count(")"), expression)

    def test_expressions_of_the_dashboard_are_understood(self):
        """By promtool, as those of recording rules."""
        dashboard = json.loads((EXAMPLES / "dashboard.json").read_text())
        expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        rules = temporary_directory(self) / "rules.yml"
        rules.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": [
            {"record": f"panel_{number}", "expr": expression.replace("$__rate_interval", "1m")}
            for number, expression in enumerate(expressions)]}]}))
        promtool("check", "rules", rules)


if __name__ == "__main__":
    harness.main()
