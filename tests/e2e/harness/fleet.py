"""Some sidecars that share a store."""
import itertools
import threading

from .admin import WITH_TOKEN, operate
from .sidecar import parse_metrics
from .wait import eventually

FLEET_KEY = "a" * 43 + "="


def fleet_of(store, key=FLEET_KEY, url=None, timeout="1s", **more):
    """(configuration, environment) of a replica. On a busy machine a store is sometimes later than 50 ms, and then done without."""
    return {"fleet": {"url": url or store.url, "timeout": timeout, **more}}, {"GATE_SIDECAR_FLEET_KEY": key, **WITH_TOKEN}


def is_connected(sidecar):
    return sidecar.metric("gate_fleet_connected") == 1


def wait_for_fleet(sidecars, counted=False):
    """All are connected and have read the log: each uses what the others learn.

    `counted`: each has counted all of them, too, which it does with its beats, every five seconds. That number decides about the
    shares of the budget while the store is away, and about nothing else.
    """
    for each in sidecars:
        each.wait_for_log(lambda e: e.get("message", "").startswith("fleet: the log has been read"), "the log", within=10)
        least = len(sidecars) if counted else 1
        eventually(lambda it=each: is_connected(it) and it.metric("gate_fleet_replicas") >= least, "the fleet", within=10)


def in_parallel(calls):
    """The results of the functions, which run simultaneously. Raises what one of them has raised."""
    results, problems = [None] * len(calls), []

    def run(number, call):
        try:
            results[number] = call()
        except Exception as problem:  # noqa: BLE001 - of a thread: it is raised again below
            problems.append(problem)
    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if problems:
        raise problems[0]
    return results


def one_call(fleet, gate, tokens, ask, calls=1):
    """The first token of three for which ask(token) took one call, or so many. A replica that stands still for longer than its
    lock lives (300 ms), as on a crowded machine, is taken for dead: another one calls for it, and that is right."""
    seen = []
    for token in itertools.islice(tokens, 3):
        ask(token)
        seen.append(gate.calls(token))
        if seen[-1] == calls:
            return token
    raise AssertionError("%s calls, not %d; what was asked of the store: %s" % (seen, calls, [operations(each) for each in fleet]))


def operations(sidecar):
    """How often the store was asked for what, and how that ended."""
    return {tuple(sorted(labels)): count for (name, labels), count in parse_metrics(sidecar.metrics_text()).items()
            if name == "gate_fleet_operations_total" and count}


def revoke(sidecar, token, on="admin"):
    answer = operate(sidecar, "POST", "/revoke", {"agent_token": token}, listener=on)
    assert answer.status == 200, answer
    return answer.json()


def status(sidecar, token, target="/"):
    return sidecar.ask(target, token).status
