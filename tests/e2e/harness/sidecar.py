"""gate-sidecar under test."""
import json
import os
import re
import signal
import subprocess

import yaml

from .http import Connection, request
from .process import Process
from .wait import SANITIZER

BINARY = os.environ.get("GATE_SIDECAR", "gate-sidecar")
SECRET_KEY = "sk_test_emulator"
OPERATING = ("status", "admin")
# A sanitizer has to look into the process at its end, which the program does not allow.
FOR_SANITIZERS = {"GATE_SIDECAR_DUMPABLE": "1"} if SANITIZER else {}

# Port 0 everywhere; a short grace, so that a test that leaves an exchange hanging still ends soon.
BASE = {
    "listener": {"address": "127.0.0.1:0"},
    "status": {"address": "127.0.0.1:0"},
    "admin": {"address": "127.0.0.1:0"},
    "workers": 2,
    "log": {"level": "info", "format": "json", "access": True},
    "shutdown": {"grace": "2s"},
}


def merged(base, over):
    """base with the sections of over laid over it, key by key."""
    out = {k: dict(v) if isinstance(v, dict) else v for k, v in base.items()}
    for key, value in over.items():
        out[key] = {**out.get(key, {}), **value} if isinstance(value, dict) else value
    return out


def run_cli(*arguments, env=None, text=None, within=30):
    """Runs gate-sidecar to its end: (exit code, stdout, stderr)."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GATE_SIDECAR_", "FOIL_"))}
    environment.update({**FOR_SANITIZERS, **(env or {})})
    done = subprocess.run([BINARY, *map(str, arguments)], env=environment, input=text, capture_output=True, text=True,
                          timeout=within, check=False)
    return done.returncode, done.stdout, done.stderr


def parse_metrics(text):
    """{(name, frozenset of (label, value)): number} of a Prometheus text exposition."""
    found = {}
    for line in text.splitlines():
        sample = re.fullmatch(r'([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)', line)
        if sample and not line.startswith("#"):
            labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', sample.group(2) or "")
            found[(sample.group(1), frozenset(labels))] = float(sample.group(3))
    return found


def parse_line(line):
    """A line of the log, in either format, as a dict."""
    if line.startswith("{"):
        return json.loads(line)
    message, = re.findall(r"^\S+ \w+ (.*?)(?= [\w.]+=|$)", line)
    fields = re.findall(r' ([\w.]+)=("(?:[^"\\]|\\.)*"|\S+)', line)
    return {"message": message, **{key: json.loads(value) for key, value in fields}}


class Sidecar:
    """A running gate-sidecar, started with `config` (nested dicts) as its file and ready when the constructor returns."""

    def __init__(self, directory, config, env=None, flags=()):
        if config.get("listeners"):
            config = {key: value for key, value in config.items() if key != "listener"}
        self.path = directory / "sidecar.yaml"
        self.path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        self.process = self.launch([BINARY, "--config", self.path, *flags], {"FOIL_SECRET_KEY": SECRET_KEY, **FOR_SANITIZERS, **(env or {})})
        self.ports = {}  # or the path of a Unix socket
        self.names = [each["name"] for each in config.get("listeners") or [{"name": "proxy"}]]
        answers = ("answer",) if config.get("answer", {}).get("address") else ()
        for listener in (*self.names, *OPERATING, *answers):
            line = self.wait_for_log(lambda e, it=listener: e.get("message") == "listening" and e.get("listener") == it,
                                     "the %s listener" % listener, within=10)
            self.ports[listener] = int(line["server.port"]) if "server.port" in line else line["server.address"]
        self.port = self.ports[self.names[0]]

    def launch(self, argv, environment):
        return Process(argv, environment)

    # requests
    def connect(self, listener=None):
        place = self.ports[listener or self.names[0]]
        return Connection.to(place) if isinstance(place, int) else Connection.to_socket(place)

    def ask(self, target="/", token=None, method="GET", fields=(), body=b"", listener=None, **how):
        """One request on a connection of its own."""
        with self.connect(listener) as connection:
            data = request(method, target, token, [*fields, ("Connection", "close")], body, **how)
            return connection.exchange(data, to_head=method == "HEAD")

    def answers(self, fields=(), token=None, target="/auth", method="GET", body=b"", **how):
        """What the answering listener says to a question of another proxy, on a connection of its own."""
        with self.connect("answer") as connection:
            data = request(method, target, token, [*fields, ("Connection", "close")], body, **how)
            return connection.exchange(data, to_head=method == "HEAD")

    def operate(self, target, listener="status", method="GET"):
        """One request to the status or admin listener."""
        with self.connect(listener) as connection:
            return connection.exchange(request(method, target, fields=[("Connection", "close")], host="localhost"))

    # what it tells
    def log(self):
        """Every line of the log so far, parsed."""
        return [parse_line(line) for line in self.process.out.all()]

    def wait_for_log(self, predicate, what="a log line", within=5.0):
        return parse_line(self.process.out.wait_for(lambda line: predicate(parse_line(line)), what, within))

    def access_line(self, path):
        """The access-log line of the first request for this path, when it has been written."""
        return self.wait_for_log(lambda e: e.get("url.path") == path, "the access-log line of " + path)

    def metrics_text(self, listener="status"):
        answer = self.operate("/metrics", listener)
        assert answer.status == 200
        return answer.body.decode()

    def metric(self, name, **labels):
        """Sum of the samples of that name that carry these labels; 0 when there is none."""
        wanted = set(labels.items())
        return sum(v for (n, have), v in parse_metrics(self.metrics_text()).items() if n == name and wanted <= have)

    def rss(self):
        return self.process.rss()

    def peak_rss(self):
        return self.process.peak_rss()

    # its end
    def terminate(self):
        self.process.signal(signal.SIGTERM)

    def terminate_again(self):
        """A second signal: it ends at once, and has no time for a clean end."""
        self.process.exit_code_matters = False
        self.terminate()
        self.process.wait(within=5)

    def wait(self, within=10.0):
        return self.process.wait(within)

    def stop(self):
        self.process.stop(within=10)

    def everything_written(self):
        """All output so far, for searches for what must not be in it."""
        return "\n".join(self.process.out.all() + self.process.err.all())
