#!/usr/bin/env python3
"""Takes each trust rule out, one at a time, and looks whether a test notices.

A rule that can be taken out unnoticed is a rule that the next change may take out. So this copies the work tree, breaks
the copy as rules/*.yaml say, builds what the named tests need, runs those tests, and expects one of them to fail.
"""
import argparse
import pathlib
import re
import sys
import time

from mutant_list import load, mutated, problems
from workshop import Problem, Workshop, note

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rule", action="append", default=[], help="only this rule: a number, or `framing`; may be repeated")
    parser.add_argument("--match", default="", help="only mutants whose description holds this text")
    parser.add_argument("--list", action="store_true", help="print the mutants and the tests that must notice them")
    parser.add_argument("--check", action="store_true", help="only check that every mutant applies and every test exists")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--directory", type=pathlib.Path, default=ROOT / "build" / "mutants", help="for the copy and its build")
    return parser.parse_args()


def chosen(mutants, arguments):
    def is_wanted(mutant):
        by_rule = not arguments.rule or any(mutant.rule == r or mutant.rule.startswith(r + ":") for r in arguments.rule)
        return by_rule and arguments.match.lower() in mutant.out.lower()
    return [m for m in mutants if is_wanted(m)]


def check(mutants):
    found = problems(mutants, ROOT)
    for problem in found:
        print(problem)
    print("%d mutants, %d problems" % (len(mutants), len(found)))
    return 1 if found else 0


def check_baseline(shop, mutants):
    """A test that fails already says nothing about a mutant."""
    tests = sorted({t for m in mutants for t in m.tests})
    note("building the unbroken tree")
    if not shop.build(tests):
        raise Problem("the unbroken tree does not build: see %s" % shop.log_path)
    note("running its %d tests" % len(tests))
    failed = shop.failures(tests, stop_at_first=False)
    if failed:
        raise Problem("these fail without any mutant:\n" + "\n".join(failed))


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


def try_all(shop, mutants):
    killed = 0
    print("rule | what was taken out | killed by")
    print("--- | --- | ---")
    for number, mutant in enumerate(mutants, 1):
        began = time.monotonic()
        outcome, noticed = outcome_of(shop, mutant)
        killed += noticed
        print("%s | %s | %s" % (mutant.rule, mutant.out, outcome), flush=True)
        note("[%d/%d] %.0f s" % (number, len(mutants), time.monotonic() - began))
    print("%d killed, %d survived" % (killed, len(mutants) - killed))
    return 0 if killed == len(mutants) else 1


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
    if not mutants:
        raise Problem("no such mutant")
    shop = Workshop(ROOT, arguments.directory, arguments.jobs)
    shop.copy_tree()
    shop.configure()
    check_baseline(shop, mutants)
    return try_all(shop, mutants)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        sys.exit("mutants: %s" % problem)
