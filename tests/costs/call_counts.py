"""Reads what the preloaded library has counted."""
import dataclasses
import struct

_record = struct.Struct("=32sQQ")
ALLOCATIONS = ("malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "memalign")


@dataclasses.dataclass(frozen=True)
class Count:
    calls: float
    again: float   # of these, the calls that found nothing to do


class Counters:
    """The counters of a program that is started with environment()."""

    def __init__(self, library, path):
        self._library, self._path = library, path

    def environment(self):
        return {"LD_PRELOAD": str(self._library), "CALL_COUNTS": str(self._path)}

    def read(self):
        """{function: Count} since the program was started."""
        with open(self._path, "rb") as file:
            found = {name.rstrip(b"\0").decode(): Count(calls, again) for name, calls, again in _record.iter_unpack(file.read())}
        if "" in found:
            raise ValueError("the library has not filled in its table")
        return found

    def per_request(self, rig, count):
        """Asks for so many more, and says what each took: {function: Count}, only those that were called."""
        before = self.read()
        rig.ask(count)
        after = self.read()
        found = {name: Count((after[name].calls - before[name].calls) / count, (after[name].again - before[name].again) / count)
                 for name in after}
        return {name: each for name, each in found.items() if each.calls}


def total(counts, allocations=False):
    """Calls of the kernel per request, or of the heap."""
    return sum(each.calls for name, each in counts.items() if (name in ALLOCATIONS) == allocations)
