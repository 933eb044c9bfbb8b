#!/usr/bin/env python3
"""Mixed load for a given time: good, slow, broken and hostile clients, a broken upstream, a failing Gate.

    soak.py [--seconds 1800] [--clients 64] [--seed N] [--pause 0.1] [--fleet 3]

GATE_SIDECAR and GATE_EMULATOR name the programs. Each client knows what may come back; anything else is an error. At the
end the sidecar must hold nothing any more, have logged every request, and exit with 0 and without a sanitizer's report.
"""
import argparse
import asyncio
import pathlib
import random
import resource
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

import clients  # noqa: E402
import hostile  # noqa: E402
import neighbours  # noqa: E402
import troubles  # noqa: E402
from asks import Asks  # noqa: E402
from book import Book  # noqa: E402
from harness.emulator import Emulator  # noqa: E402
from harness.sidecar import BASE, merged  # noqa: E402
from harness.wait import PATIENCE, SANITIZER  # noqa: E402
from watched import Memory, WatchedSidecar  # noqa: E402

TOKENS = [("agt_soak%d" % n, "gacct_soak%d" % n) for n in range(12)]
BEHAVIOURS = (
    (clients.session, 50), (clients.single, 10), (clients.pipeline, 12), (clients.slow_session, 6), (clients.websocket, 8),
    (clients.half_close, 4), (clients.idle, 1), (clients.revoked, 2), (hostile.malformed, 10), (hostile.bad_body, 3),
    (hostile.slow_head, 2), (hostile.slow_body, 1), (hostile.slow_reader, 1), (hostile.go_away, 16))
MIB = 2**20


class World:
    """What all clients share."""
    ttl, gate_timeout, body_timeout, websocket_life, connections = 2, 3, 8, 8, 160

    def __init__(self, options):
        self.options, self.pause = options, options.pause
        self.book, self.worst_stall = Book(), 0.0
        self.gate = Emulator({**dict(TOKENS), "agt_revoked": "gacct_soak_old"})
        self.gate.revoke("agt_revoked")
        self.upstream = troubles.Upstream(self.book)
        self.sidecar, self.port, self.ends = None, None, None
        self.neighbours = neighbours.Neighbours(self, options.fleet - 1)

    def config(self):
        return merged(BASE, {
            "upstream": {"url": "http://127.0.0.1:%d" % self.upstream.port, "response_timeout": "8s", "idle_timeout": "2s"},
            # A quick machine makes more calls than a budget of the usual size allows.
            "gate": {"base_url": self.gate.url, "timeout": "%ds" % self.gate_timeout, "budget": {"limit": 100_000, "unknown": 100_000}},
            "cache": {"ttl": "%ds" % self.ttl, "negative_ttl": "1s", "max_entries": 20, "max_negative_entries": 50},
            "auth": {"public_paths": ["/public/health"]},
            # All clients have one address here, which would soon be the one of too many bad tokens.
            "limits": {"failed_tokens": 0, "connections": self.connections, "header_timeout": "5s", "body_timeout": "%ds" % self.body_timeout,
                       "stream_idle_timeout": "8s", "websocket_lifetime": "%ds" % self.websocket_life, "keep_alive_timeout": "10s",
                       "requests_per_connection": 50}})

    async def control(self, call, *arguments):
        return await asyncio.get_running_loop().run_in_executor(None, call, *arguments)

    async def is_on_after(self, seconds):
        """Waits; false when the load has ended before."""
        left = self.ends - time.monotonic()
        await asyncio.sleep(max(0.0, min(seconds, left)))
        return left > seconds

    def client(self, name):
        rng = random.Random("%s %s" % (self.options.seed, name))
        return clients.Client(self, rng, Asks(rng, TOKENS, self.book.new_id))

    async def start(self, directory):
        await self.upstream.start()
        shared, environment = self.neighbours.shared()
        self.sidecar = WatchedSidecar(directory, merged(self.config(), shared), self.book.logged, environment)
        self.port = self.sidecar.port
        self.neighbours.start(directory)

    def kill(self):
        """Leaves nothing behind, whatever happened."""
        for thing in filter(None, (self.sidecar, self.gate)):
            if thing.process.running():
                thing.process.kill()
        self.neighbours.kill()


async def behave(client):
    """One behaviour after the other, until the time is over."""
    behaviours, weights = zip(*BEHAVIOURS)
    while time.monotonic() < client.world.ends:
        behaviour = client.rng.choices(behaviours, weights)[0]
        try:
            await behaviour(client)
            client.book.count("behaviours", behaviour.__name__)
        except OSError:
            client.book.count("behaviours", behaviour.__name__ + " (unable to send)")  # what came back has been judged
        except Exception as failure:
            client.book.error("%s: %s: %r" % (behaviour.__name__, type(failure).__name__, failure))
        await client.think()


async def watch(world, memory, every):
    """Takes samples; ends the load when the sidecar is not there any more."""
    while world.sidecar.process.running():
        memory.sample()
        await asyncio.sleep(every)
    world.book.error("the sidecar has ended in the middle of the load")
    world.ends = time.monotonic()


async def progress(world):
    while True:
        await asyncio.sleep(60)
        print("%4.0f s left, %d requests, %d errors, %.1f MiB" % (world.ends - time.monotonic(), world.sidecar.process.access_lines,
                                                                  world.book.error_count, world.sidecar.rss() / MIB), flush=True)


