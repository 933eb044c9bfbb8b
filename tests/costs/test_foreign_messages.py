"""What a message in the fleet's log costs that nobody with the key has written: CPU, as a ratio to a proxied GET's in the same run."""
import contextlib
import os
import tempfile
import time

from measure import member_of_a_fleet
from rig import PATIENCE, Rig
from verdict import Bound, check

CONNECTIONS, WARM_UP, REQUESTS, MESSAGES, AT_ONCE, ROUNDS = 50, 2000, 10_000, 30_000, 100, 3
AT_MOST = 0.5  # 0.17 to 0.33 have been seen, on machines that differ
REJECTED = 'gate_fleet_rejected_total{what="unsealed"}'


def microseconds(rig, count, work):
    before = rig.cpu()[0]
    work()
    return (rig.cpu()[0] - before) * 1e6 / count


def write(store, log):
    """As a real message looks: the version, 28 random bytes, and what is sealed. Many at once: one by one, the waking up for each
    is what would be measured, which is dear on some machines (0.17 to 0.52 of a GET have been seen) and no part of a message."""
    for _ in range(MESSAGES // AT_ONCE):
        store.client.at_once([("XADD", log, "*", "m", b"\x01" + os.urandom(250)) for _ in range(AT_ONCE)])


def test_a_foreign_message_takes_a_small_part_of_a_get(program, driver, store):
    with contextlib.ExitStack() as all_of_them:
        folder = all_of_them.enter_context(tempfile.TemporaryDirectory())
        rig = all_of_them.enter_context(Rig(folder, program, driver, options=member_of_a_fleet(folder, store.url)))
        rig.connect(CONNECTIONS)
        rig.ask(WARM_UP)
        log = store.log()
        rounds = []
        for _ in range(ROUNDS):
            get = microseconds(rig, REQUESTS, lambda: rig.ask(REQUESTS))
            known = rig.metric(REJECTED)

            def flood(until=known + MESSAGES):
                write(store, log)
                deadline = time.monotonic() + PATIENCE
                while rig.metric(REJECTED) < until:
                    assert time.monotonic() < deadline, "the messages have not been read"
                    time.sleep(0.05)
            rounds.append((get, microseconds(rig, MESSAGES, flood)))
    least = [min(each) for each in zip(*rounds)]
    print("us of CPU: a GET %.1f, a foreign message %.1f" % tuple(least))
    check([Bound("CPU of a foreign message, of a GET's", least[1] / least[0], AT_MOST, 0, AT_MOST)])
