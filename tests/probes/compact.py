#!/usr/bin/env python3
"""Write probes.py from a longhand list of probes, with repetition spelt as repetition.

  compact.py ORIGINAL > probes.py      ORIGINAL: a Python file that defines PROBES with every byte written out
  compact.py --check ORIGINAL          exit 0 if probes.py beside this file holds the same list, else 1

Bodies of megabytes become b"x" * 5000000, numbered header lines become one join, runs of status codes become ranges.
"""
import importlib.util
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
SHORTEST_RUN = 24  # bytes: shorter runs are clearer written out
WIDTH = 116


def load(path):
    spec = importlib.util.spec_from_file_location("probes_" + re.sub(r"\W", "_", str(path)), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def split_runs(data):
    """data as a list of atoms: one-byte bytes, or ("times", byte, count) for a run."""
    atoms, position = [], 0
    for run in re.finditer(rb"(?s)(.)\1{%d,}" % (SHORTEST_RUN - 1), data):
        atoms += [data[i:i + 1] for i in range(position, run.start())]
        atoms.append(("times", repr(run.group(1)), len(run.group(0))))
        position = run.end()
    return atoms + [data[i:i + 1] for i in range(position, len(data))]


def fold_periods(atoms):
    """Replaces a sequence of atoms that is repeated at least eight times in a row by one ("times", ...) atom."""
    folded, i = [], 0
    while i < len(atoms):
        for period in range(2, 41):
            count = 1
            while atoms[i + count * period:i + (count + 1) * period] == atoms[i:i + period]:
                count += 1
            if count >= 8:
                folded.append(("times", "(" + concatenation(atoms[i:i + period]) + ")", count))
                i += period * count
                break
        else:
            folded.append(atoms[i])
            i += 1
    return folded


def concatenation(atoms):
    parts, literal = [], b""
    for atom in atoms:
        if isinstance(atom, bytes):
            literal += atom
            continue
        if literal:
            parts.append(repr(literal))
        parts.append("%s * %d" % atom[1:])
        literal = b""
    if literal or not parts:
        parts.append(repr(literal))
    return " + ".join(parts)


def numbered_lines(data):
    """For data that holds lines numbered 0..n-1 which are equal otherwise: (before, line, n, after), else None."""
    first = re.search(rb"(?m)(?:^|(?<=@AUTH@))([A-Za-z-]*)0(: [^\r\n]*\r\n)", data)
    if not first or b"%" in first.group(2):
        return None
    line = first.group(1) + b"%d" + first.group(2)
    end, n = first.start(1), 0
    while data.startswith(line % n, end):
        end, n = end + len(line % n), n + 1
    return (data[:first.start(1)], line, n, data[end:]) if n >= 100 else None


def bytes_expression(data):
    if len(data) < 1000:
        return repr(data)
    numbered = numbered_lines(data)
    if numbered:
        before, line, n, after = numbered
        pattern = concatenation(split_runs(line))
        pattern = pattern if len(pattern) == len(repr(line)) else "(" + pattern + ")"
        return "%r + b''.join(%s %% i for i in range(%d)) + %r" % (before, pattern, n, after)
    return concatenation(fold_periods(split_runs(data)))


def sequence_items(items):
    """The items' expressions; runs of consecutive integers as ranges."""
    out, i = [], 0
    while i < len(items):
        j = i + 1
        while j < len(items) and type(items[j]) is int and type(items[i]) is int and items[j] == items[j - 1] + 1:
            j += 1
        if j - i >= 4:
            out.append("*range(%d, %d)" % (items[i], items[j - 1] + 1))
            i = j
        else:
            out.append(expression(items[i]))
            i += 1
    return out


def list_expression(items):
    for period in (1, 2):
        tail = len(items)
        while tail > period and items[tail - period - 1] == items[tail - 1]:
            tail -= 1
        head, count = tail - period, (len(items) - tail + period) // period
        if count >= 8 and head >= 0:
            head = len(items) - count * period
            repeated = "[" + ", ".join(sequence_items(items[head:head + period])) + "] * %d" % count
            return ("[" + ", ".join(sequence_items(items[:head])) + "] + " if head else "") + repeated
    return "[" + ", ".join(sequence_items(items)) + "]"


def expression(value):
    if isinstance(value, bytes):
        return bytes_expression(value)
    if isinstance(value, dict):
        return "{" + ", ".join("%r: %s" % (k, expression(v)) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return list_expression(value)
    if isinstance(value, tuple):
        items = sequence_items(value)
        return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"
    return repr(value)


def entry(key, value):
    text = expression(value)
    if isinstance(value, list) and len(text) > WIDTH and text.startswith("[") and text.endswith("]"):
        text = "[" + (",\n" + " " * (len(repr(key)) + 4)).join(sequence_items(value)) + "]"
    return "%r: %s" % (key, text)


def render(original):
    lines = ['"""%s"""' % original.__doc__, "PROBES = ["]
    for probe in original.PROBES:
        own = [(k, v) for k, v in probe.items() if k not in original._DEFAULTS or v != original._DEFAULTS[k]]
        lines.append("{" + ",\n ".join(entry(k, v) for k, v in own) + "},")
    defaults = ", ".join("%s=%r" % item for item in original._DEFAULTS.items())
    return "\n".join(lines + ["]", "_DEFAULTS = dict(%s)" % defaults, "PROBES = [dict(_DEFAULTS, **p) for p in PROBES]"])


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def main(arguments):
    if len(arguments) == 1 and not arguments[0].startswith("-"):
        print(render(load(arguments[0])))
        return 0
    if len(arguments) == 2 and arguments[0] == "--check":
        original, ours = load(arguments[1]), load(HERE / "probes.py")
        equal = same(original.PROBES, ours.PROBES) and original.__doc__ == ours.__doc__
        print("%d probes, %s" % (len(ours.PROBES), "the same" if equal else "NOT the same"))
        return 0 if equal else 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
