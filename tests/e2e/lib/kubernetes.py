# SPDX-License-Identifier: ISC
"""Manifests for Kubernetes without a cluster: held against the schemas by kubernetes-models, a package of npm, and as
values that a test can look into."""
import atexit
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from lib import harness

PACKAGES = pathlib.Path(__file__).resolve().parents[1] / "kubernetes"
# What the packages are installed in, for this file when it is started anew in its namespace; or why they are not.
FOLDER_VARIABLE, REASON_VARIABLE = "HAILD_TEST_MODULES", "HAILD_TEST_NO_MODULES"
NO_NETWORK = re.compile(r"E(AI_AGAIN|CONNREFUSED|CONNRESET|HOSTUNREACH|NETUNREACH|NOTFOUND|TIMEDOUT)")
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "": 1}


def install():
    """Installs the packages, in the versions that package-lock.json has, in a folder that goes at the end. To be called
    before enter_network_namespace(), where there is no network."""
    if REASON_VARIABLE in os.environ:
        return
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return
    for name in "node", "npm":
        if not shutil.which(name):
            os.environ[REASON_VARIABLE] = f"{name} is not installed"
            return
    folder = os.environ[FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="haild-kubernetes-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for file in PACKAGES.iterdir():
        shutil.copy(file, folder)
    done = subprocess.run(INSTALL, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=600)
    if done.returncode != 0 and not NO_NETWORK.search(done.stdout):
        raise AssertionError(f"npm ci failed: {done.stdout[-2000:]}")
    if done.returncode != 0:
        os.environ[REASON_VARIABLE] = "npm reaches no registry"
        shutil.rmtree(folder)


def examine(*texts):
    """The documents of each text, each with its "contents" and a list of its "faults"."""
    if REASON_VARIABLE in os.environ:
        raise unittest.SkipTest(os.environ[REASON_VARIABLE])
    done = subprocess.run(["node", "validate.mjs"], cwd=os.environ[FOLDER_VARIABLE], input=json.dumps(texts),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=4 * harness.DEADLINE)
    if done.returncode != 0:
        raise AssertionError(f"validate.mjs: exit {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def seconds(time):
    """A time as our programs understand it, in seconds."""
    number, unit = re.fullmatch(r"([\d.]+)(ms|s|m|)", time).groups()
    return float(number) * UNITS[unit]


class Manifest:
    """A manifest with one document of each kind, and one container."""

    def __init__(self, text):
        [documents] = examine(text)
        self.faults = [document["faults"] for document in documents]
        self.kinds = {document["contents"]["kind"]: document["contents"] for document in documents}
        self.template = self.kinds["Deployment"]["spec"]["template"]
        self.pod = self.template["spec"]
        [self.container] = self.pod["containers"]

    def argument(self, option):
        """The value of one of haild's options."""
        [value] = [word.partition("=")[2] for word in self.container["args"] if word.startswith(f"--{option}=")]
        return value

    def probes(self):
        """The command of each probe, and how many seconds it has."""
        names = [name for name in self.container if name.endswith("Probe")]
        return {name: (self.container[name]["exec"]["command"], self.container[name]["timeoutSeconds"])
                for name in names}

    def volume_files(self):
        """The files of the volume: the data of the ConfigMap that it names."""
        [volume] = self.pod["volumes"]
        assert volume["configMap"]["name"] == self.kinds["ConfigMap"]["metadata"]["name"]
        return self.kinds["ConfigMap"]["data"]

    def service_links(self, address):
        """The variables that a pod gets for the Service, at that address, where enableServiceLinks is true."""
        name = self.kinds["Service"]["metadata"]["name"].upper().replace("-", "_")
        [port] = self.kinds["Service"]["spec"]["ports"]
        number, protocol = port["port"], port.get("protocol", "TCP")
        url = f"{protocol.lower()}://{address}:{number}"
        own = f"{name}_PORT_{number}_{protocol}"
        return {f"{name}_SERVICE_HOST": address, f"{name}_SERVICE_PORT": str(number),
                f"{name}_SERVICE_PORT_{port['name'].upper()}": str(number), f"{name}_PORT": url, own: url,
                f"{own}_PROTO": protocol.lower(), f"{own}_PORT": str(number), f"{own}_ADDR": address}


class Volume:
    """A folder as kubelet mounts a ConfigMap: each file is a link into ..data, and that is a link to a folder with a
    name of its own, which is put in its place as a whole."""

    def __init__(self, folder, files):
        self.folder, self._number = folder, 0
        self.replace(files)
        for name in files:
            (folder / name).symlink_to(f"..data/{name}")

    def replace(self, files):
        before = self.folder / f"..2026_11_28_{self._number:02}"
        self._number += 1
        after = self.folder / f"..2026_11_28_{self._number:02}"
        after.mkdir()
        for name, text in files.items():
            (after / name).write_text(text)
        link = self.folder / "..data_tmp"
        link.symlink_to(after.name)
        link.rename(self.folder / "..data")
        shutil.rmtree(before, ignore_errors=True)
