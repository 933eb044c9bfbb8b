"""A sidecar between the driver's caller, upstream and verify stub, asked exactly so many requests."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.request

import yaml

PATIENCE = 120
# Nothing may end a connection between two looks at the counters.
CONFIG = {
    # The page looks at the metrics once a second: on a slow machine that would count for requests.
    "listener": {"address": "127.0.0.1:0"}, "status": {"address": "127.0.0.1:0"}, "admin": {"address": "127.0.0.1:0", "page": False},
    "workers": 1, "log": {"level": "info", "format": "json", "access": True}, "shutdown": {"grace": "2s"},
    "upstream": {"idle_timeout": "10m"}, "limits": {"keep_alive_timeout": "10m", "requests_per_connection": 0},
}


class Broken(Exception):
    """A program did not do what the measurement needs."""


def share_one_cpu():
    """All programs on one CPU, and who wakes another up goes on: what is done at once does not depend on luck."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def scheduled(pid):
    """Seconds that the process has had a CPU."""
    return sum(int(each.read_text().split()[0]) for each in pathlib.Path("/proc/%d/task" % pid).glob("*/schedstat")) / 1e9


class Rig:
    """Starts [*wrapper, program]; `folder` takes its configuration and what it writes. `options`: sections besides CONFIG."""

    def __init__(self, folder, program, driver, work="get", access_log=True, options=None, wrapper=(), environment=None):
        self.folder, self._all = pathlib.Path(folder), contextlib.ExitStack()
        try:
            self._driver = self._start([driver, work], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            upstream, verify = self._read_driver().split()
            config = {**CONFIG, **(options or {}), "log": {**CONFIG["log"], "access": access_log},
                      "upstream": {**CONFIG["upstream"], "url": "http://127.0.0.1:" + upstream},
                      "gate": {"base_url": "http://127.0.0.1:" + verify}}
            self._listener = "answer" if work == "answer" else "proxy"
            if work == "answer":
                config["answer"] = {"address": "127.0.0.1:0", "original": "path"}
            (self.folder / "sidecar.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
            self.output = self.folder / "sidecar.log"
            log = self._all.enter_context(open(self.output, "w", encoding="utf-8"))
            command = [*wrapper, program, "--config", self.folder / "sidecar.yaml"]
            self.process = self._start(command, stdout=log, stderr=log, env=self._environment(environment))
            self.port = self._await_listener()
        except BaseException:
            self._all.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._all.close()

    def _start(self, command, **how):
        process = subprocess.Popen([str(part) for part in command], preexec_fn=share_one_cpu, **how)
        self._all.callback(process.wait)
        self._all.callback(process.kill)
        return process

    @staticmethod
    def _environment(more):
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("GATE_SIDECAR_", "FOIL_"))}
        return {**clean, "FOIL_SECRET_KEY": "sk_test_costs", **(more or {})}

    def _await_listener(self):
        return self.port_of(self._listener)

    def port_of(self, listener):
        return self._until(lambda: self._find(listener), "it did not listen")

    def _find(self, listener):
        for line in self.output.read_text(encoding="utf-8").splitlines():
            if line.startswith("{") and line.endswith("}"):
                entry = json.loads(line)
                if entry.get("message") == "listening" and entry.get("listener") == listener:
                    return int(entry["server.port"])
        return None

    def metric(self, name):
        """The value of a metric, named with its labels."""
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % self.port_of("status"), timeout=PATIENCE) as page:
            return float(re.search("^%s (.*)" % re.escape(name), page.read().decode(), re.MULTILINE).group(1))

    def _until(self, condition, complaint):
        deadline = time.monotonic() + PATIENCE
        while True:
            value = condition()
            if value:
                return value
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Broken("%s; its output:\n%s" % (complaint, self.output.read_text(encoding="utf-8")[-2000:]))
            time.sleep(0.01)

    def _read_driver(self):
        line = self._driver.stdout.readline()
        if not line:
            raise Broken("the driver ended, with %s" % self._driver.wait())
        return line

    def _tell_driver(self, *words):
        self._driver.stdin.write(" ".join(map(str, words)) + "\n")
        self._driver.stdin.flush()
        return int(self._read_driver())

    def connect(self, connections):
        """From now on requests come on so many new connections."""
        self._tell_driver("connect", self.port, connections)

    def ask(self, count):
        """Returns when all are answered and the sidecar has come to rest: all of its threads sleep."""
        self._tell_driver("ask", count)
        self._until(self._is_at_rest, "it did not come to rest")

    def _is_at_rest(self):
        threads = pathlib.Path("/proc/%d/task" % self.process.pid).glob("*/stat")
        return all(thread.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] == "S" for thread in threads)

    def cpu(self):
        """(seconds of CPU by the scheduler's account, user ticks, system ticks)"""
        fields = pathlib.Path("/proc/%d/stat" % self.process.pid).read_text(errors="replace").rpartition(")")[2].split()
        return scheduled(self.process.pid), int(fields[11]), int(fields[12])

    def driver_cpu(self):
        return scheduled(self._driver.pid)

    def stop(self):
        """Ends the sidecar as an operator would, so that whoever watches it can write down what it saw."""
        self.process.terminate()
        if self.process.wait(PATIENCE) != 0:
            raise Broken("it ended with %s:\n%s" % (self.process.returncode, self.output.read_text(encoding="utf-8")[-2000:]))
