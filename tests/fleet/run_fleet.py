#!/usr/bin/env python3
"""run_fleet.py [--seconds N] [--replicas N] [--tokens N] [--ttl N] [--untimed] - what is promised of a fleet, measured.

Real sidecars, a real redis-server, one gate-emulator with 600 calls a minute. Prints a table; exit code 1 where a promise is
broken. GATE_SIDECAR and GATE_EMULATOR name the programs.
"""
import argparse
import json
import math
import pathlib
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from harness import sidecar as sidecar_module  # noqa: E402
from failures import FAILURES, LOCK_LIFE, OWNER_FROZEN, Place  # noqa: E402
from harness.admin import ADMIN_TOKEN  # noqa: E402
from harness.emulator import Emulator  # noqa: E402
from harness.fleet import fleet_of, in_parallel, is_connected, status, wait_for_fleet  # noqa: E402
from harness.http import Connection, request  # noqa: E402
from harness.relay import Relay  # noqa: E402
from harness.server import Server  # noqa: E402
from harness.sidecar import BASE, SECRET_KEY, Sidecar, merged  # noqa: E402
from harness.started import Started  # noqa: E402
from harness.store import Store, is_installed  # noqa: E402
from harness.wait import eventually, pause  # noqa: E402
from judge import Judge  # noqa: E402
from late_gate import LateGate  # noqa: E402

SKIPPED = 77  # ctest's
NEW_KEY = "sk_test_an0therKey"


class Sampler:
    """When the emulator was asked about each token, seen a few times in a second."""

    def __init__(self, gate, every=0.25):
        self.gate, self.every = gate, every
        self.calls, self.counts, self.stopped = {}, {}, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stopped.wait(self.every):
            now = time.monotonic()
            for token, count in self.gate.state()["calls_per_token"].items():
                self.calls.setdefault(token, []).extend([now] * (count - self.counts.get(token, 0)))
                self.counts[token] = count

    def stop(self):
        self.stopped.set()
        self.thread.join()

    def since(self, begin):
        return {token: [at for at in times if at >= begin] for token, times in self.calls.items()}


class Load:
    """Every token at every replica, in turn: `rate` requests per second at each."""

    def __init__(self, fleet, tokens, rate):
        self.fleet, self.tokens, self.rate = fleet, tokens, rate
        self.requests, self.refused, self.slowest = 0, 0, 0.0
        self.lock, self.stopped = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(len(fleet))]
        for each in self.threads:
            each.start()

    def _run(self, number):
        step, at, connection, port = 1 / self.rate, time.monotonic(), None, None
        position = number * len(self.tokens) // len(self.fleet)
        while not self.stopped.is_set():
            replica = self.fleet[number]
            token = self.tokens[position % len(self.tokens)]
            position += 1
            if replica is None or (connection is not None and port != replica.port):
                connection = None
                if replica is None:
                    pause(0.02)
                    continue
            began = time.monotonic()
            try:
                if connection is None:
                    connection, port = Connection.to(replica.port), replica.port
                status = connection.exchange(request("GET", "/", token)).status
            except (OSError, EOFError, AssertionError, ValueError):
                has_begun, connection = connection is not None and bool(connection.buffer), None
                if self.fleet[number] is not replica and not has_begun:
                    continue  # it was told to end, and has ended a connection that was idle
                status = 0
            took = time.monotonic() - began
            with self.lock:
                self.requests += 1
                self.refused += status != 200
                self.slowest = max(self.slowest, took)
            at = max(at + step, time.monotonic() - 1)
            self.stopped.wait(max(0.0, at - time.monotonic()))

    def reset(self):
        with self.lock:
            self.requests, self.refused, self.slowest = 0, 0, 0.0

    def stop(self):
        self.stopped.set()
        for each in self.threads:
            each.join()


