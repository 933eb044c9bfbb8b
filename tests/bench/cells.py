"""One cell of the table: one peer in one scenario, once."""
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import time

from peers import PATIENCE, family, pinned, stop

TOKEN = "agt_%032d" % 0
FAULTS = ("bad", "lost", "missing", "wrong_bodies", "without_identity")


class Failed(Exception):
    """The load generator could not measure."""


class Cells:
    def __init__(self, programs, cpus):
        self.programs, self.cpus = programs, cpus
        self.load = str(programs.tools / "load")

    def measure(self, peer, scenario):
        """A dictionary of numbers; `faults` in it names what went wrong."""
        values = getattr(self, "_" + scenario.kind)(peer, scenario)
        found = ["%s: %d" % (key, values[key]) for key in FAULTS if values.get(key)]
        return {**values, "faults": found}

    # ---- the kinds of scenario ----
    def _requests(self, peer, scenario):
        with self.programs.running(peer, self.cpus[:1], streaming=scenario.kind == "events") as pid:
            return per_request(self._run_load(peer, scenario, pid))

    def _bulk(self, peer, scenario):
        values = self._requests(peer, scenario)
        megabytes = values["count"] * max(values["request_body"], values["response_body"]) / 1e6
        return {**values, "us_mb": values["cpu"] * 1e6 / megabytes, "mb_s": megabytes / values["seconds"]}

    def _events(self, peer, scenario):
        return self._requests(peer, scenario)

    def _idle(self, peer, scenario):
        with self.programs.running(peer, self.cpus[:1]) as pid:
            values = self._run_load(peer, scenario, pid)
        return {**values, "kb_connection": (values["pss"] - values["pss_before"]) / values["connections"]}

    def _workers(self, peer, scenario):
        """Requests a second with two workers on two CPUs over one on one, each CPU with a load generator of its own."""
        one = self._requests(peer, scenario)
        with self.programs.running(peer, self.cpus[:2], workers=2) as pid:
            pids = family(pid)
            loads = [self._start_load(peer, scenario, pids, cpu, "--beside", "--warm-up", "1.2") for cpu in self.cpus[:2]]
            time.sleep(1.0)
            spread(pids, self.cpus[:2])
            both = [finish(load) for load in loads]
        two = {key: both[0][key] + both[1][key] for key in FAULTS[:2] + FAULTS[3:]}
        rps = sum(values["count"] / values["seconds"] for values in both)
        cpu = sum(values["cpu"] / values["seconds"] for values in both) / len(both)
        return {**two, "rps_one": one["rps"], "rps_two": rps, "scale": rps / one["rps"],
                "us_one": one["us"], "us_two": cpu * 1e6 / rps}

    def _start(self, peer, _scenario):
        """Milliseconds from the start of the process to a whole answer, and the memory that it then has."""
        stubs = subprocess.Popen([self.load, "--serve", *self._stub_ports()])
        try:
            command = self.programs.command(peer)
            await_port(self.programs.ports["UPSTREAM"])
            began = time.perf_counter()
            process = self.programs.launch(command)
            try:
                first_answer(self.programs.ports["PORT"], process)
                elapsed = (time.perf_counter() - began) * 1e3
                time.sleep(0.3)
                return {"first_ms": elapsed, **memory(family(process.pid))}
            finally:
                stop(process)
        finally:
            stubs.kill()
            stubs.wait()

    # ---- the load generator ----
    def _stub_ports(self):
        return ["--upstream", str(self.programs.ports["UPSTREAM"]), "--verify", str(self.programs.ports["VERIFY"]),
                "--upstream-unix", str(self.programs.unix_upstream)]

    def _start_load(self, peer, scenario, pids, cpu, *more):
        command = [*pinned([cpu]), self.load, "--port", str(self.programs.ports["PORT"]), *self._stub_ports(),
                   "--pids", ",".join(map(str, pids)), *scenario.arguments(), *more]
        if not peer.authenticates:
            command.append("--no-identity")
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def _run_load(self, peer, scenario, pid):
        return finish(self._start_load(peer, scenario, family(pid), self.cpus[0]))


def finish(load):
    try:
        out, errors = load.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        load.kill()
        load.communicate()
        raise Failed("the load generator did not end")
    if load.returncode or not out:
        raise Failed(errors.strip() or "the load generator ended with %d" % load.returncode)
    return {**json.loads(out), **({"said": " ".join(errors.split())[:300]} if errors.strip() else {})}


def per_request(values):
    count = values["count"]
    if not count:
        raise Failed("nothing was answered: %s" % values)
    us, load_us = values["cpu"] * 1e6 / count, values["own_cpu"] * 1e6 / count
    return {**values, "rps": count / values["seconds"], "us": us, "load_us": load_us, "norm": us / load_us,
            "user_us": values["user"] * 1e6 / count, "system_us": values["system"] * 1e6 / count,
            "others": 1 - (values["cpu"] + values["own_cpu"]) / values["seconds"],
            "verified": values.get("verifications", 0) / count}


def spread(pids, cpus):
    """Puts the busiest threads, the workers, on CPUs of their own: not every scheduler does so within a second."""
    threads = []
    for pid in pids:
        for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
            threads.append((int((task / "schedstat").read_text().split()[0]), int(task.name)))
    for (_, thread), cpu in zip(sorted(threads, reverse=True), cpus):
        os.sched_setaffinity(thread, {cpu})


def memory(pids):
    """KiB, resident and proportional, of all these processes."""
    sums = {"rss": 0, "pss": 0}
    for pid in pids:
        for line in pathlib.Path("/proc/%d/smaps_rollup" % pid).read_text().splitlines():
            name = line.split(":")[0].lower()
            if name in sums:
                sums[name] += int(line.split()[1])
    return sums


def await_port(port):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), 1).close()
        time.sleep(0.01)
    raise Failed("nobody listens on %d" % port)


def first_answer(port, process):
    request = ("GET / HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer %s\r\n\r\n" % TOKEN).encode()
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(request)
                if connection.recv(65536).startswith(b"HTTP/1.1 200"):
                    return
        time.sleep(0.0003)
    raise Failed("no answer from %s" % os.path.basename(process.args[0]))
