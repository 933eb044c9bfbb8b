"""Who can write to a fleet's store, but has no key, must not slow the replicas' requests down."""
from harness.wait import PATIENCE
from message_flood import MessageFlood
from side_by_side import FLOOR, ask_on_all, percentile

RATE = 10_000  # messages a second
REALLY = 0.8  # of them, at least: a busy machine writes fewer
KNOWN = 4  # connections to each


def test_foreign_messages_in_the_log_slow_no_request_down(start_fleet, start_sidecar, store, attack_seconds):
    member, = start_fleet(1, {"log": {"access": False}})
    neighbour = start_sidecar({"log": {"access": False}})
    groups = [[each.connect() for _ in range(KNOWN)] for each in (member, neighbour)]
    try:
        ask_on_all(groups, 0.5)  # what is done once only
        undisturbed, _ = ask_on_all(groups, attack_seconds)
        flood = MessageFlood(store, store.log(), RATE)
        try:
            attacked, besides = ask_on_all(groups, attack_seconds)
        finally:
            flood.stop()
    finally:
        for each in groups[0] + groups[1]:
            each.close()
    before, during, aside = (percentile(times, 0.99) for times in (undisturbed, attacked, besides))
    print("%.0f messages a second; p99 of %d requests: %.2f ms, of %d undisturbed: %.2f ms, of a sidecar without a fleet: %.2f ms" % (
        flood.rate, len(attacked), during * 1000, len(undisturbed), before * 1000, aside * 1000))
    at_length = attack_seconds >= 45  # and on a machine that does nothing else
    assert flood.rate >= RATE * REALLY or not at_length
    assert member.metric("gate_fleet_rejected_total", what="unsealed") >= flood.rate * attack_seconds * 0.5
    assert during <= max(2 * before, 2 * aside, FLOOR / PATIENCE if at_length else FLOOR), (during, before, aside)
