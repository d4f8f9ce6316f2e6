#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""examples/kubernetes: its manifest is valid and broken ones are not, its parts fit together, and haild and hailto do
with its arguments and probes what its README says. There is no cluster here.

Runs in a network namespace of its own, where the manifest's ports are free.
"""
import contextlib
import json
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

from lib import harness, kubernetes
from lib.harness import DEADLINE, Daemon, poll_until, program, temporary_directory
from lib.kubernetes import seconds
from lib.prometheus import Prometheus
from lib.scrape import GET, scrape, take_apart

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples/kubernetes"
TEXT = (FOLDER / "haild.yml").read_text()
README = (FOLDER / "README.md").read_text()
POD = "haild-5d4f8c7b9-x2k4q"
TRAP = (r"HAILD_PORT is 'tcp://10\.96\.0\.7:12345', as Kubernetes sets it for a Service named haild: ignored, "
        r"the port is 12345 \(see --port\)")
FULL = "4 open, the most allowed; other connections wait in the queue"
DISCOVERY = "    kubernetes_sd_configs:\n      - role: pod\n"

# What somebody may write, and what must be said of it.
BROKEN = (
    ("readinessProbe:", "readynessProbe:", "/readynessProbe is not known"),
    ("enableServiceLinks: false", "enableServiceLink: false", "/enableServiceLink is not known"),
    ("targetPort: greeting", "targetport: greeting", "/targetport is not known"),
    ("maxUnavailable: 1\n", "maxUnavailible: 1\n", "/maxUnavailible is not known"),
    ("data:\n", "date:\n", "/date is not known"),
    ("replicas: 3", "replicas: three", "replicas must be integer"),
    ("Seconds: 30", 'Seconds: "30"', "terminationGracePeriodSeconds must be integer"),
    ("runAsNonRoot: true", 'runAsNonRoot: "yes"', "runAsNonRoot must be boolean"),
    ("{drop: [ALL]}", "{drop: ALL}", "drop must be array"),
    ('port: "9345"', "port: 9345", "prometheus.io~1port must be string"),
    ("  selector:\n    matchLabels: {app.kubernetes.io/name: haild}\n  strategy", "  strategy", "property selector"),
    ("containers:\n        - name: haild\n", "containers:\n        -\n", "required property name"),
    ("name: greeting, port: 12345,", "name: greeting,", "required property port"),
    ("policy/v1", "policy/v1beta9", "no PodDisruptionBudget in policy/v1beta9"),
    ("apps/v1", "apps/v3", "no Deployment in apps/v3"),
    ("kind: Service\n", "kind: Servise\n", "no Servise in v1"),
    ("  replicas: 3\n", "  replicas: 3\n  replicas: 4\n", "must be unique"),
    ("  replicas: 3\n", "\treplicas: 3\n", "[Tt]abs|indentation"),
)


class Schemas(unittest.TestCase):
    def test_manifest(self):
        manifest = kubernetes.Manifest(TEXT)
        self.assertEqual(list(manifest.kinds), ["ConfigMap", "Deployment", "Service", "PodDisruptionBudget"])
        self.assertEqual(manifest.faults, [[], [], [], []])

    def test_broken_ones(self):
        for good, bad, _ in BROKEN:
            self.assertIn(good, TEXT)
        answers = kubernetes.examine(*(TEXT.replace(good, bad) for good, bad, _ in BROKEN))
        for (_, bad, complaint), documents in zip(BROKEN, answers, strict=True):
            with self.subTest(bad):
                faults = [fault for document in documents for fault in document["faults"]]
                self.assertRegex("\n".join(faults), complaint)


class Parts(unittest.TestCase):
    """What no schema sees."""

    def setUp(self):
        self.manifest = kubernetes.Manifest(TEXT)

    def test_selectors(self):
        labels = self.manifest.template["metadata"]["labels"].items()
        kinds = self.manifest.kinds
        selectors = [kinds["Deployment"]["spec"]["selector"]["matchLabels"], kinds["Service"]["spec"]["selector"],
                     kinds["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
                     *(spread["labelSelector"]["matchLabels"]
                       for spread in self.manifest.pod["topologySpreadConstraints"])]
        for selector in selectors:
            self.assertTrue(selector and selector.items() <= labels, selector)

    def test_ports(self):
        ports = {port["name"]: port["containerPort"] for port in self.manifest.container["ports"]}
        [service] = self.manifest.kinds["Service"]["spec"]["ports"]
        self.assertEqual(ports[service["targetPort"]], 12345)
        annotations = self.manifest.template["metadata"]["annotations"]
        self.assertEqual((annotations["prometheus.io/scrape"], annotations["prometheus.io/port"]),
                         ("true", str(ports["metrics"])))
        self.assertEqual(self.manifest.argument("metrics"), f"*:{ports['metrics']}")
        self.assertEqual(self.manifest.argument("listen"), "*")

    def test_message(self):
        [mount] = self.manifest.container["volumeMounts"]
        self.assertNotIn("subPath", mount)
        self.assertEqual(mount["name"], self.manifest.pod["volumes"][0]["name"])
        [name] = self.manifest.volume_files()
        self.assertEqual(self.manifest.argument("message-file"), f"{mount['mountPath']}/{name}")

    def test_a_stop_has_time(self):
        """Ten seconds are left for what is not ours."""
        stop = seconds(self.manifest.argument("lame-duck")) + seconds(self.manifest.argument("drain"))
        self.assertLessEqual(stop + 10, self.manifest.pod["terminationGracePeriodSeconds"])

    def test_disruption_leaves_some(self):
        self.assertLess(self.manifest.kinds["PodDisruptionBudget"]["spec"]["maxUnavailable"],
                        self.manifest.kinds["Deployment"]["spec"]["replicas"])

    def test_probes_end_before_they_are_ended(self):
        probes = self.manifest.probes()
        self.assertEqual(set(probes), {"startupProbe", "readinessProbe", "livenessProbe"})
        for command, most in probes.values():
            self.assertLess(seconds(command[command.index("-w") + 1]), most)

    def test_confinement(self):
        pod, container = self.manifest.pod["securityContext"], self.manifest.container["securityContext"]
        [user] = re.findall("(?m)^USER (.*)$", (ROOT / "Containerfile").read_text())
        self.assertEqual(pod, {"runAsNonRoot": True, "runAsUser": int(user.split(":")[0]),
                               "runAsGroup": int(user.split(":")[1]), "seccompProfile": {"type": "RuntimeDefault"}})
        self.assertEqual(container, {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                     "capabilities": {"drop": ["ALL"]}})
        self.assertIs(self.manifest.pod["enableServiceLinks"], False)
        self.assertIs(self.manifest.pod["automountServiceAccountToken"], False)


class Pods(unittest.TestCase):
    """haild with the manifest's arguments, and hailto as its probes run it."""

    def setUp(self):
        self.manifest = kubernetes.Manifest(TEXT)
        self.volume = kubernetes.Volume(temporary_directory(self), self.manifest.volume_files())

    def arguments(self, **changed):
        """Those of haild, with the message file where it is here, and with some values changed."""
        [command] = self.manifest.container["command"]
        self.assertEqual(command, "/haild")
        words = []
        for word in self.manifest.container["args"]:
            name, equals, value = word.partition("=")
            value = changed.pop(name[2:].replace("-", "_"), value)
            words.append(name + equals + value.replace("/etc/haild", str(self.volume.folder)))
        self.assertEqual(changed, {})
        return words

    @contextlib.contextmanager
    def pod(self, *more, env=None, log=(), **changed):
        """What the container runs; its log is JSON, which has the messages of the text. The end is no long one."""
        lines = [rf'\{{"time":"[^"]+","level":"\w+","message":"({line})"[^\n]*\}}'
                 for line in (*harness.EXPECTED_LOG, *log)]
        with Daemon(*self.arguments(**changed), *more, port=None, log=lines,
                    env={"HAILD_INSTANCE": POD, **(env or {})}) as daemon:
            yield daemon
            if daemon.is_running():
                daemon.signal(signal.SIGTERM)
                daemon.wait_log("lame duck for")

    def probe(self, name):
        """How an exec probe ends; its program is the container's."""
        (path, *words), most = self.manifest.probes()[name]
        self.assertEqual(path, "/hailto")
        return harness.run("hailto", *words, deadline=most + DEADLINE).exit

    def hears(self, text, port=12345):
        answer = harness.run("hailto", "-w", f"{DEADLINE:g}s", "localhost", port)
        self.assertEqual((answer.exit, answer.stdout.decode()), (0, text), answer)

    def test_greeting_names_the_pod(self):
        with self.pod() as daemon:
            self.assertEqual((set(daemon.ports), daemon.metrics_port), ({12345}, 9345))
            self.hears(f"Hi from {POD}\n")

    def test_check(self):
        result = harness.run("haild", *self.arguments(), "--check")
        self.assertEqual((result.exit, result.stdout, result.stderr), (0, b"", b""), result)

    def seen(self):
        """What each kind of probe sees now, in the words of the README's table."""
        def http():
            with contextlib.suppress(ConnectionError), harness.connect(9345) as client:
                client.sendall(GET % b"/readyz")
                try:
                    return str(take_apart(harness.read_all(client, 3)).status)
                except AssertionError:
                    return "no answer"
            return "refused"

        def tcp():
            with contextlib.suppress(ConnectionError), harness.connect(12345):
                return "open"
            return "refused"

        return [str(self.probe("readinessProbe")), str(self.probe("livenessProbe")), http(), tcp()]


    def test_scraping(self):
        """A real Prometheus finds the pod's metrics, and nothing else, in what the discovery of pods tells it: each
        port of each container. Here a file tells it; Debian's Prometheus is built without that discovery."""
        folder = temporary_directory(self)
        for name in "rules.yml", "alerts.yml":
            shutil.copy(ROOT / "examples/prometheus" / name, folder)
        text = (FOLDER / "prometheus.yml").read_text()
        for old, new in ((DISCOVERY, "    file_sd_configs:\n      - files: [pods.json]\n"),
                         ("_interval: 15s", "_interval: 1s")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        (folder / "prometheus.yml").write_text(text)
        own = self.manifest.template["metadata"]["labels"]["app.kubernetes.io/name"]
        ports = self.manifest.container["ports"]
        (folder / "pods.json").write_text(json.dumps([
            {"targets": [f"127.0.0.1:{port['containerPort']}"],
             "labels": {"__meta_kubernetes_pod_name": pod, "__meta_kubernetes_pod_container_port_name": port["name"],
                        "__meta_kubernetes_pod_label_app_kubernetes_io_name": name}}
            for pod, name in ((POD, own), ("another-pod", "another")) for port in ports]))
        with self.pod():
            prometheus = Prometheus(self, folder / "prometheus.yml")
            prometheus.wait("up", 1)
            self.assertEqual(prometheus.query("up"), [({"__name__": "up", "job": "haild", "instance": POD}, 1)])
            prometheus.wait("job:haild_instances_up:sum", 1)

    def sees(self, state):
        """Waits until the probes see what the README's table says of that state."""
        [row] = re.findall(rf"(?m)^\| {state} \|(.*)\|$", README)
        wanted = [cell.strip() for cell in row.split("|")]
        try:
            poll_until(lambda: self.seen() == wanted, 4 * DEADLINE, every=0.1)
        except AssertionError:
            raise AssertionError(f"{state}: the probes see {self.seen()}, not {wanted}") from None

    def test_probes(self):
        """Time enough for a look is in three arguments that are not the manifest's."""
        with self.pod("--idle=30m", "--timeout=60m", max_connections="4", lame_duck="30m", drain="30m",
                      log=[FULL]) as daemon, contextlib.ExitStack() as stack:
            self.sees("haild greets")
            for _ in range(4):
                stack.enter_context(daemon.connect())
            poll_until(lambda: scrape(9345)["haild_connections_open"] == 4)
            self.sees("all of `--max-connections` linger")
            self.assertGreater(scrape(9345)['haild_connections_ended_total{reason="evicted"}'], 0)
            with daemon.frozen():
                self.sees("haild hangs")
            self.sees("haild greets")
            # Each look has evicted some of those that stay.
            stack.enter_context(daemon.connect())
            daemon.signal(signal.SIGTERM)
            self.sees("lame duck")
            self.hears(f"Hi from {POD}\n")
            stack.enter_context(daemon.connect())
            daemon.signal(signal.SIGTERM)
            self.sees("drain")
            daemon.signal(signal.SIGTERM)
            daemon.wait()
            self.sees("haild has ended")

    def test_a_stop_loses_nobody(self):
        """Who comes is greeted or refused, for as long as the manifest's own times last; nobody hears nothing."""
        with self.pod() as daemon:
            daemon.signal(signal.SIGTERM)
            exits = []
            poll_until(lambda: exits.append(self.probe("livenessProbe")) or not daemon.is_running(), 4 * DEADLINE)
            self.assertEqual(set(exits) | {4}, {0, 4}, exits)
            self.assertEqual(exits, sorted(exits))
            self.assertGreater(exits.count(0), 10)
            self.assertEqual(daemon.wait(), 0)

    def test_new_message(self):
        """haild does not notice by itself that the ConfigMap has changed."""
        with self.pod(log=[r"read \S+ again"]) as daemon:
            self.hears(f"Hi from {POD}\n")
            self.volume.replace({"message": "Hello from {instance}\n"})
            self.hears(f"Hi from {POD}\n")
            daemon.signal(signal.SIGHUP)
            daemon.wait_log("again")
            self.hears(f"Hello from {POD}\n")
            # A wrong one changes nothing.
            self.volume.replace({"message": "Hello from {instanze}\n"})
            self.assertEqual(harness.run("haild", *self.arguments(), "--check").exit, 4)
            daemon.expected_log += (r'\{.*"level":"error".*an unknown placeholder.*the old greeting stays.*',)
            daemon.signal(signal.SIGHUP)
            daemon.wait_log("the old greeting stays")
            self.hears(f"Hello from {POD}\n")

    def test_signals_to_the_first_process(self):
        """In the pod's namespace haild is process 1, and takes signals from whoever has its user there."""
        if harness.WRAPPER:
            self.skipTest("a wrapper would be the first process")
        enter = ("unshare", "--pid", "--fork", "--kill-child")
        if subprocess.run([*enter, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("the kernel gives us no namespace for processes")
        log = temporary_directory(self) / "log"
        with open(log, "w") as file:
            outside = harness.start([*enter, program("haild"), *self.arguments()], env=harness.environment(),
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=file)
        wait_log = lambda words: poll_until(lambda: words in log.read_text())
        wait_log("listens on")
        [haild] = pathlib.Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text().split()

        def send(name, *exits):
            result = harness.run("nsenter", "--target", haild, "--pid", "kill", f"-{name}", "1")
            self.assertIn(result.exit, exits, result)

        self.volume.replace({"message": "Hello\n"})
        send("HUP", 0)
        wait_log("again")
        self.hears("Hello\n")
        send("TERM", 0)
        wait_log("lame duck")
        # With the first process, the kernel ends all others of the namespace.
        send("TERM", 0, -signal.SIGKILL)
        self.assertEqual(outside.wait(DEADLINE), 0)

    def test_service_links(self):
        """Without enableServiceLinks: false, these variables are set in each pod beside the Service."""
        links = self.manifest.service_links("10.96.0.7")
        self.assertEqual(links["HAILD_PORT"], "tcp://10.96.0.7:12345")
        with self.pod(env=links, log=[TRAP]) as daemon:
            self.assertEqual(set(daemon.ports), {12345})
            daemon.wait_log("as Kubernetes sets it")
            self.hears(f"Hi from {POD}\n")


if __name__ == "__main__":
    kubernetes.install()
    harness.enter_network_namespace()
    harness.main()
