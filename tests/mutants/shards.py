"""Mutants in an order in which neighbours share what is built, and in parts of about the same length."""
from workshop import is_end_to_end


def seconds_for(mutant):
    """A guess, good enough to divide by: a header is built into a whole layer, a program has to start and to fail."""
    return (30 if mutant.file.endswith(".hpp") else 2) + (10 if any(map(is_end_to_end, mutant.tests)) else 1)


def groups_of(mutants):
    """The mutants of a file, together, and the longest group first."""
    files = {}
    for mutant in mutants:
        files.setdefault(mutant.file, []).append(mutant)
    for group in files.values():
        group.sort(key=lambda m: (sorted(m.tests), m.name))
    return sorted(files.values(), key=lambda g: (-sum(map(seconds_for, g)), g[0].file))


def shard(mutants, number, count):
    """Part `number` (from 1) of `count`: each group goes where the least is."""
    parts = [[] for _ in range(count)]
    loads = [0] * count
    for group in groups_of(mutants):
        least = loads.index(min(loads))
        parts[least] += group
        loads[least] += sum(map(seconds_for, group))
    return parts[number - 1]
