#!/usr/bin/python3
"""Where a request's cost goes: ./run profile, or by hand, with any build of the program,

    tests/costs/profile.py --program build/release/src/app/gate-sidecar [--scenario get|post] [--functions] ...
"""
import argparse
import collections
import dataclasses
import os
import pathlib
import re
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True

import callgrind  # noqa: E402
import perf_samples  # noqa: E402
import source_lines  # noqa: E402
from call_counts import Counters, total  # noqa: E402
from page import rewrite  # noqa: E402
from parts import Parts, short  # noqa: E402
from rig import Rig  # noqa: E402
from tools import ROOT, newest_tools  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TIMED, CONNECTIONS, COUNTED = 150_000, 50, 20_000
MARKDOWN_ABOUT = ("Instructions: callgrind, one connection. Time: perf's samples of {program}'s user time at 50 connections. "
                  "Warm, cached, authenticated {scenario}, access log {log}.")


def arguments():
    parser = argparse.ArgumentParser(description="Where a request's cost goes.")
    parser.add_argument("--program", type=pathlib.Path, default=os.environ.get("GATE_SIDECAR"), help="gate-sidecar, with debug information")
    parser.add_argument("--tools", type=pathlib.Path, help="the folder of costs_driver and libcall_counts.so (default: the newest build's)")
    method = parser.add_mutually_exclusive_group()
    method.add_argument("--perf", action="store_true", help="only time, sampled by perf")
    method.add_argument("--callgrind", action="store_true", help="only instructions, counted by callgrind")
    parser.add_argument("--scenario", default="get", help="get, post (10 KB), chunked, upload, download (1 MiB)")
    parser.add_argument("--no-log", action="store_true", help="without access log")
    for name, what in (("functions", "functions, with what is inlined into them"), ("inlined", "functions, inlined ones by themselves"),
                       ("lines", "lines of source")):
        parser.add_argument("--" + name, type=int, nargs="?", const=40, default=0, metavar="N", help="the N (40) dearest " + what)
    parser.add_argument("--part", help="of these only the ones of this part")
    parser.add_argument("--markdown", action="store_true", help="print the section of tests/costs/README.md")
    parser.add_argument("--update", action="store_true", help="write it into tests/costs/README.md")
    return parser.parse_args()


class Profile:
    """What each place in the program costs: `columns` is {title: {(object, address, function): cost}}."""

    def __init__(self, program, columns):
        self._parts, self.columns, self._program = Parts(), columns, str(program)
        places = {place for column in columns.values() for place in column}
        own = {address for where, address, _ in places if where == self._program}
        self._chains = source_lines.frames_of(program, own)
        self._part_of = {place: self._parts.of(self._chain(place), place[2], place[0]) for place in places}

    def _chain(self, place):
        return self._chains.get(place[1], []) if place[0] == self._program else []

    def by_part(self):
        """[(part, what it is, {column: cost})] in the order of parts.yaml."""
        sums = self._sum(lambda place: self._part_of[place])
        return [(name, self._parts.about.get(name, "what no rule claims"), sums.get(name, {})) for name in self._parts.names]

    def dearest(self, how, most, part=None):
        """[((part, text), {column: cost})] of `how`: functions, inlined, lines."""
        sums = self._sum(lambda place: (self._part_of[place], getattr(self, "_name_" + how)(place)))
        wanted = {key: costs for key, costs in sums.items() if part in (None, key[0])}
        first = next(iter(self.columns))
        return sorted(wanted.items(), key=lambda item: -item[1].get(first, 0))[:most]

    def _sum(self, key_of):
        sums = collections.defaultdict(lambda: collections.Counter())
        for title, column in self.columns.items():
            for place, cost in column.items():
                sums[key_of(place)][title] += cost
        return sums

    def _name_functions(self, place):
        chain = self._chain(place)
        return without_arguments(chain[-1].function) if chain else in_library(place)

    def _name_inlined(self, place):
        chain = self._chain(place)
        return "%s  [%s]" % (without_arguments(chain[0].function), short(chain[0].file)) if chain else in_library(place)

    def _name_lines(self, place):
        chain = self._chain(place)
        return "  <  ".join("%s:%s" % (short(frame.file), frame.line) for frame in chain[:3]) if chain else in_library(place)


def in_library(place):
    return "%s  [%s]" % (without_arguments(place[2]), pathlib.Path(place[0]).name)


def without_arguments(function):
    """Both methods shall name it alike."""
    return re.sub(r"(?<!operator)\(.*", "", function.replace("(anonymous namespace)::", "")).partition("@")[0]


@dataclasses.dataclass
class Use:
    """Per request at 50 connections, undisturbed."""
    cpu_us: float
    user_share: float   # of it: by the kernel's ticks, which are few; by perf's samples, if there are any
    counts: dict        # {function: Count}

    def split(self):
        """Microseconds: (user, kernel)."""
        return self.cpu_us * self.user_share, self.cpu_us * (1 - self.user_share)

    def __str__(self):
        return "%.2f us of CPU: %.2f in user space, %.2f (%.0f %%) in the kernel" % (self.cpu_us, *self.split(), 100 - 100 * self.user_share)