async def guarded(world, trouble):
    try:
        await trouble
    except Exception as failure:
        world.book.error("%s: %s: %r" % (trouble.__name__, type(failure).__name__, failure))


async def load(world, memory):
    seconds = world.options.seconds
    world.ends = time.monotonic() + seconds
    rng = random.Random("%s troubles" % world.options.seed)
    every = max(5.0, min(20.0, seconds / 4))
    watchers = [asyncio.ensure_future(w) for w in (troubles.stalls(world), watch(world, memory, seconds / 120), progress(world))]
    doers = [troubles.restarts(world, rng, every * 1.5), troubles.gate_faults(world, rng, every),
             troubles.floods(world, world.client("flood"), every * 1.2)]
    if world.neighbours.replicas:
        doers += [neighbours.visits(world, rng, [token for token, _ in TOKENS], "agt_revoked"), neighbours.store_faults(world, rng, every)]
    await asyncio.gather(*(guarded(world, doer) for doer in doers), *(behave(world.client(n)) for n in range(world.options.clients)))
    for watcher in watchers:
        watcher.cancel()
    await asyncio.gather(*watchers, return_exceptions=True)


async def until(condition, within):
    """The last value of condition(), which is (is it so, what was seen)."""
    deadline = time.monotonic() + within * PATIENCE
    while True:
        is_so, seen = condition()
        if is_so or time.monotonic() > deadline:
            return is_so, seen
        await asyncio.sleep(0.1)


async def check_rest(world, descriptors):
    """When all clients have gone, the sidecar holds nothing for them."""
    world.neighbours.wait()
    sidecar, book = world.sidecar, world.book

    def nothing():
        gauges = sidecar.gauges()
        return not any(gauges.values()), gauges

    def as_at_start():
        now = sidecar.descriptors(world.gate.port)
        more = [each for each in now if each not in descriptors]
        return len(now) <= len(descriptors), "%d, at the start %d; new: %s" % (len(now), len(descriptors), more)

    def all_logged():
        lines, requests = sidecar.process.access_lines, sidecar.metric("http_server_request_duration_seconds_count")
        return lines == requests and not book.without_line(), "%d lines for %d requests, %d answers without a line: %s" % (
            lines, requests, len(book.without_line()), book.without_line()[:5])
    for what, condition in (("gauges", nothing), ("open descriptors", as_at_start), ("access log", all_logged)):
        is_so, seen = await until(condition, within=5)
        print("%s: %s" % (what, seen), flush=True)
        if not is_so:
            book.error("%s at rest: %s" % (what, seen))
    if sidecar.metric("log_lines_dropped_total"):
        book.error("log lines were dropped")


def check_memory(world, memory):
    """Grows by no more than 16 MiB and a tenth after the first third; a short run only shows that nothing runs away."""
    warm, end = memory.growth()
    bound = 16 * MIB + warm // 10 if world.options.seconds >= 600 else 64 * MIB
    print("VmRSS in MiB over time: %s\nVmRSS after a third %.1f MiB, at the end %.1f MiB, may grow by %.1f MiB" %
          (memory.told(), warm / MIB, end / MIB, bound / MIB))
    if end - warm > bound:
        world.book.error("memory grew from %d to %d bytes" % (warm, end))


def check_end(world):
    """TERM, exit code, sanitizers' reports; what it had to say."""
    book, process = world.book, world.sidecar.process
    for thing in (world.sidecar, world.neighbours, world.gate):
        try:
            thing.stop()
        except AssertionError as problem:
            book.error(str(problem))
    print("failures in the access log: %s\nother log lines: %s" % (dict(process.failures), dict(process.events)))
    if process.unreadable:
        book.error("%d log lines without sense, such as %s" % (len(process.unreadable), process.unreadable[:3]))
    if process.failures["internal_error"] or any(level == "error" for level, _ in process.events):
        book.error("internal errors, or lines of level error")
    if process.err.all():
        book.error("on standard error: %s" % process.err.all()[:20])


async def run(world):
    with tempfile.TemporaryDirectory() as directory:
        await world.start(directory)
        world.sidecar.gauges()  # it answers: so it has opened all that it needs
        descriptors, memory = world.sidecar.descriptors(world.gate.port), Memory(world.sidecar)
        await load(world, memory)
        if world.sidecar.process.running():
            await check_rest(world, descriptors)
            check_memory(world, memory)
        check_end(world)
        await world.upstream.stop()


async def soak(options):
    world = World(options)
    try:
        await run(world)
    finally:
        world.kill()
    print(world.book.table())
    print("windows (number, seconds in all): %s; upstream started %d times; worst stall of the load itself %.2f s" %
          ({n: (c, round(s)) for n, (c, s) in world.book.windows.told().items()}, world.upstream.starts, world.worst_stall))
    print("%d requests, %d errors" % (world.sidecar.process.access_lines, world.book.error_count))
    return 1 if world.book.error_count else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--fleet", type=int, default=3, help="so many replicas share a store, the one that is watched among them")
    parser.add_argument("--pause", type=float, default=0.1, help="mean time in seconds that a client thinks between two requests")
    options = parser.parse_args()
    print("soak for %g s, %d clients, seed %d%s" % (options.seconds, options.clients, options.seed, ", " + SANITIZER if SANITIZER else ""),
          flush=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    sys.exit(asyncio.run(soak(options)))


if __name__ == "__main__":
    main()
