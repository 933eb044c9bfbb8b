"""What each part, function and line of a program costs."""
import collections
import pathlib
import re

import source_lines
from parts import Parts, short

INSTRUCTIONS, TIME = "instructions", "user us"


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

    def dearest(self, how, most, part=None, by=None):
        """[((part, text), {column: cost})] of `how`: functions, inlined, lines; `by`: what of {column: cost} counts."""
        sums = self._sum(lambda place: (self._part_of[place], getattr(self, "_name_" + how)(place)))
        wanted = {key: costs for key, costs in sums.items() if part in (None, key[0])}
        by = by or (lambda costs: costs.get(next(iter(self.columns)), 0))
        return sorted(wanted.items(), key=lambda item: -by(item[1]))[:most]

    def unexplained(self, costs):
        """Microseconds beyond what so many instructions take on average."""
        instructions, time = (sum(self.columns[title].values()) for title in (INSTRUCTIONS, TIME))
        return costs.get(TIME, 0) - costs.get(INSTRUCTIONS, 0) * time / instructions

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
