"""What it costs to answer another proxy, beside passing the same request on. A ratio of two times of the same minute, on the same
CPU: the least of several rounds in turn, since what disturbs only adds."""
import contextlib
import tempfile

from rig import Rig
from verdict import Bound, check

CONNECTIONS, WARM_UP, REQUESTS, ROUNDS = 50, 2000, 15_000, 4
AT_MOST = 0.60


def microseconds(rig):
    before = rig.cpu()[0]
    rig.ask(REQUESTS)
    return (rig.cpu()[0] - before) * 1e6 / REQUESTS


def test_a_question_takes_at_most_60_percent_of_the_cpu_of_a_proxied_get(program, driver):
    with contextlib.ExitStack() as all_of_them:
        rigs = {}
        for work in ("get", "answer"):
            folder = all_of_them.enter_context(tempfile.TemporaryDirectory())
            rigs[work] = all_of_them.enter_context(Rig(folder, program, driver, work))
            rigs[work].connect(CONNECTIONS)
            rigs[work].ask(WARM_UP)
        rounds = [{work: microseconds(rig) for work, rig in rigs.items()} for _ in range(ROUNDS)]
    least = {work: min(each[work] for each in rounds) for work in rigs}
    print("us of CPU per request: %s" % least)
    check([Bound("CPU of a question, of a GET's", least["answer"] / least["get"], AT_MOST, 0, AT_MOST)])
