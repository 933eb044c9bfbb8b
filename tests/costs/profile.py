#!/usr/bin/python3
"""Where a request's cost goes: ./run profile, or by hand, with any build of the program,

    tests/costs/profile.py --program build/release/src/app/gate-sidecar [--scenario get|post] [--functions] ...
"""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True

import callgrind  # noqa: E402
import perf_samples  # noqa: E402
from attribution import INSTRUCTIONS, TIME, Profile  # noqa: E402
from call_counts import total  # noqa: E402
from page import rewrite  # noqa: E402
from tools import ROOT, newest_tools  # noqa: E402
from use import measure_use  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
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
    parser.add_argument("--by-time", action="store_true", help="the dearest in time, not in instructions")
    parser.add_argument("--stalls", type=int, nargs="?", const=40, default=0, metavar="N",
                        help="the N (40) lines with the most time beyond what their instructions explain: cold memory")
    parser.add_argument("--part", help="of these only the ones of this part")
    parser.add_argument("--markdown", action="store_true", help="print the section of tests/costs/README.md")
    parser.add_argument("--update", action="store_true", help="write it into tests/costs/README.md")
    return parser.parse_args()


def number(value, title):
    return "%.0f" % value if title == INSTRUCTIONS else "%.3f" % value


def print_rows(rows, columns):
    totals = {title: sum(column.values()) for title, column in columns.items()}
    for name, about, costs in rows:
        cells = ["%9s %5.1f %%" % (number(costs.get(title, 0), title), 100 * costs.get(title, 0) / totals[title]) for title in columns]
        print("  ".join([*cells, ("%-20s %s" % (name, about)).rstrip()]))


def print_dearest(title, profile, found):
    print("\n%s:" % title)
    print_rows([(part, text[:160], costs) for (part, text), costs in found], profile.columns)


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
        columns[INSTRUCTIONS] = callgrind.per_request(chosen.program, driver, chosen.scenario, log)
    if not chosen.callgrind and perf_samples.available():
        shares, in_user = perf_samples.shares(chosen.program, driver, chosen.scenario, log)
        use.user_share = in_user or use.user_share
        columns[TIME] = {place: share * use.split()[0] for place, share in shares.items()}
    elif chosen.perf:
        print("profile: perf is not here, or may not sample: counting instructions instead")
        columns[INSTRUCTIONS] = callgrind.per_request(chosen.program, driver, chosen.scenario, log)
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
    by_time = (lambda costs: costs.get(TIME, 0)) if chosen.by_time else None
    for how in ("functions", "inlined", "lines"):
        if most := getattr(chosen, how):
            print_dearest("the dearest " + how, profile, profile.dearest(how, most, chosen.part, by_time))
    if chosen.stalls and len(profile.columns) == 2:
        print_dearest("time beyond what the instructions explain", profile,
                      profile.dearest("lines", chosen.stalls, chosen.part, profile.unexplained))


if __name__ == "__main__":
    main()
