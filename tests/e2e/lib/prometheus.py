# SPDX-License-Identifier: ISC
"""A real Prometheus: run with a configuration of the test's, and asked by its HTTP API."""
import contextlib
import json
import re
import subprocess
import urllib.parse

from lib.harness import DEADLINE, need, poll_until, start, temporary_directory
from lib.scrape import say, take_apart


class Prometheus:
    """Prometheus, with what it stores in a folder that goes with the test.

    config  its configuration as a value for JSON, or the path of a file
    """

    def __init__(self, test, config):
        need("prometheus")
        folder = temporary_directory(test)
        if isinstance(config, dict):
            path = folder / "prometheus.yml"
            path.write_text(json.dumps(config))
            config = path
        self._log = folder / "log"
        with open(self._log, "w") as log:
            self._process = start(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                                   "--web.listen-address=127.0.0.1:0"], stdout=subprocess.DEVNULL, stderr=log)
        test.addCleanup(self._end)
        self._port = int(poll_until(self._find_port)[1])

    def _end(self):
        self._process.terminate()
        self._process.wait(DEADLINE)

    def _find_port(self):
        """It logs the port that the kernel has chosen; version 3 with other words between."""
        text = self._log.read_text()
        if self._process.poll() is not None:
            raise AssertionError(f"prometheus has ended:\n{text[-2000:]}")
        return re.search(r'Listening on\b.* address=\S*?:(\d+)', text)

    def get(self, path, **parameters):
        """The data of an answer of its API; None as long as it does not answer."""
        with contextlib.suppress(OSError):
            request = b"GET /api/v1/%s?%s HTTP/1.0\r\n\r\n"
            answer = take_apart(say(self._port, request % (path.encode(), urllib.parse.urlencode(parameters).encode())))
            if answer.status == 200:
                return json.loads(answer.body)["data"]
        return None

    def query(self, expression):
        """The values of an expression: pairs of labels and number."""
        data = self.get("query", query=expression)
        return [(one["metric"], float(one["value"][1])) for one in data["result"]] if data else []

    def wait(self, expression, value):
        """Waits until one of the values of an expression is that."""
        try:
            poll_until(lambda: value in (number for _, number in self.query(expression)), every=0.1)
        except AssertionError:
            raise AssertionError(f"{expression} is {self.query(expression)}, not {value}") from None