def measure_use(program, tools, scenario, access_log):
    driver = tools / "costs_driver"
    with tempfile.TemporaryDirectory() as folder, Rig(folder, program, driver, scenario, access_log) as rig:
        rig.connect(CONNECTIONS)
        rig.ask(CONNECTIONS * 40)
        before = rig.cpu()
        rig.ask(TIMED)
        cpu, user, system = (now - then for now, then in zip(rig.cpu(), before))
    with tempfile.TemporaryDirectory() as folder:
        counters = Counters(tools / "libcall_counts.so", folder + "/counts")
        with Rig(folder, program, driver, scenario, access_log, environment=counters.environment()) as rig:
            rig.connect(CONNECTIONS)
            rig.ask(CONNECTIONS * 40)
            counts = counters.per_request(rig, COUNTED)
    return Use(cpu * 1e6 / TIMED, user / max(user + system, 1), counts)


def number(value, title):
    return "%.0f" % value if title == "instructions" else "%.3f" % value


def print_rows(rows, columns):
    totals = {title: sum(column.values()) for title, column in columns.items()}
    for name, about, costs in rows:
        cells = ["%9s %5.1f %%" % (number(costs.get(title, 0), title), 100 * costs.get(title, 0) / totals[title]) for title in columns]
        print("  ".join([*cells, ("%-20s %s" % (name, about)).rstrip()]))


def print_table(profile, use):
    columns = profile.columns
    print("per request:")
    print("  ".join(["%17s" % title for title in columns] + ["part"]))
    print_rows(profile.by_part(), columns)
    print("  ".join("%9s 100.0 %%" % number(sum(column.values()), title) for title, column in columns.items()))
    print("\nat 50 connections %s" % use)
    print("%.3f system calls: %s" % (total(use.counts), listed(use.counts)))
    print("%.5f allocations" % total(use.counts, allocations=True))


def listed(counts):
    return ", ".join("%s %.3f" % (name, each.calls) for name, each in sorted(counts.items(), key=lambda item: -item[1].calls)
                     if each.calls >= 0.0005)


def markdown(profile, use, about):
    titles = list(profile.columns)
    totals = {title: sum(column.values()) for title, column in profile.columns.items()}
    lines = [about, "", "| part | %s |" % " | ".join("%s | share" % title for title in titles), "|---|" + "--:|--:|" * len(titles)]
    for name, what, costs in profile.by_part():
        cells = " | ".join("%s | %.1f %%" % (number(costs.get(title, 0), title), 100 * costs.get(title, 0) / totals[title]) for title in titles)
        lines.append("| **%s**: %s | %s |" % (name, what, cells))
    lines.append("| all of user space | %s |" % " | ".join("%s | 100 %%" % number(totals[title], title) for title in titles))
    lines += ["", "At 50 connections a request takes %s, in %.3f system calls: %s." % (use, total(use.counts), listed(use.counts))]
    return "\n".join(lines) + "\n"


def measure(chosen, use):
    """{title: costs}: by all methods that work here, or the one that was asked for; perf knows better how `use` is split."""
    driver, columns, log = chosen.tools / "costs_driver", {}, not chosen.no_log
    if not chosen.perf and callgrind.available():
        columns["instructions"] = callgrind.per_request(chosen.program, driver, chosen.scenario, log)
    if not chosen.callgrind and perf_samples.available():
        shares, in_user = perf_samples.shares(chosen.program, driver, chosen.scenario, log)
        use.user_share = in_user or use.user_share
        columns["user us"] = {place: share * use.split()[0] for place, share in shares.items()}
    elif chosen.perf:
        print("profile: perf is not here, or may not sample: counting instructions instead")
        columns["instructions"] = callgrind.per_request(chosen.program, driver, chosen.scenario, log)
    return columns or sys.exit("profile: neither perf nor valgrind works here")


def main():
    chosen = arguments()
    chosen.tools = chosen.tools or newest_tools()
    with tempfile.TemporaryDirectory() as folder:  # a copy, which no build replaces while it is measured
        chosen.program = shutil.copy(chosen.program or ROOT / "build/release/src/app/gate-sidecar", folder + "/gate-sidecar")
        show(chosen)


def show(chosen):
    use = measure_use(chosen.program, chosen.tools, chosen.scenario, not chosen.no_log)
    profile = Profile(chosen.program, measure(chosen, use))
    about = MARKDOWN_ABOUT.format(program="gate-sidecar", scenario=chosen.scenario.upper(), log="off" if chosen.no_log else "on")
    if chosen.update:
        rewrite(HERE / "README.md", markdown(profile, use, about))
    elif chosen.markdown:
        print(markdown(profile, use, about), end="")
    else:
        print_table(profile, use)
    for how in ("functions", "inlined", "lines"):
        if most := getattr(chosen, how):
            print("\nthe dearest %s:" % how)
            print_rows([(part, text[:160], costs) for (part, text), costs in profile.dearest(how, most, chosen.part)], profile.columns)


if __name__ == "__main__":
    main()
