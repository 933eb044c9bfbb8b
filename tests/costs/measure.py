"""The counts that expected.yaml holds."""
import os
import pathlib
import statistics
import tempfile
import time

import yaml

import callgrind
import source_lines
from call_counts import ALLOCATIONS, Count, Counters, total
from rig import Rig

EXPECTED = pathlib.Path(__file__).with_name("expected.yaml")
CONNECTIONS = {"one": 1, "saturated": 50, "many": 100}
WARM_UP = 2000
REQUESTS = {"get": 20_000, "post": 20_000, "upload": 2000}
CALLS = [("get", "one"), ("get", "saturated"), ("get", "many"), ("post", "one"), ("post", "saturated"), ("upload", "one")]
ROUNDS = 3  # what disturbs only adds: the least of so many counts
ROUNDS_BUT_IDLE = 5  # what disturbs the idle time takes away: the median
INSTRUCTIONS = {"get": ("get", True), "get_without_log": ("get", False), "post": ("post", True),
                "answer": ("answer", True)}  # what is asked, access log


def routes_of_an_api(resources=20):
    """Five routes for each resource, of all kinds, most with a name. What the driver asks for is one of `things`."""
    routes = []
    for name in ["things", *("resource%d" % number for number in range(resources - 1))]:
        base = "/v1/" + name
        routes += [{"path": base, "methods": ["GET", "HEAD"], "name": name},
                   {"path": base, "auth": "required"},
                   {"path": base + "/*", "name": name + ".one"},
                   {"path": base + "/*/items/**", "auth": "optional", "name": name + ".items"},
                   {"path": base + "/admin/**", "auth": "deny", "name": name + ".admin"}]
    return {"routes": routes}


def member_of_a_fleet(folder, url=None):
    """Without a URL, of a fleet whose store is away: so nothing but what each request costs is counted."""
    key = pathlib.Path(folder) / "fleet.key"
    key.write_text("a" * 43 + "=", encoding="utf-8")
    return {"fleet": {"url": url or "unix:%s/no-store" % folder, "key_file": str(key)}}


def expected():
    return yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))


def calls(program, driver, library, work, load, options=None):
    """{function: Count} per request."""
    with tempfile.TemporaryDirectory() as folder:
        counters = Counters(library, pathlib.Path(folder) / "counts")
        with Rig(folder, program, driver, work, options=options, environment=counters.environment()) as rig:
            rig.connect(CONNECTIONS[load])
            rig.ask(min(WARM_UP, REQUESTS[work]))
            found = [counters.per_request(rig, REQUESTS[work]) for _ in range(ROUNDS)]
            rig.stop()
    heap = min(found, key=lambda counts: total(counts, allocations=True))  # another round may have had fewest of these
    return {**{name: each for name, each in min(found, key=total).items() if name not in ALLOCATIONS},
            **{name: each for name, each in heap.items() if name in ALLOCATIONS}}


def calls_but_idle(program, driver, library, options=None, look=lambda rig: None):
    """(system calls, allocations) per hit, of all threads, less what as much time takes in which nothing is asked. So a fleet's
    traffic with its store, which goes on by the clock, does not count; but what a hit makes another thread do does. `look` is
    called before and after."""
    with tempfile.TemporaryDirectory() as folder:
        counters = Counters(library, pathlib.Path(folder) / "counts")
        with Rig(folder, program, driver, options=options, environment=counters.environment()) as rig:
            rig.connect(1)
            rig.ask(WARM_UP)
            look(rig)
            rounds = [round_but_idle(counters, rig, REQUESTS["get"]) for _ in range(ROUNDS_BUT_IDLE)]
            look(rig)
            rig.stop()
    return tuple(statistics.median(total(counts, heap) for counts in rounds) for heap in (False, True))


def round_but_idle(counters, rig, requests):
    """The count of every function that was called, which is below 0 where more of them fell on the idle time."""
    before, began = counters.read(), time.monotonic()
    rig.ask(requests)
    between, ended = counters.read(), time.monotonic()
    time.sleep(ended - began)
    after = counters.read()
    return {name: Count((2 * between[name].calls - before[name].calls - after[name].calls) / requests, 0) for name in after}


def polls(counts):
    return counts["poll"].calls if "poll" in counts else 0


def instructions(program, driver, scenario, options=None):
    """(the program's own, those of the libraries) per request. What has no line of source was linked from a library."""
    costs = callgrind.per_request(program, driver, *INSTRUCTIONS[scenario], options)
    inside = {place: cost for place, cost in costs.items() if place[0] == os.path.realpath(program)}
    frames = source_lines.frames_of(program, {address for _, address, _ in inside})
    own = sum(cost for (_, address, _), cost in inside.items() if frames[address] and "/" in frames[address][0].file)
    return own, sum(costs.values()) - own
