"""What has happened: outcomes by kind, errors, and the times in which troubles were on that excuse some of them."""
import collections
import threading
import time

SHOWN = 50


class Windows:
    """Times in which a trouble was on. Times are those of time.monotonic()."""

    def __init__(self):
        self._windows = collections.defaultdict(list)

    def begin(self, name, at=None):
        self._windows[name].append([time.monotonic() if at is None else at, float("inf")])

    def end(self, name, slack):
        """The trouble is over; what follows from it ends within `slack` seconds."""
        self._windows[name][-1][1] = time.monotonic() + slack

    def overlap(self, name, began, ended):
        return any(first <= ended and began <= last for first, last in reversed(self._windows[name]))

    def told(self):
        now = time.monotonic()
        return {name: (len(all_), sum(min(last, now) - first for first, last in all_)) for name, all_ in self._windows.items()}


def causes(outcome, is_fresh):
    """The troubles that can explain an outcome. A flood cuts no answer on a connection that has served one."""
    status, _, code = outcome.partition(" ")
    if status == "WRONG":
        return ()
    if code == "?":
        return {"503": ("gate", "flood"), "502": ("restart",), "504": ("restart", "stall")}.get(status, ())
    if code == "gate_budget_spent":
        return ("gate", "head start", "stall")
    if code.startswith("gate_"):
        return ("gate", "stall")
    if code == "too_many_connections":
        return ("flood",) if is_fresh else ()
    if code.startswith("upstream_"):
        return ("restart", "stall")
    if status == "408":
        return ("stall",)
    if outcome == "cut":
        return ("restart", "stall", "flood") if is_fresh else ("restart", "stall")
    if outcome == "closed":
        return ("flood", "stall")
    return ()


class Book:
    def __init__(self):
        self.windows = Windows()
        self.counts = collections.Counter()
        self.errors, self.error_count = [], 0
        self.ids = 0
        self._lock = threading.Lock()
        self._unlogged, self._unclaimed = collections.Counter(), collections.Counter()

    def new_id(self):
        self.ids += 1
        return "s%d" % self.ids

    def error(self, text):
        self.error_count += 1
        if len(self.errors) < SHOWN:
            self.errors.append(text)
            print("error: " + text, flush=True)

    def count(self, kind, outcome):
        self.counts[kind, outcome] += 1

    def settle(self, kind, outcome, allowed, began, is_fresh, detail="", idle_since=None):
        """One exchange has ended. Whatever is neither allowed nor excused is an error.

        A connection that was idle may have been closed at any time since, such as to make room in a flood.
        """
        ended = time.monotonic()
        if outcome == "closed" and idle_since is not None:
            began = idle_since
        if outcome in allowed:
            self.count(kind, outcome)
            return
        for cause in causes(outcome, is_fresh):
            if self.windows.overlap(cause, began, ended):
                self.count(kind, "%s (%s)" % (outcome, cause))
                return
        self.count(kind, "ERROR")
        self.error("%s: %s, where %s was due, after %.2f s, %s connection; %s" %
                   (kind, outcome, "/".join(sorted(allowed)), ended - began, "fresh" if is_fresh else "used", detail))

    # every answer has a line in the access log, with the same status
    def answered(self, path, status):
        self._match(self._unlogged, self._unclaimed, (path, status))

    def logged(self, path, status):
        """Called by the thread that reads the log."""
        self._match(self._unclaimed, self._unlogged, (path, status))

    def _match(self, mine, others, what):
        with self._lock:
            if others[what] > 1:
                others[what] -= 1
            elif others[what] == 1:
                del others[what]
            else:
                del others[what]
                mine[what] += 1

    def without_line(self):
        with self._lock:
            return list(self._unlogged)

    def table(self):
        by_kind = collections.defaultdict(list)
        for (kind, outcome), number in sorted(self.counts.items()):
            by_kind[kind].append("%s %d" % (outcome, number))
        width = max(map(len, by_kind), default=0)
        return "\n".join("  %-*s  %s" % (width, kind, ", ".join(outcomes)) for kind, outcomes in by_kind.items())
