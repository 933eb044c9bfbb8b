"""The sidecar under load: what it logs, what it holds, and how it ends."""
import collections
import json
import os
import pathlib

from harness.process import Process
from harness.sidecar import Sidecar
from harness.wait import Lines

ASAN = "detect_leaks=1:quarantine_size_mb=16:" + os.environ.get("ASAN_OPTIONS", "")


class CountingProcess(Process):
    """A process whose access-log lines are counted and not kept: there are too many of them."""

    def __init__(self, argv, env, on_access):
        self.access_lines, self.events, self._on_access = 0, collections.Counter(), on_access
        self.failures, self.unreadable = collections.Counter(), []
        super().__init__(argv, env)

    def _collect(self, stream, lines):  # in place of the static one of Process
        for line in stream:
            if stream is self.popen.stdout:
                self._take(line, lines)
            else:
                lines.append(line.rstrip("\n"))
        lines.end()

    def _take(self, line, lines: Lines):
        try:
            entry = json.loads(line)
            if entry["message"] != "request":
                self.events[entry["level"], entry["message"].split(":")[0]] += 1
                lines.append(line.rstrip("\n"))
                return
            self.access_lines += 1
            self.failures[entry.get("error.type", "none")] += 1
            self._on_access(entry.get("url.path", ""), entry["http.response.status_code"])
        except (ValueError, KeyError) as problem:
            self.unreadable.append("%r: %s" % (problem, line.rstrip("\n")))


class WatchedSidecar(Sidecar):
    def __init__(self, directory, config, on_access, env):
        self._on_access = on_access
        super().__init__(pathlib.Path(directory), config, env={"ASAN_OPTIONS": ASAN, **env})

    def launch(self, argv, environment):
        return CountingProcess(argv, environment, self._on_access)

    def descriptors(self, but_for_port):
        """What is open, without the kept connections to that port (Gate's)."""
        folder = "/proc/%d/fd/" % self.process.popen.pid
        links = []
        for number in os.listdir(folder):
            try:
                links.append(os.readlink(folder + number))
            except OSError:
                pass  # closed in between
        kept = sockets_to(but_for_port)
        return sorted(link for link in links if link not in kept)

    def gauges(self):
        return {"active requests": self.metric("http_server_active_requests"), "downstream": self.metric("downstream_connections"),
                "upstream": self.metric("upstream_connections"), "calls to Gate": self.metric("gate_verify_inflight")}


def sockets_to(port):
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return {"socket:[%s]" % row[9] for row in rows if int(row[2].split(":")[1], 16) == port}


class Memory:
    """VmRSS over time; compares the time after the first third with the end."""

    def __init__(self, sidecar):
        self._sidecar, self.samples = sidecar, []

    def sample(self):
        self.samples.append(self._sidecar.rss())

    def growth(self):
        """(after the warm-up, at the end) in bytes, each the median of a tenth of the samples."""
        tenth = max(1, len(self.samples) // 10)
        third = len(self.samples) // 3
        return [sorted(part)[len(part) // 2] for part in (self.samples[third:third + tenth], self.samples[-tenth:])]

    def told(self):
        steps = max(1, len(self.samples) // 12)
        return " ".join("%.1f" % (s / 2**20) for s in self.samples[::steps])


