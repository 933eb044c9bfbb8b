#!/usr/bin/env python3
"""Takes each trust rule out, one at a time, and looks whether a test notices.

A rule that can be taken out unnoticed is a rule that the next change may take out. So this copies the work tree, breaks
the copy as rules/*.yaml say, builds what the named tests need, runs those tests, and expects one of them to fail. As
many copies as there are jobs are at work at once. What became of each mutant is kept below the directory, in a file for
each state of the tree: --resume goes on from there, --report sums it up.
"""
import argparse
import concurrent.futures
import pathlib
import queue
import re
import sys
import threading
import time

from mutant_list import load, mutated, problems
from results import Results
from shards import groups_of, shard
from workshop import Problem, Workshop, digest_of

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def note(text):
    print(text, file=sys.stderr, flush=True)


def part_of_whole(text):
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise argparse.ArgumentTypeError("not K/N with K from 1 to N: " + text)
    return int(found[1]), int(found[2])


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./run mutants", description=__doc__.splitlines()[0])
    parser.add_argument("--rule", action="append", default=[], help="only this rule: a number, or `framing`; may be repeated")
    parser.add_argument("--match", default="", help="only mutants whose description holds this text")
    parser.add_argument("--shard", type=part_of_whole, metavar="K/N", help="only part K of N; parts may run at the same time")
    parser.add_argument("--resume", action="store_true", help="leave out what was killed in this very tree before")
    parser.add_argument("--report", action="store_true", help="try none: sum up what all runs in this very tree have found")
    parser.add_argument("--list", action="store_true", help="print the mutants and the tests that must notice them")
    parser.add_argument("--check", action="store_true", help="only check that every mutant applies and every test exists")
    parser.add_argument("--jobs", type=int, default=2, help="how many mutants are tried at once (default: %(default)s)")
    parser.add_argument("--directory", type=pathlib.Path, default=ROOT / "build" / "mutants",
                        help="for the copies, their builds and the results (default: build/mutants)")
    return parser.parse_args()


def chosen(mutants, arguments):
    def is_wanted(mutant):
        by_rule = not arguments.rule or any(mutant.rule == r or mutant.rule.startswith(r + ":") for r in arguments.rule)
        return by_rule and arguments.match.lower() in mutant.out.lower()
    wanted = [m for m in mutants if is_wanted(m)]
    if not wanted:
        raise Problem("no such mutant")
    return shard(wanted, *arguments.shard) if arguments.shard else wanted


def check(mutants):
    found = problems(mutants, ROOT)
    for problem in found:
        print(problem)
    print("%d mutants, %d problems" % (len(mutants), len(found)))
    return 1 if found else 0


def most_telling(failed, mutant):
    """The failure of a test that names the rule, if there is one."""
    return next((f for f in failed if re.search(r"rule %s\b" % re.escape(mutant.rule), f)), failed[0])


def outcome_of(shop, mutant):
    """(what to print, whether it was noticed)"""
    text = mutated(mutant, shop.tree)
    if text is None:
        return "DOES NOT APPLY", False
    original = (shop.tree / mutant.file).read_text(encoding="utf-8")
    try:
        shop.write(mutant.file, text)
        if not shop.build(mutant.tests):
            return "DOES NOT BUILD:\n" + shop.log_path.read_text(encoding="utf-8", errors="replace")[-2000:], False
        failed = shop.failures(mutant.tests)
    finally:
        shop.write(mutant.file, original)
    return ("killed by " + most_telling(failed, mutant), True) if failed else ("SURVIVED", False)


def row(mutant, outcome):
    return "%s | %s | %s" % (mutant.rule, mutant.out, outcome)


