"""Requests to the sidecar under attack, and to a neighbour that nobody attacks: it shows what the machine is up to."""
import time

from harness import TOKEN
from harness.http import request
from harness.wait import PATIENCE, pause

FLOOR = 0.002 * PATIENCE  # seconds: what the clock of a busy machine is good for


def seconds_of_answer(connection):
    began = time.monotonic()
    assert connection.exchange(request("GET", "/", TOKEN)).status == 200
    return time.monotonic() - began


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def ask_on_all(groups, seconds, between=lambda: None):
    """How long the requests took, on the connections of each group; all are asked by turns."""
    times, end = [[] for _ in groups], time.monotonic() + seconds
    while time.monotonic() < end:
        for taken, group in zip(times, groups):
            taken += [seconds_of_answer(each) for each in group]
        between()
        pause(0.005)
    return times