class Run:
    def __init__(self, arguments):
        self.arguments, self.started, self.rows, self.broken = arguments, Started(), [], 0
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gate-fleet-"))
        self.tokens = ["agt_fleet%04d" % number for number in range(arguments.tokens)]
        self.victims = ["agt_victim%04d" % number for number in range(arguments.revocations)]
        names = {token: "gacct_" + token[4:] for token in self.tokens + self.victims}
        self.ttl = arguments.ttl
        # A store that seems late on a busy machine is done without, which costs calls.
        self.timeout = 1.0 if arguments.untimed else 0.05
        self.asked = 0
        self.gate = self.started.add(Emulator(names, ["--limit", "600", "--latency", "20ms", "--secret-key", NEW_KEY]))
        self.secret = self.folder / "secret"
        self.secret.write_text(SECRET_KEY, encoding="ascii")
        self.api = self.started.add(Server())
        self.store = self.started.add(Store())
        self.fleet = [self.start() for _ in range(arguments.replicas)]
        wait_for_fleet(self.fleet, counted=True)

    def start(self, gate=None, store=None, ttl=None, url=None, budget=600):
        own, environment = fleet_of(store or self.store, url=url, timeout="%dms" % (self.timeout * 1000))
        wiring = {"upstream": {"url": self.api.url}, "workers": 1,
                  "gate": {"base_url": (gate or self.gate).url, "secret_key_file": str(self.secret), "budget": {"limit": budget, "unknown": budget * 2 // 5}},
                  "log": {"access": False}, "cache": {"ttl": "%ds" % (ttl or self.ttl)}, "limits": {"failed_tokens": 0}}
        folder = self.folder / ("sidecar%d" % len(self.started.things))
        folder.mkdir()
        return self.started.add(Sidecar(folder, merged(merged(BASE, wiring), own), env={**environment, "FOIL_SECRET_KEY": ""}))

    def timed(self, what, promise, seen, kept):
        """A promise about time, which a machine that does other things meanwhile cannot judge."""
        self.row(what, promise, seen, kept or self.arguments.untimed)

    def row(self, what, promise, seen, kept):
        self.rows.append((what, promise, seen, "" if kept else "BROKEN"))
        self.broken += not kept
        print("%-58s %-22s %-26s %s" % self.rows[-1], flush=True)

    def shared_calls(self):
        """Steady use of all tokens at all replicas."""
        sampler, load = Sampler(self.gate), Load(self.fleet, self.tokens, self.arguments.rate)
        begin = time.monotonic()
        pause(self.arguments.seconds)
        calls = sampler.since(begin)
        repeated = sum(later - one < self.ttl / 2 - 1 for times in calls.values() for one, later in zip(times, times[1:]))
        lives = sum((times[-1] - times[0]) / self.ttl for times in calls.values() if len(times) > 1)
        again = sum(len(times) - 1 for times in calls.values())
        self.row("calls for one token within half a TTL", "0", str(repeated), repeated == 0)
        if lives:
            self.row("calls per token and TTL", "<= 1.12", "%.2f" % (again / lives), again / lives <= 1.12)
        self.row("requests refused", "0 of %d" % load.requests, str(load.refused), load.refused == 0)
        self.row("slowest request", "", "%.0f ms" % (load.slowest * 1000), True)
        self.row("calls in a minute that there would be without a store", "", "%.0f" % (
            len(self.fleet) * len(self.tokens) * 60 / self.ttl), True)
        return sampler, load

    def early_calls(self, sampler, since):
        """(calls for tokens verified within the TTL, calls) since then. Renewals come in the last tenth of a life."""
        pairs = [pair for times in sampler.calls.values() for pair in zip(times, times[1:]) if pair[1] >= since]
        return sum(later - one < self.ttl * 0.9 - 1 for one, later in pairs), len(pairs)

    def rotation(self, sampler, load):
        """A new secret key in the file of all replicas, under load. One that started after it would not believe what was said
        under the old key, which it has never had: so this comes after the rollout."""
        load.reset()
        began = time.monotonic()
        new = self.secret.with_name("secret.new")
        new.write_text(NEW_KEY, encoding="ascii")
        new.rename(self.secret)
        for each in self.fleet:
            each.wait_for_log(lambda e: e.get("message", "").startswith("a new secret key was read"), "the new key", within=10)
        pause(1)
        early, calls = self.early_calls(sampler, began)
        self.row("secret key changed: calls for tokens verified within the TTL", "0", "%d of %d" % (early, calls), early == 0)
        self.row("- requests refused or failed", "0 of %d" % load.requests, str(load.refused), load.refused == 0)

    @staticmethod
    def revoked_everywhere(fleet, number, token):
        """(seconds until the last replica refuses the token, until the order is answered), from its sending to one of them on. A
        busy machine may let us wait for longer to connect than a fleet needs to be told."""
        connections, place = [Connection.to(each.port) for each in fleet], fleet[number].connect("admin")
        for each in connections:
            each.exchange(request("GET", "/", token))
        order = request("POST", "/revoke", ADMIN_TOKEN, body=json.dumps({"agent_token": token}).encode(), host="localhost")

        def give_order():
            sent = time.monotonic()
            answer = place.exchange(order)
            assert answer.status == 200, answer
            return sent, time.monotonic()

        def until_refused(connection):
            while (code := connection.exchange(request("GET", "/", token)).status) != 401:
                assert code == 200, code
                pause(0.001)
            return time.monotonic()
        (sent, answered), *refused = in_parallel([give_order, *[lambda c=each: until_refused(c) for each in connections]])
        for each in (place, *connections):
            each.close()
        return max(refused) - sent, answered - sent

    @staticmethod
    def p99(seconds):
        """In milliseconds."""
        return sorted(seconds)[max(0, len(seconds) * 99 // 100 - 1)] * 1000

    def revocations(self):
        """Until the last replica refuses, from the moment of the order."""
        delays, answers = [], []
        for number, token in enumerate(self.victims):
            began = time.monotonic()
            delay, answer = self.revoked_everywhere(self.fleet, number % len(self.fleet), token)
            delays.append(delay)
            answers.append(answer)
            # Each costs two calls of the 600 that a minute has.
            pause(max(0.0, 0.8 - (time.monotonic() - began)))
        p99 = self.p99(delays)
        self.timed("revocation everywhere, from its order on: p99 of %d" % len(delays), "< 50 ms", "%.1f ms" % p99, p99 < 50)
        self.row("- the order's answer, Gate's included: median", "", "%.1f ms" % (sorted(answers)[len(answers) // 2] * 1000), True)
        self.timed("- worst", "<= 1000 ms", "%.1f ms" % (max(delays) * 1000), max(delays) <= 1)

    def renewed_revocations(self):
        """A fleet of its own, under load. Each token is revoked while its renewal is under way: Gate has said yes to that before,
        and the replica that asked hears it when all have refused the token."""
        count, step = self.arguments.renewals, 0.3
        ttl = max(5, math.ceil(count * step / 0.9))  # the last token is in use before the first is renewed
        gate = self.started.add(LateGate(self.started.add(Emulator({}, [
            "--latency", "20ms", "--accept-all", "agt_renewed", "--secret-key", NEW_KEY]))))
        fleet = [self.start(gate, ttl=ttl, budget=100_000) for _ in range(self.arguments.replicas)]
        wait_for_fleet(fleet)
        load = Load(fleet, ["agt_renewed_load%d" % number for number in range(self.arguments.tokens // 5)], self.arguments.rate)
        began, first_used = time.monotonic(), {}
        for number in range(count):
            pause(max(0.0, began + number * step - time.monotonic()))
            first_used["agt_renewed%04d" % number] = time.monotonic()
            assert status(fleet[number % len(fleet)], "agt_renewed%04d" % number) == 200
        delays, revoked, answers = [], [], []
        for number, (token, used) in enumerate(first_used.items()):
            pause(max(0.0, used + 0.88 * ttl - time.monotonic()))
            held = gate.hold(token)
            while not held.asked.wait(0.005) and time.monotonic() < used + ttl:
                status(fleet[number % len(fleet)], token)
            if not held.asked.is_set() or time.monotonic() > used + ttl - 0.1:
                held.may_arrive.set()
                continue  # a request would wait for that answer before the order is given
            delays.append(self.revoked_everywhere(fleet, number // len(fleet) % len(fleet), token)[0])
            revoked.append(token)
            held.may_arrive.set()
            # The log is in order: who has heard of this revocation has heard all that was said of the token before.
            has_arrived = False
            while not has_arrived:
                has_arrived = not self.is_being_asked()
                answers += [status(each, name) for name in revoked[-2:] for each in fleet]
        self.revoked_everywhere(fleet, 0, "agt_renewed_last")
        answers += [status(each, token) for token in revoked for each in fleet]
        load.stop()
        for each in fleet:
            each.terminate()
            each.wait()
        p99, judged = self.p99(delays or [math.inf]), len(delays)
        self.timed("revocation while its token is renewed: p99 of %d" % judged, "<= 50 ms", "%.1f ms" % p99, p99 <= 50)
        let_through = len(answers) - answers.count(401)
        self.row("- not refused after it, and after Gate's late yes", "0 of %d" % len(answers), str(let_through), let_through == 0)
        least = 1 if self.arguments.untimed else count * 4 // 5
        self.row("- renewals that were under way", ">= %d of %d" % (least, count), str(judged), judged >= least)

    def is_being_asked(self):
        """Gate, about some token: a lock says whose call it is, and then that it is done."""
        return any(not (self.store("GET", each) or b"done").startswith(b"done") for each in self.store.keys(":l:"))

    def rollout(self, sampler, load):
        """All replicas are replaced, one after the other, under load: no call but renewals, in the last tenth of a life."""
        load.reset()
        began = time.monotonic()
        for number, old in enumerate(self.fleet):
            new = self.start()
            wait_for_fleet([new])
            self.fleet[number] = new
            old.terminate()
            old.wait()
        pause(1)
        early, calls = self.early_calls(sampler, began)
        self.row("rollout: calls for tokens verified within the TTL", "0", "%d of %d" % (early, calls), early == 0)
        self.row("- requests refused or failed", "0 of %d" % load.requests, str(load.refused), load.refused == 0)

    def store_away(self, load):
        """The store dies and comes back empty: one call for all again."""
        load.reset()
        self.store.kill()
        pause(1)
        self.store.start()
        began = time.monotonic()
        for each in self.fleet:
            eventually(lambda it=each: is_connected(it), "the store")
        took = time.monotonic() - began
        self.timed("store killed and back: all connected after", "<= 3 s", "%.1f s" % took, took <= 3)
        self.row("- requests refused or failed", "0 of %d" % load.requests, str(load.refused), load.refused == 0)
        load.reset()
        self.store.freeze()
        pause(2)
        self.store.thaw()
        pause(3)
        self.row("store stopped for 2 s: requests refused or failed", "0 of %d" % load.requests, str(load.refused), load.refused == 0)
        self.timed("- slowest request", "<= 1000 ms", "%.0f ms" % (load.slowest * 1000), load.slowest <= 1)

    def misfortunes(self):
        """A fleet of three of its own, and each failure of its store in turn, while tokens end at Gate."""
        ttl, good = 2, ["agt_judged%04d" % number for number in range(1000)]
        gate = self.started.add(Emulator({token: "gacct_judged" for token in good},
                                         ["--latency", "20ms", "--accept-all", "agt_fresh", "--secret-key", NEW_KEY]))
        store = self.started.add(Store())
        relay = self.started.add(Relay(store.port))
        fleet = [self.start(gate, store, ttl, relay.url, budget=100_000) for _ in range(3)]  # of which nothing is to be refused
        wait_for_fleet(fleet)
        judge = Judge(fleet, gate, ttl, good, "agt_fresh_")
        began = time.monotonic()
        pause(self.arguments.failure)
        usual = judge.slowest(began, time.monotonic())
        self.row("slowest request of a fleet of three", "", "%.0f ms" % (usual * 1000), True)
        place = Place(store, relay, fleet)
        for name, (begin, end) in FAILURES.items():
            self.misfortune("store " + name, judge, place, usual, begin, end)
        self.misfortune(OWNER_FROZEN, judge, place, usual + LOCK_LIFE, *self.frozen(judge, fleet))
        judge.stop()
        wrong, failed = judge.wrong_allows(), judge.failures()
        for each in wrong + failed:
            print("wrong: replica %d, %s: %d" % each[2:], file=sys.stderr)
        self.row("allowed without a valid yes of Gate, in all of that", "0 of %d" % len(judge.answers), str(len(wrong)), not wrong)
        self.row("- requests refused or failed", "0", str(len(failed)), not failed)
        self.row("- tokens that Gate has ended meanwhile", ">= 20", str(len(judge.ends)), len(judge.ends) >= 20)

    def misfortune(self, what, judge, place, usual, begin, end):
        """No request may wait longer than without a store by more than three time-outs, and all is shared again within 3 s."""
        began = time.monotonic()
        begin(place)
        pause(self.arguments.failure)
        if end:
            end(place)
        ended = time.monotonic()
        eventually(lambda: self.is_shared(judge), "one call for all after: " + what, within=30)
        recovered = time.monotonic() - (ended if end else began + self.arguments.failure)
        pause(0.2)
        slowest, most = judge.slowest(began, time.monotonic()), usual + 3 * self.timeout
        self.timed("%s: slowest request" % what, "<= %.0f ms" % (most * 1000), "%.0f ms" % (slowest * 1000), slowest <= most)
        self.timed("- shared again after", "<= 3 s", "%.1f s" % recovered, recovered <= 3)

    def is_shared(self, judge):
        """One call for another token, for all replicas. Each of them has seen the call before it is asked."""
        self.asked += 1
        token = "agt_fresh_shared%d" % self.asked
        for each in judge.fleet:
            with each.connect() as connection:
                if connection.exchange(request("GET", "/", token)).status != 200:
                    return False
        return judge.gate.calls(token) == 1

    @staticmethod
    def frozen(judge, fleet):
        """One stands still with calls and locks of its own: the others go on."""
        def begin(_):
            judge.left_out = 0
            fleet[0].process.freeze()

        def end(_):
            fleet[0].process.thaw()
            eventually(lambda: fleet[0].metric("gate_fleet_connected") == 1, "the store")
            judge.left_out = None
        return begin, end

    def costs_of_the_store(self):
        log = self.store.keys(":ev")[0]
        length = max(1, self.store("XLEN", log))
        bytes_each = self.store("MEMORY", "USAGE", log, "SAMPLES", 0) / length
        self.row("bytes per message of the log (%d)" % length, "<= 400", "%.0f" % bytes_each, bytes_each <= 400)
        known = self.store.keys(":k")[0]
        each = self.store("MEMORY", "USAGE", known, "SAMPLES", 0) / max(1, self.store("ZCARD", known))
        self.row("bytes per known token", "<= 130", "%.0f" % each, each <= 130)

    def idle_commands(self):
        before = self._commands()
        pause(5)
        rate = (self._commands() - before - 1) / 5 / len(self.fleet)
        self.timed("commands per second and idle replica", "<= 10", "%.1f" % rate, rate <= 10)

    def _commands(self):
        """Those that came over a connection; what scripts do is not counted."""
        text = self.store("INFO", "stats").decode()
        return int(next(line for line in text.splitlines() if line.startswith("total_commands_processed")).split(":")[1])

    def everything(self):
        print("%-58s %-22s %-26s" % ("%d replicas, %d tokens" % (len(self.fleet), len(self.tokens)), "promised", "measured"))
        sampler, load = self.shared_calls()
        self.costs_of_the_store()
        self.rollout(sampler, load)
        self.rotation(sampler, load)
        sampler.stop()
        self.store_away(load)
        self.revocations()
        load.stop()
        self.idle_commands()
        self.renewed_revocations()
        self.misfortunes()
        return self.broken


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--replicas", type=int, default=10)
    parser.add_argument("--tokens", type=int, default=300)
    parser.add_argument("--rate", type=float, default=30, help="requests per second at each replica")
    parser.add_argument("--revocations", type=int, default=200)
    parser.add_argument("--renewals", type=int, default=50, help="tokens that are revoked while they are renewed")
    parser.add_argument("--failure", type=float, default=3, help="seconds that each failure of the store lasts")
    parser.add_argument("--ttl", type=int, default=60, help="cache.ttl in seconds")
    parser.add_argument("--untimed", action="store_true", help="for a busy machine: longer time-outs; what depends on its speed is printed, and not judged")
    arguments = parser.parse_args()
    if not pathlib.Path(sidecar_module.BINARY).exists():
        sys.exit("GATE_SIDECAR names no program")
    if not is_installed():
        print("redis-server is not installed")
        return SKIPPED
    run = Run(arguments)
    try:
        return 1 if run.everything() else 0
    finally:
        run.started.stop()


if __name__ == "__main__":
    sys.exit(main())