class Trial:
    """Of several mutants, in several workshops at once."""

    def __init__(self, arguments, mutants, results):
        self.mutants, self.results = mutants, results
        self.usual_times = results.usual_times()
        home = arguments.directory / ("shard-%d-of-%d" % arguments.shard) if arguments.shard else arguments.directory
        count = max(1, min(arguments.jobs, len(groups_of(mutants))))
        self.jobs = arguments.jobs
        each = max(1, arguments.jobs // count)
        self.shops = [Workshop(ROOT, home / ("copy-%d" % n), each, self.usual_times) for n in range(1, count + 1)]
        self.lock, self.tried = threading.Lock(), 0

    def _at_once(self, work):
        """work(shop) in all shops."""
        with concurrent.futures.ThreadPoolExecutor(len(self.shops)) as pool:
            for done in [pool.submit(work, shop) for shop in self.shops]:
                done.result()

    def _share(self, work, things):
        """work(shop, thing) for all things, each shop taking the next one when it is free. The first Problem ends it."""
        left = queue.SimpleQueue()
        for thing in things:
            left.put(thing)

        def go_on(shop):
            while True:
                try:
                    thing = left.get_nowait()
                except queue.Empty:
                    return
                try:
                    work(shop, thing)
                except BaseException:
                    while not left.empty():
                        left.get_nowait()
                    raise
        self._at_once(go_on)

    def run(self):
        for shop in self.shops:
            shop.copy_tree()
            shop.configure()
        self.check_baseline()
        self._share(self.try_group, groups_of(self.mutants))

    def check_baseline(self):
        """A test that fails already says nothing about a mutant. Done once for a tree."""
        tests = sorted({t for m in self.mutants for t in m.tests} - self.usual_times.keys())
        if not tests:
            return
        began = time.monotonic()
        self.build_unbroken(self.shops[0], tests, self.jobs)  # the others find it in ccache
        self._at_once(lambda shop: self.build_unbroken(shop, tests))
        note("the unbroken tree is built: %.0f s; running its %d tests" % (time.monotonic() - began, len(tests)))
        self._share(self.measure, tests)
        note("they pass: %.0f s" % (time.monotonic() - began))

    @staticmethod
    def build_unbroken(shop, tests, jobs=None):
        if not shop.build(tests, jobs):
            raise Problem("the unbroken tree does not build: see %s" % shop.log_path)

    def measure(self, shop, test):
        seconds = shop.usual_time(test)
        with self.lock:
            self.usual_times[test] = seconds
            self.results.add_usual_time(test, seconds)

    def try_group(self, shop, group):
        for mutant in group:
            began = time.monotonic()
            outcome, noticed = outcome_of(shop, mutant)
            seconds = time.monotonic() - began
            with self.lock:
                self.tried += 1
                self.results.add_outcome(mutant, outcome, noticed, seconds)
                print(row(mutant, outcome), flush=True)
                note("[%d/%d] %.0f s" % (self.tried, len(self.mutants), seconds))


def report(mutants, results):
    """Of every mutant, whoever tried it; 0 when all have been killed."""
    outcomes = results.outcomes()
    print("rule | what was taken out | killed by\n--- | --- | ---")
    alive, untried = [], []
    for mutant in mutants:
        found = outcomes.get(mutant.digest)
        if found is None:
            untried.append(mutant)
            continue
        print(row(mutant, found["outcome"]))
        if not found["noticed"]:
            alive.append(mutant)
    for mutant in alive:
        print("not killed: " + mutant.name)
    print("%d killed, %d survived, %d not tried" % (len(mutants) - len(alive) - len(untried), len(alive), len(untried)))
    return 1 if alive or untried else 0


def try_mutants(arguments, mutants, results):
    began = time.monotonic()
    outcomes = results.outcomes() if arguments.resume else {}
    killed = {digest for digest, found in outcomes.items() if found["noticed"]}
    left = [m for m in mutants if m.digest not in killed]
    if len(left) < len(mutants):
        note("%d of %d were killed before, in this very tree" % (len(mutants) - len(left), len(mutants)))
    if left:
        Trial(arguments, left, results).run()
    outcomes = results.outcomes()
    alive = [m for m in mutants if not outcomes[m.digest]["noticed"]]
    for mutant in alive:
        print("not killed: " + mutant.name)
    print("%d killed, %d survived, in %.0f s" % (len(mutants) - len(alive), len(alive), time.monotonic() - began))
    return 1 if alive else 0


def main():
    arguments = parse_arguments()
    mutants = load(HERE / "rules")
    if arguments.check:
        return check(mutants)
    mutants = chosen(mutants, arguments)
    if arguments.list:
        for mutant in mutants:
            print("%s\n    %s\n    %s" % (mutant.name, mutant.file, ", ".join(mutant.tests)))
        return 0
    results = Results(arguments.directory / "results", digest_of(ROOT))
    return report(mutants, results) if arguments.report else try_mutants(arguments, mutants, results)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        sys.exit("mutants: %s" % problem)
