"""Measured against expected."""
import dataclasses

LOWER = "lower the number in expected.yaml"


@dataclasses.dataclass(frozen=True)
class Bound:
    """`measured` is wrong above `most`; below `least` something was gained that the file does not know of yet."""
    name: str
    measured: float
    expected: float
    least: float
    most: float

    def complaint(self):
        if self.measured > self.most:
            return "too many: at most %.8g" % self.most
        return LOWER if self.measured < self.least else ""


def check(bounds):
    """Fails with a table of all."""
    lines = ["%-36s %12s %12s" % ("per request", "measured", "expected")]
    lines += [("%-36s %12.8g %12.8g  %s" % (each.name, each.measured, each.expected, each.complaint())).rstrip() for each in bounds]
    print("\n".join(lines))
    assert not any(each.complaint() for each in bounds), "\n" + "\n".join(lines)
