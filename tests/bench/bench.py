#!/usr/bin/env python3
"""CPU, latency and memory of gate-sidecar, side by side with other proxies, on one machine and in one run.

Proxy, load generator, upstream and verify stub are pinned to one CPU with SCHED_BATCH; rounds are interleaved, every other
one in reverse, and each cell starts the proxy afresh. CPU per request is the scheduler's own accounting of all the proxy's
threads divided by the requests that were answered. Absolute microseconds drift with the host; norm = the proxy's CPU / the
load generator's in the same run repeats to 1-2 %, so ratios are of norm (of us/MB for bodies of 1 MiB). Latencies are of a
saturated CPU but in get1 and rate2k. They talk in a network namespace of their
own where the kernel allows one, since firewall rules cost on the loopback too. Nothing else should run meanwhile.

Called by tests/bench/run.sh. GATE_SIDECAR names the program, GATE_BENCH_TOOLS the folder of the load generator and the relay.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import sys
import tempfile

import plots
import report
from cells import Cells, Failed
from machine import describe, switch_loopback_on
from peers import PEERS, Programs
from scenarios import SCENARIOS

QUICK_PEERS = ("haproxy-map", "sidecar", "nginx-auth", "relay", "sidecar-unix", "sidecar-tls", "haproxy-tls", "nginx-tls")
USUAL_PEERS = tuple(name for name in PEERS if name != "base")


def names(known):
    def parse(text):
        chosen = text.split(",")
        unknown = [name for name in chosen if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError("%s? known: %s" % (unknown[0], ", ".join(known)))
        return chosen
    return parse


def listing():
    lines = ["scenarios:"] + ["  %-14s %s" % (s.name, s.about) for s in SCENARIOS.values()]
    return "\n".join(lines + ["peers:"] + ["  %-14s %s" % (p.name, p.about) for p in PEERS.values()])


def arguments():
    parser = argparse.ArgumentParser(prog="run bench", description=__doc__, epilog=listing(), formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="get50, get1, post50, idle, unix_get, tls_get, tls_handshake of few peers, in about five minutes")
    parser.add_argument("--scenarios", type=names(SCENARIOS), help="which, separated by commas (default: all)")
    parser.add_argument("--peers", type=names(PEERS), help="which, separated by commas (default: all that fit a scenario)")
    parser.add_argument("--rounds", type=int, help="how often each cell is measured (default: 5; --quick: 3)")
    parser.add_argument("--base", metavar="PROGRAM", help="another build of the sidecar to compare with, as the peer `base`")
    parser.add_argument("--cpu", type=int, help="which CPU to share (default: the first one allowed)")
    parser.add_argument("--out", default="build/bench", help="folder for results.json and the plots (default: build/bench)")
    chosen = parser.parse_args()
    chosen.scenarios = chosen.scenarios or [s.name for s in SCENARIOS.values() if s.quick or not chosen.quick]
    chosen.peers = chosen.peers or list(QUICK_PEERS if chosen.quick else USUAL_PEERS)
    if chosen.base and "base" not in chosen.peers:
        chosen.peers.insert(chosen.peers.index("sidecar") + 1 if "sidecar" in chosen.peers else 0, "base")
    if "base" in chosen.peers and not chosen.base:
        parser.error("the peer `base` needs --base PROGRAM")
    chosen.rounds = chosen.rounds or (3 if chosen.quick else 5)
    return chosen


def cpus(first):
    allowed = sorted(os.sched_getaffinity(0))
    if first is None:
        return allowed
    if first not in allowed:
        raise SystemExit("bench: CPU %d is not allowed here" % first)
    return [first] + [cpu for cpu in allowed if cpu != first]


def missing(chosen):
    """Peers whose program is not installed."""
    program = {name: name.split("-")[0] for name in chosen if name.startswith(("nginx", "haproxy"))}
    return [name for name, needed in program.items() if not shutil.which(needed)]


def progress(text):
    if sys.stderr.isatty():
        print("\r\033[K" + text, end="", file=sys.stderr, flush=True)


def run_scenario(cells, scenario, chosen, rounds):
    """Measures all peers that fit the scenario; a peer that cannot be measured is left out, with a word why."""
    fitting = [PEERS[name] for name in chosen if scenario.fits(PEERS[name])]
    runs = {peer.name: [] for peer in fitting}
    for number in range(rounds if scenario.kind != "idle" else min(rounds, 2)):
        for peer in fitting[::-1] if number % 2 else fitting:
            progress("%s, round %d of %d: %s" % (scenario.name, number + 1, rounds, peer.name))
            try:
                runs[peer.name].append(cells.measure(peer, scenario))
            except Failed as why:
                print("!! %s in %s: %s" % (peer.name, scenario.name, why), file=sys.stderr)
    progress("")
    measured = {name: {"median": report.medians(all_runs), "runs": all_runs} for name, all_runs in runs.items() if all_runs}
    reference = scenario.reference if scenario.reference in measured else next(iter(measured), None)
    done = max((len(peer["runs"]) for peer in measured.values()), default=0)
    return {"about": scenario.about, "kind": scenario.kind, "compared": scenario.compared or report.COMPARED[scenario.kind], "rounds": done, "reference": reference, "peers": measured}, len(measured) == len(fitting)


def run_all(cells, chosen, results, out):
    good = True
    for name in chosen.scenarios:
        scenario = SCENARIOS[name]
        if scenario.kind == "workers" and len(cells.cpus) < 2:
            print("%s: needs two CPUs\n" % name)
            continue
        result, complete = run_scenario(cells, scenario, chosen.peers, chosen.rounds)
        if not result["peers"]:
            good = good and complete
            continue
        results["scenarios"][name] = result
        (out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
        print(report.table(scenario, result) + "\n", flush=True)
        wrong = report.faults(result)
        print("".join(line + "\n" for line in wrong), end="")
        good = good and complete and not wrong
    return good


def main():
    chosen = arguments()
    absent = missing(chosen.peers)
    if absent:
        print("not installed, left out: %s" % ", ".join(absent))
        chosen.peers = [name for name in chosen.peers if name not in absent]
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    out = pathlib.Path(chosen.out)
    out.mkdir(parents=True, exist_ok=True)
    sidecar = os.environ["GATE_SIDECAR"]
    results = {**describe({"sidecar": sidecar, "base": chosen.base}, switch_loopback_on()), "scenarios": {}}
    print("%(date)s, %(cpu)s, Linux %(kernel)s, %(system)s, network: %(network)s" % {**results, **results["machine"]})
    print("; ".join(version for version in results["programs"].values() if version) + "\n")
    with tempfile.TemporaryDirectory(prefix="gate-bench-") as folder:
        cells = Cells(Programs(folder, os.environ["GATE_BENCH_TOOLS"], sidecar, chosen.base), cpus(chosen.cpu))
        good = run_all(cells, chosen, results, out)
    for path in plots.draw_all(results, out):
        print(path)
    print(out / "results.json")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
