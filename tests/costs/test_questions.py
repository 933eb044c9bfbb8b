"""What it costs to answer another proxy, beside passing the same request on: a ratio of two times, on the same CPU. The machine
changes from one tenth of a second to the next, so many short rounds alternate; and where a process has its memory makes it faster
or slower for as long as it lives, so several pairs of processes are measured. The median of both is meant."""
import contextlib
import statistics
import tempfile

from rig import Rig
from verdict import Bound, check

CONNECTIONS, WARM_UP, REQUESTS, ROUNDS, PAIRS = 50, 2000, 2500, 12, 5
AT_MOST = 0.60


def microseconds(rig):
    before = rig.cpu()[0]
    rig.ask(REQUESTS)
    return (rig.cpu()[0] - before) * 1e6 / REQUESTS


def ratio_of_a_pair(program, driver):
    with contextlib.ExitStack() as all_of_them:
        rigs = {}
        for work in ("get", "answer"):
            folder = all_of_them.enter_context(tempfile.TemporaryDirectory())
            rigs[work] = all_of_them.enter_context(Rig(folder, program, driver, work))
            rigs[work].connect(CONNECTIONS)
            rigs[work].ask(WARM_UP)
        rounds = [{work: microseconds(rig) for work, rig in rigs.items()} for _ in range(ROUNDS)]
    print("us of CPU per request: %s" % rounds)
    return statistics.median(each["answer"] / each["get"] for each in rounds)


def test_a_question_takes_at_most_60_percent_of_the_cpu_of_a_proxied_get(program, driver):
    ratio = statistics.median(ratio_of_a_pair(program, driver) for _ in range(PAIRS))
    check([Bound("CPU of a question, of a GET's", ratio, AT_MOST, 0, AT_MOST)])
