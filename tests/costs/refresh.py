#!/usr/bin/python3
"""Measures, and writes what it finds into expected.yaml: tests/costs/refresh.py --program build/release/src/app/gate-sidecar"""
import argparse
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True

import measure  # noqa: E402
from call_counts import total  # noqa: E402
from tools import newest_tools  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description="Writes the counts of a program into expected.yaml.")
    parser.add_argument("--program", default=os.environ.get("GATE_SIDECAR"), required="GATE_SIDECAR" not in os.environ)
    parser.add_argument("--tools", type=pathlib.Path, help="the folder of costs_driver and libcall_counts.so")
    return parser.parse_args()


def found_by(program, tools):
    """{section: {name: number}}"""
    driver, library = tools / "costs_driver", tools / "libcall_counts.so"
    found = {"system_calls": {}, "instructions_own": {}, "instructions_libraries": {}}
    for work, load in measure.CALLS:
        counts = measure.calls(program, driver, library, work, load)
        found["system_calls"]["%s_%s" % (work, load)] = round(total(counts) - measure.polls(counts), 3)
    for scenario in measure.INSTRUCTIONS:
        own, libraries = measure.instructions(program, driver, scenario)
        found["instructions_own"][scenario], found["instructions_libraries"][scenario] = round(own), round(libraries)
    return found


def replaced(text, found):
    """The file's text with other numbers; its comments stay."""
    section, lines = None, []
    for line in text.splitlines(keepends=True):
        if heading := re.match(r"(\w+):$", line.rstrip()):
            section = heading.group(1)
        entry = re.match(r"  (\w+): \S+$", line.rstrip())
        if entry and entry.group(1) in found.get(section, {}):
            new = found[section][entry.group(1)]
            print("%-40s %s" % (section + "." + entry.group(1), "%s -> %s" % (line.split()[1], new)))
            line = "  %s: %s\n" % (entry.group(1), new)
        lines.append(line)
    return "".join(lines)


def main():
    chosen = arguments()
    found = found_by(chosen.program, chosen.tools or newest_tools())
    measure.EXPECTED.write_text(replaced(measure.EXPECTED.read_text(encoding="utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    main()
